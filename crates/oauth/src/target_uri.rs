//! The target URI of a request as a DPoP proof names it (`htu`, RFC 9449 §4.2), normalised so that two spellings of one
//! place are equal (DP-03): by syntax (RFC 3986 §6.2.2) and by scheme (§6.2.3).
//!
//! The reader is strict and our own: a URL parser made for browsers forgives backslashes, tabs and odd hosts, and what
//! two parsers read differently must not be a proof for both.

use std::fmt::{self, Write as _};
use url::Url;

/// An http or https URI without query and fragment, normalised.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TargetUri {
    /// `https://mcp.example.com`, the port only if it is not the scheme's own.
    origin: String,
    /// Begins with a slash.
    path: String,
}

/// The text is no target URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an absolute http or https URI without user information (RFC 3986 §3)")]
pub struct TargetUriError;

impl TargetUri {
    /// Parses and normalises. Query and fragment are ignored, as RFC 9449 §4.3 has it.
    ///
    /// # Errors
    /// [`TargetUriError`].
    pub fn parse(text: &str) -> Result<Self, TargetUriError> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"<>".contains(&byte)) {
            return Err(TargetUriError);
        }
        let (scheme, rest) = text.split_once("://").ok_or(TargetUriError)?;
        let hierarchy = rest.split(['?', '#']).next().unwrap_or_default();
        let (authority, path) = hierarchy.split_at(hierarchy.find('/').unwrap_or(hierarchy.len()));
        Ok(Self { origin: origin(scheme, authority)?, path: path_of(path)? })
    }

    /// The place of a URL that was parsed before; its path is normalised in the same way.
    pub fn of(url: &Url) -> Self {
        let origin = url.origin().ascii_serialization();
        // A lone percent sign, which only a configured URL can still have here, stays as it is.
        let path = path_of(url.path()).unwrap_or_else(|_| url.path().to_owned());
        Self { origin, path }
    }

    /// The same place on this host.
    #[must_use]
    pub fn at_path(&self, path: &str) -> Self {
        Self { origin: self.origin.clone(), path: path_of(path).unwrap_or_else(|_| path.to_owned()) }
    }

    /// Without the one slash at the end that an endpoint may be called with. The slash of an empty path goes too.
    #[must_use]
    pub fn without_trailing_slash(mut self) -> Self {
        if self.path.ends_with('/') {
            self.path.pop();
        }
        self
    }
}

impl fmt::Display for TargetUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

/// Scheme and host in lower case, the scheme's own port left out.
fn origin(scheme: &str, authority: &str) -> Result<String, TargetUriError> {
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => 443,
        "http" => 80,
        _ => return Err(TargetUriError),
    };
    let end_of_host = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let colon = authority[end_of_host..].find(':').map(|colon| end_of_host + colon);
    let (host, port) = colon.map_or((authority, ""), |colon| (&authority[..colon], &authority[colon + 1..]));
    let is_literal = host.starts_with('[') && host.ends_with(']') && host.len() > 2;
    let is_odd = |byte: u8| b"@%[]:,".contains(&byte);
    if host.is_empty() || (!is_literal && host.bytes().any(is_odd)) || host.contains('@') {
        return Err(TargetUriError);
    }
    let mut origin = format!("{scheme}://{}", host.to_ascii_lowercase());
    if !port.is_empty() {
        let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse::<u16>().ok().filter(|_| is_number).ok_or(TargetUriError)?;
        if port != default_port {
            let _ = write!(origin, ":{port}");
        }
    }
    Ok(origin)
}

fn path_of(path: &str) -> Result<String, TargetUriError> {
    Ok(without_dot_segments(&with_plain_escapes(path)?))
}

/// §6.2.2.1, §6.2.2.2: hexadecimal in upper case, and nothing escaped that need not be. An escaped slash stays one.
fn with_plain_escapes(path: &str) -> Result<String, TargetUriError> {
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        plain.push_str(before);
        let digits = after.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let digits = digits.ok_or(TargetUriError)?;
        let byte = u8::from_str_radix(digits, 16).map_err(|_| TargetUriError)?;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            plain.push(char::from(byte));
        } else {
            let _ = write!(plain, "%{byte:02X}");
        }
        rest = &after[2..];
    }
    plain.push_str(rest);
    Ok(plain)
}

