//! The Scalekit preset: what its environments put on the wire.
//!
//! `iss` is the environment or the resource under it, since a migration in 2026; `aud` always holds `res_…`, and the
//! Server URL byte for byte if one is registered; `typ` is `JWT`; scopes stand in `scope` and `scopes`; the
//! organization is `oid`; keys are at `{environment}/keys`, signed with RS256.

use crate::IssuerSettings;
use portcullis_oauth::{Issuer, IssuerError};
use portcullis_resource_server::{Algorithm, Audiences, KeyLocation, TypRule};

/// A Scalekit environment and the MCP server registered in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalekit {
    /// `https://acme.scalekit.com`.
    pub environment: String,
    /// `res_…`, if known.
    pub resource: Option<String>,
    /// The Server URL, as registered.
    pub server_url: String,
}

impl Scalekit {
    /// The issuer this means.
    ///
    /// # Errors
    /// The environment is not an issuer's URL.
    pub fn issuer(&self) -> Result<IssuerSettings, IssuerError> {
        let environment = self.environment.trim_end_matches('/');
        let root = Issuer::parse(environment)?;
        let scoped = self
            .resource
            .as_ref()
            .map(|id| Issuer::parse(&format!("{environment}/resources/{id}")))
            .transpose()?;
        let keys = format!("{environment}/keys").parse().map_err(|_| IssuerError::NotAUrl)?;
        Ok(IssuerSettings {
            name: "scalekit".to_owned(),
            published: scoped.as_ref().unwrap_or(&root).to_string(),
            issuers: std::iter::once(root).chain(scoped).collect(),
            audiences: Audiences::Exact(vec![
                self.resource.clone().unwrap_or_else(|| self.server_url.clone()),
            ]),
            keys: KeyLocation::At(keys),
            algorithms: vec![Algorithm::Rs256],
            typ: TypRule::Relaxed,
            scopes_claim: true,
            tenant_claim: Some("oid".to_owned()),
            leeway: 30,
        })
    }
}
