//! Issuer identifiers (RFC 8414 §2): compared byte for byte, never normalised.

use crate::resource::is_loopback;
use std::fmt;
use url::Url;

/// An authorization server's identifier, exactly as it was written (JW-02, AS-04).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Issuer(Box<str>);

/// The text is not an issuer identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// Not an absolute URL.
    #[error("an issuer is an absolute https URL (RFC 8414 §2)")]
    NotAUrl,
    /// Plain http is for loopback alone.
    #[error("an issuer uses https; plain http is accepted on loopback only (RFC 8414 §2)")]
    NotHttps,
    /// RFC 8414 §2 allows neither.
    #[error("an issuer has no query, fragment or user information (RFC 8414 §2)")]
    QueryOrFragment,
}

impl Issuer {
    /// Parses an https URL (or http on loopback) without query and fragment.
    ///
    /// # Errors
    /// [`IssuerError`] says which part does not fit.
    pub fn parse(text: &str) -> Result<Self, IssuerError> {
        let url = Url::parse(text).map_err(|_| IssuerError::NotAUrl)?;
        if !url.has_host() {
            return Err(IssuerError::NotAUrl);
        }
        if !(url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url))) {
            return Err(IssuerError::NotHttps);
        }
        let plain = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if plain { Ok(Self(text.into())) } else { Err(IssuerError::QueryOrFragment) }
    }

    /// The identifier as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where its metadata may lie, in the order in which clients look (CL-02, AS-03): RFC 8414 inserted,
    /// OpenID Connect inserted, OpenID Connect appended.
    pub fn metadata_urls(&self) -> Vec<Url> {
        let Ok(base) = Url::parse(&self.0) else { return Vec::new() };
        let path = base.path().trim_end_matches('/');
        let mut paths = vec![
            format!("/.well-known/oauth-authorization-server{path}"),
            format!("/.well-known/openid-configuration{path}"),
        ];
        if !path.is_empty() {
            paths.push(format!("{path}/.well-known/openid-configuration"));
        }
        paths
            .into_iter()
            .map(|path| {
                let mut url = base.clone();
                url.set_path(&path);
                url
            })
            .collect()
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RS-18, AS-04
    #[test]
    fn refuses_what_no_issuer_may_be() {
        for text in ["http://issuer.example", "https://a?q", "https://a#f", "https://u@a", "issuer", "data:x"]
        {
            assert!(Issuer::parse(text).is_err(), "{text}");
        }
        assert!(Issuer::parse("http://127.0.0.1:9000").is_ok());
    }

    /// JW-02, RS-16
    #[test]
    fn a_trailing_slash_is_another_issuer() {
        assert_ne!(Issuer::parse("https://a.example").unwrap(), Issuer::parse("https://a.example/").unwrap());
    }

    /// AS-03, CL-02
    #[test]
    fn metadata_is_looked_for_in_the_clients_order() {
        let urls = Issuer::parse("https://h/t1").unwrap().metadata_urls();
        let urls: Vec<_> = urls.iter().map(Url::as_str).collect();
        assert_eq!(
            urls,
            [
                "https://h/.well-known/oauth-authorization-server/t1",
                "https://h/.well-known/openid-configuration/t1",
                "https://h/t1/.well-known/openid-configuration",
            ]
        );
    }
}