/// §5.2.4, §6.2.2.3; an empty path is `/` (§6.2.3).
fn without_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_in_directory = false;
    for segment in path.strip_prefix('/').unwrap_or(path).split('/') {
        ends_in_directory = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    let end = if ends_in_directory && !kept.is_empty() { "/" } else { "" };
    format!("/{}{end}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn normal(text: &str) -> Option<String> {
        TargetUri::parse(text).ok().map(|uri| uri.to_string())
    }

    /// DP-03
    #[test]
    fn spellings_of_one_place_are_equal() {
        for text in [
            "https://mcp.example.com/a/mcp",
            "HTTPS://MCP.Example.com/a/mcp",
            "https://mcp.example.com:443/a/mcp",
            "https://mcp.example.com:/a/mcp",
            "https://mcp.example.com/a/%6dc%70",
            "https://mcp.example.com/./a/b/../mcp",
            "https://mcp.example.com/%2e/a/x/%2E%2e/mcp",
            "https://mcp.example.com/a/mcp?b=/c#d",
            "https://mcp.example.com/a/mcp#?",
        ] {
            assert_eq!(normal(text).as_deref(), Some("https://mcp.example.com/a/mcp"), "{text}");
        }
        assert_eq!(normal("http://[::1]:80"), Some("http://[::1]/".to_owned()));
        assert_eq!(normal("http://h:8080/%e4%2f"), Some("http://h:8080/%E4%2F".to_owned()));
    }

    /// DP-03: the path keeps its case, and an escaped slash is none.
    #[test]
    fn other_places_stay_other_places() {
        let here = TargetUri::parse("https://mcp.example.com/a/mcp").unwrap();
        for text in [
            "http://mcp.example.com/a/mcp",
            "https://mcp.example.com:8443/a/mcp",
            "https://mcp.example.com./a/mcp",
            "https://example.com/a/mcp",
            "https://mcp.example.com/a/MCP",
            "https://mcp.example.com/a%2Fmcp",
            "https://mcp.example.com/a//mcp",
            "https://mcp.example.com/a/mcp/",
            "https://mcp.example.com/a/mcp/..",
            "https://mcp.example.com/a",
        ] {
            assert_ne!(TargetUri::parse(text).unwrap(), here, "{text}");
        }
        let with_slash = TargetUri::parse("https://mcp.example.com/a/mcp/").unwrap();
        assert_eq!(with_slash.without_trailing_slash(), here.clone().without_trailing_slash());
        let with_two = TargetUri::parse("https://mcp.example.com/a/mcp//").unwrap();
        assert_ne!(with_two.without_trailing_slash(), here.without_trailing_slash());
    }

    #[test]
    fn refuses_what_two_parsers_would_read_differently() {
        for text in [
            "",
            "/mcp",
            "mcp.example.com/mcp",
            "ftp://mcp.example.com/mcp",
            "https:/mcp.example.com/mcp",
            "https:\\\\mcp.example.com/mcp",
            "https://evil.example\\@mcp.example.com/mcp",
            "https://user@mcp.example.com/mcp",
            "https://@mcp.example.com/mcp",
            "https:///mcp",
            "https://:443/mcp",
            "https://mcp.example.com:+443/mcp",
            "https://mcp.example.com:65536/mcp",
            "https://mcp.example.com:44 3/mcp",
            "https://mcp.example.com:80:443/mcp",
            "https://mcp%2eexample.com/mcp",
            "https://mcp.example.com/%zz",
            "https://mcp.example.com/%4",
            " https://mcp.example.com/mcp",
            "https://mcp.example.com/m\tcp",
            "https://mcp.example.com/mcp\n",
            "https://mcp.ex\u{e4}mple.com/mcp",
            "https://[::1/mcp",
            "https://[]/mcp",
            "https://a@[::1]/mcp",
        ] {
            assert_eq!(normal(text), None, "{text:?}");
        }
    }

    proptest! {
        /// A second opinion: what both read, both read alike.
        #[test]
        fn agrees_with_the_parser_of_browsers(
            text in "(https|HTTP)://[a-zA-Z]{1,9}\\.example(:[1-9][0-9]{0,3})?(/[a-zA-Z0-9.]{0,3}|/%2[eE]|/%7e|/\\.\\.){0,6}/?(\\?x)?"
        ) {
            let theirs = TargetUri::of(&Url::parse(&text).unwrap());
            prop_assert_eq!(TargetUri::parse(&text).unwrap(), theirs);
        }

        #[test]
        fn never_panics_on_a_uri_and_normalises_once(text in ".*", path in "[/.%a-f0-9A-F]{0,24}") {
            for text in [text, format!("https://h/{path}")] {
                if let Ok(uri) = TargetUri::parse(&text) {
                    prop_assert_eq!(TargetUri::parse(&uri.to_string()), Ok(uri));
                }
            }
        }
    }
}
