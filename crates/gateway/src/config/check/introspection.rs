//! How an issuer is asked about its tokens.

use super::urls;
use crate::config::{
    findings::Findings,
    introspection::{ClientAuth, RawAssertionAudience, RawIntrospection},
    raw::RawIssuer,
    secret::{Found, Secrets, Source},
    typed::{IssuerConfig, Proof},
};
use portcullis_oauth::Issuer;
use portcullis_resource_server::{
    Algorithm, AssertionAudience, ClientKey, ClientProof, ClientSecret, DEFAULT_CACHE, EndpointLocation,
    IntrospectionClient, IntrospectionSettings,
};
use std::{sync::Arc, time::Duration};

const PRIVATE_KEY_FILE: &str = "private_key_file";

/// Keys of `[[resource.issuer]]` that are about signatures.
pub(crate) fn refuse_signature_keys(raw: &RawIssuer, at: &str, findings: &mut Findings) {
    let written = [
        ("jwks_uri", raw.jwks_uri.is_some()),
        ("algorithms", raw.algorithms.is_some()),
        ("typ", raw.typ.is_some()),
    ];
    for (key, _) in written.into_iter().filter(|(_, written)| *written) {
        let remedy = "leave it out, or leave out `introspection`";
        findings.problem(
            &format!("{at}.{key}"),
            "is about signatures, and this issuer is asked instead",
            remedy,
        );
    }
}

pub(crate) fn settings(
    raw: RawIntrospection,
    issuer: &Issuer,
    secrets: &Secrets<'_>,
    at: &str,
    findings: &mut Findings,
) -> Option<IntrospectionSettings> {
    let path = |key: &str| format!("{at}.{key}");
    let endpoint = match &raw.endpoint {
        Some(text) => urls::introspection(text, &path("endpoint"), findings).map(EndpointLocation::At),
        None => Some(EndpointLocation::Discover(issuer.clone())),
    };
    let client_id = raw.client_id.clone().filter(|id| !id.is_empty());
    if client_id.is_none() {
        findings.problem(
            &path("client_id"),
            "is missing",
            "write the client id under which this gateway is registered at the issuer",
        );
    }
    let proof = proof(&raw, issuer, secrets, at, findings);
    let token_prefix = prefix(raw.token_prefix, &path("token_prefix"), findings);
    let dangerous_accept_missing_audience = raw.dangerous_accept_missing_audience.unwrap_or(false);
    if dangerous_accept_missing_audience {
        findings.warn(
            &path("dangerous_accept_missing_audience"),
            "a token without an audience is accepted here, whatever server it was issued for (RS-10)",
        );
    }
    Some(IntrospectionSettings {
        endpoint: endpoint?,
        client: IntrospectionClient { client_id: client_id?, proof: proof? },
        cache: raw.cache_seconds.map_or(DEFAULT_CACHE, Duration::from_secs),
        token_prefix,
        dangerous_accept_missing_audience,
    })
}

/// Several issuers that are asked must be told apart by their tokens: one that is shown to the wrong one is given away.
pub(crate) fn tell_apart(issuers: &[IssuerConfig], at: &str, findings: &mut Findings) {
    let asked: Vec<_> = issuers
        .iter()
        .enumerate()
        .filter_map(|(index, issuer)| match &issuer.proof {
            Proof::Introspection(settings) => {
                Some((index, settings.token_prefix.as_deref().unwrap_or_default()))
            }
            Proof::Signature { .. } => None,
        })
        .collect();
    for (position, (index, prefix)) in asked.iter().enumerate() {
        let is_shared = |(_, other): &&(usize, &str)| other.starts_with(prefix) || prefix.starts_with(other);
        let Some((other, _)) = asked[..position].iter().find(is_shared) else { continue };
        findings.wrong(
            &format!("{at}[{index}].introspection.token_prefix"),
            prefix,
            format!("does not tell its opaque tokens from those of {at}[{other}]"),
            "give each issuer that is asked a prefix that only its tokens have, such as \"ory_at_\"",
        );
    }
}

