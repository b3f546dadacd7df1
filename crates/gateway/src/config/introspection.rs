//! Introspection as it is written. The secrets it names are in the environment or in files, never in the configuration itself.

use schemars::JsonSchema;
use serde::Deserialize;

/// How an issuer is asked about its tokens (RFC 7662), in place of keys.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawIntrospection {
    /// The endpoint's URL. Taken from the issuer's metadata, if left out.
    pub(crate) endpoint: Option<String>,
    /// The client id under which this gateway asks.
    pub(crate) client_id: Option<String>,
    /// The environment variable that holds the client secret.
    pub(crate) client_secret_env: Option<String>,
    /// A file that holds the client secret.
    pub(crate) client_secret_file: Option<String>,
    /// A file with the client's private key: PEM or JWK.
    pub(crate) private_key_file: Option<String>,
    /// The key's id (`kid`) at the issuer. The one in the JWK, if left out.
    pub(crate) key_id: Option<String>,
    /// What the key signs with. RS256, ES256, ES384 or EdDSA, by the kind of key, if left out.
    pub(crate) algorithm: Option<String>,
    /// How the client proves who it is. `client_secret_basic`, or `private_key_jwt` with a key, if left out.
    pub(crate) auth: Option<ClientAuth>,
    /// The `aud` of what the key signs. `issuer` if left out.
    pub(crate) assertion_audience: Option<RawAssertionAudience>,
    /// Seconds for which a good answer is believed: how long a revoked token may still work. 30 if left out; 0 asks for every
    /// request.
    #[schemars(range(min = 0, max = 600))]
    pub(crate) cache_seconds: Option<u64>,
    /// How the issuer's opaque tokens begin. Needed where several issuers of a resource are asked.
    pub(crate) token_prefix: Option<String>,
    /// Whether an answer without `aud` is accepted: then a token for any other server of this issuer opens this one too.
    pub(crate) dangerous_accept_missing_audience: Option<bool>,
}

/// How a client proves who it is (RFC 7591 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ClientAuth {
    /// By its secret, in the header.
    ClientSecretBasic,
    /// By its secret, in the form.
    ClientSecretPost,
    /// By what its key signs.
    PrivateKeyJwt,
}

/// Whom an assertion is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RawAssertionAudience {
    /// The issuer identifier.
    #[default]
    Issuer,
    /// The endpoint's URL, for older servers.
    Endpoint,
}
