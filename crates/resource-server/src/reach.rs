//! How a request reached us: `Host` and `Origin`, against DNS rebinding (TM-02, TL-17).

use crate::refusal::Reason;
use http::{HeaderMap, Request, header};
use portcullis_oauth::{ResourceIdentifier, is_loopback};
use url::Url;

/// The names a resource may be reached by, and the pages that may call it.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    own_host: String,
    /// As some clients write it after the host though nobody needs it.
    default_port: &'static str,
    /// Whether only the own host, and those added to it, are good.
    hosts_matter: bool,
    hosts: Vec<String>,
    origins: Vec<String>,
    any_loopback_origin: bool,
}

impl Reach {
    /// For a resource: its own origin may call it. Its own host is required if it is on loopback, where a page of the
    /// web could otherwise reach it under a name of its own; elsewhere a proxy may rename the host, so that one is
    /// checked only once [`Reach::allow_host`] names one.
    pub fn of(resource: &ResourceIdentifier) -> Self {
        Self {
            own_host: resource.authority().to_ascii_lowercase(),
            default_port: if resource.url().scheme() == "https" { ":443" } else { ":80" },
            hosts_matter: is_loopback(resource.url()),
            hosts: Vec::new(),
            origins: vec![resource.origin()],
            any_loopback_origin: false,
        }
    }

    /// Also this host (`name` or `name:port`), and from now on no other but the resource's own.
    #[must_use]
    pub fn allow_host(mut self, host: &str) -> Self {
        self.hosts_matter = true;
        self.hosts.push(host.to_ascii_lowercase());
        self
    }

    /// Whether `host` is the resource's own, or one that was added.
    pub fn is_named(&self, host: &str) -> bool {
        let host = host.strip_suffix(self.default_port).unwrap_or(host);
        self.own_host.eq_ignore_ascii_case(host)
            || self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    /// Also this origin (`https://app.example.com`).
    #[must_use]
    pub fn allow_origin(mut self, origin: &str) -> Self {
        self.origins.push(origin.to_ascii_lowercase());
        self
    }

    /// Also every page served from this machine: for development.
    #[must_use]
    pub fn allow_loopback_origins(mut self) -> Self {
        self.any_loopback_origin = true;
        self
    }

    /// Whether the request may go on.
    ///
    /// # Errors
    /// [`Reason::Host`] or [`Reason::Origin`].
    pub fn check<B>(&self, request: &Request<B>) -> Result<(), Reason> {
        if self.hosts_matter {
            let host = dialled_authority(request).ok_or(Reason::Host)?;
            if !self.is_named(host) {
                return Err(Reason::Host);
            }
        }
        self.origin(request.headers()).map(|_| ())
    }

    /// The `Origin`, if there is one and it is allowed: what CORS echoes.
    ///
    /// # Errors
    /// There is one and it is not allowed, or there are two.
    pub fn origin<'a>(&self, headers: &'a HeaderMap) -> Result<Option<&'a str>, Reason> {
        let mut values = headers.get_all(header::ORIGIN).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let origin = value.to_str().map_err(|_| Reason::Origin)?;
        let allowed = self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
            || (self.any_loopback_origin && Url::parse(origin).is_ok_and(|url| is_loopback(&url)));
        if allowed && values.next().is_none() { Ok(Some(origin)) } else { Err(Reason::Origin) }
    }
}

/// The authority the client dialled: of the request line (HTTP/2 and absolute form), else the one `Host`. None where it is
/// said twice, and differently.
pub fn dialled_authority<B>(request: &Request<B>) -> Option<&str> {
    let mut values = request.headers().get_all(header::HOST).iter();
    let named = values.next().map(|value| value.to_str());
    if values.next().is_some() {
        return None;
    }
    match (request.uri().authority(), named) {
        (Some(authority), None) => Some(authority.as_str()),
        (None, Some(Ok(named))) => Some(named),
        (Some(authority), Some(Ok(named))) if authority.as_str().eq_ignore_ascii_case(named) => Some(named),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(host: &str, origin: Option<&str>) -> Request<()> {
        let builder = Request::builder().header("host", host);
        match origin {
            Some(origin) => builder.header("origin", origin),
            None => builder,
        }
        .body(())
        .unwrap()
    }

    /// TM-02, TL-17
    #[test]
    fn refuses_foreign_hosts_and_origins_on_loopback() {
        let resource = ResourceIdentifier::parse("http://localhost:3002/mcp").unwrap();
        let reach = Reach::of(&resource);
        let development = reach.clone().allow_loopback_origins();
        for (name, host, origin, strict, loose) in [
            ("no origin", "localhost:3002", None, true, true),
            ("our own origin", "localhost:3002", Some("http://localhost:3002"), true, true),
            ("rebound host", "evil.example.com", None, false, false),
            ("rebound host of the same port", "evil.example.com:3002", None, false, false),
            ("foreign origin", "localhost:3002", Some("http://evil.example.com"), false, false),
            ("opaque origin", "localhost:3002", Some("null"), false, false),
            (
                "origin that begins alike",
                "localhost:3002",
                Some("http://localhost.evil.example"),
                false,
                false,
            ),
            ("another port of this machine", "localhost:3002", Some("http://localhost:6274"), false, true),
        ] {
            let request = request(host, origin);
            assert_eq!(reach.check(&request).is_ok(), strict, "{name}");
            assert_eq!(development.check(&request).is_ok(), loose, "{name}, development");
        }
    }

    /// TM-02: behind a proxy that renames the host, any is good, until somebody says which.
    #[test]
    fn a_host_that_was_added_is_good_beside_the_own_and_no_other() {
        let resource = ResourceIdentifier::parse("https://mcp.example.com/mcp").unwrap();
        let silent = Reach::of(&resource);
        let told = Reach::of(&resource).allow_host("Internal:8080");
        for (host, with_silent, with_told) in [
            ("mcp.example.com", true, true),
            ("MCP.example.com", true, true),
            ("mcp.example.com:443", true, true),
            ("mcp.example.com:80", true, false),
            ("internal:8080", true, true),
            ("internal", true, false),
            ("evil.example", true, false),
        ] {
            assert_eq!(silent.check(&request(host, None)).is_ok(), with_silent, "{host}");
            assert_eq!(told.check(&request(host, None)).is_ok(), with_told, "{host}");
        }
    }
}
