//! What differs between environments, and what may go wrong in one.

/// How an environment behaves. The default is a healthy one of autumn 2026.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switches {
    /// `iss` of tokens. Live tokens still named the environment when the metadata no longer did.
    pub token_issuer: IssuerForm,
    /// `issuer` of the resource's metadata; the environment is the form before the migration.
    pub metadata_issuer: IssuerForm,
    /// Where a token carries its scopes.
    pub scope_claims: ScopeClaims,
    /// The Server URL as typed in the dashboard, first in `aud`; with or without a slash, or not at all.
    pub server_url: Option<String>,
    /// The MCP server's own scopes.
    pub scopes: Vec<String>,
    /// Whether metadata is also where RFC 8414 §3.1 puts it, with the well-known part first.
    pub inserted_metadata: bool,
    /// RFC 7591.
    pub dynamic_registration: bool,
    /// Client ids that are URLs.
    pub client_id_metadata_documents: bool,
    /// Whether a loopback redirect may have another port than the registered one (RFC 8252 §7.3).
    pub loopback_port_varies: bool,
    /// How long an access token lives, in seconds.
    pub token_ttl: u64,
    /// What `/keys` answers.
    pub keys: KeysAnswer,
    /// Whether the key set also holds keys that are not for RS256: an EC key, a secret, one without `kid`, one for
    /// encryption, one of a type unheard of.
    pub exotic_keys: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            token_issuer: IssuerForm::Environment,
            metadata_issuer: IssuerForm::Resource,
            scope_claims: ScopeClaims::Both,
            server_url: Some("http://localhost:3002/".to_owned()),
            scopes: vec!["todo:read".to_owned(), "todo:write".to_owned()],
            inserted_metadata: true,
            dynamic_registration: true,
            client_id_metadata_documents: true,
            loopback_port_varies: false,
            token_ttl: 3600,
            keys: KeysAnswer::Good,
            exotic_keys: false,
        }
    }
}

/// Which of the two issuers is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerForm {
    /// `{environment}`
    Environment,
    /// `{environment}/resources/{res}`
    Resource,
}

/// Which claims hold the scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeClaims {
    /// `scope`, a string, and `scopes`, an array.
    Both,
    /// `scope` only.
    Scope,
    /// `scopes` only.
    Scopes,
}

/// What `/keys` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeysAnswer {
    /// The live keys.
    Good,
    /// This status.
    Status(u16),
    /// A page of HTML with status 200.
    Garbage,
    /// A set without keys.
    Empty,
    /// The first half of the document, as if it were whole.
    Cut,
    /// Nothing, until the switch is set to something else: a slow environment, without a clock.
    Held,
}
