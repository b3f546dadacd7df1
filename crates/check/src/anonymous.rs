//! What a server answers to whoever has no token, or none that is good.

use crate::{Exchange, Secret, Sent, Subject, authenticate::Written, mcp};
use http::Method;
use portcullis_fetch::{Ask, Trust};
use portcullis_oauth::Challenge;
use serde_json::json;

/// Looks like a signed token, and is signed by nobody.
const FORGED: &str = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InBvcnRjdWxsaXMtY2hlY2sifQ.eyJpc3MiOiJodHRwczovL3BvcnRjdWxsaXMtY2hlY2suaW52YWxpZCJ9.AAAA";

/// Requests without a token, and with what is none.
#[derive(Clone, Debug)]
pub struct Anonymous {
    /// `initialize`: what most clients begin with.
    pub initialize: Exchange,
    /// `server/discover`, as clients of 2026-07-28 begin.
    pub discover: Exchange,
    /// `tools/list`, without any handshake.
    pub list: Exchange,
    /// The stream of the revisions before.
    pub get: Exchange,
    /// A session that nobody has, ended.
    pub delete: Exchange,
    /// Another scheme.
    pub basic: Exchange,
    /// A token that nobody signed.
    pub forged: Exchange,
    /// No token at all after the scheme.
    pub empty: Exchange,
    /// A token in the query alone.
    pub query: Exchange,
}

impl Anonymous {
    pub(crate) async fn look(subject: &Subject, ask: &dyn Ask) -> Self {
        let url = || subject.url().clone();
        let initialize = || mcp::initialize(url(), mcp::LEGACY);
        let forged = Secret::new(FORGED);
        let send = async |sent: Sent| sent.to(ask, Trust::Configured).await;
        Self {
            initialize: send(initialize()).await,
            discover: send(mcp::modern(url(), "server/discover", json!({}))).await,
            list: send(mcp::legacy(url(), "tools/list", json!({}))).await,
            get: send(Sent::get(url()).header("accept", "text/event-stream")).await,
            delete: send(Sent::new(Method::DELETE, url()).header("mcp-session-id", "portcullis-check")).await,
            basic: send(
                initialize().authorization(Secret::new("Basic cG9ydDpjdWxsaXM="), "Basic <nobody's>"),
            )
            .await,
            forged: send(initialize().bearer(&forged, "a token that nobody signed")).await,
            empty: send(initialize().authorization(Secret::new("Bearer"), "Bearer")).await,
            query: send(initialize().query("access_token", &forged)).await,
        }
    }

    /// Every request that had no credentials at all.
    pub fn without_credentials(&self) -> [&Exchange; 5] {
        [&self.initialize, &self.discover, &self.list, &self.get, &self.delete]
    }

    /// Every request, in the order it was sent.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Exchange> {
        self.without_credentials().into_iter().chain([&self.basic, &self.forged, &self.empty, &self.query])
    }

    /// The challenge that clients begin with: the first to `initialize`, else to `server/discover`.
    #[must_use]
    pub fn challenge(&self) -> Option<Challenge> {
        [&self.initialize, &self.discover].into_iter().find_map(challenge)
    }
}

/// The first challenge of an answer for a scheme that MCP clients know, if they can read it.
pub(crate) fn challenge(exchange: &Exchange) -> Option<Challenge> {
    let written = Written::all(exchange);
    written.iter().find(|challenge| challenge.known_scheme().is_some())?.parsed()
}
