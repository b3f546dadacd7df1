//! Who may administer: whoever dials this machine by a name of its own, is no page of a browser, and knows the secret.

use super::reply;
use crate::body::GatewayBody;
use http::{HeaderValue, Request, Response, StatusCode, header};
use portcullis_oauth::{AuthScheme, is_loopback};
use portcullis_resource_server::{BearerToken, SharedSecret, dialled_authority};
use url::Url;

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// The host is not this machine: a page may have rebound its own name (DNS rebinding).
    Host,
    /// A browser says which page asks. No page has anything to ask here.
    Origin,
    /// The secret is missing, or another one.
    Secret,
}

/// Lets those through who may administer.
pub(crate) fn check<B>(request: &Request<B>, secret: &SharedSecret) -> Result<(), Closed> {
    if !dialled_authority(request).is_some_and(is_this_machine) {
        return Err(Closed::Host);
    }
    if request.headers().contains_key(header::ORIGIN) {
        return Err(Closed::Origin);
    }
    match BearerToken::from_headers(request.headers(), &[AuthScheme::Bearer]) {
        Ok(presented) if secret.is(&presented) => Ok(()),
        Ok(_) | Err(_) => Err(Closed::Secret),
    }
}

/// `localhost` or a loopback address, under any port: something like `ssh -L` may stand between.
fn is_this_machine(authority: &str) -> bool {
    !authority.contains('@') && Url::parse(&format!("http://{authority}/")).is_ok_and(|url| is_loopback(&url))
}

impl Closed {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Host => "host_refused",
            Self::Origin => "origin_refused",
            Self::Secret => "unauthorized",
        }
    }

    pub(crate) fn answer(self) -> Response<GatewayBody> {
        let (status, description) = match self {
            Self::Host => (StatusCode::FORBIDDEN, "dial localhost or a loopback address"),
            Self::Origin => (StatusCode::FORBIDDEN, "nothing here is for pages of a browser"),
            Self::Secret => (StatusCode::UNAUTHORIZED, "send the admin token as a bearer token"),
        };
        let mut answer = reply::error(status, self.code(), description);
        if self == Self::Secret {
            let challenge = HeaderValue::from_static("Bearer realm=\"admin\"");
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn checked(host: &str, more: &[(&str, &str)]) -> Result<(), Closed> {
        let request = Request::builder().header("host", host);
        let request = more.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        check(&request.body(()).unwrap(), &SharedSecret::new(SECRET))
    }

    /// TM-02 for the administration: whatever a page can make a browser send.
    #[test]
    fn only_this_machines_own_names_are_answered() {
        let bearer = format!("Bearer {SECRET}");
        for (host, is_good) in [
            ("127.0.0.1:3003", true),
            ("localhost:3003", true),
            ("LOCALHOST", true),
            ("[::1]:9999", true),
            ("127.0.0.2", true),
            ("evil.example:3003", false),
            ("localhost.evil.example", false),
            ("localhost:3003@evil.example", false),
            ("evil@localhost", false),
            ("10.0.0.1:3003", false),
            ("0.0.0.0:3003", false),
            ("", false),
        ] {
            let expected = if is_good { Ok(()) } else { Err(Closed::Host) };
            assert_eq!(checked(host, &[("authorization", &bearer)]), expected, "{host}");
        }
        let none = Request::builder().header("authorization", &bearer).body(()).unwrap();
        assert_eq!(check(&none, &SharedSecret::new(SECRET)), Err(Closed::Host));
    }

    #[test]
    fn a_page_is_refused_whatever_it_knows_and_a_stranger_too() {
        let bearer = format!("Bearer {SECRET}");
        let other = bearer.replace('0', "1");
        for (name, headers, expected) in [
            (
                "a page",
                &[("origin", "http://localhost:3003"), ("authorization", &*bearer)][..],
                Closed::Origin,
            ),
            ("an opaque page", &[("origin", "null"), ("authorization", &bearer)], Closed::Origin),
            ("no secret", &[], Closed::Secret),
            ("another secret", &[("authorization", &other)], Closed::Secret),
            ("a part of it", &[("authorization", &bearer[..30])], Closed::Secret),
            ("another scheme", &[("authorization", SECRET)], Closed::Secret),
            ("two", &[("authorization", &bearer), ("authorization", &bearer)], Closed::Secret),
        ] {
            assert_eq!(checked("localhost:3003", headers), Err(expected), "{name}");
        }
    }
}
