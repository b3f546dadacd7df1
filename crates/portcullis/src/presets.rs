//! Providers as data: where their keys are and what their tokens look like.

use crate::{
    builder::Problem,
    issuer::{IssuerSettings, ProofSettings, TrustedIssuer},
};
use portcullis_oauth::{Issuer, is_loopback};
use portcullis_resource_server::{
    Algorithm, ClientProof, ClientSecret, DEFAULT_CACHE, EndpointLocation, IntrospectionClient,
    IntrospectionSettings, KeyLocation, TypRule,
};
use url::Url;

/// Any issuer that signs RFC 9068 access tokens: [`TrustedIssuer::new`].
pub fn oidc(issuer: &str) -> TrustedIssuer {
    TrustedIssuer::new(issuer)
}

/// Scalekit: the environment URL, and the id of the MCP server there (`res_…`).
///
/// Its keys are at `{env}/keys`; it signs with RS256 and says `typ: JWT`; `iss` is `{env}` or, since its migration,
/// `{env}/resources/{res}`, both good at once; `aud` always has the `res_…` id; scopes are in `scope` and in `scopes`; the
/// tenant is `oid`.
pub fn scalekit(environment: &str, resource: &str) -> TrustedIssuer {
    let environment = match scalekit_environment(environment) {
        Ok(environment) => environment,
        Err(problem) => return TrustedIssuer::wrong(problem),
    };
    if !is_scalekit_resource(resource) {
        let remedy = "write the id of the MCP server there, such as res_123";
        let problem = Problem::new("scalekit: resource", "is not a resource id", remedy);
        return TrustedIssuer::wrong(problem.about(resource));
    }
    let origin = environment.as_str().trim_end_matches('/');
    let own = format!("{origin}/resources/{resource}");
    of_scalekit(&environment, &[origin, &own], &own, resource)
}

/// Scalekit where the `res_…` id is not known: the audience is the Server URL, exactly as it is registered.
pub fn scalekit_by_server_url(environment: &str, server_url: &str) -> TrustedIssuer {
    match scalekit_environment(environment) {
        Ok(environment) => {
            let origin = environment.as_str().trim_end_matches('/');
            of_scalekit(&environment, &[origin], origin, server_url)
        }
        Err(problem) => TrustedIssuer::wrong(problem),
    }
}

/// An origin and nothing else; a trailing slash is tolerated.
///
/// # Errors
/// [`Problem`].
pub fn scalekit_environment(text: &str) -> Result<Url, Problem> {
    let is_environment = |url: &Url| {
        let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
        let plain = url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        secure && plain && anonymous && url.path() == "/"
    };
    Url::parse(text).ok().filter(is_environment).ok_or_else(|| {
        let remedy = "write the environment URL of the dashboard, such as https://acme.scalekit.com";
        let message = "is not an environment URL: https, a host, and no path";
        Problem::new("scalekit: environment", message, remedy).about(text)
    })
}

/// Whether this is the id of an MCP server at Scalekit.
pub fn is_scalekit_resource(id: &str) -> bool {
    id.strip_prefix("res_")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn of_scalekit(environment: &Url, issuers: &[&str], published: &str, audience: &str) -> TrustedIssuer {
    let issuers: Result<Vec<Issuer>, _> = issuers.iter().map(|text| Issuer::parse(text)).collect();
    let (Ok(issuers), Ok(keys)) = (issuers, environment.join("keys")) else {
        let remedy = "write the environment URL of the dashboard";
        return TrustedIssuer::wrong(Problem::new("scalekit: environment", "makes no issuer", remedy));
    };
    let settings = IssuerSettings {
        name: published.to_owned(),
        issuers,
        published: published.to_owned(),
        audiences: None,
        proof: ProofSettings::Signature {
            keys: KeyLocation::At(keys),
            algorithms: vec![Algorithm::Rs256],
            typ: TypRule::Relaxed,
        },
        scopes_claim: true,
        tenant_claim: Some("oid".to_owned()),
        leeway: 30,
    };
    TrustedIssuer::from(settings).audience(audience)
}

/// Auth0: the tenant's domain (`acme.eu.auth0.com`), and the API's identifier there, which is the audience.
///
/// `iss` is `https://{domain}/`, with its slash; tokens say `typ: JWT` unless the API's profile is RFC 9068; it signs with
/// RS256 or PS256; the tenant is `org_id`. Without an `audience` in the authorization request Auth0 issues opaque tokens,
/// which are refused: set a default audience for the tenant, or have it read `resource`.
pub fn auth0(domain: &str, audience: &str) -> TrustedIssuer {
    let is_host = !domain.is_empty()
        && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':'));
    if !is_host {
        let remedy = "write the host alone, such as acme.eu.auth0.com";
        return TrustedIssuer::wrong(Problem::new("auth0: domain", "is not a host", remedy).about(domain));
    }
    let domain = domain.to_ascii_lowercase(); // as its tokens say it
    TrustedIssuer::new(&format!("https://{domain}/"))
        .jwks_uri(&format!("https://{domain}/.well-known/jwks.json"))
        .algorithms(["RS256", "PS256"])
        .relaxed_typ()
        .audience(audience)
        .tenant_claim("org_id")
}

/// An issuer whose tokens are opaque: it is asked what they are (RFC 7662), as this client. The endpoint is found by its
/// metadata. A good answer is believed for 30 s at most: that is how long a revoked token may still work.
pub fn introspection(issuer: &str, client_id: &str, client_secret: &str) -> TrustedIssuer {
    TrustedIssuer::new(issuer).and(|settings| {
        let Some(issuer) = settings.issuers.first().cloned() else { return Ok(()) };
        settings.proof = ProofSettings::Introspection(IntrospectionSettings {
            endpoint: EndpointLocation::Discover(issuer),
            client: IntrospectionClient {
                client_id: client_id.to_owned(),
                proof: ClientProof::SecretBasic(ClientSecret::new(client_secret)),
            },
            cache: DEFAULT_CACHE,
            token_prefix: None,
            dangerous_accept_missing_audience: false,
        });
        Ok(())
    })
}
