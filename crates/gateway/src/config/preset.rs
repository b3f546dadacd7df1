//! Issuers by a provider's preset. The facts are the library's; here they get their places in the configuration.

use super::{
    findings::Findings,
    raw::{RawAuth0, RawScalekit},
    typed::{Audiences, IssuerConfig, Keys, Proof, TypRule},
};
use portcullis::{IssuerSettings, Problem, ProofSettings, TrustedIssuer};
use portcullis_oauth::Issuer;
use portcullis_resource_server::{self as resource_server, KeyLocation};

/// One environment and resource of Scalekit. Where the id is not known, the Server URL is the audience, exactly as it is
/// written; if that is not given either, it is the `identifier`.
pub(crate) fn scalekit(
    raw: &RawScalekit,
    at: &str,
    identifier: Option<&str>,
    findings: &mut Findings,
) -> Option<IssuerConfig> {
    let path = format!("{at}.environment");
    let Some(environment) = &raw.environment else {
        findings
            .missing(&path, "write the environment URL of the dashboard, such as https://acme.scalekit.com");
        return None;
    };
    if let Err(problem) = portcullis::parts::scalekit_environment(environment) {
        findings.told(&path, &problem);
        return None;
    }
    let issuer = match &raw.resource {
        Some(id) => portcullis::scalekit(environment, id),
        None => {
            let server_url = raw.server_url.as_deref().or(identifier)?;
            portcullis::scalekit_by_server_url(environment, server_url)
        }
    };
    typed(issuer, &format!("{at}.resource"), findings)
}

/// One API of an Auth0 tenant.
pub(crate) fn auth0(raw: &RawAuth0, at: &str, findings: &mut Findings) -> Option<IssuerConfig> {
    if raw.domain.is_none() {
        findings.missing(&format!("{at}.domain"), "write the tenant's host, such as acme.eu.auth0.com");
    }
    if raw.audience.is_none() {
        findings.missing(&format!("{at}.audience"), "write the identifier of the API at Auth0");
    }
    let issuer = portcullis::auth0(raw.domain.as_deref()?, raw.audience.as_deref()?);
    typed(issuer, &format!("{at}.domain"), findings)
}

fn typed(issuer: TrustedIssuer, path: &str, findings: &mut Findings) -> Option<IssuerConfig> {
    let settings = match issuer.into_settings() {
        Ok(settings) => settings,
        Err(problem) => {
            findings.told(path, &problem);
            return None;
        }
    };
    let config = of(settings);
    if config.is_none() {
        findings.told(path, &Problem::new("", "makes no issuer", "write the issuer out without a preset"));
    }
    config
}

fn of(settings: IssuerSettings) -> Option<IssuerConfig> {
    let ProofSettings::Signature { keys, algorithms, typ } = settings.proof else { return None };
    Some(IssuerConfig {
        name: settings.name,
        issuers: settings.issuers,
        authorization_server: Issuer::parse(&settings.published).ok()?,
        audiences: settings.audiences.map_or(Audiences::Identifier, Audiences::Exact),
        proof: Proof::Signature {
            keys: match keys {
                KeyLocation::At(url) => Keys::JwksUri(url),
                KeyLocation::Discover(_) => Keys::Discover,
            },
            algorithms: algorithms.into_iter().map(|algorithm| algorithm.as_str().to_owned()).collect(),
            typ: match typ {
                resource_server::TypRule::AccessToken => TypRule::Strict,
                resource_server::TypRule::Relaxed => TypRule::Relaxed,
                resource_server::TypRule::Development => return None,
            },
        },
        scopes: settings.scopes_claim,
        tenant_claim: settings.tenant_claim,
        leeway: settings.leeway,
    })
}
