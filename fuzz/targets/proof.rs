//! A DPoP proof: no bytes panic, and one that is read is what an ordinary parser finds, without a private key in it. The
//! input is three lines: the header and the claims as JSON, and the signature, which is also tried as a whole proof.
#![no_main]

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use portcullis_resource_server::{DPOP, DpopProof, MAX_JTI_BYTES, MAX_PROOF_BYTES};
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let mut lines = input.splitn(3, |byte| *byte == b'\n').chain(std::iter::repeat(&b""[..]));
    let [jose, claims, signature] = std::array::from_fn(|_| lines.next().unwrap_or_default());
    as_it_is(signature);
    let text = [jose, claims, signature].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let Ok(proof) = DpopProof::parse(&text) else { return };
    assert!(text.len() <= MAX_PROOF_BYTES && format!("{proof:?}").len() < 20);
    let header: Value = serde_json::from_slice(jose).expect("JSON to everyone");
    assert_eq!(header["typ"], "dpop+jwt");
    assert!(header.get("crit").is_none());
    assert!(!header["alg"].as_str().expect("a text").starts_with("HS"));
    let key = header["jwk"].as_object().expect("an object");
    assert!(["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().all(|member| !key.contains_key(*member)));
    assert!(proof.thumbprint().is_none_or(|thumbprint| thumbprint.len() == 43));
    let claims: Value = serde_json::from_slice(claims).expect("JSON to everyone");
    assert!((1..=MAX_JTI_BYTES).contains(&claims["jti"].as_str().expect("a text").len()));
    assert!(claims["htm"].is_string() && claims["htu"].is_string() && claims["iat"].is_number());
});

/// As the header it comes in.
fn as_it_is(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(bytes) {
        headers.append(DPOP, value);
        let _ = DpopProof::from_headers(&headers);
    }
}
