//! Why a client goes no further: the facts, and the sentences made of them.

use super::{
    profile::Profile,
    report::{Stop, WalkStep},
};
use crate::{
    Exchange,
    exchange::{SAID, printable},
    near_miss::difference,
};
use portcullis_fetch::FetchError;
use url::Url;

/// A stranger's text is shown to here. In characters.
const SHOWN: usize = 200;

/// Where and why, with the exchange that shows it.
pub(super) struct Stopped<'a> {
    pub(super) at: WalkStep,
    pub(super) reason: Reason,
    pub(super) exchange: Option<&'a Exchange>,
}

/// The facts.
pub(super) enum Reason {
    /// The first request was not answered.
    NoAnswer(FetchError),
    /// It was answered, without anybody having signed in.
    Open(u16),
    /// It was sent elsewhere.
    Moved(u16),
    /// It was refused in a way that asks nobody to sign in.
    NotAsked(u16),
    /// The document names another resource.
    OtherResource { named: String, dialled: String },
    /// There is no metadata of an authorization server; and which endpoints the client would make up, of which origin.
    NoServerMetadata { is_named: bool, first: Option<Url>, guess: Option<Url> },
    /// Where metadata should be is an error.
    ServerError(u16),
    /// Where metadata should be is something else, or it lacks a member.
    NotMetadata(Option<String>),
    /// The document is somebody else's.
    OtherIssuer { issuer: String, named: String },
    /// Nothing is said of PKCE.
    PkceNotPublished,
    /// PKCE is supported without S256.
    PkceDenied,
    /// There is no way to a client id, and why.
    NoRegistration { said: String, typed_in: Option<String> },
}

impl Stopped<'_> {
    pub(super) fn told(&self, profile: &Profile) -> Stop {
        let quirks: Vec<_> = profile.quirks_at(self.at).collect();
        let why = match quirks.as_slice() {
            [] => self.reason.why(),
            known => known.iter().map(|quirk| quirk.says.as_str()).collect::<Vec<_>>().join(" "),
        };
        Stop {
            at: self.at,
            said: printable(&self.reason.said(), SAID),
            why,
            change: printable(&self.reason.change(), SAID),
            links: quirks.iter().map(|quirk| quirk.link.clone()).collect(),
            sent: self.exchange.map(|exchange| exchange.sent.line()),
            came: self.exchange.map(Exchange::line),
        }
    }
}

impl Reason {
    fn said(&self) -> String {
        match self {
            Self::NoAnswer(error) => format!("its first request was not answered: {error}"),
            Self::Open(status) => format!("its first request was answered with {status}, without a token"),
            Self::Moved(status) => format!("its first request was answered with {status}, a redirect"),
            Self::NotAsked(status) => format!("its first request was answered with {status}"),
            Self::OtherResource { named, dialled } => {
                format!("`resource` is {}: {}", quoted(named), difference(dialled, named))
            }
            Self::NoServerMetadata { is_named, first, guess } => {
                let whose = if *is_named {
                    "of the authorization server"
                } else {
                    "that names an authorization server"
                };
                let mut said = format!("there is no metadata {whose}");
                if let Some(first) = first {
                    said += &format!(", first looked for at {}", quoted(first.as_str()));
                }
                if let Some(guess) = guess {
                    said += &format!("; it would make up {guess}authorize and {guess}register");
                }
                said
            }
            Self::ServerError(status) => format!("the metadata was answered with {status}"),
            Self::NotMetadata(None) => "what was answered with 200 is no JSON object".to_owned(),
            Self::NotMetadata(Some(name)) => format!("the metadata has no `{name}`"),
            Self::OtherIssuer { issuer, named } => {
                format!("`issuer` is {}, and the resource names {}", quoted(issuer), quoted(named))
            }
            Self::PkceNotPublished => "the metadata has no `code_challenge_methods_supported`".to_owned(),
            Self::PkceDenied => "`code_challenge_methods_supported` has no S256".to_owned(),
            Self::NoRegistration { said, .. } => said.clone(),
        }
    }

    /// For a client of which nothing more is known.
    fn why(&self) -> String {
        match self {
            Self::NoAnswer(_) => "Nothing else can be asked.",
            Self::Open(_) => "It signs nobody in where nobody asks it to.",
            Self::Moved(_) => "Redirects drop the token, or turn a POST into a GET.",
            Self::NotAsked(_) => "Only a 401 makes it sign somebody in; everything else is an error to it.",
            Self::OtherResource { .. } => {
                "A document about another resource could be anybody's, and is not believed (RFC 9728 §3.3)."
            }
            Self::NoServerMetadata { .. } => "It does not know where to sign in.",
            Self::ServerError(_) => "It takes an error for the end of the search, not for a place to pass over.",
            Self::NotMetadata(_) => "It takes what is published there at its word, and cannot read it.",
            Self::OtherIssuer { .. } => {
                "Metadata of another issuer could lead to a stranger's sign-in page (RFC 8414 §3.3)."
            }
            Self::PkceNotPublished | Self::PkceDenied => {
                "It signs nobody in at a server of which it cannot know that codes are bound to it (RFC 7636)."
            }
            Self::NoRegistration { .. } => "Without a client id there is no sign-in page.",
        }
        .to_owned()
    }

    fn change(&self) -> String {
        match self {
            Self::NoAnswer(_) => "Let the server be reachable under this very URL.".to_owned(),
            Self::Open(_) => "Answer every request without a token with 401, `initialize` and `tools/list` too.".to_owned(),
            Self::Moved(_) => "Serve the endpoint under the URL that people dial, with and without a slash at the end.".to_owned(),
            Self::NotAsked(_) => {
                "Answer a request without a token with 401 and `WWW-Authenticate: Bearer resource_metadata=\"…\"`.".to_owned()
            }
            Self::OtherResource { dialled, .. } => {
                format!("Publish `\"resource\": {}`, exactly the URL that people dial.", quoted(dialled))
            }
            Self::NoServerMetadata { is_named: true, first: Some(first), .. } => {
                format!("Publish the authorization server's metadata at {}.", quoted(first.as_str()))
            }
            Self::NoServerMetadata { .. } => {
                "Publish the resource's metadata (RFC 9728) with `authorization_servers`, and point to it in the challenge.".to_owned()
            }
            Self::ServerError(_) => "Answer with the metadata, or with 404 where there is none.".to_owned(),
            Self::NotMetadata(None) => "Answer with JSON where there is metadata, and with 404 where there is none.".to_owned(),
            Self::NotMetadata(Some(name)) => format!("Publish `{name}` in the authorization server's metadata."),
            Self::OtherIssuer { issuer, .. } => format!(
                "Name {} in `authorization_servers`, exactly as the authorization server writes itself.",
                quoted(issuer)
            ),
            Self::PkceNotPublished | Self::PkceDenied => {
                "Publish `\"code_challenge_methods_supported\": [\"S256\"]` at the authorization server.".to_owned()
            }
            Self::NoRegistration { typed_in, .. } => {
                let enable = "Enable client id metadata documents or dynamic registration at the authorization server";
                match typed_in {
                    Some(how) => format!("{enable}; or make a client there, and type its id in: {how}."),
                    None => format!("{enable}."),
                }
            }
        }
    }
}

/// A stranger's text in quotes, escaped, and not longer than anybody reads.
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}
