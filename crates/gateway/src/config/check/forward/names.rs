//! Names of headers: which nobody may take, and that none is taken twice. Servers that follow CGI read `_` and `-` as one.

use crate::{config::findings::Findings, headers::UPWARDS};
use http::HeaderName;

/// Names with a meaning of their own, which nothing here may take. A `-` at the end stands for all that begin so.
const TAKEN: [&str; 31] = [
    "accept",
    "accept-",
    "access-control-",
    "authorization",
    "cache-control",
    "connection",
    "content-",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "if-",
    "keep-alive",
    "last-event-id",
    "mcp-",
    "origin",
    "proxy-",
    "range",
    "referer",
    "sec-",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-forwarded-",
    "x-http-method-",
    "x-original-",
    "x-real-ip",
    "x-rewrite-url",
];
/// Under these our own choices speak, whichever of them are made.
const OURS: &str = "x-portcullis-";
const AUTHORIZATION: &str = "authorization";

/// The names that are written to the upstream, and by which key.
#[derive(Default)]
pub(super) struct Names(Vec<(String, String)>);

impl Names {
    /// A name for a fact.
    pub(super) fn fact(&mut self, text: &str, path: &str, findings: &mut Findings) -> Option<String> {
        self.own(text, path, "write a name of your own, such as \"x-portcullis-subject\"", findings)
    }

    /// A name for something that may also be the upstream's `Authorization`.
    pub(super) fn token(&mut self, text: &str, path: &str, findings: &mut Findings) -> Option<String> {
        if text.eq_ignore_ascii_case(AUTHORIZATION) {
            return self.authorization(text, path, findings).then(|| AUTHORIZATION.to_owned());
        }
        self.own(
            text,
            path,
            "write \"authorization\", or a name of your own, such as \"x-api-key\"",
            findings,
        )
    }

    /// `authorization`, which one choice alone may write.
    pub(super) fn authorization(&mut self, value: &str, path: &str, findings: &mut Findings) -> bool {
        let other = self.0.iter().find(|(name, _)| name == AUTHORIZATION);
        if let Some((_, other)) = other {
            let message = format!("would write the header `authorization`, which {other} writes already");
            findings.wrong(path, value, message, "keep one of them, or give it a header of its own");
            return false;
        }
        self.0.push((AUTHORIZATION.to_owned(), path.to_owned()));
        true
    }

    /// A header of clients that goes up. Never one that is written here, whatever its spelling, nor one that servers believe.
    pub(super) fn allowed(&mut self, text: &str, path: &str, findings: &mut Findings) -> Option<String> {
        let remedy = "allow only headers whose content you believe from anybody, such as \"x-tenant-hint\"";
        let (name, plain) = parse(text, path, remedy, findings)?;
        let message = if plain == AUTHORIZATION {
            "is the client's token, which goes to no upstream but by `dangerous_client_token` (RS-12)"
        } else if self.0.iter().any(|(written, _)| *written == plain) || plain.starts_with(OURS) {
            "is written here, and would be believed whoever wrote it (RS-24)"
        } else if is_taken(&plain) {
            "is a header with a meaning of its own"
        } else {
            return Some(name);
        };
        findings.wrong(path, text, message, remedy);
        None
    }

    fn own(&mut self, text: &str, path: &str, remedy: &str, findings: &mut Findings) -> Option<String> {
        let (name, plain) = parse(text, path, remedy, findings)?;
        if is_taken(&plain) {
            findings.wrong(path, text, "is a header with a meaning of its own", remedy);
            return None;
        }
        if self.0.iter().any(|(taken, _)| *taken == plain) {
            findings.wrong(path, text, "is used for another fact already", remedy);
            return None;
        }
        self.0.push((plain, path.to_owned()));
        Some(name)
    }
}

/// The name in lower case, and how it is compared.
fn parse(text: &str, path: &str, remedy: &str, findings: &mut Findings) -> Option<(String, String)> {
    let Ok(name) = HeaderName::from_bytes(text.as_bytes()) else {
        findings.wrong(path, text, "is not the name of a header", remedy);
        return None;
    };
    Some((name.as_str().to_owned(), name.as_str().replace('_', "-")))
}

fn is_taken(plain: &str) -> bool {
    TAKEN.iter().any(|one| plain == *one || (one.ends_with('-') && plain.starts_with(*one)))
        || UPWARDS.contains(&plain)
}
