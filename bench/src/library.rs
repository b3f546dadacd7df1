//! `bench/run library`: the layer inside a server of the official SDK, beside that server bare, and beside other crates that
//! do the same work there (with the feature `peers`).

use crate::{
    calls::{self, body, token, with},
    case::{Case, measure},
    peers::Peer,
    servers::{greeter, listen, serve_on},
};
use axum::Router;
use portcullis::{ProtectedResource, TrustedIssuer};
use portcullis_testing::TestKey;
use std::net::SocketAddr;
use tokio::task::spawn_blocking;

const BARE: &str = "the server bare, one token";
const BARE_DISTINCT: &str = "the server bare, every token once";

/// Measures every case `rounds` times, in turns.
pub async fn run(rounds: usize, requests: usize) -> anyhow::Result<()> {
    let key = TestKey::rsa();
    let keys = calls::keys(&key).await;
    let start = |which: &'static str| {
        let keys = keys.url();
        // Some fetch the keys before they say where they listen, and we are who serves those.
        async move { spawn_blocking(move || Peer::role(&["library", which, &keys])).await? }
    };
    let bare = start("bare").await?;
    let ours = start("portcullis").await?;
    let mint = |peer: &Peer, number: usize| token(&format!("http://{}/mcp", peer.address), number).sign(&key);
    let repeated = |peer: &Peer| with(peer, vec![mint(peer, 0)], body(16));
    eprintln!("minting {} tokens a peer", rounds * requests);
    let distinct = |peer: &Peer| {
        with(peer, (0..rounds * requests).map(|number| mint(peer, number + 1)).collect(), body(16))
    };
    let mut others: Vec<(Names, Peer)> = Vec::new();
    for names in OTHERS {
        others.push((*names, start(names.role).await?));
    }
    let mut cases = vec![
        Case::of(BARE, &bare, repeated(&bare)),
        Case::of(BARE_DISTINCT, &bare, distinct(&bare)),
        Case::of("Portcullis, one token", &ours, repeated(&ours)).beside(BARE).aim(1.12),
        Case::of("Portcullis, every token once", &ours, distinct(&ours)).beside(BARE_DISTINCT).aim(1.8),
    ];
    for (names, peer) in &others {
        cases.push(Case::of(names.repeated, peer, repeated(peer)).beside(BARE));
        cases.push(Case::of(names.distinct, peer, distinct(peer)).beside(BARE_DISTINCT));
    }
    if others.is_empty() {
        eprintln!("the other crates are left out: they are in the feature `peers`");
    }
    measure(cases, rounds, requests).await
}

/// A crate that is measured beside ours.
#[derive(Clone, Copy)]
struct Names {
    role: &'static str,
    repeated: &'static str,
    distinct: &'static str,
}

#[cfg(not(feature = "peers"))]
const OTHERS: &[Names] = &[];

#[cfg(feature = "peers")]
const OTHERS: &[Names] = &[
    Names {
        role: "oauth-resource-server",
        repeated: "oauth-resource-server, one token",
        distinct: "oauth-resource-server, every token once",
    },
    Names {
        role: "tower-oauth2-resource-server",
        repeated: "tower-oauth2-resource-server, one token",
        distinct: "tower-oauth2-resource-server, every token once",
    },
    Names {
        role: "rust-mcp-extra",
        repeated: "rust-mcp-extra's verifier, one token",
        distinct: "rust-mcp-extra's verifier, every token once",
    },
];

/// The server, protected by one of them, as it is measured.
pub async fn server(which: &str, issuer: &str, keys: &str) -> anyhow::Result<()> {
    let listener = listen().await?;
    let address = listener.local_addr()?;
    let router = Router::new().route_service("/mcp", greeter(false));
    let router = match which {
        "bare" => router,
        "portcullis" => portcullis(router, address, issuer, keys)?,
        #[cfg(feature = "peers")]
        other => others::protect(other, router, address, issuer, keys).await?,
        #[cfg(not(feature = "peers"))]
        other => anyhow::bail!("{other} is in the feature `peers`"),
    };
    serve_on(listener, router).await
}

