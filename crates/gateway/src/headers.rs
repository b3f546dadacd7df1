//! Which headers cross the gateway. Upwards it is a list of what an MCP server needs: whatever else a client sends,
//! identity headers of any spelling included, stays behind (RS-12, RS-24).

use crate::forwarding::{Told, UntoldError};
use http::{HeaderMap, HeaderName, header};
use portcullis_resource_server::{AccessToken, ClientToken};
use std::sync::Arc;

/// What goes up. `Mcp-Param-*` goes too (TM-24).
pub(crate) const UPWARDS: [&str; 15] = [
    "accept",
    "accept-language",
    "baggage",
    "content-length",
    "content-type",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
    "traceparent",
    "tracestate",
    "user-agent",
    "x-correlation-id",
    "x-request-id",
];
const PARAMETER: &str = "mcp-param-";
/// Where the line asks for an answer that can be read, that goes up too; no other encoding is ever asked for.
const AS_IT_IS: (HeaderName, &str) = (header::ACCEPT_ENCODING, "identity");

/// Hop by hop (RFC 9110 §7.6.1), and what an upstream has no business to tell our client: its challenge and what
/// follows one (CH-21, RS-13), its cookies, another place to go, and its own CORS.
const NOT_DOWNWARDS: [HeaderName; 15] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::WWW_AUTHENTICATE,
    HeaderName::from_static("authentication-info"),
    HeaderName::from_static("proxy-authentication-info"),
    header::SET_COOKIE,
    header::LOCATION,
    header::REFRESH,
    HeaderName::from_static("alt-svc"),
];

/// What the upstream gets to see: what may go up, and then, over it, what it is told by us.
///
/// # Errors
/// What it must be told cannot be said.
pub(crate) fn upwards(
    headers: &mut HeaderMap,
    told: &Told,
    token: &Arc<AccessToken>,
    client_token: Option<ClientToken>,
) -> Result<(), UntoldError> {
    let of_this_hop = of_this_hop(headers);
    let (encoding, identity_only) = AS_IT_IS;
    let is_as_it_is = headers.get(&encoding).is_some_and(|value| value == identity_only);
    let goes = |name: &HeaderName| {
        (UPWARDS.contains(&name.as_str()) || name.as_str().starts_with(PARAMETER) || told.allows(name))
            && (is_judged(name) || !of_this_hop.contains(name))
            || (*name == encoding && is_as_it_is)
    };
    remove_all(headers, |name| !goes(name));
    told.write(headers, token, client_token)
}

/// What the line has judged or written goes up whatever `Connection` lists: a client must not take from the upstream what
/// its request was allowed by.
fn is_judged(name: &HeaderName) -> bool {
    matches!(name.as_str(), "content-length" | "content-type") || name.as_str().starts_with("mcp-")
}

/// Strips what must not reach the client.
pub(crate) fn downwards(headers: &mut HeaderMap) {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH); // which it overrides, and which would be wrong (RFC 9112 §6.3)
    }
    let of_this_hop = of_this_hop(headers);
    remove_all(headers, |name| NOT_DOWNWARDS.contains(name) || of_this_hop.contains(name));
}

fn remove_all(headers: &mut HeaderMap, is_unwanted: impl Fn(&HeaderName) -> bool) {
    let unwanted: Vec<HeaderName> = headers.keys().filter(|name| is_unwanted(name)).cloned().collect();
    for name in unwanted {
        headers.remove(name);
    }
}

/// What `Connection` lists is between two neighbours (RFC 9110 §7.6.1).
fn of_this_hop(headers: &HeaderMap) -> Vec<HeaderName> {
    let lists = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).filter_map(|name| name.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn hop_by_hop_headers_and_those_they_list_end_here() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, x-inner"),
            ("x-inner", "1"),
            ("www-authenticate", "Basic"),
            ("set-cookie", "a=b"),
            ("x-accel-buffering", "no"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        downwards(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-accel-buffering"]);
    }
}
