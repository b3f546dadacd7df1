//! The authorization servers that a resource names: their metadata at each place where clients look, their keys, and what a
//! stranger is told at the sign-in.

use crate::{Exchange, Sent, Subject, members, metadata::Documents};
use portcullis_fetch::Ask;
use portcullis_oauth::Issuer;
use serde_json::{Map, Value, json};
use url::Url;

/// A resource that names more is looked at no further.
const MAX_ISSUERS: usize = 3;
/// Nobody is registered by this name, and nothing is served there.
const STRANGER: &str = "portcullis-check-unknown";
/// Where nobody must be sent: `.invalid` is nobody's (RFC 6761 §6.4).
pub(crate) const NOWHERE: &str = "https://portcullis-check.invalid";

/// One of them.
#[derive(Clone, Debug)]
pub struct AuthorizationServer {
    /// As the resource names it.
    pub issuer: String,
    /// Its metadata, at each place where clients look, in their order (CL-02); none where the name is no issuer.
    pub places: Vec<Exchange>,
    /// Where RFC 8414 does not put it and some do: no client of MCP looks there.
    pub appended: Option<Exchange>,
    /// Its keys, where the metadata says.
    pub keys: Option<Exchange>,
    /// A browser that brings an unknown client to the sign-in, from a page that has nothing to do with it.
    pub stranger: Option<Exchange>,
    /// A registration that nobody can grant; sent only where it was asked to be thorough.
    pub registration: Option<Exchange>,
}

impl AuthorizationServer {
    pub(crate) async fn look_at_all(subject: &Subject, documents: &Documents, ask: &dyn Ask) -> Vec<Self> {
        let named = documents.read().map(|(_, document)| document.authorization_servers);
        let mut all = Vec::new();
        for issuer in named.unwrap_or_default().into_iter().take(MAX_ISSUERS) {
            all.push(Self::look(issuer, subject, ask).await);
        }
        all
    }

    async fn look(issuer: String, subject: &Subject, ask: &dyn Ask) -> Self {
        let send = async |sent: Sent| {
            let trust = subject.trust(&sent.url);
            sent.to(ask, trust).await
        };
        let urls = Issuer::parse(&issuer).map(|issuer| issuer.metadata_urls()).unwrap_or_default();
        let appended = urls.get(2).and_then(|url| {
            let path = url.path().replace("openid-configuration", "oauth-authorization-server");
            url.join(&path).ok()
        });
        let mut seen = Self {
            issuer,
            places: Vec::new(),
            appended: None,
            keys: None,
            stranger: None,
            registration: None,
        };
        for url in urls {
            seen.places.push(send(Sent::get(url)).await);
        }
        if let Some(url) = appended {
            seen.appended = Some(send(Sent::get(url)).await);
        }
        let Some((_, document)) = seen.document() else { return seen };
        let endpoint = |name: &str| members::text(&document, name)?.parse::<Url>().ok();
        if let Some(url) = endpoint("jwks_uri") {
            seen.keys = Some(send(Sent::get(url)).await);
        }
        if let Some(url) = endpoint("authorization_endpoint") {
            seen.stranger = Some(send(stranger(url, subject)).await);
        }
        if let Some(url) = endpoint("registration_endpoint").filter(|_| subject.is_thorough) {
            seen.registration = Some(send(Sent::post(url, &json!({ "redirect_uris": [] }))).await);
        }
        seen
    }

    /// The metadata that clients read: at the first place that has some.
    pub(crate) fn document(&self) -> Option<(&Exchange, Map<String, Value>)> {
        self.places.iter().find_map(|exchange| Some((exchange, members::document(exchange)?)))
    }
}

/// A whole authorization request, but for the client.
fn stranger(mut url: Url, subject: &Subject) -> Sent {
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", STRANGER)
        .append_pair("redirect_uri", &format!("{NOWHERE}/callback"))
        .append_pair("state", "portcullis-check")
        .append_pair("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        .append_pair("code_challenge_method", "S256")
        .append_pair("resource", subject.as_str());
    Sent::get(url).header("accept", "text/html").header("origin", NOWHERE)
}
