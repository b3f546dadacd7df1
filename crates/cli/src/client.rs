//! An MCP server that somebody named on the command line, spoken to in either era by the official SDK's client; and what it
//! means when it does not answer as it should.

use crate::session::masked;
use http::{HeaderName, HeaderValue};
use portcullis_fetch::plain_client;
use portcullis_oauth::{Challenge, ErrorCode, Scope};
use rmcp::{
    RoleClient,
    model::{ErrorCode as RpcErrorCode, PaginatedRequestParams, ProtocolVersion},
    service::{
        ClientInitializeError, ClientLifecycleMode, ClientServiceExt as _, RunningService, ServiceError,
    },
    transport::{
        StreamableHttpClientTransport,
        auth::WWWAuthenticateParams,
        streamable_http_client::{
            AuthRequiredError, InsufficientScopeError, StreamableHttpClient,
            StreamableHttpClientTransportConfig, StreamableHttpError,
        },
    },
};
use std::{collections::HashMap, error::Error, future::Future, io, time::Duration};
use tokio::time::timeout;
use url::Url;

const CONNECT: Duration = Duration::from_secs(5);
/// Until a server has said who it is.
const BEGIN: Duration = Duration::from_secs(60);
/// One answer. In bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// Of one list.
const MAX_PAGES: usize = 100;
/// Of one list.
const MAX_ITEMS: usize = 5000;

/// A server that is spoken to.
pub(crate) type Connection = RunningService<RoleClient, ()>;

/// How to reach a server.
pub(crate) struct Access {
    pub(crate) url: Url,
    pub(crate) token: Option<String>,
    pub(crate) headers: HashMap<HeaderName, HeaderValue>,
}

impl Access {
    /// With this token, or none, and nothing else.
    pub(crate) fn to(url: &Url, token: Option<&str>) -> Self {
        Self { url: url.clone(), token: token.map(str::to_owned), headers: HashMap::new() }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It wants a token, or another one: the challenge.
    SignIn(String),
    /// The token lacks these scopes, or some that are not named.
    Scopes(Scope),
    /// It says no for another reason.
    Said(String),
    /// It does not answer.
    Unreachable(String),
}

/// Begins to speak, in the newest era that it knows.
pub(crate) async fn connect(access: &Access) -> Result<Connection, Failure> {
    let config = StreamableHttpClientTransportConfig::with_uri(access.url.as_str())
        .custom_headers(access.headers.clone())
        .max_sse_event_size(MAX_ANSWER);
    let config = match &access.token {
        Some(token) => config.auth_header(token),
        None => config,
    };
    let client = plain_client(CONNECT).map_err(|error| Failure::Unreachable(error.to_string()))?;
    let transport = StreamableHttpClientTransport::with_client(client, config);
    let either_era = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::V_2025_11_25),
    };
    match timeout(BEGIN, ().serve_with_lifecycle(transport, either_era)).await {
        Ok(connection) => connection.map_err(|error| not_begun(access, &error)),
        Err(_) => Err(Failure::Unreachable(format!("no answer for {} seconds", BEGIN.as_secs()))),
    }
}

/// All pages of a list, as far as anybody reads. A server without this list has an empty one.
pub(crate) async fn all<T, F>(
    is_cut: &mut bool,
    mut page: impl FnMut(Option<PaginatedRequestParams>) -> F,
) -> Result<Vec<T>, ServiceError>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), ServiceError>>,
{
    let (mut items, mut cursor) = (Vec::new(), None);
    for _ in 0..MAX_PAGES {
        let asked = PaginatedRequestParams::default().with_cursor(cursor);
        let (more, next) = match page(Some(asked)).await {
            Ok(page) => page,
            Err(ServiceError::McpError(error)) if error.code == RpcErrorCode::METHOD_NOT_FOUND => {
                return Ok(items);
            }
            Err(error) => return Err(error),
        };
        items.extend(more);
        if items.len() > MAX_ITEMS {
            items.truncate(MAX_ITEMS);
            break;
        }
        match next {
            Some(next) => cursor = Some(next),
            None => return Ok(items),
        }
    }
    *is_cut = true;
    Ok(items)
}

fn not_begun(access: &Access, error: &ClientInitializeError) -> Failure {
    if let ClientInitializeError::LegacyFallbackFailed { fallback, .. } = error {
        return not_begun(access, fallback);
    }
    if let ClientInitializeError::TransportError { error: cause, .. } = error {
        return failure(access, &*cause.error);
    }
    Failure::Said(told(access, &error.to_string()))
}

/// What a failed request means.
pub(crate) fn failed(access: &Access, error: &ServiceError) -> Failure {
    if let ServiceError::TransportSend(cause) = error {
        return failure(access, &*cause.error);
    }
    if let ServiceError::McpError(error) = error {
        return Failure::Said(told(access, &format!("{} ({})", error.message, error.code.0)));
    }
    Failure::Said(told(access, &error.to_string()))
}

fn failure(access: &Access, error: &(dyn Error + 'static)) -> Failure {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<AuthRequiredError>() {
            return Failure::SignIn(refused.www_authenticate_header.clone());
        }
        if let Some(refused) = error.downcast_ref::<InsufficientScopeError>() {
            return forbidden(access, &refused.www_authenticate_header);
        }
        if let Some(why) = unreachable(plain_client, error) {
            return Failure::Unreachable(told(access, &why));
        }
        cause = error.source();
    }
    Failure::Said(told(access, &error.to_string()))
}

/// Why nobody was reached, if it is that. The client, which is nobody's but the door's, is known by who makes it.
fn unreachable<C: StreamableHttpClient, E>(
    _: impl Fn(Duration) -> Result<C, E>,
    error: &(dyn Error + 'static),
) -> Option<String> {
    let Some(StreamableHttpError::Client(error)) = error.downcast_ref::<StreamableHttpError<C::Error>>()
    else {
        return None;
    };
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<io::Error>() {
            return Some(error.to_string());
        }
        cause = error.source();
    }
    None
}

/// A 403 and its challenge, which speaks of scopes or of something else (RFC 6750 §3.1).
fn forbidden(access: &Access, challenge: &str) -> Failure {
    if let Ok(challenge) = challenge.parse::<Challenge>() {
        if challenge.error_code() == Some(ErrorCode::InsufficientScope) {
            return Failure::Scopes(challenge.scopes().clone());
        }
    } else {
        // Several challenges in one header, or one that nobody could print.
        let read = WWWAuthenticateParams::parse(challenge, &access.url);
        if read.is_insufficient_scope() {
            let scopes = read.scope.unwrap_or_default();
            return Failure::Scopes(scopes.split(' ').filter_map(|scope| scope.parse().ok()).collect());
        }
    }
    Failure::Said(told(access, &format!("HTTP 403: {challenge}")))
}

/// What the server had to do with an error may be in its text, and so may what it was sent.
fn told(access: &Access, text: &str) -> String {
    masked(text, access.token.as_deref())
}