/// The one secret or key that is named.
fn secret<'r>(
    raw: &'r RawIntrospection,
    secrets: &Secrets<'_>,
    at: &str,
    findings: &mut Findings,
) -> Option<Found<'r>> {
    let sources = [
        Source::Variable("client_secret_env", &raw.client_secret_env),
        Source::File("client_secret_file", &raw.client_secret_file),
        Source::File(PRIVATE_KEY_FILE, &raw.private_key_file),
    ];
    if sources.iter().all(|source| source.written().is_none()) {
        let remedy = "write one of client_secret_env, client_secret_file and private_key_file";
        findings.problem(at, "names no secret and no key", remedy);
        return None;
    }
    secrets.one_of(&sources, at, "write the secret or the private key into it", findings)
}

fn proof(
    raw: &RawIntrospection,
    issuer: &Issuer,
    secrets: &Secrets<'_>,
    at: &str,
    findings: &mut Findings,
) -> Option<ClientProof> {
    let secret = secret(raw, secrets, at, findings)?;
    let auth = format!("{at}.auth");
    if secret.key == PRIVATE_KEY_FILE {
        if let Some(ClientAuth::ClientSecretBasic | ClientAuth::ClientSecretPost) = raw.auth {
            let remedy = "write client_secret_env or client_secret_file in place of the key";
            findings.problem(&auth, "needs a secret", remedy);
            return None;
        }
        let key = key(raw, &secret, at, findings)?;
        let audience = match raw.assertion_audience.unwrap_or_default() {
            RawAssertionAudience::Issuer => AssertionAudience::Issuer(issuer.as_str().to_owned()),
            RawAssertionAudience::Endpoint => AssertionAudience::Endpoint,
        };
        return Some(ClientProof::PrivateKeyJwt { key: Arc::new(key), audience });
    }
    let proof = match raw.auth {
        Some(ClientAuth::PrivateKeyJwt) => {
            let remedy = "write private_key_file in place of the secret";
            findings.wrong(&auth, "private_key_jwt", "needs a key", remedy);
            return None;
        }
        Some(ClientAuth::ClientSecretPost) => ClientProof::SecretPost(ClientSecret::new(&secret.text)),
        Some(ClientAuth::ClientSecretBasic) | None => {
            ClientProof::SecretBasic(ClientSecret::new(&secret.text))
        }
    };
    let of_keys = [
        ("key_id", raw.key_id.is_some()),
        ("algorithm", raw.algorithm.is_some()),
        ("assertion_audience", raw.assertion_audience.is_some()),
    ];
    for (key, _) in of_keys.into_iter().filter(|(_, written)| *written) {
        findings.problem(&format!("{at}.{key}"), "is for private_key_jwt alone", "leave it out");
    }
    Some(proof)
}

fn key(raw: &RawIntrospection, secret: &Found<'_>, at: &str, findings: &mut Findings) -> Option<ClientKey> {
    let path = format!("{at}.algorithm");
    let algorithm = match raw.algorithm.as_deref() {
        None => None,
        Some(name) => match name.parse::<Algorithm>() {
            Ok(algorithm) => Some(algorithm),
            Err(error) => {
                findings.wrong(&path, name, format!("is {error}"), "write one of them, or leave the key out");
                return None;
            }
        },
    };
    // Whether the file is at fault is told without the algorithm.
    if let Err(error) = ClientKey::parse(&secret.text, None, None) {
        let remedy = "write the path of an unencrypted private key, as `openssl genpkey` makes it";
        findings.wrong(&format!("{at}.{}", secret.key), secret.name, error.to_string(), remedy);
        return None;
    }
    match ClientKey::parse(&secret.text, raw.key_id.clone(), algorithm) {
        Ok(key) => Some(key),
        Err(error) => {
            let name = raw.algorithm.as_deref().unwrap_or_default();
            findings.wrong(&path, name, error.to_string(), "write one for this kind of key, or leave it out");
            None
        }
    }
}

/// Characters of a token (RFC 6750 §2.1), one at least.
fn prefix(text: Option<String>, path: &str, findings: &mut Findings) -> Option<String> {
    let text = text?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    if text.is_empty() || !text.bytes().all(fits) {
        findings.wrong(
            path,
            &text,
            "is not how a token begins",
            "write what all of its tokens begin with, or leave the key out",
        );
    }
    Some(text)
}
