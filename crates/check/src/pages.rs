//! What a page in a browser meets: preflights, answers that it may read, and the refusal of pages from elsewhere (Fetch §3.2).

use crate::{Exchange, Sent, Subject, issuers::NOWHERE, mcp, metadata::Documents};
use http::Method;
use portcullis_fetch::{Ask, Trust};
use portcullis_oauth::is_loopback;

/// Where the MCP Inspector's page is on its user's machine.
const INSPECTOR: &str = "http://localhost:6274";
/// What clients of either era send with a POST (TM-13, TM-17, TL-11), and no page may send unasked.
pub(crate) const SENT_BY_CLIENTS: [&str; 6] =
    ["authorization", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id"];

/// The answers.
#[derive(Clone, Debug)]
pub struct Pages {
    /// A preflight of the Inspector's page.
    pub preflight: Exchange,
    /// A preflight of a page of the server's own origin; only where the other was not let in.
    pub own_preflight: Option<Exchange>,
    /// `initialize` without a token, from the page that was let in.
    pub challenged: Option<Exchange>,
    /// `initialize` with the token that was given, from that page.
    pub admitted: Option<Exchange>,
    /// The metadata, from the Inspector's page.
    pub metadata: Option<Exchange>,
    /// A preflight for it: clients of 2025-03-26 send their version (TL-22).
    pub metadata_preflight: Option<Exchange>,
    /// `initialize` from a page of nobody's, with the token if there is one.
    pub foreign: Exchange,
    /// `initialize` by a name that is not the server's, with the token if there is one; on loopback only.
    pub rebound: Option<Exchange>,
}

impl Pages {
    pub(crate) async fn look(subject: &Subject, documents: &Documents, ask: &dyn Ask) -> Self {
        let send = async |sent: Sent| {
            let trust = subject.trust(&sent.url);
            sent.to(ask, trust).await
        };
        let initialize = || mcp::initialize(subject.url().clone(), mcp::LEGACY);
        let with_token = |sent: Sent| match &subject.token {
            Some(token) => sent.bearer(token, "the token"),
            None => sent,
        };
        let own = subject.url().origin().ascii_serialization();
        let preflight = send(preflight(subject, INSPECTOR)).await;
        let own_preflight =
            if lets_in(&preflight) { None } else { Some(send(self::preflight(subject, &own)).await) };
        let page = if lets_in(&preflight) {
            Some(INSPECTOR)
        } else {
            own_preflight.as_ref().filter(|answer| lets_in(answer)).map(|_| own.as_str())
        };
        let (mut challenged, mut admitted) = (None, None);
        if let Some(page) = page {
            challenged = Some(send(initialize().header("origin", page)).await);
            if subject.token.is_some() {
                admitted = Some(send(with_token(initialize()).header("origin", page)).await);
            }
        }
        let (mut metadata, mut metadata_preflight) = (None, None);
        if let Some((found, _)) = documents.read() {
            let url = || found.sent.url.clone();
            metadata = Some(send(Sent::get(url()).header("origin", INSPECTOR)).await);
            let preflight = Sent::new(Method::OPTIONS, url())
                .header("origin", INSPECTOR)
                .header("access-control-request-method", "GET")
                .header("access-control-request-headers", "mcp-protocol-version");
            metadata_preflight = Some(send(preflight).await);
        }
        let rebound = if is_loopback(subject.url()) {
            let name = NOWHERE.trim_start_matches("https://");
            Some(with_token(initialize()).header("host", name).to(ask, Trust::Configured).await)
        } else {
            None
        };
        let foreign = send(with_token(initialize()).header("origin", NOWHERE)).await;
        Self {
            preflight,
            own_preflight,
            challenged,
            admitted,
            metadata,
            metadata_preflight,
            foreign,
            rebound,
        }
    }

    /// The preflight that was let in.
    pub(crate) fn let_in(&self) -> Option<&Exchange> {
        [Some(&self.preflight), self.own_preflight.as_ref()]
            .into_iter()
            .flatten()
            .find(|answer| lets_in(answer))
    }
}

fn preflight(subject: &Subject, origin: &str) -> Sent {
    Sent::new(Method::OPTIONS, subject.url().clone())
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", SENT_BY_CLIENTS.join(","))
}

/// Whether an answer may be read by the page that asked.
pub(crate) fn lets_in(answer: &Exchange) -> bool {
    answer.header("access-control-allow-origin").is_some()
}
