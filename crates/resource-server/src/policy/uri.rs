//! Whether a URI is written as everybody would write it (RFC 3986 §6.2.2): an upstream that normalises must not find
//! another resource in it than the rules did.

/// Whether no normalisation would change it: the scheme in lower case, no segment of dots, no backslash, and nothing
/// percent-encoded that is a slash, a backslash, or needs no encoding.
pub(super) fn is_plain(uri: &str) -> bool {
    let (scheme, rest) = uri.split_once(':').unwrap_or(("", uri));
    let path = rest.split(['?', '#']).next().unwrap_or(rest);
    !scheme.bytes().any(|byte| byte.is_ascii_uppercase())
        && !uri.contains('\\')
        && !path.split('/').any(|segment| segment == "." || segment == "..")
        && encoded(uri).all(|byte| byte.is_some_and(needs_encoding))
}

/// What stands percent-encoded in it; `None` for a percent sign without two digits.
fn encoded(uri: &str) -> impl Iterator<Item = Option<u8>> {
    uri.match_indices('%').map(|(at, _)| {
        let digits = uri.get(at + 1..at + 3)?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok())?
    })
}

fn needs_encoding(byte: u8) -> bool {
    let is_unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !is_unreserved && byte != b'/' && byte != b'\\' && byte != 0
}
