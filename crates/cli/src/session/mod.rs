//! A login: who was signed in where, through which client, and the tokens that came of it. A person makes it ([`SignIn`]),
//! it is kept in a file of its own ([`LoginFile`]), and whoever needs it renews it ([`current`], [`renewed`]).
//!
//! The file is readable by its owner alone, and there is no system keyring. On Linux a keyring is a service on D-Bus: the crate
//! that speaks to it brings about 130 others, more than all that speaks OAuth here, and the service is missing where a command
//! line is at home: on servers, in containers, over SSH. The file would stay, and a login would be in one of two places. A
//! keyring that is unlocked tells every program of the same user what it keeps, which is who can read the file, too.

mod browser;
mod callback;
mod client;
mod discover;
mod file;
mod lock;
mod masked;
mod place;
mod renew;
mod sign_in;
mod tokens;
mod trouble;
mod way;

pub(crate) use browser::Browser;
pub(crate) use client::{Choice, Client, Registration};
pub(crate) use file::LoginFile;
pub(crate) use masked::masked;
pub(crate) use renew::{current, renewed};
pub(crate) use sign_in::SignIn;
pub(crate) use tokens::Tokens;
pub(crate) use trouble::Trouble;

use portcullis_oauth::{Scope, is_loopback};
use serde::{Deserialize, Serialize};
use url::Url;

/// What is kept of a sign-in. It has no `Debug`: nothing prints it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Login {
    /// The URL it is for, as it was typed.
    pub(crate) server: String,
    /// Who signed in, as their token says; nobody has verified it.
    pub(crate) who: Option<String>,
    /// The authorization server. Its tokens are shown to no other (CL-08).
    pub(crate) issuer: String,
    pub(crate) client: Client,
    /// What was granted.
    pub(crate) scope: Scope,
    pub(crate) tokens: Tokens,
    /// Whether metadata may lead to private addresses.
    #[serde(default)]
    pub(crate) allow_private: bool,
}

/// The URL of a server that tokens are for: they cross no network in the clear.
pub(crate) fn server_url(text: &str) -> Result<Url, Trouble> {
    let unusable = |why: &str| Err(Trouble::Unusable(why.to_owned()));
    let Some(mut url) = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https")) else {
        return unusable(
            "URL is not the http or https URL of an MCP server, such as https://mcp.example.com/mcp",
        );
    };
    if !url.username().is_empty() || url.password().is_some() {
        return unusable(
            "the URL has user information, which no MCP server is signed in to with; leave it out",
        );
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return unusable("the token would cross the network in the clear; use an https URL");
    }
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_https_or_this_machine() {
        for (text, expected) in [
            ("https://mcp.example.com/mcp", Some("https://mcp.example.com/mcp")),
            ("HTTPS://MCP.example.com:443/mcp#part", Some("https://mcp.example.com/mcp")),
            ("http://localhost:3002/mcp", Some("http://localhost:3002/mcp")),
            ("http://[::1]:3002/mcp", Some("http://[::1]:3002/mcp")),
            ("http://mcp.example.com/mcp", None),
            ("http://localhost.example.com/mcp", None),
            ("https://u:s3cret@mcp.example.com/mcp", None),
            ("file:///etc/passwd", None),
            ("mcp.example.com/mcp", None),
        ] {
            let url = server_url(text);
            assert_eq!(url.as_ref().ok().map(Url::as_str), expected, "{text}");
            assert!(!matches!(url, Err(Trouble::Unusable(why)) if why.contains("s3cret")));
        }
    }
}
