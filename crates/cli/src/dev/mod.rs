//! `portcullis dev`: an authorization server with test users, a sample MCP server, and the gateway between, in one
//! process on loopback.

mod batches;
mod guide;
mod place;
mod sample;

use crate::{audit::AuditLines, log, signals::drain_on_signal};
use anyhow::Context as _;
use place::Place;
use portcullis::{IssuerSettings, ProofSettings};
use portcullis_authorization_server::{DevAuthorizationServer, DevConfig, SigningKey};
use portcullis_fetch::{HttpFetcher, JsonPoster};
use portcullis_gateway::{
    Beside, Drain, Forwarding, Gateway, GatewayBody, Process, ResourceSettings, ServeLimits,
    UpstreamConnections, UpstreamLimits, compose,
    config::{AuditOutput, CallerRates, LogFormat, LogLevel},
    serve,
};
use portcullis_oauth::{Clock, ResourceIdentifier, Scope};
use portcullis_resource_server::{
    Algorithm, BodyLimits, ChallengeScopes, DefaultRule, DpopSettings, KeyLocation, Policy, Reach,
    SystemClock, TypRule,
};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};
use tokio::net::TcpListener;
use tower_service::Service as _;
use url::Url;

/// What may be typed after `dev`.
#[derive(clap::Args, Debug)]
pub(crate) struct Dev {
    /// The port, on 127.0.0.1 and [::1].
    #[arg(long, default_value_t = 3002)]
    port: u16,
    /// Your own MCP server, in place of the sample.
    #[arg(long, value_name = "URL")]
    upstream: Option<Url>,
    /// Which scopes a challenge asks for: those of the operation, or also those the token has already.
    #[arg(long, default_value = "operation", value_name = "WHICH", value_parser = ["operation", "union"])]
    challenge_scopes: String,
    /// Print an access token for the running server, and end.
    #[arg(long)]
    print_token: bool,
    /// The scopes of the printed token; all by default.
    #[arg(long, requires = "print_token", value_name = "SCOPES")]
    scope: Option<String>,
    /// Whose token is printed.
    #[arg(long, requires = "print_token", value_name = "USER")]
    user: Option<String>,
}

pub(crate) async fn run(dev: Dev) -> anyhow::Result<()> {
    let place = Place::new(dev.port)?;
    let key = SigningKey::load_or_create(&place.key_file()?)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    if dev.print_token {
        let token = place.token(&key, clock.now(), dev.user.as_deref(), dev.scope.as_deref())?;
        return crate::output::data(&token);
    }
    log::start(log_level()?, LogFormat::Text);
    let curl_token = place.token(&key, clock.now(), None, None)?;
    let listeners = listen(dev.port).await?;
    let drain = Drain::default();
    drain_on_signal(drain.clone())?;
    let (upstream, is_sample) = match dev.upstream {
        Some(url) => (url, false),
        None => (sample_server(&drain).await?, true),
    };
    let authorization_server = DevAuthorizationServer::new(
        DevConfig {
            issuer: place.issuer()?,
            resources: place.resources(),
            scopes: place.scopes(),
            users: place.users(),
            hosts: place.hosts(),
        },
        key,
        clock.clone(),
    );
    let process = Process {
        fetch: Arc::new(HttpFetcher::new()?),
        services: Arc::new(JsonPoster::new()?),
        clock,
        address_limit: None,
        audit: Arc::new(AuditLines(AuditOutput::Stderr)),
        revocations: None,
        session_key: crate::random::session_key()?,
        drain: drain.clone(),
    };
    let challenge_scopes = match dev.challenge_scopes.as_str() {
        "union" => ChallengeScopes::Union,
        _ => ChallengeScopes::Operation,
    };
    let routes = place
        .resources()
        .iter()
        .map(|resource| {
            Ok(compose(settings(&place, resource, &upstream, is_sample, challenge_scopes)?, &process)?)
        })
        .collect::<anyhow::Result<_>>()?;
    let gateway = Gateway::new(routes, Some(beside(&authorization_server)), drain.clone());
    crate::output::data(&guide::guide(&place, &curl_token, &upstream, is_sample))?;
    let warm = gateway.clone();
    tokio::spawn(async move { warm.warm_up().await });
    serve(gateway, listeners, ServeLimits::default(), drain).await;
    Ok(())
}

