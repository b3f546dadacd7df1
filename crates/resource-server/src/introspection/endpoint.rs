//! Where to ask: at the URL that the operator wrote, or where the issuer's metadata says. What was found is kept, and looked
//! for again after a while; an issuer whose metadata cannot be read then is asked where it was.

use crate::discovery::{DiscoveryError, Learned, discover};
use arc_swap::ArcSwapOption;
use portcullis_fetch::{Fetch, Trust};
use portcullis_oauth::{Clock, Issuer};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::Mutex;
use url::Url;

/// How long a found endpoint is believed: it moves once in years, and then no restart should be needed.
const BELIEVED: Duration = Duration::from_secs(3600);
/// After a failure.
const BACKOFF: Duration = Duration::from_secs(5);

/// Where an introspection endpoint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointLocation {
    /// At this URL, which the operator wrote.
    At(Url),
    /// Where the issuer's metadata says (RFC 8414 §2, `introspection_endpoint`).
    Discover(Issuer),
}

pub(crate) struct Endpoint {
    location: EndpointLocation,
    fetch: Arc<dyn Fetch>,
    clock: Arc<dyn Clock>,
    found: ArcSwapOption<Found>,
    attempted: AtomicBool,
    /// Whoever looks holds this, and nobody else looks: those who have a place to ask do not pass here.
    looking: Mutex<Option<Duration>>,
}

struct Found {
    learned: Learned,
    at: Duration,
}

impl Endpoint {
    pub(crate) fn new(location: EndpointLocation, fetch: Arc<dyn Fetch>, clock: Arc<dyn Clock>) -> Self {
        let (found, attempted) = (ArcSwapOption::empty(), AtomicBool::new(false));
        Self { location, fetch, clock, found, attempted, looking: Mutex::new(None) }
    }

    /// Whether it is known, or was looked for.
    pub(crate) fn was_looked_for(&self) -> bool {
        matches!(self.location, EndpointLocation::At(_)) || self.attempted.load(Ordering::Relaxed)
    }

    /// The endpoint, and how far its URL is trusted.
    pub(crate) async fn locate(&self) -> Result<(Url, Trust), DiscoveryError> {
        let issuer = match &self.location {
            EndpointLocation::At(url) => return Ok((url.clone(), Trust::Configured)),
            EndpointLocation::Discover(issuer) => issuer,
        };
        if let Some(place) = self.believed() {
            return Ok(place);
        }
        let mut last_failed = self.looking.lock().await;
        if let Some(place) = self.believed() {
            return Ok(place);
        }
        let now = self.clock.monotonic();
        let looked = match *last_failed {
            Some(at) if now.saturating_sub(at) < BACKOFF => {
                Err(DiscoveryError::Metadata("it could not be read a moment ago".into()))
            }
            _ => {
                let looked =
                    discover(&*self.fetch, issuer, "introspection_endpoint", |it| it.introspection_endpoint)
                        .await;
                *last_failed = looked.is_err().then_some(now);
                self.attempted.store(true, Ordering::Relaxed);
                looked
            }
        };
        match (looked, self.found.load().as_deref()) {
            (Ok(learned), _) => {
                self.found.store(Some(Arc::new(Found { learned: learned.clone(), at: now })));
                Ok(place(&learned))
            }
            (Err(_), Some(old)) => Ok(place(&old.learned)),
            (Err(error), None) => Err(error),
        }
    }

    fn believed(&self) -> Option<(Url, Trust)> {
        let found = self.found.load();
        let found = found.as_ref()?;
        let age = self.clock.monotonic().saturating_sub(found.at);
        (age < BELIEVED).then(|| place(&found.learned))
    }
}

fn place(learned: &Learned) -> (Url, Trust) {
    (learned.url.clone(), Trust::Learned { from: learned.from.clone() })
}

impl fmt::Display for EndpointLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(url) => write!(f, "{}{}", url.origin().ascii_serialization(), url.path()),
            Self::Discover(issuer) => write!(f, "the metadata of {issuer}"),
        }
    }
}
