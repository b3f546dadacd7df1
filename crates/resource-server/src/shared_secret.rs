//! A secret that a caller has to know, kept as its hash: it cannot be printed, and how long a comparison takes tells
//! nothing about it.

use crate::bearer::BearerToken;
use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use std::fmt;

/// The SHA-256 of a secret.
#[derive(Clone)]
pub struct SharedSecret([u8; 32]);

impl SharedSecret {
    /// The secret itself is forgotten.
    pub fn new(secret: &str) -> Self {
        Self(hash(secret))
    }

    /// Whether the caller knows it.
    pub fn is(&self, presented: &BearerToken<'_>) -> bool {
        verify_slices_are_equal(&self.0, &hash(presented.secret())).is_ok()
    }
}

fn hash(secret: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
    hash
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
    use portcullis_oauth::AuthScheme;

    /// RS-17
    #[test]
    fn only_who_knows_the_secret_has_it_and_it_cannot_be_printed() {
        let secret = SharedSecret::new("correct-horse-battery-staple");
        for (presented, is_it) in [
            ("correct-horse-battery-staple", true),
            ("correct-horse-battery-stapl", false),
            ("correct-horse-battery-staple2", false),
            ("Correct-horse-battery-staple", false),
            ("x", false),
        ] {
            let value = HeaderValue::try_from(format!("Bearer {presented}")).unwrap();
            let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
            assert_eq!(
                secret.is(&BearerToken::from_headers(&headers, &[AuthScheme::Bearer]).unwrap()),
                is_it,
                "{presented}"
            );
        }
        assert_eq!(format!("{secret:?}"), "SharedSecret(…)");
    }
}
