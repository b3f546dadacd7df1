//! What a server answers to whoever has a token. Everything that is sent is safe: handshakes, lists, what asks for nothing, and
//! the same harmless request in other forms. No tool is called that could exist, and every session that was opened is ended.
//!
//! First the eras are learned: what a server does not speak is not asked of it.

mod door;
mod forms;
mod handshake;
mod legacy;
mod modern;
mod others;
mod probe;
mod readings;
mod thorough;

pub use door::Ended;
pub use forms::Forms;
pub use handshake::Handshake;
pub use legacy::Legacy;
pub use modern::{Modern, Routing};
pub use others::OtherLook;
pub use readings::Readings;
pub use thorough::{Burst, Thorough};

use crate::{
    Secret, Subject,
    exchange::Exchange,
    mcp,
    token::{UnreadToken, UnverifiedToken},
};
use door::Door;
use portcullis_fetch::Ask;
use probe::Probe;
use serde_json::json;

/// What was seen with the token that was given.
#[derive(Clone, Debug)]
pub struct Authorized {
    /// What the token says of itself.
    pub token: Result<UnverifiedToken, UnreadToken>,
    /// `initialize`, once for each revision that has it, the latest first.
    pub handshakes: Vec<Handshake>,
    /// `server/discover`, with which 2026-07-28 begins.
    pub discover: Exchange,
    /// `tools/list` of 2026-07-28.
    pub list: Exchange,
    /// Everything else, if the token is accepted.
    pub accepted: Option<Accepted>,
}

/// What only a server shows that accepts the token.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The token in other forms and places, and tokens made from it.
    pub forms: Forms,
    /// Bodies that two parsers may read differently.
    pub readings: Readings,
    /// 2026-07-28, if it is spoken.
    pub modern: Option<Modern>,
    /// The latest of the revisions before, if one is spoken.
    pub legacy: Option<Legacy>,
    /// Other tokens that were given.
    pub others: Vec<OtherLook>,
    /// Each session that was opened, and its end.
    pub ended: Vec<Ended>,
    /// What many requests or lost sessions are the price of.
    pub thorough: Option<Thorough>,
}

impl Authorized {
    pub(crate) async fn look(subject: &Subject, token: &Secret, ask: &dyn Ask) -> Self {
        let mut door = Door::new(ask, token);
        let url = || subject.url().clone();
        let mut handshakes = Vec::new();
        for revision in mcp::WITH_HANDSHAKE {
            handshakes.push(Handshake::look(&mut door, url(), revision).await);
        }
        let discover = door.good(mcp::modern(url(), "server/discover", json!({}))).await;
        let list = door.good(mcp::modern(url(), "tools/list", json!({}))).await;
        let mut seen =
            Self { token: UnverifiedToken::read(token), handshakes, discover, list, accepted: None };
        if seen.is_accepted() {
            seen.accepted = Some(Box::pin(Accepted::look(subject, &seen, &mut door)).await);
        }
        seen
    }

    /// Each first request, with the token as it should be sent.
    pub fn first(&self) -> impl Iterator<Item = &Exchange> {
        let handshakes = self.handshakes.iter().map(|handshake| &handshake.exchange);
        handshakes.chain([&self.discover, &self.list])
    }

    /// Whether the token opens the server: at least one first request was let in.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.first().any(Exchange::is_success)
    }

    /// Whether 2026-07-28 is spoken: it says so, or it answers a list as only that revision does.
    #[must_use]
    pub fn is_modern(&self) -> bool {
        let versions = |result: serde_json::Value| result.get("supportedVersions")?.as_array().cloned();
        let says_so = self.discover.result().and_then(versions);
        says_so.is_some_and(|versions| versions.iter().any(|version| version == mcp::MODERN))
            || self.list.result().is_some_and(|result| result.get("cacheScope").is_some())
    }

    /// The latest handshake that came to an agreement.
    #[must_use]
    pub fn latest(&self) -> Option<&Handshake> {
        self.handshakes.iter().find(|handshake| handshake.agreed.is_some())
    }

    /// The handshake that agreed on this revision, if one did.
    #[must_use]
    pub fn spoken(&self, revision: &str) -> Option<&Handshake> {
        self.handshakes.iter().find(|handshake| handshake.agreed.as_deref() == Some(revision))
    }
}

impl Accepted {
    /// Every request.
    pub fn all(&self) -> impl Iterator<Item = &Exchange> {
        let modern =
            self.modern.iter().flat_map(|modern| modern.posts().chain(modern.removed.iter().flatten()));
        let legacy = self.legacy.iter().flat_map(Legacy::all);
        let others = self.others.iter().flat_map(|other| other.requests.iter().chain(&other.in_session));
        let ended = self.ended.iter().map(|ended| &ended.exchange);
        let thorough = self.thorough.iter();
        let thorough = thorough.flat_map(|it| it.after_end.iter().chain([&it.large, &it.burst.last]));
        let forms = self.forms.all().chain(self.readings.all());
        forms.chain(modern).chain(legacy).chain(others).chain(ended).chain(thorough)
    }

    async fn look(subject: &Subject, seen: &Authorized, door: &mut Door<'_>) -> Self {
        let probe = Probe::new(subject.url().clone(), seen);
        // Each in a box of its own: a future is as large as the largest that it waits for, and these are large.
        let forms = Box::pin(Forms::look(subject, &probe, door)).await;
        let readings = Box::pin(Readings::look(&probe, door)).await;
        let legacy = match seen.latest() {
            Some(latest) => Some(Box::pin(Legacy::look(seen, latest, &probe, door)).await),
            None => None,
        };
        let modern = match seen.is_modern() {
            true => Some(Box::pin(Modern::look(&probe, legacy.is_some(), door)).await),
            false => None,
        };
        let others = others::look(subject, seen, &probe, door).await;
        let ended = door.end(subject.url()).await;
        let thorough = match subject.is_thorough {
            true => Some(Box::pin(Thorough::look(&probe, &ended, door)).await),
            false => None,
        };
        Self { forms, readings, modern, legacy, others, ended, thorough }
    }
}
