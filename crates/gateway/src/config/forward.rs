//! What the upstream is told by choice: as it is written under `[resource.forward]`, and typed.

use crate::{FixedCredential, SignedIdentity};
use schemars::JsonSchema;
use serde::Deserialize;

/// What the upstream is told beside the authorized bytes. Nothing, if left out.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawForward {
    /// Header that carries the token's `sub`.
    pub(crate) subject_header: Option<String>,
    /// Header that carries the client id.
    pub(crate) client_header: Option<String>,
    /// Header that carries the granted scopes, separated by spaces.
    pub(crate) scopes_header: Option<String>,
    /// Header that carries the tenant.
    pub(crate) tenant_header: Option<String>,
    /// A short token, signed here, that says who calls.
    pub(crate) identity_token: Option<RawIdentityToken>,
    /// A credential of your own for the upstream, the same for every caller.
    pub(crate) credential: Option<RawCredential>,
    /// Whether the client's own token goes on to the upstream, which must then be the very resource that the token is for.
    /// If left out, no upstream ever sees one.
    pub(crate) dangerous_client_token: Option<bool>,
    /// Headers of clients that go up beside those that every MCP server needs, such as `x-tenant-hint`. They say what a
    /// client likes: believe nothing in them.
    #[serde(default)]
    pub(crate) allowed_headers: Vec<String>,
}

/// A short token, signed here, that says who calls. Its keys are published at `/.well-known/portcullis/jwks.json`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawIdentityToken {
    /// The header it goes in. `x-portcullis-identity` if left out; `authorization` for a bearer token.
    pub(crate) header: Option<String>,
    /// Its `iss`. The identifier, if left out.
    pub(crate) issuer: Option<String>,
    /// Its `aud`. The URL of the upstream as it is written, if left out.
    pub(crate) audience: Option<String>,
    /// Seconds it is good. 60 if left out.
    #[schemars(range(min = 10, max = 300))]
    pub(crate) lifetime_seconds: Option<u64>,
    /// Claims of the access token that it has too, such as `email`; 16 at most.
    #[serde(default)]
    pub(crate) claims: Vec<String>,
    /// Whether each request has one of its own, with another `jti`. If left out, requests with one access token share one for
    /// half its time.
    pub(crate) single_use: Option<bool>,
    /// The file of the key that signs: P-256 or Ed25519, in PEM (PKCS#8) or as a JWK. If left out, a key is made at start.
    pub(crate) key_file: Option<String>,
    /// Files of keys that are published and do not sign: the one before, or the next.
    #[serde(default)]
    pub(crate) previous_key_files: Vec<String>,
}

/// A credential for the upstream, from the environment or a file; read at start.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCredential {
    /// The header it goes in. `authorization` if left out.
    pub(crate) header: Option<String>,
    /// What stands before it. `Bearer` in `authorization`, and nothing elsewhere, if left out.
    pub(crate) scheme: Option<String>,
    /// The environment variable that holds it.
    pub(crate) env: Option<String>,
    /// The file that holds it.
    pub(crate) file: Option<String>,
}

/// What the upstream is told (header names in lower case). By default nothing.
#[derive(Clone, Debug, Default)]
pub struct Forward {
    /// Header that carries the token's `sub`.
    pub subject_header: Option<String>,
    /// Header that carries the client id.
    pub client_header: Option<String>,
    /// Header that carries the granted scopes, separated by spaces.
    pub scopes_header: Option<String>,
    /// Header that carries the tenant.
    pub tenant_header: Option<String>,
    /// A signed token that says who calls.
    pub identity_token: Option<IdentityTokenConfig>,
    /// A credential that is the same for every caller.
    pub credential: Option<CredentialConfig>,
    /// Whether the client's own token goes on.
    pub dangerous_client_token: bool,
    /// Headers of clients that go up too; none of them is written by us.
    pub allowed_headers: Vec<String>,
}

/// A signed token that says who calls.
#[derive(Clone, Debug)]
pub struct IdentityTokenConfig {
    /// How it is signed, and what it says.
    pub signed: SignedIdentity,
    /// Whether the key is of this process alone.
    pub is_generated: bool,
}

/// A credential for the upstream.
#[derive(Clone, Debug)]
pub struct CredentialConfig {
    /// The credential, which does not print.
    pub credential: FixedCredential,
    /// What stands before it.
    pub scheme: Option<String>,
    /// Where it was read: `env` and the variable's name, or `file` and its path.
    pub source: (&'static str, String),
}

impl Forward {
    /// The headers that carry a fact.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        [&self.subject_header, &self.client_header, &self.scopes_header, &self.tenant_header]
            .into_iter()
            .filter_map(|header| header.as_deref())
    }

    /// Whether it tells anything that must not be read, changed or repeated on the way (RS-19, RS-25).
    pub fn is_confidential(&self) -> bool {
        self.headers().next().is_some()
            || self.identity_token.is_some()
            || self.credential.is_some()
            || self.dangerous_client_token
    }
}
