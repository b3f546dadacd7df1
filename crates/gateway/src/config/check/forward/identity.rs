//! The signed token that tells the upstream who calls (RS-25).

use super::{Around, names::Names};
use crate::{
    SignedIdentity,
    config::{
        findings::Findings,
        forward::{IdentityTokenConfig, RawIdentityToken},
        secret::Secrets,
    },
};
use http::HeaderName;
use portcullis_resource_server::{
    Algorithm, IdentityKey, IdentityRules, PublishedKey, RESERVED_IDENTITY_CLAIMS,
};
use std::sync::Arc;

const HEADER: HeaderName = HeaderName::from_static("x-portcullis-identity");
/// Seconds: long enough for a slow start of a handler, short enough that a copy of it is worth little.
const LIFETIME: u64 = 60;
const MAX_CLAIMS: usize = 16;
const MAX_TEXT: usize = 512;
const KEY_REMEDY: &str = "make one with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`";

pub(super) fn token(
    raw: RawIdentityToken,
    around: &Around<'_>,
    at: &str,
    names: &mut Names,
    findings: &mut Findings,
) -> Option<IdentityTokenConfig> {
    let key = |name: &str| format!("{at}.{name}");
    let header = names.token(raw.header.as_deref().unwrap_or(HEADER.as_str()), &key("header"), findings);
    let issuer = text(raw.issuer, around.identifier, &key("issuer"), findings);
    let audience = text(raw.audience, around.upstream, &key("audience"), findings);
    let claims = claims(raw.claims, &key("claims"), findings);
    let is_generated = raw.key_file.is_none();
    let signing = match &raw.key_file {
        Some(file) => signing_key(file, around.secrets, &key("key_file"), findings),
        None => generated(at, findings),
    };
    let also_published = published(&raw.previous_key_files, around.secrets, at, findings);
    let header: HeaderName = header?.parse().ok()?;
    let signed = SignedIdentity {
        rules: IdentityRules {
            issuer: issuer?,
            audience: audience?,
            lifetime: raw.lifetime_seconds.unwrap_or(LIFETIME),
            claims,
            single_use: raw.single_use.unwrap_or(false),
            as_bearer: header == http::header::AUTHORIZATION,
        },
        header,
        key: Arc::new(signing?),
        also_published,
    };
    Some(IdentityTokenConfig { signed, is_generated })
}

/// What is written, or what it means if nothing is; that this is missing too is said where it is missing.
fn text(
    written: Option<String>,
    otherwise: Option<&str>,
    path: &str,
    findings: &mut Findings,
) -> Option<String> {
    let Some(text) = written else { return otherwise.map(str::to_owned) };
    if text.trim().is_empty() || text.len() > MAX_TEXT {
        findings.wrong(path, &text, "is no name that a token could carry", "write a URL or a name");
    }
    Some(text)
}

fn claims(names: Vec<String>, path: &str, findings: &mut Findings) -> Vec<String> {
    if names.len() > MAX_CLAIMS {
        let message = format!("names more than {MAX_CLAIMS} claims, and must fit into one header");
        findings.problem(path, message, "choose those that the upstream needs");
    }
    for (index, name) in names.iter().enumerate() {
        let path = format!("{path}[{index}]");
        if RESERVED_IDENTITY_CLAIMS.contains(&name.as_str()) {
            findings.wrong(
                &path,
                name,
                "is what an identity token says anyhow, or must not say",
                "leave it out",
            );
        } else if name.is_empty() || name.len() > MAX_TEXT {
            findings.wrong(&path, name, "is not the name of a claim", "leave it out");
        } else if names[..index].contains(name) {
            findings.wrong(&path, name, "is listed twice", "leave one of them out");
        }
    }
    names
}

fn generated(at: &str, findings: &mut Findings) -> Option<IdentityKey> {
    findings.warn(
        at,
        "no key_file: identity tokens are signed with a key that ends with this process, and other replicas publish \
         another one; replicas need one key_file",
    );
    match IdentityKey::generate(Algorithm::Es256) {
        Ok(key) => Some(key),
        Err(error) => {
            findings.problem(at, error.to_string(), KEY_REMEDY);
            None
        }
    }
}

fn signing_key(
    file: &str,
    secrets: &Secrets<'_>,
    path: &str,
    findings: &mut Findings,
) -> Option<IdentityKey> {
    let text = secrets.file(file, path, KEY_REMEDY, findings)?;
    match IdentityKey::parse(&text) {
        Ok(key) => Some(key),
        Err(error) => {
            findings.wrong(path, file, error.to_string(), KEY_REMEDY);
            None
        }
    }
}

fn published(
    files: &[String],
    secrets: &Secrets<'_>,
    at: &str,
    findings: &mut Findings,
) -> Vec<PublishedKey> {
    let mut keys = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let path = format!("{at}.previous_key_files[{index}]");
        let Some(text) = secrets.file(file, &path, KEY_REMEDY, findings) else { continue };
        match PublishedKey::parse(&text) {
            Ok(key) => keys.push(key),
            Err(error) => findings.wrong(&path, file, error.to_string(), KEY_REMEDY),
        }
    }
    keys
}
