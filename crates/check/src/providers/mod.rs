//! Providers that people have, and what each of them has to be told before MCP clients get along with it. Much of it cannot be
//! seen from outside: so these are notes, not verdicts.

mod table;

use crate::{Seen, issuers::AuthorizationServer, members};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

/// What is known of a provider that was recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Note {
    /// Whom it is about.
    pub provider: &'static str,
    /// What goes wrong, and where.
    pub says: &'static str,
    /// The setting to change.
    pub change: &'static str,
    /// Where that can be read.
    pub link: &'static str,
}

/// A provider.
struct Provider {
    name: &'static str,
    /// By the issuer's URL, or by what its metadata has.
    is: fn(&Facts<'_>) -> bool,
    traps: &'static [Trap],
}

/// What people stumble over there.
struct Trap {
    /// Whether it can be one here.
    applies: fn(&Facts<'_>) -> bool,
    says: &'static str,
    change: &'static str,
    link: &'static str,
}

/// What is known of an issuer.
struct Facts<'a> {
    host: &'a str,
    path: &'a str,
    document: Option<&'a Map<String, Value>>,
}

impl Facts<'_> {
    fn host_ends(&self, suffixes: &[&str]) -> bool {
        suffixes.iter().any(|suffix| {
            self.host.strip_suffix(suffix).is_some_and(|before| before.is_empty() || before.ends_with('.'))
        })
    }

    fn has(&self, member: &str) -> bool {
        self.document.is_some_and(|document| document.contains_key(member))
    }

    /// The metadata is there, and this is not in it.
    fn lacks(&self, member: &str) -> bool {
        self.document.is_some_and(|document| !document.contains_key(member))
    }

    fn endpoint_has(&self, member: &str, part: &str) -> bool {
        self.document
            .and_then(|document| members::text(document, member))
            .is_some_and(|url| url.contains(part))
    }

    fn nobody_can_register(&self) -> bool {
        let takes_documents = self.document.and_then(|it| it.get("client_id_metadata_document_supported"));
        self.lacks("registration_endpoint") && takes_documents != Some(&Value::Bool(true))
    }
}

/// What is to be said of the providers that were seen, each once.
pub(crate) fn notes(seen: &Seen) -> Vec<Note> {
    let mut notes = Vec::new();
    for note in seen.authorization_servers.iter().flat_map(notes_on) {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

fn notes_on(issuer: &AuthorizationServer) -> Vec<Note> {
    let document = issuer.document().map(|(_, document)| document);
    notes_by(&issuer.issuer, document.as_ref())
}

fn notes_by(issuer: &str, document: Option<&Map<String, Value>>) -> Vec<Note> {
    let Ok(url) = Url::parse(issuer) else { return Vec::new() };
    let facts = Facts { host: url.host_str().unwrap_or_default(), path: url.path(), document };
    let Some(provider) = table::PROVIDERS.iter().find(|provider| (provider.is)(&facts)) else {
        return Vec::new();
    };
    let traps = provider.traps.iter().filter(|trap| (trap.applies)(&facts));
    traps
        .map(|trap| Note { provider: provider.name, says: trap.says, change: trap.change, link: trap.link })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(issuer: &str, document: &Value) -> (Vec<&'static str>, String) {
        let notes = notes_by(issuer, document.as_object());
        (notes.iter().map(|note| note.provider).collect(), notes.iter().map(|note| note.says).collect())
    }

    #[test]
    fn a_provider_is_known_by_its_issuer_or_its_metadata() {
        let keycloak =
            json!({ "authorization_endpoint": "https://id.example/realms/r/protocol/openid-connect/auth" });
        let auth0 = json!({ "mfa_challenge_endpoint": "https://login.example.com/mfa/challenge" });
        for (issuer, document, provider) in [
            ("https://acme.scalekit.com/resources/res_123", json!({}), "Scalekit"),
            ("https://auth.example.com/resources/res_123", json!({}), "Scalekit"),
            ("https://acme.eu.auth0.com/", json!({}), "Auth0"),
            ("https://login.example.com/", auth0, "Auth0"),
            ("https://login.microsoftonline.com/tenant/v2.0", json!({}), "Microsoft Entra"),
            ("https://sts.windows.net/tenant/", json!({}), "Microsoft Entra"),
            ("https://acme.okta.com/oauth2/default", json!({}), "Okta"),
            ("https://id.example/realms/r", keycloak, "Keycloak"),
            ("https://accounts.google.com", json!({}), "Google"),
            ("https://cognito-idp.eu-west-1.amazonaws.com/pool", json!({}), "Amazon Cognito"),
            ("https://github.com/login/oauth", json!({}), "GitHub"),
        ] {
            let (providers, _) = said(issuer, &document);
            assert!(
                !providers.is_empty() && providers.iter().all(|one| *one == provider),
                "{issuer}: {providers:?}"
            );
        }
        for issuer in
            ["https://evilauth0.com/", "https://okta.com.evil.example/", "https://issuer.example", "x"]
        {
            assert_eq!(said(issuer, &json!({})).0, Vec::<&str>::new(), "{issuer}");
        }
    }

    #[test]
    fn what_the_metadata_shows_to_be_no_trap_is_not_told() {
        let with_pkce =
            json!({ "code_challenge_methods_supported": ["S256"], "registration_endpoint": "https://h/" });
        let entra = "https://login.microsoftonline.com/tenant/v2.0";
        assert!(said(entra, &json!({})).1.contains("code_challenge_methods_supported"));
        assert!(!said(entra, &with_pkce).1.contains("code_challenge_methods_supported"));
        let scalekit = "https://acme.scalekit.com/resources/res_123";
        assert!(said(scalekit, &json!({})).1.contains("register"));
        assert!(!said(scalekit, &with_pkce).1.contains("register"));
        assert!(said("https://acme.scalekit.com", &with_pkce).1.contains("environment"));
        assert!(!said(scalekit, &with_pkce).1.contains("names the environment"));
    }
}
