//! The headers that tell the upstream who calls.

use crate::config::{findings::Findings, raw::RawForward, typed::Forward};
use http::HeaderName;

/// Names with a meaning of their own, which no claim may take. A `-` at the end stands for all that begin so.
const TAKEN: [&str; 24] = [
    "accept",
    "accept-",
    "authorization",
    "cache-control",
    "connection",
    "content-",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "last-event-id",
    "mcp-",
    "origin",
    "proxy-",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-forwarded-",
    "traceparent",
];

pub(crate) fn forward(raw: &RawForward, at: &str, findings: &mut Findings) -> Forward {
    let mut seen = Vec::new();
    let mut header = |name: &str, value: &Option<String>| {
        let path = format!("{at}.{name}");
        header(value.as_deref()?, &path, &mut seen, findings)
    };
    Forward {
        subject_header: header("subject_header", &raw.subject_header),
        client_header: header("client_header", &raw.client_header),
        scopes_header: header("scopes_header", &raw.scopes_header),
        tenant_header: header("tenant_header", &raw.tenant_header),
    }
}

fn header(text: &str, path: &str, seen: &mut Vec<String>, findings: &mut Findings) -> Option<String> {
    let remedy = "write a name of your own, such as \"x-portcullis-subject\"";
    let Ok(name) = HeaderName::from_bytes(text.as_bytes()) else {
        findings.wrong(path, text, "is not the name of a header", remedy);
        return None;
    };
    // Servers that follow CGI read `_` and `-` as one.
    let plain = name.as_str().replace('_', "-");
    let taken = |one: &&str| plain == **one || (one.ends_with('-') && plain.starts_with(*one));
    if TAKEN.iter().any(taken) {
        findings.wrong(path, text, "is a header with a meaning of its own", remedy);
        return None;
    }
    if seen.contains(&plain) {
        findings.wrong(path, text, "is used for another fact already", remedy);
        return None;
    }
    seen.push(plain);
    Some(name.as_str().to_owned())
}
