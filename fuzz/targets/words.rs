//! The RFCs' words: no text panics, and what was parsed prints as something that parses to the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_oauth::{Challenge, Issuer, Jwks, ResourceIdentifier, Scope, TargetUri};

fuzz_target!(|input: (&str, &[u8])| {
    let (text, bytes) = input;
    if let Ok(challenge) = text.parse::<Challenge>() {
        let printed = challenge.to_string();
        assert_eq!(printed.parse::<Challenge>().expect("we read what we print").to_string(), printed);
    }
    if let Ok(scope) = Scope::parse(text) {
        assert_eq!(Scope::parse(&scope.to_string()).expect("we read what we print"), scope);
    }
    if let Ok(issuer) = Issuer::parse(text) {
        assert!(!issuer.metadata_urls().is_empty());
    }
    if let Ok(resource) = ResourceIdentifier::parse(text) {
        assert!(resource.matches(text) && resource.metadata_path().starts_with("/.well-known/"));
    }
    if let Ok(uri) = TargetUri::parse(text) {
        assert_eq!(TargetUri::parse(&uri.to_string()), Ok(uri));
    }
    let _ = Jwks::parse(bytes);
});
