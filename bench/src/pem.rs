//! An RSA key as HAProxy reads it: a SubjectPublicKeyInfo (RFC 5280 §4.1) in PEM.

use anyhow::Context as _;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// rsaEncryption, and its NULL (RFC 8017 §A.1).
const ALGORITHM: [u8; 15] = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];

/// The key of a JWK.
pub fn public_key(jwk: &serde_json::Value) -> anyhow::Result<String> {
    let number = |name: &str| -> anyhow::Result<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(jwk[name].as_str().context("an RSA key")?)?;
        // Numbers have a sign; these are positive.
        let sign = if bytes.first().is_some_and(|first| *first > 127) { &[0][..] } else { &[] };
        Ok(tagged(2, &[sign, &bytes].concat()))
    };
    let key = tagged(0x30, &[number("n")?, number("e")?].concat());
    let whole = tagged(0x30, &[&ALGORITHM[..], &tagged(3, &[&[0][..], &key].concat())].concat());
    let lines: Vec<String> = STANDARD
        .encode(whole)
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    Ok(format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n")))
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = match length {
        0..128 => vec![tag, length as u8],
        128..256 => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    };
    [head, content.to_vec()].concat()
}
