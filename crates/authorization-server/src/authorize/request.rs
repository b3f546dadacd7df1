//! The authorization request (OAuth 2.1 §4.1.1): judged before a person sees anything.

use crate::{
    client_id::Client, parameters::Parameters, pkce::CodeChallenge, redirect_uri::response, server::Shared,
};
use portcullis_oauth::{NumericDate, Scope, ScopeToken};
use serde::{Deserialize, Serialize};

/// Long enough to read a page.
const LIFETIME: u64 = 600;
/// A state is a number, or a small document; with this much, the sealed request still fits into a form.
const MAX_STATE: usize = 4096;
/// OpenID Connect's scopes, which clients ask for out of habit: tolerated, and granted to nobody.
const TOLERATED: [&str; 5] = ["openid", "profile", "email", "address", "offline_access"];

/// A good request; sealed into the sign-in form, so that what is approved is what was shown. It does not print.
#[derive(Serialize, Deserialize)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: Scope,
    pub(crate) resources: Vec<String>,
    pub(crate) state: Option<String>,
    pub(crate) code_challenge: CodeChallenge,
    pub(crate) expires_at: NumericDate,
}

/// What is wrong, and who may be told.
pub(crate) enum RequestError {
    /// Shown on a page; never redirected (AS-17).
    Page(&'static str),
    /// Sent back to the client, at this URL (AS-18).
    Redirect(String),
}

impl AuthorizationRequest {
    /// The request, and the client that makes it.
    pub(crate) fn parse(query: &str, server: &Shared) -> Result<(Self, Client), RequestError> {
        let sent = Parameters::parse(query.as_bytes())
            .ok_or(RequestError::Page("the request holds bytes that are not UTF-8"))?;
        let client_id = sent.get("client_id").unwrap_or_default();
        let client = Client::of_id(client_id, server.key.seal()).ok_or(RequestError::Page(
            "this client is not registered here; remove the server from your client and add it again",
        ))?;
        let redirect_uri = sent.get("redirect_uri").unwrap_or_default();
        if !client.allows(redirect_uri) {
            return Err(RequestError::Page("the redirect_uri is not one the client registered"));
        }
        let state = sent.get("state");
        if state.is_some_and(|state| state.len() > MAX_STATE) {
            return Err(RequestError::Page("the state is longer than 4096 bytes"));
        }
        let refuse = |error, description| {
            let answer = [("error", error), ("error_description", description)];
            RequestError::Redirect(response(redirect_uri, &answer, state, &server.issuer))
        };
        if sent.has_repetition() {
            return Err(refuse("invalid_request", "a parameter occurs twice")); // AS-23
        }
        match sent.get("response_type") {
            Some("code") => {}
            Some(_) => return Err(refuse("unsupported_response_type", "only code is supported")), // AS-31
            None => return Err(refuse("invalid_request", "response_type is missing")),
        }
        let code_challenge =
            CodeChallenge::parse(sent.get("code_challenge_method"), sent.get("code_challenge"))
                .ok_or_else(|| refuse("invalid_request", "PKCE with S256 is required"))?; // AS-12
        let resources = sent.all("resource");
        if !resources.iter().all(|resource| server.resources.contains(resource)) {
            return Err(refuse("invalid_target", "this resource is not served here")); // AS-32
        }
        let scope = asked_scope(sent.get("scope"), &server.scopes)
            .ok_or_else(|| refuse("invalid_scope", "a scope is unknown here"))?;
        let request = Self {
            client_id: client_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            scope,
            resources: distinct(resources),
            state: state.map(str::to_owned),
            code_challenge,
            expires_at: server.clock.now().plus(LIFETIME),
        };
        Ok((request, client))
    }
}

/// What a person is asked for: what the client named of ours; all there is, if it named nothing of ours.
fn asked_scope(asked: Option<&str>, known: &Scope) -> Option<Scope> {
    let asked = Scope::parse(asked.unwrap_or_default()).ok()?;
    let is_tolerated = |scope: &ScopeToken| !known.contains(scope) && TOLERATED.contains(&scope.as_str());
    let ours: Scope = asked.iter().filter(|scope| !is_tolerated(scope)).cloned().collect();
    match (ours.is_empty(), known.is_superset_of(&ours)) {
        (true, _) => Some(known.clone()),
        (false, true) => Some(ours),
        (false, false) => None,
    }
}

/// One that is named twice is one; there are no more of them than we serve.
fn distinct(resources: &[String]) -> Vec<String> {
    let mut resources = resources.to_vec();
    resources.sort();
    resources.dedup();
    resources
}