/// The server, protected by one of them as its guide has it: with what it publishes, and what goes around its verifier. Whoever
/// looks at how it answers looks at this one.
pub async fn protected(which: &str, issuer: &str, keys: &str) -> anyhow::Result<()> {
    #[cfg(feature = "peers")]
    if which == "rust-mcp-extra" {
        return crate::rust_mcp::server(issuer, keys).await;
    }
    server(which, issuer, keys).await
}

fn portcullis(router: Router, address: SocketAddr, issuer: &str, keys: &str) -> anyhow::Result<Router> {
    let resource = ProtectedResource::builder(format!("http://{address}/mcp"))
        .issuer(TrustedIssuer::new(issuer).jwks_uri(keys))
        .tool("greet_user", ["todo:read"])
        .build()?;
    Ok(router.layer(resource.layer()).merge(resource.well_known()))
}

#[cfg(feature = "peers")]
mod others {
    use super::*;
    use axum::{
        extract::{Request, State},
        middleware::{Next, from_fn_with_state},
        response::{IntoResponse as _, Response},
    };
    use http::{StatusCode, header::AUTHORIZATION};
    use oauth_resource_server::{
        KeyNaming, OAuthConfig, OAuthValidator,
        axum::{AuthLayer, metadata_router},
        mcp::McpToolScopes,
        static_token_policy,
    };
    use rust_mcp_extra::token_verifier::{
        GenericOauthTokenVerifier, TokenVerifierOptions, VerificationStrategies,
    };
    use rust_mcp_sdk::auth::{Audience, OauthTokenVerifier as _};
    use std::sync::Arc;
    use tower_oauth2_resource_server::{server::OAuth2ResourceServer, tenant::TenantConfiguration};

    pub(super) async fn protect(
        which: &str,
        router: Router,
        address: SocketAddr,
        issuer: &str,
        keys: &str,
    ) -> anyhow::Result<Router> {
        let resource = format!("http://{address}/mcp");
        match which {
            "oauth-resource-server" => {
                let config = OAuthConfig {
                    enabled: true,
                    issuer: issuer.into(),
                    jwks_uri: Some(keys.into()),
                    audience: resource.clone(),
                    resource,
                    require_at_jwt: true,
                    required_scope: Some("todo:read".into()),
                    scopes_supported: Some(vec!["todo:read".into()]),
                    ..OAuthConfig::default()
                };
                let config = config.resolve(KeyNaming::Dotted("oauth"))?;
                let validator = Arc::new(OAuthValidator::new(config.as_ref().expect("it is enabled"))?);
                validator.refresh_now().await?;
                let decision = static_token_policy(None, config.as_ref(), false)?;
                let layer = AuthLayer::from_decision(decision, Some(Arc::clone(&validator)))?;
                let scopes = McpToolScopes::new().tool("greet_user", ["todo:read"]);
                Ok(router.layer(scopes).layer(layer).merge(metadata_router(Some(validator))))
            }
            "tower-oauth2-resource-server" => {
                let tenant = TenantConfiguration::builder(issuer).jwks_url(keys).audiences(&[resource]);
                let tenant = tenant.build().await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
                let server = <OAuth2ResourceServer>::builder().add_tenant(tenant).build().await;
                let server = server.map_err(|error| anyhow::anyhow!("{error:?}"))?;
                Ok(router.layer(server.into_layer()))
            }
            // Its middleware goes with a server of its own (`rust_mcp`); what it does about a token is its verifier's.
            "rust-mcp-extra" => {
                let verifier = GenericOauthTokenVerifier::new(TokenVerifierOptions {
                    strategies: vec![VerificationStrategies::JWKs { jwks_uri: keys.into() }],
                    validate_audience: Some(Audience::Single(resource)),
                    validate_issuer: Some(issuer.into()),
                    cache_capacity: None,
                })?;
                Ok(router.layer(from_fn_with_state(Arc::new(verifier), verify)))
            }
            other => anyhow::bail!("{other} is none of them"),
        }
    }

    async fn verify(
        State(verifier): State<Arc<GenericOauthTokenVerifier>>,
        request: Request,
        next: Next,
    ) -> Response {
        let token = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = token.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default().to_owned();
        match verifier.verify_token(token).await {
            Ok(_) => next.run(request).await,
            Err(error) => (StatusCode::UNAUTHORIZED, error.to_string()).into_response(),
        }
    }
}
