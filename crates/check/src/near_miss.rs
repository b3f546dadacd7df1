//! Two URLs that should be one: what is the difference, in words, and what to do about it.

use url::Url;

/// How `found` differs from `wanted`, and how to make it the same. Texts are compared as they are (PRM-11); these words are for
/// people.
pub(crate) fn difference(wanted: &str, found: &str) -> String {
    let (Ok(wanted_url), Ok(found_url)) = (Url::parse(wanted), Url::parse(found)) else {
        return format!("it is no URL; write {wanted:?}");
    };
    let without_slash = |text: &str| text.trim_end_matches('/').to_owned();
    if without_slash(wanted) == without_slash(found) {
        let (is, should) = if found.ends_with('/') { ("has", "without") } else { ("lacks", "with") };
        return format!("it {is} a slash at its end; write it {should} the slash: {wanted:?}");
    }
    let after_scheme = |text: &str| text.split_once("://").map(|(_, rest)| without_slash(rest));
    if wanted_url.scheme() != found_url.scheme() && after_scheme(wanted) == after_scheme(found) {
        return format!(
            "it is {} in place of {}: a server behind TLS does not see it; set its public URL to {wanted:?}",
            found_url.scheme(),
            wanted_url.scheme(),
        );
    }
    if wanted_url == found_url {
        return format!(
            "it is the same URL in another spelling, and spellings are compared; write {wanted:?}"
        );
    }
    if wanted_url.host() != found_url.host() {
        return format!(
            "its host is {}, and not {}; set the server's public URL to {wanted:?}",
            found_url.host_str().unwrap_or_default(),
            wanted_url.host_str().unwrap_or_default(),
        );
    }
    if wanted_url.port_or_known_default() != found_url.port_or_known_default() {
        return format!("its port is another: set the server's public URL to {wanted:?}");
    }
    if wanted_url.path() != "/" && found_url.path() == "/" {
        return format!("its path {} is missing; write {wanted:?}", wanted_url.path());
    }
    if wanted_url.path() != found_url.path() {
        return format!(
            "its path is {}, and not {}; write {wanted:?}, or publish it at the other path",
            found_url.path(),
            wanted_url.path(),
        );
    }
    format!("write {wanted:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// PRM-10
    #[test]
    fn each_near_miss_has_its_name() {
        let wanted = "https://mcp.example.com/mcp";
        for (found, name) in [
            ("https://mcp.example.com/mcp/", "has a slash at its end"),
            ("http://mcp.example.com/mcp", "http in place of https"),
            ("http://mcp.example.com/mcp/", "http in place of https"),
            ("https://MCP.example.com/mcp", "another spelling"),
            ("https://mcp.example.com:443/mcp", "another spelling"),
            ("https://mcp.example.com:8443/mcp", "port is another"),
            ("https://mcp.example.com", "path /mcp is missing"),
            ("https://mcp.example.com/", "path /mcp is missing"),
            ("https://mcp.example.com/sse", "path is /sse"),
            ("https://internal:8000/mcp", "host is internal"),
            ("https://mcp.example.com/mcp?x", "write"),
            ("mcp", "no URL"),
        ] {
            let said = difference(wanted, found);
            assert!(said.contains(name) && said.contains(wanted), "{found}: {said}");
        }
        assert!(difference("https://h/mcp/", "https://h/mcp").contains("lacks a slash"));
    }

    proptest! {
        #[test]
        fn telling_never_panics(wanted in ".*", found in "https?://[a-zé.:/@%\\[\\]?#]{0,20}") {
            let _ = (difference(&wanted, &found), difference(&found, &wanted), difference("https://h/mcp", &found));
        }
    }
}
