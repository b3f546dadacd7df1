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

/// What the body of an answer is, as far as its headers can be believed to say one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerType {
    /// `application/json` in UTF-8.
    Json,
    /// `text/event-stream`.
    Events,
    /// Somebody could take it for an event stream: another charset, another type beside it, or a content encoding.
    UnclearEvents,
    /// Anything else, or under a content encoding.
    Other,
}

impl AnswerType {
    /// The type of an answer with these headers.
    pub fn of(headers: &HeaderMap) -> Self {
        match is_identity(headers) {
            true if is_json(headers) => Self::Json,
            true if is(headers, "text/event-stream") => Self::Events,
            _ if could_be_events(headers) => Self::UnclearEvents,
            _ => Self::Other,
        }
    }
}

fn could_be_events(headers: &HeaderMap) -> bool {
    let mut types =
        headers.get_all(header::CONTENT_TYPE).iter().map(|value| value.as_bytes().to_ascii_lowercase());
    types.any(|value| value.windows(12).any(|words| words == b"event-stream"))
}

fn is_json(headers: &HeaderMap) -> bool {
    is(headers, "application/json")
}

/// Whether there is one media type, and it is `expected`, in UTF-8.
fn is(headers: &HeaderMap, expected: &str) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let essence = value.find([';', ' ', '\t']).unwrap_or(value.len());
    let (essence, rest) = value.split_at(essence);
    essence.eq_ignore_ascii_case(expected)
        && parameters(rest).is_some_and(|parameters| {
            let names = parameters.iter().map(|(name, _)| name);
            let is_single = |name: &String| parameters.iter().filter(|(other, _)| other == name).count() == 1;
            names.clone().all(is_single)
                // An extended or continued charset (RFC 8187, RFC 2231) is somebody's charset all the same.
                && names.clone().all(|name| name == "charset" || !name.starts_with("charset"))
                && parameters
                    .iter()
                    .all(|(name, value)| name != "charset" || value.eq_ignore_ascii_case("utf-8"))
        })
}

/// More parameters are no media type of a real client.
const MAX_PARAMETERS: usize = 8;

/// RFC 9110 §5.6.6; names in lower case, values unquoted. `None` where the text is not of that form.
///
/// ```text
/// parameters = *( OWS ";" OWS [ parameter ] )
/// parameter  = token "=" ( token / quoted-string )
/// ```
fn parameters(mut rest: &str) -> Option<Vec<(String, String)>> {
    const OWS: [char; 2] = [' ', '\t'];
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(OWS);
        if rest.is_empty() {
            return Some(found);
        }
        rest = rest.strip_prefix(';')?.trim_start_matches(OWS);
        if rest.is_empty() || rest.starts_with(';') {
            continue;
        }
        let (name, after) = token(rest)?;
        let after = after.strip_prefix('=')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted_string(quoted)?,
            None => token(after).map(|(value, after)| (value.to_owned(), after))?,
        };
        if found.len() == MAX_PARAMETERS {
            return None;
        }
        found.push((name.to_ascii_lowercase(), value));
        rest = after;
    }
}

/// RFC 9110 §5.6.2.
fn token(text: &str) -> Option<(&str, &str)> {
    let is_tchar = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let end = text.find(|c| !is_tchar(c)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// RFC 9110 §5.6.4, after the opening quote.
fn quoted_string(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((index, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[index + 1..])),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
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
    fn an_answer_is_what_all_its_headers_say() {
        for (content_type, encoding, expected) in [
            (Some("application/json"), None, AnswerType::Json),
            (Some("text/event-stream; charset=utf-8"), None, AnswerType::Events),
            (Some("text/event-stream;charset=utf-16"), None, AnswerType::UnclearEvents),
            (Some("Text/Event-Stream"), Some("gzip"), AnswerType::UnclearEvents),
            (Some("application/json, text/event-stream"), None, AnswerType::UnclearEvents),
            (Some("application/json"), Some("gzip"), AnswerType::Other),
            (Some("text/plain"), None, AnswerType::Other),
            (None, None, AnswerType::Other),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [(header::CONTENT_TYPE, content_type), (header::CONTENT_ENCODING, encoding)]
            {
                headers.extend(value.map(|value| (name, value.parse().unwrap())));
            }
            assert_eq!(AnswerType::of(&headers), expected, "{content_type:?} {encoding:?}");
        }
    }

    /// §13: 415
    #[test]
    fn accepts_json_in_utf_8_and_nothing_else() {
        for (name, types, encodings, expected) in [
            ("plain", &["application/json"][..], &[][..], true),
            ("case", &["Application/JSON; Charset=UTF-8"], &[], true),
            ("quoted", &["application/json;charset=\"utf-8\""], &["identity"], true),
            ("another parameter", &["application/json; profile=x"], &[], true),
            ("parameter with quotes", &["application/json ; profile=\"a;charset=x\""], &[], true),
            ("escaped quotes", &["application/json; x=\"\\\"\"; charset=\"ut\\f-8\""], &[], true),
            ("empty parameters", &["application/json; ;charset=utf-8;"], &[], true),
            ("identity in another case", &["application/json"], &["Identity"], true),
            ("none", &[], &[], false),
            ("empty", &[""], &[], false),
            ("charset without value", &["application/json; charset"], &[], false),
            ("charset empty", &["application/json; charset="], &[], false),
            ("charset with blanks", &["application/json; charset = utf-8"], &[], false),
            ("charset half quoted", &["application/json; charset=\"utf-8"], &[], false),
            ("charset behind a blank", &["application/json; x=y charset=utf-7"], &[], false),
            ("charset without semicolon", &["application/json charset=utf-7"], &[], false),
            ("another parameter twice", &["application/json; a=1; A=1"], &[], false),
            ("same charset twice", &["application/json; charset=utf-8; charset=utf-8"], &[], false),
            ("continued charset", &["application/json; charset*0=utf-7"], &[], false),
            ("list of encodings", &["application/json"], &["identity, gzip"], false),
            ("same encoding twice", &["application/json"], &["identity", "identity"], false),
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