/// `PORTCULLIS_LOG`, as `serve` has it.
fn log_level() -> anyhow::Result<LogLevel> {
    match std::env::var("PORTCULLIS_LOG") {
        Ok(text) => Ok(text.parse().context("PORTCULLIS_LOG")?),
        Err(_) => Ok(LogLevel::default()),
    }
}

/// Both loopback addresses; a machine without IPv6 has one.
async fn listen(port: u16) -> anyhow::Result<Vec<TcpListener>> {
    let v4 = TcpListener::bind((IpAddr::from(Ipv4Addr::LOCALHOST), port))
        .await
        .with_context(|| format!("127.0.0.1:{port} cannot be listened on; choose another with --port"))?;
    let v6 = TcpListener::bind((IpAddr::from(Ipv6Addr::LOCALHOST), port)).await;
    Ok(std::iter::once(v4).chain(v6.ok()).collect())
}

/// The sample listens on a port of its own, as any other server would.
async fn sample_server(drain: &Drain) -> anyhow::Result<Url> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}/mcp", listener.local_addr()?).parse()?;
    let stop = tokio_util::sync::CancellationToken::new();
    let app = axum::Router::new().fallback_service(sample::service(stop.clone()));
    let app = axum::Router::new().nest_service("/mcp", batches::with_batches(app));
    let drain = drain.clone();
    tokio::spawn(async move {
        let until_drained = async move {
            drain.closed().await;
            stop.cancel();
        };
        let _ = axum::serve(listener, app).with_graceful_shutdown(until_drained).await;
    });
    Ok(url)
}

fn settings(
    place: &Place,
    resource: &str,
    upstream: &Url,
    is_sample: bool,
    challenge_scopes: ChallengeScopes,
) -> anyhow::Result<ResourceSettings> {
    let identifier = ResourceIdentifier::parse(resource)?;
    let issuer = place.issuer()?;
    let jwks = format!("{issuer}/oauth/jwks").parse()?;
    let policy = if is_sample {
        Policy::new(DefaultRule::Refuse)
            .tool("greet_user", Scope::default())
            .tool("list_todos", Scope::parse("todo:read")?)
            .tool("*_todo", Scope::parse("todo:write")?)
    } else {
        Policy::new(DefaultRule::Authenticated)
    };
    Ok(ResourceSettings {
        check: None,
        upstream: upstream.clone(),
        upstream_connections: UpstreamConnections::default(),
        path: identifier.path().trim_end_matches('/').to_owned(),
        metadata_at_root: true,
        dpop: DpopSettings::default(),
        issuers: vec![IssuerSettings {
            name: "dev".to_owned(),
            published: issuer.to_string(),
            issuers: vec![issuer],
            audiences: None,
            proof: ProofSettings::Signature {
                keys: KeyLocation::At(jwks),
                algorithms: vec![Algorithm::Es256],
                typ: TypRule::Development,
            },
            scopes_claim: false,
            tenant_claim: Some("tenant".to_owned()),
            leeway: 30,
        }],
        policy,
        challenge_scopes,
        rates: CallerRates::default(),
        reach: Reach::of(&identifier).allow_loopback_origins(),
        forward: Forwarding::default(),
        name: Some("Portcullis development server".to_owned()),
        documentation: None,
        metadata: None,
        body: BodyLimits::default(),
        streams: portcullis::StreamLimits::default(),
        upstream_limits: UpstreamLimits::default(),
        session_lifetime: 24 * 3600,
        identifier,
    })
}

/// The authorization server shares the gateway's listeners.
fn beside(server: &DevAuthorizationServer) -> Beside {
    let router = server.router();
    Arc::new(move |request| {
        let mut router = router.clone();
        Box::pin(async move {
            match router.call(request).await {
                Ok(response) => response.map(GatewayBody::beside),
                Err(never) => match never {},
            }
        })
    })
}
