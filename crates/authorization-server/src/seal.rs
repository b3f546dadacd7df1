//! What we hand out and must get back unchanged: HMAC-SHA-256 under a key derived from the signing key, so that a restart
//! forgets nobody. A seal proves that we issued a text; it hides nothing.

use aws_lc_rs::{hkdf, hmac};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Seals texts, each for one purpose.
pub(crate) struct Seal(hmac::Key);

impl Seal {
    /// Derives the key (RFC 5869), so that the secret itself serves one purpose only.
    pub(crate) fn derive(secret: &[u8]) -> Option<Self> {
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, b"portcullis development server").extract(secret);
        let key = extracted.expand(&[b"seal"], hmac::HMAC_SHA256).ok()?;
        Some(Self(key.into()))
    }

    /// `payload` and its mark, in characters that need no escape in a URL.
    pub(crate) fn close(&self, purpose: &str, payload: &[u8]) -> String {
        format!("{}.{}", URL_SAFE_NO_PAD.encode(payload), self.mark(purpose, payload))
    }

    /// The payload that was sealed for this very purpose.
    pub(crate) fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        let (payload, mark) = sealed.split_once('.')?;
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        self.is_mark(purpose, &payload, mark).then_some(payload)
    }

    /// The mark alone, for a payload that comes back by another way.
    pub(crate) fn mark(&self, purpose: &str, payload: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, &message(purpose, payload)))
    }

    /// Whether this is the payload's mark; compared in constant time.
    pub(crate) fn is_mark(&self, purpose: &str, payload: &[u8], mark: &str) -> bool {
        let Ok(mark) = URL_SAFE_NO_PAD.decode(mark) else { return false };
        hmac::verify(&self.0, &message(purpose, payload), &mark).is_ok()
    }
}

/// No purpose holds a zero byte, so two purposes never share a message.
fn message(purpose: &str, payload: &[u8]) -> Vec<u8> {
    [purpose.as_bytes(), b"\0", payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_or_meant_for_something_else_does_not_open() {
        let seal = Seal::derive(b"secret").unwrap();
        let sealed = seal.close("a", b"payload");
        assert_eq!(seal.open("a", &sealed).as_deref(), Some(&b"payload"[..]));
        for (name, purpose, text) in [
            ("another purpose", "b", sealed.clone()),
            ("another payload", "a", sealed.replacen(&sealed[..1], "A", 1)),
            ("no mark", "a", sealed.split('.').next().unwrap().to_owned()),
            ("an empty mark", "a", format!("{}.", sealed.split('.').next().unwrap())),
            ("half a mark", "a", sealed[..sealed.len() - 8].to_owned()),
            ("nothing", "a", String::new()),
        ] {
            assert_eq!(seal.open(purpose, &text), None, "{name}");
        }
        assert_eq!(Seal::derive(b"other").unwrap().open("a", &sealed), None);
    }
}
