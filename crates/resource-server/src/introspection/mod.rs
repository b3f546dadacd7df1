//! Opaque tokens: the authorization server is asked what a token is (RFC 7662), and our own rules are applied to what it
//! says.
//!
//! - Anything but an answer is a failure of the server and no fault of the token: 503, never 401, never let in (IN-08).
//! - `active: false` is remembered for a moment, a good answer for a while and never past `exp` (IN-05).
//! - One call is made for all who ask about one token, and a flood of unknown ones makes few at once (`flights`).

mod answer;
mod assertion;
mod client;
mod client_key;
mod endpoint;
mod flights;
mod refused;
mod rules;

pub use client::{AssertionAudience, ClientProof, ClientSecret, IntrospectionClient};
pub use client_key::{ClientKey, ClientKeyError};
pub use endpoint::EndpointLocation;
pub(crate) use rules::{bind, judge};

use crate::{
    cache::TokenHash,
    discovery::DiscoveryError,
    verify_error::{TokenError, VerifyError},
};
use answer::{Answer, AnswerError};
use client::AssertionError;
use endpoint::Endpoint;
use flights::{Flights, Health, NoAnswer};
use portcullis_fetch::{Fetch, FetchError};
use portcullis_oauth::Clock;
use refused::RefusedTokens;
use serde_json::{Map, Value};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// How long a good answer is believed, unless configured: as long as the usual leeway for clocks. So a revoked token works no
/// longer than an expired one may, and a client that calls once a second costs one question in thirty (IN-05).
pub const DEFAULT_CACHE: Duration = Duration::from_secs(30);
/// A server that is down is not told to the log for every request.
const SAY_AGAIN: u64 = 5;

/// How an issuer's tokens are introspected.
#[derive(Clone, Debug)]
pub struct IntrospectionSettings {
    /// Where.
    pub endpoint: EndpointLocation,
    /// As whom.
    pub client: IntrospectionClient,
    /// How long a good answer is believed; zero to ask for every request. [`DEFAULT_CACHE`] says what is traded.
    pub cache: Duration,
    /// How its opaque tokens begin. Needed where a resource has several introspecting issuers: a token is shown to nobody but
    /// its own.
    pub token_prefix: Option<String>,
    /// Whether an answer without `aud` is good here, and so at every other resource that says the same (RS-10). It must have a
    /// `token_type` then: an access token has one, a refresh token has not.
    pub dangerous_accept_missing_audience: bool,
}

/// The way to one issuer's introspection endpoint, for one resource.
pub struct Introspection {
    settings: IntrospectionSettings,
    endpoint: Endpoint,
    fetch: Arc<dyn Fetch>,
    clock: Arc<dyn Clock>,
    flights: Arc<Flights<Judged>>,
    refused: RefusedTokens,
    calls: AtomicU64,
    said_at: AtomicU64,
}

/// What came of a token: proven, refused, or nobody can say.
pub(crate) type Judged = Result<crate::cache::Remembered, VerifyError>;

