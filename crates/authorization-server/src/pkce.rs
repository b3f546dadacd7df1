//! PKCE (RFC 7636), S256 alone (AS-12, AS-13).

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// A client's `code_challenge`. It does not print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CodeChallenge(String);

impl CodeChallenge {
    /// RFC 7636 §4.2: SHA-256 in base64url, which has 43 characters.
    pub(crate) fn parse(method: Option<&str>, challenge: Option<&str>) -> Option<Self> {
        let challenge = challenge.filter(|_| method == Some("S256"))?;
        let is_hash = URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|hash| hash.len() == 32);
        is_hash.then(|| Self(challenge.to_owned()))
    }

    /// RFC 7636 §4.6; a verifier has 43 to 128 unreserved characters (§4.1).
    pub(crate) fn is_met_by(&self, verifier: &str) -> bool {
        let is_verifier = (43..=128).contains(&verifier.len())
            && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
        is_verifier && URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) == self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    /// AS-13
    #[test]
    fn the_verifier_of_the_rfc_meets_its_challenge() {
        let challenge = CodeChallenge::parse(Some("S256"), Some(CHALLENGE)).unwrap();
        assert!(challenge.is_met_by(VERIFIER));
        for verifier in ["", CHALLENGE, &VERIFIER[1..], &VERIFIER.replace('-', "+"), &VERIFIER.repeat(4)] {
            assert!(!challenge.is_met_by(verifier), "{verifier}");
        }
    }

    /// AS-12
    #[test]
    fn takes_s256_only() {
        let padded = format!("{CHALLENGE}=");
        for (method, challenge) in [
            (None, Some(CHALLENGE)),
            (Some("plain"), Some(VERIFIER)),
            (Some("S512"), Some(CHALLENGE)),
            (Some("s256"), Some(CHALLENGE)),
            (Some("S256"), None),
            (Some("S256"), Some("short")),
            (Some("S256"), Some(padded.as_str())),
        ] {
            assert!(CodeChallenge::parse(method, challenge).is_none(), "{method:?} {challenge:?}");
        }
    }
}
