//! A credential of the operator's for the upstream: from the environment or from a file, never repeated.

use super::names::Names;
use crate::{
    FixedCredential,
    config::{
        findings::Findings,
        forward::{CredentialConfig, RawCredential},
        secret::Secrets,
    },
};
use http::HeaderName;

/// What servers take in one header.
const MAX_BYTES: usize = 8 * 1024;

pub(super) fn credential(
    raw: &RawCredential,
    secrets: &Secrets<'_>,
    at: &str,
    names: &mut Names,
    findings: &mut Findings,
) -> Option<CredentialConfig> {
    let header =
        names.token(raw.header.as_deref().unwrap_or("authorization"), &format!("{at}.header"), findings);
    let (source, secret) = secret(raw, secrets, at, findings)?;
    let header: HeaderName = header?.parse().ok()?;
    let scheme = match raw.scheme.as_deref() {
        None => (header == http::header::AUTHORIZATION).then(|| "Bearer".to_owned()),
        Some("") => None,
        Some(scheme) if HeaderName::from_bytes(scheme.as_bytes()).is_ok() => Some(scheme.to_owned()),
        Some(scheme) => {
            let remedy = "write one word, such as \"Bearer\", or \"\" for none";
            findings.wrong(&format!("{at}.scheme"), scheme, "is not a scheme (RFC 9110 §11.1)", remedy);
            return None;
        }
    };
    let secret = secret.trim();
    let credential = FixedCredential::new(header, scheme.as_deref(), secret);
    let is_good = !secret.is_empty() && secret.len() <= MAX_BYTES && secret.is_ascii();
    let Some(credential) = credential.filter(|_| is_good) else {
        let message =
            format!("holds nothing that a header could carry: one line of ASCII, {MAX_BYTES} bytes at most");
        findings.problem(
            &format!("{at}.{}", source.0),
            message,
            "put the credential there, and nothing else",
        );
        return None;
    };
    Some(CredentialConfig { credential, scheme, source })
}

fn secret(
    raw: &RawCredential,
    secrets: &Secrets<'_>,
    at: &str,
    findings: &mut Findings,
) -> Option<((&'static str, String), String)> {
    match (&raw.env, &raw.file) {
        (Some(name), None) => {
            let Some(value) = secrets.environment.get(name) else {
                let message = "is an environment variable that is not set";
                findings.wrong(&format!("{at}.env"), name, message, "set it, or name another one");
                return None;
            };
            Some((("env", name.clone()), value.to_owned()))
        }
        (None, Some(file)) => {
            Some((("file", file.clone()), secrets.file(file, &format!("{at}.file"), findings)?))
        }
        (None, None) => {
            findings.missing(&format!("{at}.env"), "write env = \"UPSTREAM_TOKEN\", or file = \"…\"");
            None
        }
        (Some(_), Some(file)) => {
            findings.wrong(&format!("{at}.file"), file, "stands beside `env`", "leave one of them out");
            None
        }
    }
}