/// Why there is no answer. Its text has no secret: not the token's, not ours.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    #[error(
        "{0}; the client credentials of this issuer's `introspection` are refused: check client_id, the secret or key, and `auth`"
    )]
    Credentials(FetchError),
    #[error(
        "{0}; the client may not introspect, or something in between refuses the question: check its permissions there"
    )]
    Forbidden(FetchError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Answer(#[from] AnswerError),
    #[error(transparent)]
    Assertion(#[from] AssertionError),
}

impl Introspection {
    /// A way on which nobody has been yet.
    pub fn new(settings: IntrospectionSettings, fetch: Arc<dyn Fetch>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            endpoint: Endpoint::new(settings.endpoint.clone(), fetch.clone(), clock.clone()),
            flights: Flights::new(clock.clone()),
            refused: RefusedTokens::new(),
            settings,
            fetch,
            clock,
            calls: AtomicU64::new(0),
            said_at: AtomicU64::new(0),
        })
    }

    /// How it was set up.
    pub fn settings(&self) -> &IntrospectionSettings {
        &self.settings
    }

    /// How many questions were asked.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Whether the endpoint is known, or was looked for.
    pub fn was_looked_for(&self) -> bool {
        self.endpoint.was_looked_for()
    }

    /// Looks for the endpoint once, for readiness. No token is at hand to ask about.
    pub async fn warm_up(&self) {
        if let Err(error) = self.endpoint.locate().await {
            self.say(&error.into());
        }
    }

    /// Asks about a token, or joins whoever is asking. `judge` applies our rules, and remembers what passes them; it is run
    /// once, whoever stays to hear.
    pub(crate) async fn prove(
        self: &Arc<Self>,
        hash: TokenHash,
        token: &str,
        judge: impl FnOnce(Map<String, Value>, Duration) -> Result<crate::cache::Remembered, TokenError>
        + Send
        + 'static,
    ) -> Judged {
        if let Some(error) = self.refused.get(&hash, self.clock.monotonic()) {
            return Err(error.into());
        }
        let (this, token) = (self.clone(), Secret(token.to_owned()));
        let call = async move {
            // From here on, not from the answer: what it says was true no later than when it was asked.
            let asked_at = this.clock.monotonic();
            let (judged, health) = match this.ask(&token.0).await {
                Ok(Answer::Active(members)) => {
                    (judge(members, asked_at).map_err(VerifyError::from), Health::Up)
                }
                Ok(Answer::Inactive) => (Err(TokenError::Inactive.into()), Health::Up),
                Err(error) => {
                    this.say(&error);
                    (Err(unavailable(Duration::from_secs(SAY_AGAIN))), error.health())
                }
            };
            if let Err(VerifyError::Token(error)) = &judged {
                this.refused.insert(hash, error, asked_at);
            }
            (judged, health)
        };
        match self.flights.join(hash, call).await {
            Ok(judged) => judged,
            Err(NoAnswer { retry_after }) => Err(unavailable(retry_after)),
        }
    }

    async fn ask(&self, token: &str) -> Result<Answer, CallError> {
        let (url, trust) = self.endpoint.locate().await?;
        let form = self.settings.client.question(token, &url, self.clock.now())?;
        self.calls.fetch_add(1, Ordering::Relaxed);
        let answer = self.fetch.post(url, trust, form).await.map_err(|error| match error {
            FetchError::Status(401) => CallError::Credentials(error),
            FetchError::Status(403) => CallError::Forbidden(error),
            FetchError::Refused(_)
            | FetchError::Connect
            | FetchError::Unreadable
            | FetchError::Timeout
            | FetchError::Status(_)
            | FetchError::Body
            | FetchError::TooLarge(_) => CallError::Fetch(error),
        })?;
        Ok(Answer::parse(&answer.body)?)
    }

    /// Tells the operator, once in a few seconds.
    fn say(&self, error: &CallError) {
        let (now, last) = (self.clock.monotonic().as_secs() + 1, self.said_at.load(Ordering::Relaxed));
        let due = last == 0 || now >= last + SAY_AGAIN;
        if due && self.said_at.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let endpoint = &self.settings.endpoint;
            tracing::warn!(target: "portcullis::introspection", %endpoint, %error, "tokens cannot be introspected");
        }
    }
}

/// A token on its way to its issuer. It cannot be printed.
struct Secret(String);

fn unavailable(retry_after: Duration) -> VerifyError {
    VerifyError::IntrospectionUnavailable { retry_after }
}

impl CallError {
    /// Whether everybody is concerned. Whatever a stranger could cause by an odd token is not: a firewall's 403, a 400 or a
    /// 500 over one token must not keep others out.
    fn health(&self) -> Health {
        match self {
            Self::Discovery(_) | Self::Credentials(_) => Health::Down,
            Self::Fetch(
                FetchError::Connect
                | FetchError::Unreadable
                | FetchError::Timeout
                | FetchError::Status(429 | 502..=504),
            ) => Health::Down,
            Self::Fetch(_) | Self::Forbidden(_) | Self::Answer(_) | Self::Assertion(_) => Health::Odd,
        }
    }
}

impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection").field("settings", &self.settings).finish_non_exhaustive()
    }
}
