//! Everything that was seen of one server, and the order in which it is looked at.

use crate::{
    Exchange, Subject,
    anonymous::Anonymous,
    authorized::Authorized,
    bounded::{Bounded, TIME_UP},
    clients::{Visits, visit},
    issuers::AuthorizationServer,
    metadata::Documents,
    pages::Pages,
    surroundings::Surroundings,
};
use portcullis_fetch::{Ask, FetchError};
use url::Url;

/// What was seen: every request, with what came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which server.
    pub subject: Subject,
    /// Without a token.
    pub anonymous: Anonymous,
    /// What it publishes about itself.
    pub documents: Documents,
    /// Who issues tokens for it; the first three.
    pub authorization_servers: Vec<AuthorizationServer>,
    /// What else is at its origin.
    pub surroundings: Surroundings,
    /// What a page in a browser meets.
    pub pages: Pages,
    /// What clients ask for besides.
    pub visits: Visits,
    /// With a token, if one was given.
    pub authorized: Option<Authorized>,
    /// Whether the time was up before all of it was asked.
    pub is_cut_short: bool,
}

impl Seen {
    /// What came of a GET without a token, if it was sent.
    #[must_use]
    pub fn got(&self, url: &Url) -> Option<&Exchange> {
        let Documents { named, at_path, at_root, posted: _ } = &self.documents;
        let documents = [named.as_ref(), Some(at_path), at_root.as_ref()].into_iter().flatten();
        let servers = self.authorization_servers.iter().flat_map(|server| &server.places);
        let mut seen = documents.chain(servers).chain(&self.surroundings.probes);
        seen.find(|exchange| exchange.sent.url == *url && exchange.came != Err(TIME_UP))
            .or_else(|| self.visits.find(url))
    }

    /// Why nothing could be seen at all: no request was answered.
    #[must_use]
    pub fn unreachable(&self) -> Option<FetchError> {
        let came = self.anonymous.without_credentials().map(|exchange| exchange.came.as_ref().err());
        came.into_iter().collect::<Option<Vec<_>>>()?.first().map(|error| (*error).clone())
    }
}

/// Looks at a server. `tell` hears what is being done, for whoever waits. What waits for so many answers is large: each step has
/// its own place, not the caller's stack.
pub async fn look(subject: Subject, ask: &dyn Ask, tell: &mut dyn FnMut(&'static str)) -> Seen {
    let bounded = &Bounded::new(ask, subject.time);
    let ask: &dyn Ask = bounded;
    tell("asking without a token");
    let anonymous = Box::pin(Anonymous::look(&subject, ask)).await;
    tell("reading what the server publishes");
    let documents = Box::pin(Documents::look(&subject, &anonymous, ask)).await;
    tell("asking its authorization servers");
    let authorization_servers = Box::pin(AuthorizationServer::look_at_all(&subject, &documents, ask)).await;
    tell("looking where clients look");
    let surroundings = Box::pin(Surroundings::look(&subject, &authorization_servers, ask)).await;
    tell("asking as a page in a browser does");
    let pages = Box::pin(Pages::look(&subject, &documents, ask)).await;
    let visits = Visits::default();
    let (authorized, is_cut_short) = (None, false);
    let mut seen = Seen {
        subject,
        anonymous,
        documents,
        authorization_servers,
        surroundings,
        pages,
        visits,
        authorized,
        is_cut_short,
    };
    tell("going where each client goes");
    Box::pin(visit(&mut seen, ask)).await;
    if let Some(token) = &seen.subject.token {
        tell("asking with the token");
        seen.authorized = Some(Box::pin(Authorized::look(&seen.subject, token, ask)).await);
    }
    seen.is_cut_short = bounded.is_time_up();
    bounded.end().await;
    seen
}
