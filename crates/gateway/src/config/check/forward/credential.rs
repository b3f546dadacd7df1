//! A credential of the operator's for the upstream: from the environment or from a file, never repeated.

use super::names::Names;
use crate::{
    FixedCredential,
    config::{
        findings::Findings,
        forward::{CredentialConfig, RawCredential},
        secret::{Secrets, Source},
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
    let sources = [Source::Variable("env", &raw.env), Source::File("file", &raw.file)];
    if sources.iter().all(|source| source.written().is_none()) {
        findings.missing(&format!("{at}.env"), "write env = \"UPSTREAM_TOKEN\", or file = \"…\"");
    }
    let remedy = "put the credential there, and nothing else";
    let secret = secrets.one_of(&sources, at, remedy, findings)?;
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
    let credential = FixedCredential::new(header, scheme.as_deref(), &secret.text);
    let is_good = secret.text.len() <= MAX_BYTES && secret.text.is_ascii();
    let Some(credential) = credential.filter(|_| is_good) else {
        let message =
            format!("holds nothing that a header could carry: one line of ASCII, {MAX_BYTES} bytes at most");
        findings.problem(&format!("{at}.{}", secret.key), message, remedy);
        return None;
    };
    let source = (secret.key, secret.name.to_owned());
    Some(CredentialConfig { credential, scheme, source })
}
