//! A resource as the environment describes it: the variables that people already have.

mod guide;
mod reader;

pub use guide::{Found, FoundIssuer, GuideProblem, Part};
pub use reader::{find_guide, unused_variables};

use crate::{
    BuildError, Builder, HasIssuer, Problem, ProtectedResource, TrustedIssuer, auth0, scalekit,
    scalekit_by_server_url,
};

/// Where the URL that clients dial is, if no variable of a guide says it.
const RESOURCE: &str = "PORTCULLIS_RESOURCE";

/// Reads which resource this is, and whose tokens are good, from the environment variables of one of these guides:
///
/// | guide | variables |
/// |---|---|
/// | Scalekit, with its metadata | `SK_ENV_URL`, `EXPECTED_AUDIENCE`, `PROTECTED_RESOURCE_METADATA` |
/// | Scalekit, as a provider | `SCALEKIT_ENVIRONMENT_URL`, `SCALEKIT_RESOURCE_ID`, `MCP_URL` (the endpoint is `<MCP_URL>/mcp`) |
/// | Scalekit, by its client | `SCALEKIT_ENVIRONMENT_URL`, and `PORTCULLIS_RESOURCE`: the Server URL as it is registered |
/// | Auth0 | `AUTH0_DOMAIN`, `AUTH0_AUDIENCE`, and `PORTCULLIS_RESOURCE` |
///
/// `PORTCULLIS_RESOURCE` is the URL that clients dial, wherever it is set. Client ids and secrets are not read: nobody needs
/// them to verify a token. Rules can be added; without any, a valid token may call any tool, which is said in the log.
///
/// # Errors
/// The variables of no guide are set, or of two, or one is missing or odd: each is named.
pub fn from_env() -> Result<Builder<HasIssuer>, BuildError> {
    from_variables(|name| std::env::var(name).ok())
}

/// The same from other variables than the process's own.
///
/// # Errors
/// As [`from_env`].
pub fn from_variables(get: impl Fn(&str) -> Option<String>) -> Result<Builder<HasIssuer>, BuildError> {
    let get = |name: &str| get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let own = get(RESOURCE);
    let Some(found) = find_guide(&get, own.is_some()) else {
        let remedy =
            "set SCALEKIT_ENVIRONMENT_URL, SCALEKIT_RESOURCE_ID and MCP_URL, or those of another guide";
        return Err(BuildError::of(vec![Problem::new("the environment", "names no issuer", remedy)]));
    };
    for note in &found.notes {
        tracing::info!(target: "portcullis", "{note}");
    }
    let mut problems: Vec<Problem> = found.problems.iter().map(GuideProblem::to_problem).collect();
    let identifier = own.or(found.identifier.clone());
    if identifier.is_none() && problems.is_empty() {
        let remedy = "set it to the URL clients dial, as it is registered at the issuer";
        problems.push(Problem::new(RESOURCE, "is not set", remedy));
    }
    match (identifier, found.issuer.as_ref().and_then(issuer)) {
        (Some(identifier), Some(of)) if problems.is_empty() => {
            let issuer = of(&identifier);
            let builder = ProtectedResource::builder(identifier).rules_optional().issuer(issuer);
            Ok(match found.metadata {
                Some(document) => builder.metadata(document),
                None => builder,
            })
        }
        _ => Err(BuildError::of(problems)),
    }
}

/// The issuer, once it is known what the resource is: nothing where a variable is missing, which is a problem already.
fn issuer(found: &FoundIssuer) -> Option<impl FnOnce(&str) -> TrustedIssuer> {
    let found = found.clone();
    let is_whole = match &found {
        FoundIssuer::Scalekit { environment, .. } => environment.is_some(),
        FoundIssuer::Auth0 { domain, audience } => domain.is_some() && audience.is_some(),
    };
    is_whole.then_some(move |identifier: &str| match found {
        FoundIssuer::Scalekit { environment, resource, server_url } => {
            let environment = environment.unwrap_or_default();
            match resource {
                Some(resource) => scalekit(&environment, &resource),
                None => scalekit_by_server_url(&environment, server_url.as_deref().unwrap_or(identifier)),
            }
        }
        FoundIssuer::Auth0 { domain, audience } => {
            auth0(&domain.unwrap_or_default(), &audience.unwrap_or_default())
        }
    })
}
