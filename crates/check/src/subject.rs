//! The server that is looked at, and what was given to look with.

use crate::{OtherToken, Secret, exchange::deceives};
use portcullis_fetch::Trust;
use portcullis_oauth::is_loopback;
use std::time::Duration;
use url::Url;

/// A server that answers at all has answered everything long before.
const TIME: Duration = Duration::from_secs(120);

/// Which server, and how far to go.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The URL that clients dial, exactly as it was written.
    written: Box<str>,
    url: Url,
    /// A token that the server should accept; without one, what needs one is not judged.
    pub token: Option<Secret>,
    /// Tokens that it should not accept, or not for everything; each shows what nothing else does.
    pub other_tokens: Vec<OtherToken>,
    /// Whether to send what many requests or lost sessions are the price of.
    pub is_thorough: bool,
    /// Whether whoever looks lets the server's documents lead to private addresses: then it is they who named those.
    pub allow_private: bool,
    /// How long all of it may take: 120 s. What was not asked by then is not judged.
    pub time: Duration,
}

/// That cannot be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectError {
    /// No absolute URL with a host.
    NotAUrl,
    /// A character that nobody sees, or that a terminal acts on.
    Invisible,
    /// Neither https nor http.
    Scheme,
    /// User information: what it is for is said with a token.
    UserInformation,
}

impl std::fmt::Display for SubjectError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotAUrl => {
                "that is no URL; write the one that clients dial, such as https://mcp.example.com/mcp"
            }
            Self::Invisible => "a URL with characters in it that nobody sees; write it by hand",
            Self::Scheme => "only https is looked at, and http on loopback",
            Self::UserInformation => "a URL with a user or password in it; give a token with --token",
        })
    }
}

impl std::error::Error for SubjectError {}

impl Subject {
    /// A server by the URL that clients dial.
    ///
    /// # Errors
    /// It is no such URL. Plain http is for loopback: a token would travel in the clear (RS-18).
    pub fn parse(text: &str) -> Result<Self, SubjectError> {
        if text.chars().any(deceives) {
            return Err(SubjectError::Invisible);
        }
        let url = Url::parse(text).map_err(|_| SubjectError::NotAUrl)?;
        if !url.has_host() {
            return Err(SubjectError::NotAUrl);
        }
        if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url)) {
            return Err(SubjectError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(SubjectError::UserInformation);
        }
        Ok(Self {
            written: text.into(),
            url,
            token: None,
            other_tokens: Vec::new(),
            is_thorough: false,
            allow_private: false,
            time: TIME,
        })
    }

    /// The URL, exactly as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The URL, parsed.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// A path on the server's own origin.
    #[must_use]
    pub(crate) fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(path);
        url.set_query(None);
        url.set_fragment(None);
        url
    }

    /// How far a URL is trusted that this server's documents name. A server on loopback may name others there: whoever looks
    /// at their own machine started them (SB-10).
    #[must_use]
    pub(crate) fn trust(&self, url: &Url) -> Trust {
        let is_own = is_loopback(&self.url) && is_loopback(url);
        let is_allowed = self.allow_private && (url.scheme() == "https" || is_loopback(url));
        if is_own || is_allowed || url.origin() == self.url.origin() {
            Trust::Configured
        } else {
            Trust::Learned { from: self.url.clone() }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// SB-10
    #[test]
    fn a_private_address_is_for_whoever_looks_to_allow() {
        let mut subject = Subject::parse("https://mcp.example/mcp").unwrap();
        let is_asked = |subject: &Subject, url: &str| {
            let url: Url = url.parse().unwrap();
            subject.trust(&url).check(&url).is_ok()
        };
        let private =
            ["https://10.0.0.1/t", "https://[fd00::1]/", "http://127.0.0.1:8000/", "http://localhost/"];
        assert!(private.iter().all(|url| !is_asked(&subject, url)));
        subject.allow_private = true;
        assert!(private.iter().all(|url| is_asked(&subject, url)));
        assert!(!is_asked(&subject, "http://10.0.0.1/"));
        assert!(is_asked(&subject, "https://as.example/"));
    }

    /// RS-18
    #[test]
    fn only_what_may_be_dialled_and_printed_is_looked_at() {
        for (text, error) in [
            ("https://mcp.example.com/mcp", None),
            ("http://127.0.0.1:8080/mcp", None),
            ("http://mcp.example.com/mcp", Some(SubjectError::Scheme)),
            ("https://user@mcp.example.com/mcp", Some(SubjectError::UserInformation)),
            ("mcp.example.com", Some(SubjectError::NotAUrl)),
            ("http://127.0.0.1/\u{1b}[2Jmcp", Some(SubjectError::Invisible)),
            ("https://mcp.example.com/\nmcp", Some(SubjectError::Invisible)),
            ("https://mcp.example.com/\u{202e}mcp", Some(SubjectError::Invisible)),
        ] {
            assert_eq!(Subject::parse(text).err(), error, "{text:?}");
        }
    }
}
