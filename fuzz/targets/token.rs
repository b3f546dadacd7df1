//! A token: no bytes panic, from the header to the claims, and claims that are read are what an ordinary parser finds.
#![no_main]

use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;
use portcullis_oauth::AuthScheme;
use portcullis_resource_server::{BearerToken, UnverifiedClaims, UnverifiedHeader};
use serde_json::Value;

fuzz_target!(|input: (&[u8], &[u8], &[u8])| {
    let (authorization, jose, claims) = input;
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(authorization) {
        headers.append(header::AUTHORIZATION, value);
    }
    if let Ok(token) = BearerToken::from_headers(&headers, &[AuthScheme::Bearer, AuthScheme::Dpop]) {
        assert!(
            !format!("{token:?}").contains(std::str::from_utf8(authorization).expect("a token is ASCII"))
        );
    }
    if UnverifiedHeader::parse(jose).is_ok() {
        let tree: Value = serde_json::from_slice(jose).expect("JSON to everyone");
        assert!(tree["alg"].is_string() && tree.get("crit").is_none());
    }
    if let Ok(read) = UnverifiedClaims::parse(claims) {
        let tree: Value = serde_json::from_slice(claims).expect("JSON to everyone");
        assert_eq!(tree["iss"], read.issuer.as_str());
    }
});
