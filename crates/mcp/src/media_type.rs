//! The body must be JSON in UTF-8 and nothing else, so that whoever reads it after us reads the same (415).

use crate::ReadError;
use http::{HeaderMap, header};

/// Checks `Content-Type` and `Content-Encoding`.
///
/// # Errors
/// [`ReadError::MediaType`]: not exactly one `application/json`, a charset other than UTF-8, or an encoding.
pub fn check_media_type(headers: &HeaderMap) -> Result<(), ReadError> {
    if is_json(headers) && is_identity(headers) { Ok(()) } else { Err(ReadError::MediaType) }
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let mut charsets = 0;
    essence.eq_ignore_ascii_case("application/json")
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                charsets += 1;
                let value = value.trim();
                let value =
                    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
                charsets == 1 && value.eq_ignore_ascii_case("utf-8")
            }
            // An extended or continued charset (RFC 8187, RFC 2231) is somebody's charset all the same.
            Some((name, _)) => !name.trim().to_ascii_lowercase().starts_with("charset"),
            None => parameter.is_empty(),
        })
}

fn is_identity(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    match (values.next(), values.next()) {
        (None, _) => true,
        (Some(value), None) => value.as_bytes().eq_ignore_ascii_case(b"identity"),
        (Some(_), Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_json_in_utf_8_and_nothing_else() {
        for (name, types, encodings, expected) in [
            ("plain", &["application/json"][..], &[][..], true),
            ("case", &["Application/JSON; Charset=UTF-8"], &[], true),
            ("quoted", &["application/json;charset=\"utf-8\""], &["identity"], true),
            ("another parameter", &["application/json; profile=x"], &[], true),
            ("none", &[], &[], false),
            ("two", &["application/json", "application/json"], &[], false),
            ("joined", &["application/json, text/plain"], &[], false),
            ("form", &["application/x-www-form-urlencoded"], &[], false),
            ("utf-7", &["application/json; charset=utf-7"], &[], false),
            ("utf-16", &["application/json; charset=utf-16le"], &[], false),
            ("two charsets", &["application/json; charset=utf-8; charset=utf-7"], &[], false),
            ("extended charset", &["application/json; charset*=utf-7"], &[], false),
            ("gzip", &["application/json"], &["gzip"], false),
            ("two encodings", &["application/json"], &["identity", "gzip"], false),
            ("suffix", &["application/vnd.x+json"], &[], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in types {
                headers.append(header::CONTENT_TYPE, value.parse().unwrap());
            }
            for value in encodings {
                headers.append(header::CONTENT_ENCODING, value.parse().unwrap());
            }
            assert_eq!(check_media_type(&headers).is_ok(), expected, "{name}");
        }
    }
}
