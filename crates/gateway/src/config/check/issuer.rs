//! The issuers of one resource: written out, or by a provider's preset.

use super::introspection;
use crate::config::{
    findings::Findings,
    preset,
    raw::{OneOrMany, RawIssuer},
    secret::Secrets,
    typed::{Audiences, IssuerConfig, Keys, Proof},
};
use portcullis_oauth::Issuer;

/// Asymmetric, all of them (JW-11): the key says which of them it is for.
const ALGORITHMS: [&str; 9] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];
/// Clocks of machines that are kept right differ by far less.
const LEEWAY: u64 = 30;

/// All issuers of a resource; at least one.
pub(crate) fn issuers(
    raw: Vec<RawIssuer>,
    at: &str,
    identifier: Option<&str>,
    secrets: &Secrets<'_>,
    findings: &mut Findings,
) -> Vec<IssuerConfig> {
    if raw.is_empty() {
        findings.missing(at, "write [[resource.issuer]] with issuer = \"https://…\", or give --issuer");
    }
    let mut issuers: Vec<IssuerConfig> = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let at = format!("{at}[{index}]");
        let Some(issuer) = issuer(raw, &at, identifier, secrets, findings) else { continue };
        for other in &issuers {
            if let Some(twice) = issuer.issuers.iter().find(|one| other.issuers.contains(one)) {
                let remedy = "write each issuer once, with all its audiences in one list";
                findings.wrong(&at, twice.as_str(), "is an issuer of this resource already", remedy);
            } else if other.name == issuer.name {
                let path = format!("{at}.name");
                findings.wrong(
                    &path,
                    &issuer.name,
                    "is the name of another issuer already",
                    "choose another one",
                );
            }
        }
        issuers.push(issuer);
    }
    introspection::tell_apart(&issuers, at, findings);
    issuers
}

fn issuer(
    mut raw: RawIssuer,
    at: &str,
    identifier: Option<&str>,
    secrets: &Secrets<'_>,
    findings: &mut Findings,
) -> Option<IssuerConfig> {
    let audience = raw.audience.take().and_then(|list| audiences(list, &format!("{at}.audience"), findings));
    let mut issuer = match (raw.scalekit.take(), raw.auth0.take()) {
        (Some(_), Some(_)) => {
            findings.problem(&format!("{at}.auth0"), "stands beside scalekit", "write an issuer for each");
            None
        }
        (Some(raw_preset), None) => {
            refuse_decided(&raw, "scalekit", at, findings);
            preset::scalekit(&raw_preset, &format!("{at}.scalekit"), identifier, findings)
        }
        (None, Some(raw_preset)) => {
            refuse_decided(&raw, "auth0", at, findings);
            preset::auth0(&raw_preset, &format!("{at}.auth0"), findings)
        }
        (None, None) => written_out(&mut raw, at, secrets, findings),
    }?;
    if let Some(audience) = audience {
        issuer.audiences = audience;
    }
    if let Some(claim) = raw.tenant_claim {
        issuer.tenant_claim = Some(claim);
    }
    if let Some(name) = raw.name {
        issuer.name = name;
    }
    issuer.leeway = raw.leeway.unwrap_or(LEEWAY);
    Some(issuer)
}

/// What a preset says is not said again.
fn refuse_decided(raw: &RawIssuer, preset: &str, at: &str, findings: &mut Findings) {
    let decided = [
        ("issuer", raw.issuer.is_some()),
        ("jwks_uri", raw.jwks_uri.is_some()),
        ("algorithms", raw.algorithms.is_some()),
        ("typ", raw.typ.is_some()),
        ("scopes", raw.scopes.is_some()),
        ("introspection", raw.introspection.is_some()),
    ];
    for (key, _) in decided.into_iter().filter(|(_, written)| *written) {
        let message = format!("is decided by the preset `{preset}`");
        let remedy = format!("leave it out, or write the issuer out without `{preset}`");
        findings.problem(&format!("{at}.{key}"), message, remedy);
    }
}

fn written_out(
    raw: &mut RawIssuer,
    at: &str,
    secrets: &Secrets<'_>,
    findings: &mut Findings,
) -> Option<IssuerConfig> {
    let path = format!("{at}.issuer");
    let remedy = "write the `iss` of its tokens exactly, such as \"https://login.example.com\"";
    let issuer = match raw.issuer.as_deref().map(Issuer::parse) {
        None => {
            findings.missing(&path, remedy);
            None
        }
        Some(Err(error)) => {
            findings.wrong(&path, raw.issuer.as_deref().unwrap_or_default(), error.to_string(), remedy);
            None
        }
        Some(Ok(issuer)) => Some(issuer),
    };
    let proof = match (raw.introspection.take(), &issuer) {
        (None, _) => signature(raw, at, findings),
        (Some(asked), Some(issuer)) => {
            introspection::refuse_signature_keys(raw, at, findings);
            let at = format!("{at}.introspection");
            introspection::settings(asked, issuer, secrets, &at, findings).map(Proof::Introspection)
        }
        (Some(_), None) => None,
    };
    let (issuer, proof) = (issuer?, proof?);
    Some(IssuerConfig {
        name: issuer.as_str().to_owned(),
        issuers: vec![issuer.clone()],
        authorization_server: issuer,
        audiences: Audiences::Identifier,
        proof,
        scopes: raw.scopes.unwrap_or(false),
        tenant_claim: None,
        leeway: LEEWAY,
    })
}

fn signature(raw: &RawIssuer, at: &str, findings: &mut Findings) -> Option<Proof> {
    let keys = match &raw.jwks_uri {
        Some(text) => super::urls::keys(text, &format!("{at}.jwks_uri"), findings).map(Keys::JwksUri),
        None => Some(Keys::Discover),
    };
    let algorithms = algorithms(raw.algorithms.as_deref(), &format!("{at}.algorithms"), findings);
    Some(Proof::Signature { keys: keys?, algorithms, typ: raw.typ.unwrap_or_default() })
}

/// RS-09, RS-10: a list without an audience would accept tokens for anybody.
fn audiences(raw: OneOrMany, path: &str, findings: &mut Findings) -> Option<Audiences> {
    let list = raw.list(path);
    if list.is_empty() || list.iter().any(|(_, text)| text.trim().is_empty()) {
        let remedy = "write the `aud` that means this resource, or leave the key out to use the identifier";
        findings.problem(path, "names no audience", remedy);
        return None;
    }
    Some(Audiences::Exact(list.into_iter().map(|(_, text)| text).collect()))
}

/// JW-04, JW-11, JW-12
pub(crate) fn algorithms(raw: Option<&[String]>, path: &str, findings: &mut Findings) -> Vec<String> {
    let Some(raw) = raw else { return ALGORITHMS.map(str::to_owned).to_vec() };
    let allowed = ALGORITHMS.join(", ");
    if raw.is_empty() {
        findings.problem(
            path,
            "names no algorithm",
            format!("write some of {allowed}, or leave the key out"),
        );
    }
    for (index, name) in raw.iter().enumerate().filter(|(_, name)| !ALGORITHMS.contains(&name.as_str())) {
        let message = if name.eq_ignore_ascii_case("none") {
            "accepts tokens that nobody signed"
        } else if name.starts_with("HS") {
            "is symmetric: whoever can verify with it can also forge"
        } else {
            "is not an algorithm that is accepted here"
        };
        findings.wrong(&format!("{path}[{index}]"), name, message, format!("write some of {allowed}"));
    }
    raw.to_vec()
}
