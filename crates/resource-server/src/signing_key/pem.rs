//! The one private key of a PEM text (RFC 7468): what `openssl` writes, whose other blocks are passed over.

use super::Unusable;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// What stands between the marks of the first block that ends in `PRIVATE KEY`: DER of PKCS#8, PKCS#1 or SEC 1.
pub(super) fn private_key(text: &str) -> Result<Vec<u8>, Unusable> {
    let mut lines = text.lines().map(str::trim);
    let Some(label) = lines.by_ref().filter_map(label).find(|label| label.ends_with("PRIVATE KEY")) else {
        let is_public = |label: &str| label.ends_with("PUBLIC KEY") || label.ends_with("CERTIFICATE");
        let has_public = text.lines().map(str::trim).filter_map(label).any(is_public);
        return Err(if has_public { Unusable::Public } else { Unusable::Format });
    };
    let end = format!("-----END {label}-----");
    let mut encoded = String::new();
    loop {
        match lines.next().ok_or(Unusable::Format)? {
            line if line == end => break,
            // RFC 1421 headers of an older encrypted key.
            line if line.contains(':') => return Err(Unusable::Encrypted),
            line => encoded.push_str(line),
        }
    }
    if label.contains("ENCRYPTED") {
        return Err(Unusable::Encrypted);
    }
    STANDARD.decode(encoded).map_err(|_| Unusable::Format)
}

fn label(line: &str) -> Option<&str> {
    line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")
}
