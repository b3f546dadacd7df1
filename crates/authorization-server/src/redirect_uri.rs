//! Redirect URIs: which may be registered, when one asked for is one registered, and what is sent back to it.
//!
//! They are compared as texts; nothing is normalised, so that two URLs never become one (AS-14, SB-08).

use portcullis_oauth::is_loopback;
use url::{Url, form_urlencoded};

/// Longer is no address of a callback.
pub(crate) const MAX_LENGTH: usize = 2000;
/// Editors call back under schemes of their own (G-11); nobody else's is taken.
const EDITOR_SCHEMES: [&str; 3] = ["cursor", "vscode", "vscode-insiders"];

/// Whether anybody may register this (AS-15, AS-16, DC-06): https, http on loopback, or an editor's scheme; no fragment,
/// no user information, and only characters that mean the same to every parser.
pub(crate) fn is_acceptable(uri: &str) -> bool {
    let Some((scheme, authority, _)) = split(uri) else { return false };
    let Ok(url) = Url::parse(uri) else { return false };
    let is_allowed = match scheme {
        "https" => true,
        "http" => is_loopback(&url),
        other => EDITOR_SCHEMES.contains(&other),
    };
    is_allowed
        && uri.len() <= MAX_LENGTH
        && uri.bytes().all(is_uri_character)
        && !authority.is_empty()
        && !authority.contains('@')
}

/// RFC 3986 §2, without `#`. A backslash, which browsers take for a slash, is none.
fn is_uri_character(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&b)
}

/// AS-14, G-10: byte for byte, but for the port on loopback.
pub(crate) fn is_same(registered: &str, asked: &str) -> bool {
    registered == asked || (is_acceptable(asked) && differs_in_loopback_port(registered, asked))
}

fn differs_in_loopback_port(registered: &str, asked: &str) -> bool {
    let (Some(("http", registered, registered_rest)), Some(("http", asked, asked_rest))) =
        (split(registered), split(asked))
    else {
        return false;
    };
    // Plain http is loopback, or it would not be acceptable.
    host(registered) == host(asked) && registered_rest == asked_rest
}

/// Scheme, authority, and all that follows.
fn split(uri: &str) -> Option<(&str, &str, &str)> {
    let (scheme, after) = uri.split_once("://")?;
    let (authority, rest) = after.split_at(after.find(['/', '?']).unwrap_or(after.len()));
    Some((scheme, authority, rest))
}

fn host(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    }
}

/// Where a person is sent, in words (SB-20): the host, or the editor's scheme.
pub(crate) fn destination(uri: &str) -> String {
    match split(uri) {
        Some(("http", authority, _)) => format!("{authority}, a program on this machine"),
        Some(("https", authority, _)) => authority.to_owned(),
        Some((scheme, _, _)) => format!("the application that opens {scheme}: links"),
        None => String::new(),
    }
}

/// The redirect: its own query kept (AS-16), `state` as it came (AS-18), `iss` always (AS-10, G-16).
pub(crate) fn response(uri: &str, answer: &[(&str, &str)], state: Option<&str>, issuer: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(answer)
        .extend_pairs(state.map(|state| ("state", state)))
        .append_pair("iss", issuer)
        .finish();
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AS-15, AS-16, DC-06, G-11, AS-35
    #[test]
    fn takes_https_loopback_and_editors_only() {
        for (uri, expected) in [
            ("https://app.example/cb", true),
            ("https://app.example:8443/cb?a=b", true),
            ("http://localhost:5000/cb", true),
            ("http://127.0.0.1/cb", true),
            ("http://[::1]:5000/cb", true),
            ("cursor://anysphere.cursor-mcp/oauth/callback", true),
            ("vscode://vscode.mcp/cb", true),
            ("http://evil.example/", false),
            ("http://localhost.evil.example/", false),
            ("http://localhost@evil.example/", false),
            ("http://127.0.0.1.evil.example/", false),
            ("https://good.example\\@evil.example/", false),
            ("https://user:pass@a.example/", false),
            ("https://@a.example/", false),
            ("https://a.example/#fragment", false),
            ("https://a.example/#", false),
            ("https://a.example/\r\nSet-Cookie: a=b", false),
            (" https://a.example/", false),
            ("https:///a.example/", false),
            ("https:a.example", false),
            ("https://ä.example/", false),
            ("https://a.example:99999/", false),
            ("javascript://a.example/%0aalert(1)", false),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("intent://a.example/", false),
            ("file:///etc/passwd", false),
            ("myapp://callback", false),
            ("/callback", false),
            ("", false),
        ] {
            assert_eq!(is_acceptable(uri), expected, "{uri:?}");
        }
        assert!(!is_acceptable(&format!("https://a.example/{}", "a".repeat(MAX_LENGTH))));
    }

    /// AS-14, SB-08, G-10
    #[test]
    fn is_compared_byte_for_byte_but_for_a_loopback_port() {
        for (registered, asked, expected) in [
            ("http://127.0.0.1:5000/callback", "http://127.0.0.1:5000/callback", true),
            ("http://127.0.0.1:5000/callback", "http://127.0.0.1:61234/callback", true),
            ("http://127.0.0.1/callback", "http://127.0.0.1:61234/callback", true),
            ("http://localhost/callback", "http://localhost:61234/callback", true),
            ("http://[::1]:5000/callback", "http://[::1]:61234/callback", true),
            ("http://[::1]/callback", "http://[::1]:61234/callback", true),
            ("http://127.0.0.1:5000/callback", "http://127.0.0.1:5000/callback/", false),
            ("http://127.0.0.1:5000/callback", "http://127.0.0.1:5000/Callback", false),
            ("http://127.0.0.1:5000/callback", "http://127.0.0.1:5000/callback?x=1", false),
            ("http://127.0.0.1:5000/callback", "http://127.0.0.1:5000/a/../callback", false),
            ("http://127.0.0.1:5000/callback", "http://127.0.0.1:5000/%63allback", false),
            ("http://127.0.0.1:5000/callback", "http://localhost:5000/callback", false),
            ("http://127.0.0.1:5000/callback", "http://127.0.0.1:5000@evil.example/callback", false),
            ("http://127.0.0.1:5000/callback", "https://127.0.0.1:5000/callback", false),
            ("http://127.0.0.1:5000/callback", "http://127.0.0.1:x/callback", false),
            ("https://app.example/cb", "https://app.example:444/cb", false),
            ("https://localhost/cb", "https://localhost:444/cb", false),
            ("https://app.example/cb", "https://app.example/cb/", false),
            ("https://app.example/cb", "https://App.example/cb", false),
            ("cursor://a/cb", "cursor://a:1/cb", false),
        ] {
            assert_eq!(is_same(registered, asked), expected, "{registered} {asked}");
        }
    }

    /// AS-10, AS-16, AS-18
    #[test]
    fn keeps_its_query_and_the_state() {
        let issuer = "http://localhost:3002";
        let answer = |uri| response(uri, &[("code", "c")], Some("a b&c=d"), issuer);
        let added = "code=c&state=a+b%26c%3Dd&iss=http%3A%2F%2Flocalhost%3A3002";
        assert_eq!(answer("https://a.example/cb"), format!("https://a.example/cb?{added}"));
        assert_eq!(answer("https://a.example/cb?x=%20y"), format!("https://a.example/cb?x=%20y&{added}"));
        assert_eq!(answer("https://a.example/cb?"), format!("https://a.example/cb?{added}"));
        assert_eq!(answer("cursor://a"), format!("cursor://a?{added}"));
    }
}
