//! Resource identifiers (RFC 8707 §2, RFC 9728 §1.2): the URL clients dial, kept exactly as written.

use std::fmt;
use url::{Host, Url};

/// The identifier of a protected resource.
///
/// It is published as the operator wrote it (G-12); for comparison with an audience, the case of scheme and
/// host and the slash of an empty path do not matter (RS-22).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResourceIdentifier {
    written: Box<str>,
    url: Url,
}

/// The text cannot identify a protected resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResourceIdentifierError {
    /// Not an absolute URL.
    #[error("a resource identifier is an absolute https URL (RFC 9728 §1.2)")]
    NotAUrl,
    /// Plain http is for loopback alone.
    #[error("a resource identifier uses https; plain http is accepted on loopback only (RFC 9728 §1.2)")]
    NotHttps,
    /// RFC 8707 §2.
    #[error("a resource identifier has no fragment (RFC 8707 §2)")]
    Fragment,
    /// Credentials in a URL are sent to every client.
    #[error("a resource identifier has no user information")]
    UserInformation,
}

impl ResourceIdentifier {
    /// Parses an https URL (or http on loopback) without fragment (PRM-03).
    ///
    /// # Errors
    /// [`ResourceIdentifierError`] says which part does not fit.
    pub fn parse(text: &str) -> Result<Self, ResourceIdentifierError> {
        let url = Url::parse(text).map_err(|_| ResourceIdentifierError::NotAUrl)?;
        if !url.has_host() {
            return Err(ResourceIdentifierError::NotAUrl);
        }
        if !(url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url))) {
            return Err(ResourceIdentifierError::NotHttps);
        }
        if url.fragment().is_some() {
            return Err(ResourceIdentifierError::Fragment);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ResourceIdentifierError::UserInformation);
        }
        Ok(Self { written: text.into(), url })
    }

    /// The identifier as written: what is published, and what clients must see (PRM-09).
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The identifier as the web parses it.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Scheme, host and port, as a browser writes them in `Origin`.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The host and the port if it is not the scheme's own, as a client writes them in `Host`.
    pub fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The path, `/` if there is none.
    pub fn path(&self) -> &str {
        self.url.path()
    }

    /// Where its metadata lies: the well-known string between host and path (PRM-04).
    pub fn metadata_path(&self) -> String {
        let path = self.url.path();
        let path = if path == "/" { "" } else { path };
        let query = self.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("/.well-known/oauth-protected-resource{path}{query}")
    }

    /// The metadata's URL: what a challenge points to (CH-09).
    pub fn metadata_url(&self) -> String {
        format!("{}{}", self.origin(), self.metadata_path())
    }

    /// Whether an audience means this resource (RS-09, RS-22, G-12). The path is compared byte for byte.
    pub fn matches(&self, audience: &str) -> bool {
        if audience == &*self.written {
            return true;
        }
        canonical(audience).is_some_and(|audience| Some(audience) == canonical(&self.written))
    }
}

/// Scheme and host in lower case, the rest as it is, the slash of an empty path dropped. Nothing is decoded
/// and no dot segment resolved, so that two different paths never become one.
fn canonical(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = if path == "/" { "" } else { path };
    Some(format!("{}://{}{path}", scheme.to_ascii_lowercase(), authority.to_ascii_lowercase()))
}

impl fmt::Display for ResourceIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// Whether a URL stays on this machine: `localhost`, 127.0.0.0/8 or `::1`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PRM-03, RS-18
    #[test]
    fn refuses_what_identifies_no_resource() {
        for text in ["http://mcp.example.com", "https://h/#f", "https://u:p@h/", "/mcp", "urn:mcp", "ftp://h"]
        {
            assert!(ResourceIdentifier::parse(text).is_err(), "{text}");
        }
    }

    /// PRM-04
    #[test]
    fn the_well_known_string_goes_between_host_and_path() {
        for (identifier, url) in [
            ("https://h/public/mcp", "https://h/.well-known/oauth-protected-resource/public/mcp"),
            ("https://h/", "https://h/.well-known/oauth-protected-resource"),
            ("https://h", "https://h/.well-known/oauth-protected-resource"),
            ("https://h:8443/mcp/", "https://h:8443/.well-known/oauth-protected-resource/mcp/"),
        ] {
            assert_eq!(ResourceIdentifier::parse(identifier).unwrap().metadata_url(), url);
        }
    }

    /// RS-09, RS-22, G-12
    #[test]
    fn an_audience_matches_but_for_the_case_of_its_host() {
        let resource = ResourceIdentifier::parse("https://mcp.example.com/mcp").unwrap();
        for (audience, expected) in [
            ("https://mcp.example.com/mcp", true),
            ("HTTPS://MCP.Example.com/mcp", true),
            ("https://mcp.example.com/MCP", false),
            ("https://mcp.example.com/mcp/", false),
            ("https://mcp.example.com/x/../mcp", false),
            ("https://mcp.example.com/%6dcp", false),
            ("https://mcp.example.com", false),
            ("", false),
        ] {
            assert_eq!(resource.matches(audience), expected, "{audience}");
        }
        assert!(ResourceIdentifier::parse("https://h").unwrap().matches("https://h/"));
    }
}
