//! How far a URL is trusted, and what can be judged of it before its name is resolved (SB-10, SB-11).

use crate::{FetchError, is_public};
use std::net::IpAddr;
use url::{Host, Url};

/// Where a URL comes from, and so how far it is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The operator wrote it.
    Configured,
    /// A document named it.
    Learned {
        /// That document's URL.
        from: Url,
    },
}

impl Trust {
    /// Whether `url` may lead to a private address: the operator wrote it, or it shares its origin with the document that
    /// named it. Any other may be connected to at addresses that are public ([`is_public`]), and at no others.
    #[must_use]
    pub fn allows_private(&self, url: &Url) -> bool {
        match self {
            Self::Configured => true,
            Self::Learned { from } => from.origin() == url.origin(),
        }
    }

    /// Refuses what is not fetched. A literal address is judged here, because nobody resolves it; its octal, hexadecimal
    /// and short forms are plain addresses once a URL is parsed.
    ///
    /// # Errors
    /// [`FetchError::Refused`].
    pub fn check(&self, url: &Url) -> Result<(), FetchError> {
        check(url, self.allows_private(url))
    }
}

fn check(url: &Url, trusted: bool) -> Result<(), FetchError> {
    let address: Option<IpAddr> = match url.host() {
        Some(Host::Ipv4(address)) => Some(address.into()),
        Some(Host::Ipv6(address)) => Some(address.into()),
        Some(Host::Domain(_)) => None,
        None => return Err(FetchError::Refused("the URL has no host")),
    };
    // Credentials in a URL end up in logs, and no metadata document needs them.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(FetchError::Refused("the URL has user information"));
    }
    let is_loopback =
        address.map_or(url.host_str() == Some("localhost"), |address: IpAddr| address.is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if trusted && is_loopback => {}
        _ => {
            return Err(FetchError::Refused(
                "only https is fetched, and http on loopback if the operator wrote it",
            ));
        }
    }
    if !trusted && address.is_some_and(|address| !is_public(address)) {
        return Err(FetchError::Refused("a learned URL may not lead to a private address"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Trust;

    /// Whether a URL passes that the operator wrote, or that a document elsewhere named.
    fn passes(url: &str, configured: bool) -> bool {
        let from = || "https://elsewhere.example/".parse().unwrap();
        let trust = if configured { Trust::Configured } else { Trust::Learned { from: from() } };
        trust.check(&url.parse().unwrap()).is_ok()
    }

    /// SB-11
    #[test]
    fn plain_http_is_for_loopback_that_the_operator_wrote() {
        for url in ["http://127.0.0.1:8000/keys", "http://localhost/keys", "http://[::1]/keys"] {
            assert!(passes(url, true), "{url}");
            assert!(!passes(url, false), "{url}");
        }
        for url in ["http://10.0.0.1/", "http://issuer.example/", "http://localhost.example/", "ftp://h/"] {
            assert!(!passes(url, true), "{url}");
        }
    }

    /// SB-10
    #[test]
    fn a_private_address_is_for_the_operator_to_write() {
        for url in ["https://10.0.0.1/", "https://[fd00::1]/", "https://192.168.1.1:8443/"] {
            assert!(passes(url, true), "{url}");
            assert!(!passes(url, false), "{url}");
        }
        assert!(passes("https://8.8.8.8/", false));
    }

    #[test]
    fn credentials_in_a_url_are_refused() {
        assert!(!passes("https://user@issuer.example/", true));
        assert!(!passes("https://:secret@issuer.example/", true));
    }
}
