//! Tokens made from the one that is good, each no token any more: whoever takes one does not verify signatures.

use crate::Secret;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

/// The same but for the last bytes: of a JWT's signature, or of whatever it is.
pub(crate) fn tampered(token: &Secret) -> Secret {
    let (rest, last) = token.expose().rsplit_once('.').unwrap_or(("", token.expose()));
    let Ok(mut signature) = URL_SAFE_NO_PAD.decode(last) else { return swapped(token) };
    for byte in signature.iter_mut().rev().take(2) {
        *byte ^= 0x55;
    }
    let separator = if token.expose().contains('.') { "." } else { "" };
    let tampered = Secret::new(&format!("{rest}{separator}{}", URL_SAFE_NO_PAD.encode(signature)));
    if tampered.expose() == token.expose() { swapped(token) } else { tampered }
}

/// The last character in place of another.
fn swapped(token: &Secret) -> Secret {
    let mut text = token.expose().to_owned();
    let last = text.pop();
    text.push(if last == Some('A') { 'B' } else { 'A' });
    Secret::new(&text)
}

/// A JWT whose claims mean the same and are written otherwise: by one blank that nobody signed.
pub(crate) fn altered(token: &Secret) -> Option<Secret> {
    let (header, claims, signature) = parts(token)?;
    let mut claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
    claims.push(b' ');
    Some(Secret::new(&format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(claims))))
}

/// A JWT that says it is signed with `alg`, and is not signed.
pub(crate) fn unsigned(token: &Secret, alg: &str) -> Option<Secret> {
    let (header, claims, _) = parts(token)?;
    let mut header: Map<String, Value> =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    header.insert("alg".to_owned(), json!(alg));
    let header = URL_SAFE_NO_PAD.encode(Value::Object(header).to_string());
    Some(Secret::new(&format!("{header}.{claims}.")))
}

/// A JWT without its signature.
pub(crate) fn stripped(token: &Secret) -> Option<Secret> {
    let (header, claims, _) = parts(token)?;
    Some(Secret::new(&format!("{header}.{claims}.")))
}

fn parts(token: &Secret) -> Option<(&str, &str, &str)> {
    let parts: Vec<&str> = token.expose().splitn(4, '.').collect();
    let [header, claims, signature] = parts[..] else { return None };
    Some((header, claims, signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt() -> Secret {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let (header, claims) = (part(r#"{"alg":"ES256","typ":"at+jwt"}"#), part(r#"{"iss":"i"}"#));
        Secret::new(&format!("{header}.{claims}.{}", part("signature")))
    }

    fn decoded(token: &Secret, part: usize) -> String {
        let part = token.expose().split('.').nth(part).unwrap();
        String::from_utf8_lossy(&URL_SAFE_NO_PAD.decode(part).unwrap()).into_owned()
    }

    #[test]
    fn only_the_end_of_a_signature_is_tampered_with() {
        let tampered = tampered(&jwt());
        assert_eq!((decoded(&tampered, 0), decoded(&tampered, 1)), (decoded(&jwt(), 0), decoded(&jwt(), 1)));
        assert!(decoded(&tampered, 2).starts_with("signatu") && decoded(&tampered, 2) != "signature");
    }

    #[test]
    fn whatever_it_is_it_is_another_afterwards() {
        for text in ["opaque", "A", "", "not/base64!", "two.parts", "a.b."] {
            let token = Secret::new(text);
            assert_ne!(tampered(&token).expose(), text);
        }
    }

    #[test]
    fn a_jwt_loses_its_signature_or_what_it_was_for() {
        let altered = altered(&jwt()).unwrap();
        assert_eq!(
            (decoded(&altered, 1).as_str(), decoded(&altered, 2).as_str()),
            ("{\"iss\":\"i\"} ", "signature")
        );
        let unsigned = unsigned(&jwt(), "none").unwrap();
        assert_eq!(decoded(&unsigned, 0), r#"{"alg":"none","typ":"at+jwt"}"#);
        assert_eq!(decoded(&unsigned, 2), "");
        assert_eq!(decoded(&stripped(&jwt()).unwrap(), 2), "");
        assert!(stripped(&Secret::new("opaque")).is_none());
    }
}
