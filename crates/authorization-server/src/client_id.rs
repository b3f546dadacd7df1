//! Client ids that carry their own registration, sealed: nothing to store, nothing to forget, never a secret. The seal
//! proves that we issued it; every rule about redirects applies anew at each use.

use crate::{
    redirect_uri::{self, MAX_LENGTH},
    seal::Seal,
};
use serde::{Deserialize, Serialize};

const PURPOSE: &str = "client_id";
/// Client ids travel in URLs.
const MAX_CLIENT_ID: usize = 6 * 1024;
const MAX_REDIRECT_URIS: usize = 10;
const MAX_NAME: usize = 200;

/// What a client registered. One letter a member: the id is made of it.
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
        "redirect_uris must be 1 to {MAX_REDIRECT_URIS} URLs of at most {MAX_LENGTH} characters: https, http on loopback, or the scheme of a known editor; without fragment or user information"
    )]
    RedirectUri,
    #[error(
        "the redirect_uris are too long together: a client id of {MAX_CLIENT_ID} characters must hold them"
    )]
    TooLong,
    #[error("client_name must have at most {MAX_NAME} characters")]
    Name,
}

impl Client {
    /// A client whose every redirect may be registered. Its name loses what could deceive a reader.
    pub(crate) fn register(redirect_uris: Vec<String>, name: &str) -> Result<Self, ClientError> {
        let is_some = (1..=MAX_REDIRECT_URIS).contains(&redirect_uris.len());
        if !is_some || !redirect_uris.iter().all(|uri| redirect_uri::is_acceptable(uri)) {
            return Err(ClientError::RedirectUri);
        }
        if name.chars().count() > MAX_NAME {
            return Err(ClientError::Name);
        }
        Ok(Self { redirect_uris, name: name.chars().filter(|c| is_honest(*c)).collect() })
    }

    /// The id that carries this registration. It never begins with `https://` (CI-16): the seal has no colon.
    pub(crate) fn id(&self, seal: &Seal) -> Result<String, ClientError> {
        let id = seal.close(PURPOSE, &serde_json::to_vec(self).map_err(|_| ClientError::TooLong)?);
        if id.len() > MAX_CLIENT_ID { Err(ClientError::TooLong) } else { Ok(id) }
    }

    /// The registration that an id of ours carries, if it would still be accepted.
    pub(crate) fn of_id(id: &str, seal: &Seal) -> Option<Self> {
        if id.len() > MAX_CLIENT_ID {
            return None;
        }
        let client: Self = serde_json::from_slice(&seal.open(PURPOSE, id)?).ok()?;
        Self::register(client.redirect_uris, &client.name).ok()
    }

    /// AS-14, G-10
    pub(crate) fn allows(&self, redirect_uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| redirect_uri::is_same(registered, redirect_uri))
    }
}

/// Neither a control character nor one that turns the direction of the text around it (DC-10).
fn is_honest(c: char) -> bool {
    let turns =
        matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !turns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        Client::register(vec!["https://app.example/cb".into()], "c").unwrap()
    }

    /// CI-16
    #[test]
    fn an_id_is_ours_or_worthless() {
        let (seal, other) = (Seal::derive(b"ours").unwrap(), Seal::derive(b"theirs").unwrap());
        let id = client().id(&seal).unwrap();
        assert!(!id.contains(':'), "it looks like no URL");
        assert_eq!(Client::of_id(&id, &seal), Some(client()));
        for (name, id) in [
            ("another server's", client().id(&other).unwrap()),
            ("changed", id.replace('.', "A.")),
            ("sealed for something else", seal.close("form", &serde_json::to_vec(&client()).unwrap())),
            ("endless", "a".repeat(1 << 20)),
            ("empty", String::new()),
        ] {
            assert_eq!(Client::of_id(&id, &seal), None, "{name}");
        }
    }

    /// AS-15: the seal proves issuance only.
    #[test]
    fn rules_apply_anew_at_each_use() {
        let seal = Seal::derive(b"ours").unwrap();
        let lax = Client { redirect_uris: vec!["http://evil.example/".into()], name: String::new() };
        assert_eq!(Client::of_id(&lax.id(&seal).unwrap(), &seal), None);
    }

    #[test]
    fn is_bounded() {
        let uri = |length: usize| format!("https://a.example/{}", "a".repeat(length));
        assert_eq!(Client::register(Vec::new(), ""), Err(ClientError::RedirectUri));
        assert_eq!(Client::register(vec![uri(1); 11], ""), Err(ClientError::RedirectUri));
        assert_eq!(Client::register(vec![uri(1)], &"ä".repeat(201)), Err(ClientError::Name));
        let long = Client::register(vec![uri(1900); 4], "").unwrap();
        assert_eq!(long.id(&Seal::derive(b"ours").unwrap()), Err(ClientError::TooLong));
    }

    /// DC-10
    #[test]
    fn a_name_cannot_turn_the_text_around_it() {
        let client = Client::register(client().redirect_uris, "a\u{202e}b\u{2066}c\n\u{0}d").unwrap();
        assert_eq!(client.name, "abcd");
    }
}
