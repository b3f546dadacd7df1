//! A person signs in: discovery, a client, the authorization code flow with PKCE (OAuth 2.1 §4.1), and what came of it is kept.

use super::{
    Browser, Login, LoginFile, Tokens, Trouble, browser,
    callback::{Answer, Callback, Expected},
    client::Choice,
    discover::{Found, discover},
    masked, tokens,
};
use crate::{
    client::{Access, Failure, connect},
    output,
    text::line,
};
use portcullis_oauth::{Clock as _, Scope};
use portcullis_resource_server::SystemClock;
use rmcp::transport::auth::AuthorizationMetadata;
use url::Url;

/// A sign-in to be.
pub(crate) struct SignIn<'a> {
    pub(crate) server: &'a Url,
    pub(crate) client: Choice,
    /// What to ask for; what the server asks for, otherwise.
    pub(crate) scope: Option<Scope>,
    pub(crate) browser: Browser,
    pub(crate) allow_private: bool,
}

/// What the authorization endpoint is asked.
struct Asked {
    url: Url,
    expected: Expected,
}

impl SignIn<'_> {
    /// Goes all the way.
    pub(crate) async fn run(&self, file: &LoginFile) -> Result<Login, Trouble> {
        let challenge = challenge(self.server).await?;
        let mut found = discover(self.server, self.allow_private, challenge.as_deref()).await?;
        let callback = Callback::listen(self.client.callback_port).await?;
        let scopes = self.scopes(&found).await;
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let (manager, metadata) = (&mut found.manager, &found.metadata);
        let client = self.client.settle(manager, metadata, callback.redirect(), &scopes).await?;
        let asked = ask(&found, &scopes).await?;
        self.send(&asked.url, callback.redirect());
        let state = asked.expected.state.clone();
        let (code, issuer) = match callback.answer(asked.expected).await? {
            Answer::Code { code, issuer } => (code, issuer),
            Answer::Refused { error, description } => return Err(refused(&error, description.as_deref())),
            Answer::OtherIssuer(other) => return Err(other_issuer(&found.issuer, other.as_deref())),
        };
        // Whoever renews the login that was there has to be done first.
        let _lock = file.lock().await?;
        let now = SystemClock::new().now();
        let response =
            found.manager.exchange_code_for_token_with_issuer(&code, &state, issuer.as_deref()).await;
        let response = response.map_err(|error| {
            let secrets = [code.as_str()].into_iter().chain(client.secret.as_deref());
            found.told("the authorization server gave no token for the code", &error, secrets)
        })?;
        let (tokens, who) = Tokens::answered(&response, now)?;
        let scope = tokens::granted(&found.manager.get_current_scopes().await);
        let (server, allow_private) = (self.server.to_string(), self.allow_private);
        let login = Login { server, who, issuer: found.issuer, client, scope, tokens, allow_private };
        file.save(&login)?;
        Ok(login)
    }

    /// The scopes to ask for (CL-06), and one that gets a refresh token where there is such a scope.
    async fn scopes(&self, found: &Found) -> Vec<String> {
        let Some(scope) = self.scope.as_ref().filter(|scope| !scope.is_empty()) else {
            return found.manager.select_initial_scopes(&[]).await;
        };
        let mut scopes: Vec<String> = scope.iter().map(|scope| scope.as_str().to_owned()).collect();
        let supported = found.metadata.scopes_supported.as_deref().unwrap_or_default();
        let has = |scopes: &[String]| scopes.iter().any(|scope| scope == OFFLINE);
        if has(supported) && !has(&scopes) {
            scopes.push(OFFLINE.to_owned());
        }
        scopes
    }

    fn send(&self, url: &Url, redirect: &str) {
        let opened = self.browser == Browser::Open && browser::open(url);
        output::note(&match (self.browser, opened) {
            (Browser::Open, true) => {
                format!("Your browser shows where to sign in. If it does not, open\n\n  {url}\n")
            }
            (Browser::Open, false) => format!("No browser could be started. Open\n\n  {url}\n"),
            (Browser::Elsewhere, _) => format!(
                "Open, in a browser that reaches this machine's {}\n\n  {url}\n",
                redirect.trim_start_matches("http://").trim_end_matches("/callback")
            ),
        });
    }
}

/// OpenID Connect Core §11
const OFFLINE: &str = "offline_access";

/// What the server says to somebody without a token.
async fn challenge(server: &Url) -> Result<Option<String>, Trouble> {
    match connect(&Access::to(server, None)).await {
        Ok(connection) => {
            let _ = connection.cancel().await;
            // Some of its tools may ask for a login all the same.
            output::note(&format!("{server} answers without a login, too."));
            Ok(None)
        }
        Err(Failure::SignIn(challenge)) => Ok(Some(challenge)),
        Err(Failure::Unreachable(why)) => {
            Err(Trouble::Unusable(format!("{server} cannot be reached: {why}")))
        }
        // Its metadata may say more.
        Err(Failure::Scopes(_) | Failure::Said(_)) => Ok(None),
    }
}

async fn ask(found: &Found, scopes: &[&str]) -> Result<Asked, Trouble> {
    let url = found.manager.get_authorization_url(scopes).await;
    let url = url.map_err(|error| found.told("the authorization server cannot be asked", &error, []))?;
    let url: Option<Url> = url.parse().ok();
    let state = url.as_ref().and_then(|url| {
        url.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned())
    });
    let (Some(url), Some(state)) = (url, state) else {
        return Err(Trouble::No("the authorization server's authorization_endpoint cannot be asked".into()));
    };
    let issuer_is_promised = promises_issuer(&found.metadata);
    Ok(Asked { url, expected: Expected { state, issuer: found.issuer.clone(), issuer_is_promised } })
}

fn promises_issuer(metadata: &AuthorizationMetadata) -> bool {
    let promise = metadata.additional_fields.get("authorization_response_iss_parameter_supported");
    promise.is_some_and(|promise| promise == true)
}

fn refused(error: &str, description: Option<&str>) -> Trouble {
    let error = line(error, 60);
    let why = match description {
        Some(description) => format!("{error}: {}", masked(description, [])),
        None => error,
    };
    Trouble::No(format!("the authorization server let nobody in: {why}"))
}

/// RFC 9207 §2.4: not even the error of such an answer is repeated.
fn other_issuer(expected: &str, other: Option<&str>) -> Trouble {
    let expected = line(expected, 200);
    let came = match other {
        Some(other) => format!("the answer came from {}", line(other, 200)),
        None => "the answer does not say who gave it (`iss`), although that was promised".to_owned(),
    };
    Trouble::No(format!(
        "somebody was sent to sign in at {expected}, and {came}. Nothing was sent there. If both are the same authorization \
         server, its metadata's issuer and its `iss` must be equal to the letter (RFC 9207)"
    ))
}
