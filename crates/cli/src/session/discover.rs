//! From a server's URL to the authorization server that its tokens come from: protected resource metadata (RFC 9728), then
//! authorization server metadata (RFC 8414, OpenID Connect). What is found is used only if nothing in it leads astray.

use super::{Trouble, masked, way::Way};
use crate::text::{line, shell};
use portcullis_fetch::FetchError;
use portcullis_oauth::is_loopback;
use rmcp::transport::auth::{AuthError, AuthorizationManager, AuthorizationMetadata};
use std::{error::Error as _, sync::Arc};
use url::Url;

/// An authorization server that was found.
pub(super) struct Found {
    pub(super) manager: AuthorizationManager,
    pub(super) metadata: AuthorizationMetadata,
    pub(super) issuer: String,
    way: Arc<Way>,
}

/// Finds it, beginning with the server's challenge if there was one.
pub(super) async fn discover(
    server: &Url,
    allow_private: bool,
    challenge: Option<&str>,
) -> Result<Found, Trouble> {
    let way = Arc::new(Way::new(server, allow_private)?);
    let manager = AuthorizationManager::new_with_oauth_http_client(server.as_str(), way.clone()).await;
    let mut manager = manager.map_err(|error| told("no OAuth client", &error, &way, []))?;
    let resolved = manager.resolve_metadata_from_challenge(challenge).await;
    let resolved =
        resolved.map_err(|error| match told("the authorization server was not found", &error, &way, []) {
            Trouble::No(why) => {
                Trouble::No(format!("{why}; `portcullis check {}` says more", shell(server.as_str())))
            }
            unreachable @ Trouble::Unusable(_) => unreachable,
        })?;
    if !resolved.source.is_discovered() {
        return Err(Trouble::No(format!(
            "{server} says nowhere how to sign in: neither protected resource metadata (RFC 9728) nor authorization server \
             metadata (RFC 8414) was found; `portcullis check {}` says what it answers",
            shell(server.as_str())
        )));
    }
    let metadata = resolved.metadata;
    let issuer = usable(server, &metadata)?;
    manager.set_metadata(metadata.clone());
    Ok(Found { manager, metadata, issuer, way })
}

impl Found {
    /// What went wrong there, without the secrets that were sent.
    pub(super) fn told<'a>(
        &self,
        what: &str,
        error: &AuthError,
        secrets: impl IntoIterator<Item = &'a str>,
    ) -> Trouble {
        told(what, error, &self.way, secrets)
    }

    /// Whether the last request had no answer at all.
    pub(super) fn is_unreachable(&self) -> bool {
        self.way.failed().is_some_and(|(_, error)| is_unreachable(&error))
    }
}

fn told<'a>(what: &str, error: &AuthError, way: &Way, secrets: impl IntoIterator<Item = &'a str>) -> Trouble {
    let mut said = error.to_string();
    // Some say where it was, and only their cause says why.
    let mut cause = error.source();
    while let Some(error) = cause.filter(|cause| !cause.is::<FetchError>()) {
        said += &format!(": {error}");
        cause = error.source();
    }
    let said = masked(&said, secrets);
    match way.failed() {
        None => Trouble::No(format!("{what}: {said}")),
        Some((url, error)) => {
            let place = format!("{}{}", url.origin().ascii_serialization(), url.path());
            let why = format!("{what}: {said}: {place}: {error}{}", remedy(&error));
            if is_unreachable(&error) { Trouble::Unusable(why) } else { Trouble::No(why) }
        }
    }
}

fn is_unreachable(error: &FetchError) -> bool {
    matches!(error, FetchError::Connect | FetchError::Unreadable | FetchError::Timeout)
}

fn remedy(error: &FetchError) -> &'static str {
    match error {
        FetchError::Refused(why) if why.contains("private") => {
            "; if this authorization server is inside your own network, say so with --allow-private"
        }
        FetchError::Refused(_)
        | FetchError::Connect
        | FetchError::Unreadable
        | FetchError::Timeout
        | FetchError::Status(_)
        | FetchError::Body
        | FetchError::TooLarge(_) => "",
    }
}

