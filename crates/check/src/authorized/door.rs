//! Sends what is sent with a token, and remembers each session that is opened, so that none is left behind (TL-13).

use crate::{Exchange, Secret, Sent, mcp};
use http::Method;
use portcullis_fetch::{Ask, Trust};
use url::Url;

pub(super) struct Door<'a> {
    ask: &'a dyn Ask,
    token: Secret,
    opened: Vec<Opened>,
}

struct Opened {
    session: Secret,
    revision: String,
    token: Secret,
}

/// A session that was opened here, and its end.
#[derive(Clone, Debug)]
pub struct Ended {
    pub(super) session: Secret,
    pub(super) revision: String,
    /// DELETE.
    pub exchange: Exchange,
}

impl<'a> Door<'a> {
    pub(super) fn new(ask: &'a dyn Ask, token: &Secret) -> Self {
        Self { ask, token: token.clone(), opened: Vec::new() }
    }

    pub(super) fn token(&self) -> &Secret {
        &self.token
    }

    /// With the token that was given, as it should be sent.
    pub(super) async fn good(&mut self, sent: Sent) -> Exchange {
        let token = self.token.clone();
        self.with(sent, &token, "the token").await
    }

    /// With another token; shown as `what`.
    pub(super) async fn with(&mut self, sent: Sent, token: &Secret, what: &str) -> Exchange {
        self.remembered(sent.bearer(token, what), token).await
    }

    /// As it is. A session that comes of it is ended with the token that was given.
    pub(super) async fn plain(&mut self, sent: Sent) -> Exchange {
        let token = self.token.clone();
        self.remembered(sent, &token).await
    }

    async fn remembered(&mut self, sent: Sent, token: &Secret) -> Exchange {
        let exchange = sent.to(self.ask, Trust::Configured).await;
        if let Some(session) = session(&exchange)
            && self.opened.iter().all(|opened| opened.session.expose() != session.expose())
        {
            let revision = agreed(&exchange).unwrap_or_else(|| mcp::LEGACY.to_owned());
            self.opened.push(Opened { session, revision, token: token.clone() });
        }
        exchange
    }

    /// Ends every session that was opened.
    pub(super) async fn end(&mut self, url: &Url) -> Vec<Ended> {
        let mut ended = Vec::new();
        for Opened { session, revision, token } in std::mem::take(&mut self.opened) {
            let sent = Sent::new(Method::DELETE, url.clone()).of(&revision, Some(&session));
            let exchange = sent.bearer(&token, "the token").to(self.ask, Trust::Configured).await;
            ended.push(Ended { session, revision, exchange });
        }
        ended
    }
}

/// The session that an answer opens, if it was asked for none.
pub(super) fn session(exchange: &Exchange) -> Option<Secret> {
    let id = exchange.is_success().then(|| exchange.header("mcp-session-id")).flatten()?;
    (!id.is_empty() && !exchange.sent.has("mcp-session-id")).then(|| Secret::new(id))
}

/// The revision that a handshake came to.
pub(super) fn agreed(exchange: &Exchange) -> Option<String> {
    let revision = exchange.result()?.get("protocolVersion")?.as_str()?.to_owned();
    mcp::WITH_HANDSHAKE.contains(&revision.as_str()).then_some(revision)
}
