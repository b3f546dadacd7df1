//! What goes on to the upstream: exactly the bytes that were permitted, and nothing by which the client has proven itself.

use super::{Line, SESSION_ID};
use crate::{
    bearer,
    dpop::DPOP,
    permit::{Admitted, Permit},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri, header, request};
use http_body_util::Full;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

impl Line {
    /// Binds the permit to the bytes it was given for. The token leaves the headers and the query (RS-11, RS-12, G-03), and
    /// stays behind unless it was dangerously chosen; a body goes on under a media type that we write. Where the answer
    /// will be read, it must come as it is.
    pub(super) fn admitted(&self, permit: Permit, mut head: request::Parts, bytes: Bytes) -> Admitted {
        let client_token = self.client_tokens.keep(head.headers.remove(header::AUTHORIZATION));
        head.headers.remove(DPOP);
        head.headers.remove(SESSION_ID);
        if let Some(upstream) =
            permit.session.as_ref().and_then(|session| HeaderValue::try_from(&*session.upstream).ok())
        {
            head.headers.insert(SESSION_ID, upstream);
        }
        if permit.asked.is_modern() {
            head.headers.remove(LAST_EVENT_ID); // nothing is resumed (TM-10)
        }
        for name in [
            header::CONTENT_LENGTH,
            header::TRANSFER_ENCODING,
            header::CONTENT_ENCODING,
            header::CONTENT_TYPE,
        ] {
            head.headers.remove(name);
        }
        if head.method == Method::POST {
            head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        }
        if self.policy.can_hide() || permit.asked.may_teach() {
            head.headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        head.uri = without_token(head.uri);
        let request = Request::from_parts(head, Full::new(bytes));
        Admitted { permit, request, client_token, fresh_nonce: None }
    }
}

/// G-03: a token in the query was never looked at, and does not travel on, however its name is spelled.
fn without_token(uri: Uri) -> Uri {
    let Some(query) = uri.query() else { return uri };
    if !bearer::names_token(query.as_bytes()) {
        return uri;
    }
    let kept: Vec<&str> = query.split('&').filter(|pair| !bearer::names_token(pair.as_bytes())).collect();
    let path_and_query = match kept.as_slice() {
        [] => uri.path().to_owned(),
        kept => format!("{}?{}", uri.path(), kept.join("&")),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = path_and_query.parse().ok();
    Uri::from_parts(parts).unwrap_or_else(|_| Uri::from_static("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RS-06, G-03
    #[test]
    fn a_token_in_the_query_does_not_travel_on_under_any_spelling() {
        for (given, kept) in [
            ("/mcp", "/mcp"),
            ("/mcp?a=1&b", "/mcp?a=1&b"),
            ("/mcp?access_token=x", "/mcp"),
            ("/mcp?a=1&access_token=x&b=2", "/mcp?a=1&b=2"),
            ("/mcp?access%5Ftoken=x&a=1", "/mcp?a=1"),
            ("/mcp?%61ccess_token=x&ACCESS_TOKEN=y", "/mcp"),
            ("/mcp?access_token", "/mcp"),
            ("/mcp?my_access_token=x", "/mcp?my_access_token=x"),
            ("http://h/mcp?access_token=x", "http://h/mcp"),
        ] {
            assert_eq!(without_token(Uri::from_static(given)), Uri::from_static(kept), "{given}");
        }
    }
}
