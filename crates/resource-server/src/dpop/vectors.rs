//! The examples of RFC 9449: the proof of §4.1 and the request of §7.1, with the key and the thumbprint of §6.1.

use super::{DpopProof, ProofError, proof::Expected};
use crate::keys::Algorithm;
use http::{HeaderMap, Method};
use portcullis_oauth::{NumericDate, TargetUri};

/// §4.1
const FOR_A_TOKEN: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
/// §7.1
const FOR_A_RESOURCE: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
const ACCESS_TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
/// §6.1
const THUMBPRINT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

fn judged(method: Method, place: &str, access_token: &str, now: u64) -> Result<(), ProofError> {
    let mut headers = HeaderMap::new();
    headers.insert("dpop", FOR_A_RESOURCE.parse().unwrap());
    let targets = [TargetUri::parse(place).unwrap()];
    DpopProof::from_headers(&headers)?.judge(&Expected {
        method: &method,
        targets: &targets,
        access_token,
        seconds: 300,
        now: NumericDate(now),
    })
}

/// DP-01, DP-02: RFC 9449 §4.1, §6.1 and §7.1, RFC 7638.
#[test]
fn the_examples_of_the_rfc_are_good() {
    for text in [FOR_A_TOKEN, FOR_A_RESOURCE] {
        let proof = DpopProof::parse(text).unwrap();
        assert!(proof.is_signed_by(&proof.key(&Algorithm::ALL).unwrap()));
        assert_eq!(proof.thumbprint().as_deref(), Some(THUMBPRINT));
        assert!(proof.is_by(THUMBPRINT) && !proof.is_by("") && !proof.is_by(&THUMBPRINT[1..]));
    }
    let place = "https://resource.example.org/protectedresource";
    assert_eq!(judged(Method::GET, place, ACCESS_TOKEN, 1_562_262_618), Ok(()));
}

/// DP-02, DP-04: the same example, with one thing changed about the request.
#[test]
fn the_example_of_the_rfc_is_good_for_its_request_alone() {
    let place = "https://resource.example.org/protectedresource";
    let made = 1_562_262_618;
    for (name, result, reason) in [
        ("another method", judged(Method::POST, place, ACCESS_TOKEN, made), "proof_method"),
        (
            "another place",
            judged(Method::GET, "https://resource.example.org/", ACCESS_TOKEN, made),
            "proof_target",
        ),
        ("another token", judged(Method::GET, place, "Kz~8mXK1EalYznwH", made), "proof_token"),
        ("301 s later", judged(Method::GET, place, ACCESS_TOKEN, made + 301), "proof_time"),
        ("301 s before", judged(Method::GET, place, ACCESS_TOKEN, made - 301), "proof_time"),
    ] {
        assert_eq!(result.unwrap_err().reason(), reason, "{name}");
    }
    for now in [made - 300, made + 300] {
        assert_eq!(judged(Method::GET, place, ACCESS_TOKEN, now), Ok(()));
    }
    // A proof for a token endpoint has no `ath`.
    let proof = DpopProof::parse(FOR_A_TOKEN).unwrap();
    let targets = [TargetUri::parse("https://server.example.com/token").unwrap()];
    let expected = Expected {
        method: &Method::POST,
        targets: &targets,
        access_token: ACCESS_TOKEN,
        seconds: 300,
        now: NumericDate(1_562_262_616),
    };
    assert_eq!(proof.judge(&expected), Err(ProofError::Token));
}

/// DP-02: a changed byte anywhere is no proof, and only what is allowed verifies.
#[test]
fn a_changed_example_does_not_verify() {
    for index in (0..FOR_A_RESOURCE.len()).step_by(11) {
        let mut changed = FOR_A_RESOURCE.as_bytes().to_vec();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let is_good = DpopProof::parse(&changed)
            .and_then(|proof| proof.key(&Algorithm::ALL).map(|key| proof.is_signed_by(&key)))
            .unwrap_or(false);
        assert!(!is_good, "byte {index}");
    }
    let proof = DpopProof::parse(FOR_A_RESOURCE).unwrap();
    assert_eq!(proof.key(&[Algorithm::EdDsa]).unwrap_err().reason(), "proof_algorithm");
}
