//! Nonces for proofs (RFC 9449 §8, §9): made and known without storing any.
//!
//! A nonce is the number of a period and a MAC over it, under a key made from the process's session key for this one
//! resource. So every replica with the key knows it, nobody else can make one, and it dies by itself. It changes once a
//! period and is good in the next one too, so that a client that asks often enough never has to ask twice.

use aws_lc_rs::{
    hkdf::{HKDF_SHA256, Salt},
    hmac::{self, HMAC_SHA256},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_oauth::NumericDate;

/// Separates this use of the session key from every other.
const PURPOSE: &[u8] = b"portcullis DPoP nonce, version 1";
/// Eight bytes and a MAC, in base64url; a longer text is not decoded.
const TEXT_BYTES: usize = 54;

/// Makes and knows the nonces of one resource.
pub(crate) struct Nonces {
    key: hmac::Key,
    /// Seconds.
    period: u64,
}

/// How old a nonce of ours is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Of this period.
    Current,
    /// Of the one before: good, and not for long.
    Last,
}

impl Nonces {
    pub(crate) fn new(session_key: &[u8; 32], resource: &str, period: u64) -> Self {
        let secret = Salt::new(HKDF_SHA256, PURPOSE).extract(session_key);
        let info = [resource.as_bytes()];
        let key = secret.expand(&info, HMAC_SHA256).expect("a key of HMAC is no longer than HKDF can make");
        Self { key: hmac::Key::from(key), period: period.max(1) }
    }

    /// The nonce of this period.
    pub(crate) fn current(&self, now: NumericDate) -> String {
        let period = (now.0 / self.period).to_be_bytes();
        let mut bytes = period.to_vec();
        bytes.extend_from_slice(hmac::sign(&self.key, &period).as_ref());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// How fresh a nonce is; `None` if it is not ours or too old. One of the period to come is of a replica whose clock
    /// is ahead.
    pub(crate) fn judge(&self, nonce: &str, now: NumericDate) -> Option<Freshness> {
        let bytes = URL_SAFE_NO_PAD.decode(nonce).ok().filter(|_| nonce.len() == TEXT_BYTES)?;
        let (period, mac) = bytes.split_first_chunk::<8>()?;
        hmac::verify(&self.key, period, mac).ok()?; // in constant time
        let (period, current) = (u64::from_be_bytes(*period), now.0 / self.period);
        match current.checked_sub(period) {
            Some(1) => Some(Freshness::Last),
            Some(0) => Some(Freshness::Current),
            None if period == current + 1 => Some(Freshness::Current),
            Some(_) | None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DP-08
    #[test]
    fn a_nonce_is_good_for_one_to_two_periods_at_every_replica_with_the_key() {
        let (here, there) = (Nonces::new(&[7; 32], "r", 300), Nonces::new(&[7; 32], "r", 300));
        let made = NumericDate(300_000);
        let nonce = here.current(made);
        assert_eq!(nonce.len(), TEXT_BYTES);
        for (after, expected) in [
            (0, Some(Freshness::Current)),
            (299, Some(Freshness::Current)),
            (300, Some(Freshness::Last)),
            (599, Some(Freshness::Last)),
            (600, None),
            (1_000_000, None),
        ] {
            assert_eq!(there.judge(&nonce, made.plus(after)), expected, "{after}");
        }
        assert_eq!(there.judge(&nonce, made.minus(1)), Some(Freshness::Current), "a clock behind");
        assert_eq!(there.judge(&nonce, made.minus(301)), None, "too far behind");
        assert_ne!(here.current(made.plus(300)), nonce, "it changes");
    }

    /// DP-08: nobody can make one, and one for another resource or key is none.
    #[test]
    fn a_nonce_of_others_is_none() {
        let nonces = Nonces::new(&[7; 32], "https://a.example/mcp", 300);
        let now = NumericDate(300_000);
        let good = nonces.current(now);
        let mut forged = URL_SAFE_NO_PAD.decode(&good).unwrap();
        forged[7] ^= 1;
        for (name, nonce) in [
            ("another resource", Nonces::new(&[7; 32], "https://b.example/mcp", 300).current(now)),
            ("another key", Nonces::new(&[8; 32], "https://a.example/mcp", 300).current(now)),
            ("another period under its MAC", URL_SAFE_NO_PAD.encode(forged)),
            ("cut", good[..53].to_owned()),
            ("longer", format!("{good}A")),
            ("empty", String::new()),
            ("not base64url", "!".repeat(TEXT_BYTES)),
            ("very long", "A".repeat(1 << 20)),
        ] {
            assert_eq!(nonces.judge(&nonce, now), None, "{name}");
        }
    }
}
