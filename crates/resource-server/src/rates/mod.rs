//! How many requests a caller may make: per address before the token is looked at, per subject, client and tool after.
//!
//! Nothing is limited by default. No number is right for a laptop and for a host whose every user comes from four
//! addresses, and none is needed to stay up: what a stranger costs without a token is bounded otherwise, to a hash and a
//! signature check. What a limit is for, the operator knows: a tool that costs money, a client that runs in circles.
//!
//! Not counted are preflights, which a browser sends by itself and could not be told the answer of; metadata, which is
//! needed to come back; and what is no request for the resource at all.

mod limit;
mod memory;
mod rate;

pub use limit::{ClientAddress, CountedAddress, Limited, RateExceeded, RateLimit, Recorded, Taking, Whose};
pub use memory::InMemory;
pub use rate::{Rate, RateError};

use crate::{permit::Asked, token::AccessToken};
use http::Extensions;
use portcullis_mcp::Target;
use portcullis_oauth::Clock;
use std::{
    fmt,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use wildmatch::WildMatch;

/// An address that is over its limit is recorded this often.
const RECORDED_EVERY: Duration = Duration::from_secs(60);

/// What may be asked of one resource in a time; by default anything.
#[derive(Clone, Default)]
pub struct RateLimits {
    address: Option<Arc<AddressLimit>>,
    subject: Option<Arc<dyn RateLimit>>,
    client: Option<Arc<dyn RateLimit>>,
    tools: Vec<(Pattern, Arc<dyn RateLimit>)>,
}

impl RateLimits {
    /// No limit.
    pub fn off() -> Self {
        Self::default()
    }

    /// Limits addresses; resources that are given the same limit share it.
    #[must_use]
    pub fn per_address(mut self, limit: Arc<AddressLimit>) -> Self {
        self.address = Some(limit);
        self
    }

    /// Limits what one subject may do.
    #[must_use]
    pub fn per_subject(mut self, limit: Arc<dyn RateLimit>) -> Self {
        self.subject = Some(limit);
        self
    }

    /// Limits what one client may do, for all its users together.
    #[must_use]
    pub fn per_client(mut self, limit: Arc<dyn RateLimit>) -> Self {
        self.client = Some(limit);
        self
    }

    /// Limits what one subject may do with each tool that matches (`*` stands for any characters). Of several that match,
    /// the one counts that names most of the tool.
    #[must_use]
    pub fn tool(mut self, pattern: &str, limit: Arc<dyn RateLimit>) -> Self {
        self.tools.push((Pattern::new(pattern), limit));
        self.tools.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.weight));
        self
    }

    /// Before anything else is looked at.
    pub(crate) async fn check_address(&self, extensions: &Extensions) -> Result<(), RateExceeded> {
        match &self.address {
            Some(limit) => limit.check(CountedAddress::of(extensions.get().copied())).await,
            None => Ok(()),
        }
    }

    /// Once it is known who asks for what: each operation of a batch counts, and anything else as one.
    pub(crate) async fn check_caller(&self, token: &AccessToken, asked: &Asked) -> Result<(), RateExceeded> {
        let count = u32::try_from(asked.operations().len()).ok().and_then(NonZeroU32::new);
        let count = count.unwrap_or(NonZeroU32::MIN);
        if let Some(limit) = &self.subject {
            let taken = limit.take(&Whose::subject(token), count).await;
            taken.map_err(|wait| RateExceeded::new(Limited::Subject, wait))?;
        }
        if let Some(limit) = &self.client {
            let taken = limit.take(&Whose::client(token), count).await;
            taken.map_err(|wait| RateExceeded::new(Limited::Client, wait))?;
        }
        for target in asked.operations().iter().flat_map(|operation| operation.targets()) {
            let Target::Tool(tool) = target else { continue };
            let Some((_, limit)) = self.tools.iter().find(|(pattern, _)| pattern.matches(tool)) else {
                continue;
            };
            let taken = limit.take(&Whose::tool(token, tool), NonZeroU32::MIN).await;
            taken.map_err(|wait| RateExceeded::new(Limited::Tool, wait))?;
        }
        Ok(())
    }
}

impl fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimits")
            .field("per_address", &self.address.is_some())
            .field("per_subject", &self.subject.is_some())
            .field("per_client", &self.client.is_some())
            .field("tools", &self.tools.len())
            .finish()
    }
}

/// The limit of addresses, and what becomes of the audit events of those beyond it: one a minute for each address, with
/// the number of all that were not recorded since the last one. A flood is in the log, and the log is not the flood.
/// (Whoever has a token is recorded each time: that is who did it.)
pub struct AddressLimit {
    limit: Arc<dyn RateLimit>,
    records: InMemory,
    unrecorded: AtomicU64,
}

impl AddressLimit {
    /// Addresses are counted by `limit`.
    pub fn new(limit: Arc<dyn RateLimit>, clock: Arc<dyn Clock>) -> Self {
        let records = InMemory::new(Rate::once_in(RECORDED_EVERY), clock);
        Self { limit, records, unrecorded: AtomicU64::new(0) }
    }

    async fn check(&self, address: CountedAddress) -> Result<(), RateExceeded> {
        let whose = Whose::Address(address);
        let Err(wait) = self.limit.take(&whose, NonZeroU32::MIN).await else { return Ok(()) };
        let recorded = if self.records.take_now(&whose, NonZeroU32::MIN).is_ok() {
            Recorded::WithOthers(self.unrecorded.swap(0, Ordering::Relaxed))
        } else {
            self.unrecorded.fetch_add(1, Ordering::Relaxed);
            Recorded::NotAgain
        };
        Err(RateExceeded { recorded, ..RateExceeded::new(Limited::Address(address), wait) })
    }
}

/// Which tools a limit is for.
#[derive(Clone)]
struct Pattern {
    /// Whether it is a name, and how many characters of it are no `*`.
    weight: (bool, usize),
    text: Box<str>,
    glob: Option<WildMatch>,
}

impl Pattern {
    fn new(text: &str) -> Self {
        let is_glob = text.contains('*');
        Self {
            weight: (!is_glob, text.chars().filter(|c| *c != '*').count()),
            text: text.into(),
            // `?` is a character of a name here, not a wildcard.
            glob: is_glob.then(|| WildMatch::new(&text.replace('?', "\u{0}"))),
        }
    }

    fn matches(&self, tool: &str) -> bool {
        match &self.glob {
            Some(glob) => glob.matches(&tool.replace('?', "\u{0}")),
            None => &*self.text == tool,
        }
    }
}
