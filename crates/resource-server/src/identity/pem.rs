//! The one private key of a PEM text (RFC 7468): what `openssl` writes, whose other blocks are passed over.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// What stands between the marks of the first block that ends in `PRIVATE KEY`.
pub(super) enum Block {
    /// DER: PKCS#8, or RFC 5915 as `openssl ecparam` writes it.
    Private(Vec<u8>),
    /// A key behind a passphrase, which nobody could type here.
    Encrypted,
}

/// The first private key of the text, if there is one.
pub(super) fn private_key(text: &str) -> Option<Block> {
    let mut lines = text.lines().map(str::trim);
    let label = lines.find_map(|line| {
        let label = line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
        label.ends_with("PRIVATE KEY").then_some(label)
    })?;
    let end = format!("-----END {label}-----");
    let mut encoded = String::new();
    loop {
        match lines.next()? {
            line if line == end => break,
            // RFC 1421 headers of an older encrypted key.
            line if line.contains(':') => return Some(Block::Encrypted),
            line => encoded.push_str(line),
        }
    }
    if label.contains("ENCRYPTED") {
        return Some(Block::Encrypted);
    }
    STANDARD.decode(encoded).ok().map(Block::Private)
}
