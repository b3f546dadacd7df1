//! Introspection as it is written, and the secrets it names: from the environment or from files, never in the configuration
//! itself, and never printed.

use super::{findings::Findings, raw::RawConfig, sources::Environment};
use portcullis_resource_server::ClientSecret;
use schemars::JsonSchema;
use serde::Deserialize;
use std::{fmt, path::Path};

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
    /// What the secret's variable or file holds.
    #[serde(skip)]
    pub(crate) secret: Option<Secret>,
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

/// What was read of a secret.
pub(crate) enum Secret {
    Text(ClientSecret),
    /// A private key's text.
    Key(String),
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Reads every secret that is named. A relative path starts at `folder`.
pub(crate) fn read_secrets(
    raw: &mut RawConfig,
    environment: &Environment<'_>,
    folder: Option<&Path>,
    findings: &mut Findings,
) {
    for (resource, index) in raw.resource.iter_mut().zip(0..) {
        for (issuer, number) in resource.issuer.iter_mut().zip(0..) {
            let at = format!("resource[{index}].issuer[{number}].introspection");
            if let Some(introspection) = &mut issuer.introspection {
                introspection.secret = secret(introspection, &at, environment, folder, findings);
            }
        }
    }
}

/// The one secret that is named.
fn secret(
    raw: &RawIntrospection,
    at: &str,
    environment: &Environment<'_>,
    folder: Option<&Path>,
    findings: &mut Findings,
) -> Option<Secret> {
    let remedy = "write one of client_secret_env, client_secret_file and private_key_file";
    match (&raw.client_secret_env, &raw.client_secret_file, &raw.private_key_file) {
        (Some(variable), None, None) => {
            let Some(text) = environment.get(variable) else {
                // Not repeated: somebody may have written the secret itself.
                findings.problem(
                    &format!("{at}.client_secret_env"),
                    "is not the name of a variable that is set",
                    "write the variable's name, and set it to the secret",
                );
                return None;
            };
            Some(Secret::Text(ClientSecret::new(text)))
        }
        (None, Some(file), None) => {
            let text = read(file, &format!("{at}.client_secret_file"), folder, findings)?;
            let text = text.trim_end_matches(['\r', '\n']);
            if text.is_empty() {
                let remedy = "write the secret into it";
                findings.wrong(&format!("{at}.client_secret_file"), file, "is empty", remedy);
                return None;
            }
            Some(Secret::Text(ClientSecret::new(text)))
        }
        (None, None, Some(file)) => {
            read(file, &format!("{at}.private_key_file"), folder, findings).map(Secret::Key)
        }
        (None, None, None) => {
            findings.problem(at, "names no secret and no key", remedy);
            None
        }
        _ => {
            findings.problem(at, "names more than one secret", remedy);
            None
        }
    }
}

fn read(file: &str, path: &str, folder: Option<&Path>, findings: &mut Findings) -> Option<String> {
    match std::fs::read_to_string(folder.unwrap_or(Path::new("")).join(file)) {
        Ok(text) => Some(text),
        Err(error) => {
            let remedy = "write the path of a file that this process may read";
            findings.wrong(path, file, format!("cannot be read: {error}"), remedy);
            None
        }
    }
}
