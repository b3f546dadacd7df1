//! Raw → typed: each value parsed, each rule applied, every problem noted.

mod clashes;
mod external;
mod forward;
mod introspection;
mod issuer;
mod listen;
mod metadata;
mod policy_test;
mod proxies;
mod reach;
mod resource;
mod root;
mod rules;
mod scopes;
mod urls;

pub(crate) use issuer::algorithms;

use super::{
    dpop, findings::Findings, rate_limits, raw::RawConfig, secret::Secrets, session_key::SessionKey,
    typed::Config,
};
use std::time::Duration;

/// The typed configuration; none only where a problem was noted.
pub(crate) fn config(
    raw: RawConfig,
    session_key: Option<SessionKey>,
    secrets: &Secrets<'_>,
    findings: &mut Findings,
) -> Option<Config> {
    let behind_tls_proxy = raw.behind_tls_proxy.unwrap_or(false);
    let listen = listen::addresses(raw.listen, behind_tls_proxy, findings);
    let trusted_proxies = proxies::trusted(&raw.trusted_proxies, raw.client_address_header, findings);
    let trusts_proxies = !trusted_proxies.networks.is_empty();
    let per_address = rate_limits::everywhere(&raw.rate_limits, behind_tls_proxy, trusts_proxies, findings);
    if raw.resource.is_empty() {
        findings.missing(
            "resource",
            "write a [[resource]] with identifier, upstream and issuer into portcullis.toml, \
             or give --resource, --upstream and --issuer, or set SK_ENV_URL or SCALEKIT_ENVIRONMENT_URL",
        );
    }
    let mut resources = Vec::new();
    let said_of_root: Vec<_> = raw.resource.iter().map(|resource| resource.metadata_at_root).collect();
    for (index, resource) in raw.resource.into_iter().enumerate() {
        let at = format!("resource[{index}]");
        resources.push(resource::resource(resource, &raw.rate_limits, &at, secrets, findings));
    }
    clashes::between(&resources, findings);
    root::choose(&mut resources, &said_of_root, findings);
    for (index, resource) in
        resources.iter().enumerate().filter_map(|(index, it)| Some((index, it.as_ref()?)))
    {
        listen::against(&listen, resource, &format!("resource[{index}]"), findings);
        dpop::against_metadata(resource, &format!("resource[{index}]"), findings);
    }
    Some(Config {
        listen,
        behind_tls_proxy,
        trusted_proxies,
        limits: raw.limits.typed(),
        per_address,
        session_key,
        admin: None, // found beside, since it has a secret of its own
        session_lifetime: Duration::from_secs(raw.limits.session_lifetime_seconds),
        drain_timeout: Duration::from_secs(raw.limits.drain_timeout_seconds),
        audit: raw.audit.unwrap_or_default(),
        log: raw.log.unwrap_or_default(),
        log_format: raw.log_format.unwrap_or_default(),
        resources: resources.into_iter().collect::<Option<_>>()?,
        warnings: Vec::new(),
    })
}
