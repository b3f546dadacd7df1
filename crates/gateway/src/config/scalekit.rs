//! Scalekit: what its tokens look like, as data. Facts: its keys are at `{env}/keys`, it signs with RS256 and sends
//! `typ: JWT`; `iss` is `{env}` or, since its migration, `{env}/resources/{res}`, both valid at once; `aud` always has
//! the `res_…` id, and the Server URL as registered; scopes are in `scope` and in `scopes`; the tenant is `oid`.

use super::{
    findings::Findings,
    raw::RawScalekit,
    typed::{Audiences, Keys, TypRule},
};
use portcullis_oauth::{Issuer, is_loopback};
use url::Url;

/// What the preset decides.
pub(crate) struct Scalekit {
    pub(crate) issuers: Vec<Issuer>,
    pub(crate) authorization_server: Issuer,
    pub(crate) audiences: Audiences,
    pub(crate) keys: Keys,
}

/// What it signs with.
pub(crate) const ALGORITHMS: [&str; 1] = ["RS256"];
/// Its tokens say `JWT`.
pub(crate) const TYP: TypRule = TypRule::Relaxed;
/// The claim that names the organisation.
pub(crate) const TENANT_CLAIM: &str = "oid";

/// The preset for one environment and resource. Where the id is not known, the Server URL is the audience, exactly as
/// it is written; if that is not given either, it is the `identifier`.
pub(crate) fn preset(
    raw: &RawScalekit,
    at: &str,
    identifier: Option<&str>,
    findings: &mut Findings,
) -> Option<Scalekit> {
    let environment = environment(raw.environment.as_deref(), &format!("{at}.environment"), findings);
    let resource = match &raw.resource {
        Some(id) => Some(resource_id(id, &format!("{at}.resource"), findings)?),
        None => None,
    };
    let environment = environment?;
    let origin = environment.as_str().trim_end_matches('/').to_owned();
    let base = Issuer::parse(&origin).ok()?;
    let keys = Keys::JwksUri(environment.join("keys").ok()?);
    Some(match resource {
        Some(id) => {
            let own = Issuer::parse(&format!("{origin}/resources/{id}")).ok()?;
            Scalekit {
                issuers: vec![base, own.clone()],
                authorization_server: own,
                audiences: Audiences::Exact(vec![id]),
                keys,
            }
        }
        None => Scalekit {
            issuers: vec![base.clone()],
            authorization_server: base,
            audiences: Audiences::Exact(vec![raw.server_url.as_deref().or(identifier)?.to_owned()]),
            keys,
        },
    })
}

/// The id in the last part of an issuer such as `https://acme.scalekit.com/resources/res_123`.
pub(crate) fn resource_id_in(issuer: &str) -> Option<&str> {
    let (_, id) = issuer.split_once("/resources/")?;
    is_resource_id(id).then_some(id)
}

/// An origin and nothing else; a trailing slash is tolerated.
fn environment(text: Option<&str>, path: &str, findings: &mut Findings) -> Option<Url> {
    let remedy = "write the environment URL of the dashboard, such as \"https://acme.scalekit.com\"";
    let Some(text) = text else {
        findings.missing(path, remedy);
        return None;
    };
    let url = Url::parse(text).ok().filter(|url| {
        let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
        let plain = url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        secure && plain && anonymous && url.path() == "/"
    });
    if url.is_none() {
        findings.wrong(path, text, "is not an environment URL: https, a host, and no path", remedy);
    }
    url
}

fn resource_id(id: &str, path: &str, findings: &mut Findings) -> Option<String> {
    if is_resource_id(id) {
        return Some(id.to_owned());
    }
    findings.wrong(
        path,
        id,
        "is not a resource id",
        "write the id of the MCP server there, such as \"res_123\"",
    );
    None
}

fn is_resource_id(id: &str) -> bool {
    id.strip_prefix("res_")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}
