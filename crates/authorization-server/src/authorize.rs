//! The authorization request (OAuth 2.1 §4.1.1): judged before a person sees anything.

use crate::{client_id::Client, server::Shared};
use portcullis_oauth::{Scope, ScopeToken};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

/// A good request; sealed into the sign-in form, so that what is approved is what was shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client_id: String,
    pub(crate) client_name: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: Scope,
    pub(crate) resource: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) code_challenge: String,
}

/// What is wrong, and who may be told.
pub(crate) enum AuthorizeError {
    /// Shown on a page; never redirected (AS-17).
    Page(&'static str),
    /// Sent back to the client (AS-18).
    Redirect(Url),
}

/// OpenID Connect's scopes, which clients ask for out of habit: tolerated, and granted to nobody.
const TOLERATED: [&str; 5] = ["openid", "profile", "email", "address", "offline_access"];

/// Parameters, each at most once (AS-23); empty is absent.
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let all: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes())
            .into_owned()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let repeated = all
            .iter()
            .enumerate()
            .any(|(index, (name, _))| all[..index].iter().any(|(other, _)| other == name));
        (!repeated).then_some(Self(all))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

impl AuthorizationRequest {
    pub(crate) fn parse(query: &str, server: &Shared) -> Result<Self, AuthorizeError> {
        let Some(parameters) = Parameters::parse(query) else {
            return Err(AuthorizeError::Page("a parameter occurs twice"));
        };
        let client_id = parameters.get("client_id").unwrap_or_default();
        let Some(client) = Client::of_id(client_id, &server.key) else {
            return Err(AuthorizeError::Page(
                "this client is not registered here; remove the server from your client and add it again",
            ));
        };
        let redirect_uri = parameters.get("redirect_uri").unwrap_or_default();
        if !client.allows(redirect_uri) {
            return Err(AuthorizeError::Page("the redirect_uri is not one the client registered"));
        }
        let state = parameters.get("state").map(str::to_owned);
        let refuse = |error, description| {
            let answer = [("error", error), ("error_description", description)];
            match response_url(redirect_uri, &answer, state.as_deref(), &server.issuer) {
                Some(url) => AuthorizeError::Redirect(url),
                None => AuthorizeError::Page("the redirect_uri is not a URL"),
            }
        };
        if parameters.get("response_type") != Some("code") {
            return Err(refuse("unsupported_response_type", "only the code flow is supported"));
        }
        let code_challenge = parameters.get("code_challenge").unwrap_or_default();
        if parameters.get("code_challenge_method") != Some("S256") || !is_s256(code_challenge) {
            return Err(refuse("invalid_request", "PKCE with S256 is required")); // AS-12
        }
        let resource = parameters.get("resource").map(str::to_owned);
        if resource.as_ref().is_some_and(|resource| !server.resources.contains(resource)) {
            return Err(refuse("invalid_target", "this resource is not served here")); // AS-32
        }
        let scope = granted(parameters.get("scope"), &server.scopes)
            .ok_or_else(|| refuse("invalid_scope", "a scope is unknown here"))?;
        Ok(Self {
            client_id: client_id.to_owned(),
            client_name: client.name,
            redirect_uri: redirect_uri.to_owned(),
            scope,
            resource,
            state: state.clone(),
            code_challenge: code_challenge.to_owned(),
        })
    }
}

/// What a person is asked to grant: what the client asked for, or everything if it did not say.
fn granted(asked: Option<&str>, known: &Scope) -> Option<Scope> {
    let Some(asked) = asked else { return Some(known.clone()) };
    let asked = Scope::parse(asked).ok()?;
    let (tolerated, meant): (Vec<&ScopeToken>, Vec<&ScopeToken>) =
        asked.iter().partition(|scope| TOLERATED.contains(&scope.as_str()));
    if !meant.iter().all(|scope| known.contains(scope)) {
        return None;
    }
    if meant.is_empty() && !tolerated.is_empty() {
        Some(known.clone())
    } else {
        Some(meant.into_iter().cloned().collect())
    }
}

/// 43 characters of base64url: SHA-256 (RFC 7636 §4.2).
fn is_s256(challenge: &str) -> bool {
    challenge.len() == 43 && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The redirect with `state` as it came and `iss` (AS-10, AS-16).
pub(crate) fn response_url(
    redirect_uri: &str,
    answer: &[(&str, &str)],
    state: Option<&str>,
    issuer: &str,
) -> Option<Url> {
    let mut url = Url::parse(redirect_uri).ok()?;
    let mut query = url.query_pairs_mut();
    query.extend_pairs(answer);
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    query.append_pair("iss", issuer);
    drop(query);
    Some(url)
}