/// Judges what the metadata says before anything is opened or sent (CL-03, CL-04); its issuer.
fn usable(server: &Url, metadata: &AuthorizationMetadata) -> Result<String, Trouble> {
    let endpoints = [
        ("authorization_endpoint", Some(&metadata.authorization_endpoint)),
        ("token_endpoint", Some(&metadata.token_endpoint)),
        ("registration_endpoint", metadata.registration_endpoint.as_ref()),
    ];
    for (name, endpoint) in endpoints {
        if let Some(why) = endpoint.and_then(|endpoint| unsafe_endpoint(server, endpoint)) {
            return Err(Trouble::No(format!(
                "the authorization server's metadata has an unusable {name}: {why}"
            )));
        }
    }
    let methods = metadata.code_challenge_methods_supported.as_deref().unwrap_or_default();
    if !methods.iter().any(|method| method == "S256") {
        return Err(Trouble::No(
            "the authorization server's metadata does not promise PKCE with S256 (code_challenge_methods_supported), without \
             which a code could be stolen; it has to be switched on there"
                .to_owned(),
        ));
    }
    let issuer = metadata.issuer.as_deref().filter(|issuer| !issuer.is_empty());
    issuer.map(str::to_owned).ok_or_else(|| {
        Trouble::No(
            "the authorization server's metadata has no issuer (RFC 8414 §2), so nobody can tell who answers"
                .into(),
        )
    })
}

/// Why nothing is sent there. What is handed to a browser could be a command of the machine otherwise.
fn unsafe_endpoint(server: &Url, endpoint: &str) -> Option<String> {
    let Ok(url) = Url::parse(endpoint) else {
        return Some("it is no URL".to_owned());
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Some("it has user information".to_owned());
    }
    match url.scheme() {
        "https" => None,
        "http" if is_loopback(&url) && is_loopback(server) => None,
        scheme => Some(format!(
            "its scheme is {:?}, and only https is used (http where server and authorization server are on this machine)",
            line(scheme, 40)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn metadata(change: impl FnOnce(&mut serde_json::Value)) -> AuthorizationMetadata {
        let mut document = json!({
            "issuer": "https://auth.example",
            "authorization_endpoint": "https://auth.example/authorize",
            "token_endpoint": "https://auth.example/token",
            "registration_endpoint": "https://auth.example/register",
            "code_challenge_methods_supported": ["plain", "S256"],
        });
        change(&mut document);
        serde_json::from_value(document).unwrap()
    }

    /// CL-03, CL-04
    #[test]
    fn metadata_that_leads_astray_is_not_used() {
        let server = "https://mcp.example/mcp".parse().unwrap();
        assert_eq!(usable(&server, &metadata(|_| ())).unwrap(), "https://auth.example");
        for (member, value, expected) in [
            ("authorization_endpoint", json!("javascript:alert(1)"), "\"javascript\""),
            ("authorization_endpoint", json!("file:///etc/passwd"), "\"file\""),
            ("authorization_endpoint", json!("a:$(calc.exe)?x"), "\"a\""),
            ("authorization_endpoint", json!("http://auth.example/authorize"), "\"http\""),
            ("authorization_endpoint", json!("http://127.0.0.1/authorize"), "\"http\""),
            ("authorization_endpoint", json!("https://u:p@auth.example/"), "user information"),
            ("authorization_endpoint", json!("/authorize"), "no URL"),
            ("token_endpoint", json!("http://auth.example/token"), "token_endpoint"),
            ("registration_endpoint", json!("ftp://auth.example"), "registration_endpoint"),
            ("code_challenge_methods_supported", json!(null), "PKCE"),
            ("code_challenge_methods_supported", json!(["plain"]), "PKCE"),
            ("issuer", json!(null), "no issuer"),
            ("issuer", json!(""), "no issuer"),
        ] {
            let judged = usable(&server, &metadata(|document| document[member] = value.clone()));
            assert!(matches!(judged, Err(Trouble::No(why)) if why.contains(expected)), "{member}: {value}");
        }
    }

    #[test]
    fn plain_http_is_for_servers_of_this_machine() {
        let plain = metadata(|document| document["token_endpoint"] = json!("http://localhost:1/token"));
        assert!(usable(&"http://127.0.0.1:2/mcp".parse().unwrap(), &plain).is_ok());
        assert!(usable(&"https://mcp.example/mcp".parse().unwrap(), &plain).is_err());
    }
}
