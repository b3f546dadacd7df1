//! A login whose access token can be used now: as it is kept, or refreshed (RFC 6749 §6), by one process at a time.

use super::{Login, LoginFile, Tokens, Trouble, client, discover, tokens};
use crate::text::shell;
use portcullis_oauth::{Clock as _, NumericDate};
use portcullis_resource_server::SystemClock;
use rmcp::transport::auth::{AuthError, CredentialStore as _, InMemoryCredentialStore, StoredCredentials};
use std::time::Duration;
use tokio::time::timeout;
use url::Url;

/// For all of a refresh, discovery included: shorter than anybody waits for the lock.
const TIME: Duration = Duration::from_secs(45);
/// No browser comes back here; a client needs one to be configured.
const NO_REDIRECT: &str = "http://127.0.0.1/callback";

/// The login of a server, if there is one, refreshed if its access token is about to end.
pub(crate) async fn current(file: &LoginFile) -> Result<Option<Login>, Trouble> {
    let now = SystemClock::new().now();
    match file.load()? {
        Some(login) if !login.tokens.is_fresh(now) => refreshed(file, &login.tokens.access_token).await,
        login => Ok(login),
    }
}

/// The login again, after its server has refused this access token.
pub(crate) async fn renewed(file: &LoginFile, refused: &str) -> Result<Option<Login>, Trouble> {
    refreshed(file, refused).await
}

/// A login with another access token than this one.
async fn refreshed(file: &LoginFile, old: &str) -> Result<Option<Login>, Trouble> {
    let _lock = file.lock().await?;
    let now = SystemClock::new().now();
    // Whoever had the lock before may have done it.
    let Some(login) = file.load()? else { return Ok(None) };
    if login.tokens.access_token != old && login.tokens.is_good(now) {
        return Ok(Some(login));
    }
    let late = |_| Trouble::Unusable(format!("no refresh within {} seconds", TIME.as_secs()));
    let login = timeout(TIME, refresh(file.server(), &login, now)).await.map_err(late)??;
    file.save(&login)?;
    Ok(Some(login))
}

async fn refresh(server: &Url, login: &Login, now: NumericDate) -> Result<Login, Trouble> {
    let again = shell(server.as_str());
    let ended = |why: &str| Trouble::No(format!("{why}; sign in again: portcullis login {again}"));
    let Some(response) = login.tokens.for_refresh() else {
        return Err(ended("the login has ended, and there is no refresh token"));
    };
    let mut found = discover::discover(server, login.allow_private, None).await?;
    // CL-08: a refresh token is its issuer's, whatever the server says by now.
    if found.issuer != login.issuer {
        return Err(ended("the server has another authorization server than when this login was made"));
    }
    let config = client::config(&login.client, NO_REDIRECT);
    let configured = found.manager.configure_client(config);
    configured.map_err(|error| found.told("the client cannot be used", &error, []))?;
    let scopes: Vec<String> = login.scope.iter().map(|scope| scope.as_str().to_owned()).collect();
    let store = InMemoryCredentialStore::new();
    let kept = StoredCredentials::new(login.client.id.clone(), Some(response), scopes, Some(now.0));
    let secrets = || login.tokens.secrets().chain(login.client.secret.as_deref());
    let stored = store.save(kept.with_issuer(Some(login.issuer.clone()))).await;
    stored.map_err(|error| found.told("the login cannot be refreshed", &error, secrets()))?;
    found.manager.set_credential_store(store);
    let response = match found.manager.refresh_token().await {
        Ok(response) => response,
        Err(AuthError::TokenRefreshRejected(_)) => {
            return Err(ended(
                "the login has ended: the authorization server takes its refresh token no more",
            ));
        }
        // It may be good for a moment, and the next one who needs it tries again.
        Err(_) if found.is_unreachable() && login.tokens.is_good(now) => return Ok(login.clone()),
        Err(error) => return Err(found.told("the login cannot be refreshed", &error, secrets())),
    };
    let (tokens, who) = Tokens::answered(&response, now)?;
    let scope = tokens::granted(&found.manager.get_current_scopes().await);
    Ok(Login { tokens, who: who.or_else(|| login.who.clone()), scope, ..login.clone() })
}
