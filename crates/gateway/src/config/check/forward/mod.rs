//! What the upstream is told: each choice by itself, and that no two write one header.

mod credential;
mod identity;
mod names;

use crate::config::{
    findings::Findings,
    forward::{Forward, RawForward},
    secret::Secrets,
};
use names::Names;

/// What of the resource a choice may speak of.
pub(crate) struct Around<'a> {
    pub(crate) identifier: Option<&'a str>,
    pub(crate) upstream: Option<&'a str>,
    pub(crate) secrets: &'a Secrets<'a>,
}

pub(crate) fn forward(raw: RawForward, around: &Around<'_>, at: &str, findings: &mut Findings) -> Forward {
    let mut names = Names::default();
    let mut fact =
        |name: &str, value: &Option<String>| names.fact(value.as_deref()?, &format!("{at}.{name}"), findings);
    let mut forward = Forward {
        subject_header: fact("subject_header", &raw.subject_header),
        client_header: fact("client_header", &raw.client_header),
        scopes_header: fact("scopes_header", &raw.scopes_header),
        tenant_header: fact("tenant_header", &raw.tenant_header),
        ..Forward::default()
    };
    forward.identity_token = raw
        .identity_token
        .and_then(|raw| identity::token(raw, around, &format!("{at}.identity_token"), &mut names, findings));
    forward.credential = raw.credential.and_then(|raw| {
        credential::credential(&raw, around.secrets, &format!("{at}.credential"), &mut names, findings)
    });
    if raw.dangerous_client_token == Some(true) {
        forward.dangerous_client_token = true;
        let path = format!("{at}.dangerous_client_token");
        names.authorization("true", &path, findings);
        findings.warn(
            &path,
            "the upstream gets each client's own token: it must be the very resource that the tokens are for, and \
             whoever reads its memory or its logs can call in its clients' names (RS-12)",
        );
    }
    // Last, when every name that is written here is known.
    for (index, text) in raw.allowed_headers.iter().enumerate() {
        forward.allowed_headers.extend(names.allowed(
            text,
            &format!("{at}.allowed_headers[{index}]"),
            findings,
        ));
    }
    forward
}
