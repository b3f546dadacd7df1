//! Client ids that carry their own registration, sealed: nothing to store, nothing to forget, never a secret. The seal
//! proves that we issued it; every rule about redirects applies anew at each use.

use crate::SigningKey;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

const PURPOSE: &str = "client_id";
/// Client ids travel in URLs.
const MAX_CLIENT_ID: usize = 6 * 1024;
const MAX_REDIRECT_URIS: usize = 10;
const MAX_URI: usize = 1000;
const MAX_NAME: usize = 200;
/// Editors call back under schemes of their own (G-11); nobody else's is taken.
const EDITOR_SCHEMES: [&str; 3] = ["cursor", "vscode", "vscode-insiders"];

/// What a client registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Client {
    #[serde(rename = "r")]
    pub(crate) redirect_uris: Vec<String>,
    #[serde(rename = "n")]
    pub(crate) name: String,
}

/// Why a registration is refused (RFC 7591 §3.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClientError {
    #[error(
        "redirect_uris must be 1 to {MAX_REDIRECT_URIS} URLs: https, http on loopback, or an editor's own scheme; without fragment or user information"
    )]
    RedirectUri,
    #[error("client_name must have at most {MAX_NAME} characters")]
    Name,
}

impl Client {
    pub(crate) fn register(redirect_uris: Vec<String>, name: String) -> Result<Self, ClientError> {
        let some = !redirect_uris.is_empty() && redirect_uris.len() <= MAX_REDIRECT_URIS;
        if !some || !redirect_uris.iter().all(|uri| is_acceptable(uri)) {
            return Err(ClientError::RedirectUri);
        }
        if name.chars().count() > MAX_NAME {
            return Err(ClientError::Name);
        }
        Ok(Self { redirect_uris, name })
    }

    pub(crate) fn id(&self, key: &SigningKey) -> Option<String> {
        let id = key.seal(PURPOSE, serde_json::to_string(self).ok()?.as_bytes());
        (id.len() <= MAX_CLIENT_ID).then_some(id)
    }

    pub(crate) fn of_id(id: &str, key: &SigningKey) -> Option<Self> {
        if id.len() > MAX_CLIENT_ID {
            return None;
        }
        let client: Self = serde_json::from_slice(&key.open(PURPOSE, id)?).ok()?;
        Self::register(client.redirect_uris, client.name).ok()
    }

    /// AS-14, G-10: byte for byte, but for the port on loopback.
    pub(crate) fn allows(&self, redirect_uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| {
            registered == redirect_uri
                || (is_acceptable(redirect_uri) && same_but_for_port(registered, redirect_uri))
        })
    }
}

fn is_acceptable(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let plain = uri.len() <= MAX_URI
        && url.fragment().is_none()
        && !uri.contains('#')
        && url.username().is_empty()
        && url.password().is_none();
    let scheme = match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(&url),
        other => EDITOR_SCHEMES.contains(&other),
    };
    plain && scheme
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn same_but_for_port(registered: &str, asked: &str) -> bool {
    let (Ok(mut registered), Ok(mut asked)) = (Url::parse(registered), Url::parse(asked)) else {
        return false;
    };
    let loopback = registered.scheme() == "http" && is_loopback(&registered);
    loopback && registered.set_port(None).is_ok() && asked.set_port(None).is_ok() && registered == asked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(uri: &str) -> Client {
        Client::register(vec![uri.into()], "c".into()).unwrap()
    }

    /// AS-14, AS-15, AS-16, G-10, G-11
    #[test]
    fn redirects_are_compared_byte_for_byte_but_for_a_loopback_port() {
        let local = client("http://127.0.0.1:5000/callback");
        for (uri, expected) in [
            ("http://127.0.0.1:5000/callback", true),
            ("http://127.0.0.1:61234/callback", true),
            ("http://127.0.0.1:5000/callback/", false),
            ("http://127.0.0.1:5000/callback?x=1", false),
            ("http://localhost:5000/callback", false),
            ("http://127.0.0.1.evil.example/callback", false),
            ("http://user@127.0.0.1:5000/callback", false),
            ("https://127.0.0.1:5000/callback", false),
        ] {
            assert_eq!(local.allows(uri), expected, "{uri}");
        }
        assert!(!client("https://app.example/cb").allows("https://app.example:444/cb"));
        for uri in [
            "http://evil.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://a/#f",
            "https://u:p@a/",
            "intent:x",
        ] {
            assert_eq!(
                Client::register(vec![uri.into()], String::new()),
                Err(ClientError::RedirectUri),
                "{uri}"
            );
        }
    }

    #[test]
    fn an_id_is_ours_or_worthless() {
        let key = SigningKey::ephemeral().unwrap();
        let client = client("https://app.example/cb");
        let id = client.id(&key).unwrap();
        assert_eq!(Client::of_id(&id, &key), Some(client.clone()));
        assert_eq!(Client::of_id(&id, &SigningKey::ephemeral().unwrap()), None);
        assert_eq!(Client::of_id(&id.replace('.', "A."), &key), None);
        assert_eq!(
            Client::of_id(&key.seal("form", serde_json::to_string(&client).unwrap().as_bytes()), &key),
            None
        );
    }
}
