//! THE LINE: the one way a request travels, in the library and in the gateway alike.
//!
//! ```text
//! Request ─ reach ─► BearerToken ─ verify ─► AccessToken ─ prove, revoked? ─► its sender's
//!             403        401/400      401/503                  401/503
//!         ─ read ─► Asked ─ authorize ─► Permit ─ compare headers, confirm ─► Admitted
//!          400..415/404      403/404                   400, 403/503
//! ```
//! Where rates are limited, whoever asks too often gets 429: by address before all else, by caller after the reading.
//! The order is requirements' G-01: nothing about versions or tools is told to whoever has no token.

use crate::{
    audit::{Audit, AuditEvent},
    bearer::{self, BearerToken},
    body::{self, BodyLimits},
    challenges::ChallengeContext,
    check::{self, ExternalCheck},
    client_token::ClientTokens,
    dpop::{DPOP, Possession, Proved},
    mirrored::MirroredParameters,
    observer::Observer,
    permit::{Admitted, Asked, OpenedSession, Permit},
    policy::Policy,
    rates::RateLimits,
    reach::Reach,
    refusal::{Reason, Refusal},
    revocation::Revocations,
    session::SessionSealer,
    step_up::StepUp,
    token::AccessToken,
    verifier::Verifier,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header, request};
use http_body::Body;
use http_body_util::Full;
use portcullis_mcp::ReadError;
use portcullis_oauth::{Clock, ResourceIdentifier};
use std::{error::Error, sync::Arc};

/// The legacy session header (TL-10).
pub const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// Everything that decides about the requests of one resource.
pub struct Line {
    /// The resource.
    pub resource: ResourceIdentifier,
    /// Under which names and from which pages it may be reached.
    pub reach: Reach,
    /// Whose tokens are good.
    pub verifier: Verifier,
    /// Whether tokens are bound to keys.
    pub possession: Possession,
    /// Which of the good tokens were called back; asked every time.
    pub revocations: Option<Arc<dyn Revocations>>,
    /// Who may do what.
    pub policy: Policy,
    /// Which arguments are repeated in headers, as far as that was learned.
    pub mirrored: MirroredParameters,
    /// What becomes of a caller that lacks a scope.
    pub step_up: StepUp,
    /// How often.
    pub rates: RateLimits,
    /// Who has the last word, if not the policy.
    pub check: Option<ExternalCheck>,
    /// How much is read.
    pub limits: BodyLimits,
    /// Whose session is whose.
    pub sessions: SessionSealer,
    /// Whether the client's own token goes on; by default it stays behind.
    pub client_tokens: ClientTokens,
    /// Where decisions are written.
    pub audit: Arc<dyn Audit>,
    /// Who measures, if anybody does.
    pub observer: Option<Arc<dyn Observer>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Line {
    /// Walks the line, and records the decision: exactly one event, whatever it is. (Of those whom the limit of their
    /// address keeps out, one a minute: [`Recorded`](crate::Recorded).)
    ///
    /// # Errors
    /// The [`Refusal`], ready to be answered ([`Refusal::response`]).
    pub async fn admit<B>(&self, request: Request<B>) -> Result<Admitted, Refusal>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let scheme = bearer::scheme_of(request.headers());
        let decision = self.walk(request).await.map_err(|refusal| refusal.under(scheme));
        self.tell(&decision);
        if decision.as_ref().is_err_and(Refusal::is_recorded_already) {
            return decision;
        }
        let (resource, at) = (self.resource.as_str(), self.clock.now());
        self.audit.record(&match &decision {
            Ok(admitted) => AuditEvent::admitted(resource, at, admitted.permit()),
            Err(refusal) => AuditEvent::refused(resource, at, refusal, self.verifier.issuers()),
        });
        decision
    }

    async fn walk<B>(&self, request: Request<B>) -> Result<Admitted, Refusal>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        self.rates.check_address(request.extensions()).await?;
        self.reach.check(&request)?;
        let (head, body) = request.into_parts();
        let bearer = BearerToken::from_headers(&head.headers, self.possession.schemes())?;
        let token = self.observed(self.verifier.verify(bearer)).await?;
        let proved = self.prove(bearer, &token, &head).await.map_err(|no| Refusal::from(no).by(&token))?;
        let mut decision = self.decide(token, head, body).await;
        match &mut decision {
            Ok(admitted) => admitted.fresh_nonce = proved.fresh_nonce,
            Err(refusal) => refusal.fresh_nonce = proved.fresh_nonce,
        }
        decision
    }

    /// The token is its sender's. Whatever is decided from here on, the answer may bring the nonce for the next proof.
    async fn decide<B>(
        &self,
        token: Arc<AccessToken>,
        head: request::Parts,
        body: B,
    ) -> Result<Admitted, Refusal>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        self.refuse_revoked(&token)?;
        let (asked, bytes) = self.read(&head, body).await.map_err(|no| Refusal::from(no).by(&token))?;
        let within = self.rates.check_caller(&token, &asked).await;
        within.map_err(|no| Refusal::from(no).by(&token).of(&asked))?;
        let permit = self.authorize(token, asked, &head.headers, &bytes)?;
        let mismatch = |no: ReadError| Refusal::from(no).by(permit.token()).of(permit.asked());
        self.mirrored.check(&permit, &head.headers, &bytes).map_err(mismatch)?;
        let permit = check::confirm(self, permit, &bytes).await?;
        Ok(self.admitted(permit, head, bytes))
    }

    /// That the token is its sender's: on every request, whether or not the token was remembered.
    async fn prove(
        &self,
        bearer: BearerToken<'_>,
        token: &AccessToken,
        head: &request::Parts,
    ) -> Result<Proved, Reason> {
        let now = self.clock.now();
        Ok(self.possession.prove(bearer, token, &head.method, &head.headers, now).await?)
    }

    /// What the request asks for, and its bytes; read only now that the token is known to be good.
    async fn read<B>(&self, head: &request::Parts, body: B) -> Result<(Asked, Bytes), Reason>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        match head.method {
            Method::GET => Ok((Asked::Stream, Bytes::new())),
            Method::DELETE => Ok((Asked::EndOfSession, Bytes::new())),
            Method::POST => {
                let bytes = body::collect(body, self.limits).await?;
                bearer::refuse_second_in_form(&head.headers, &bytes)?;
                portcullis_mcp::check_media_type(&head.headers)?;
                let asked = portcullis_mcp::read(&head.headers, &bytes)?;
                Ok((Asked::Operations(Arc::new(asked)), bytes))
            }
            _ => Err(Reason::Method),
        }
    }

    /// Consumes who and what, and gives a permit for just that.
    fn authorize(
        &self,
        token: Arc<AccessToken>,
        asked: Asked,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Permit, Refusal> {
        let refuse = |reason: Reason| Refusal::from(reason).by(&token).of(&asked);
        let session = self.open_session(&token, &asked, headers).map_err(refuse)?;
        let now = self.clock.monotonic();
        let decision = self.policy.authorize(&token, asked.operations(), body);
        let decision = match decision {
            Err(no) if !self.policy.is_observing() => Err(self.step_up.refuse(&token, no, now)),
            decision => decision.map_err(Reason::from),
        };
        let ((), observed) = self.policy.enforce(decision).map_err(refuse)?;
        if observed.is_none() {
            self.step_up.admitted(&token, now);
        }
        Ok(Permit { token, asked, session, observed, check_said: None })
    }

    /// TL-14, TL-15, G-08. In the modern era there are no sessions, and the header is not looked at (TM-30).
    fn open_session(
        &self,
        token: &AccessToken,
        asked: &Asked,
        headers: &HeaderMap,
    ) -> Result<Option<OpenedSession>, Reason> {
        if asked.is_modern() || names_modern_version(headers) {
            return Ok(None);
        }
        let mut values = headers.get_all(SESSION_ID).iter();
        let Some(sealed) = values.next() else { return Ok(None) };
        let sealed = sealed.to_str().ok().filter(|_| values.next().is_none()).ok_or(Reason::Session)?;
        let upstream = self.sessions.open(sealed, token, self.clock.now()).ok_or(Reason::Session)?;
        Ok(Some(OpenedSession { sealed: sealed.into(), upstream: upstream.into() }))
    }

    /// Binds the permit to the bytes it was given for. The token leaves the headers and the query (RS-11, RS-12, G-03), and
    /// stays behind unless it was dangerously chosen; a body goes on under a media type that we write. Where the answer
    /// will be read, it must come as it is.
    fn admitted(&self, permit: Permit, mut head: request::Parts, bytes: Bytes) -> Admitted {
        let client_token = self.client_tokens.keep(head.headers.remove(header::AUTHORIZATION));
        head.headers.remove(DPOP);
        head.headers.remove(SESSION_ID);
        if let Some(upstream) =
            permit.session.as_ref().and_then(|session| HeaderValue::try_from(&*session.upstream).ok())
        {
            head.headers.insert(SESSION_ID, upstream);
        }
        if permit.asked.is_modern() {
            head.headers.remove(LAST_EVENT_ID); // nothing is resumed (TM-10)
        }
        for name in [
            header::CONTENT_LENGTH,
            header::TRANSFER_ENCODING,
            header::CONTENT_ENCODING,
            header::CONTENT_TYPE,
        ] {
            head.headers.remove(name);
        }
        if head.method == Method::POST {
            head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        }
        if self.policy.can_hide() || permit.asked.may_teach() {
            head.headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        head.uri = without_token(head.uri);
        let request = Request::from_parts(head, Full::new(bytes));
        Admitted { permit, request, client_token, fresh_nonce: None }
    }

    /// What every answer to a refusal says of this resource.
    pub fn challenge_context(&self) -> ChallengeContext {
        let required = self.policy.required();
        let baseline = if required.is_empty() { self.policy.every_scope() } else { required.clone() };
        ChallengeContext::new(&self.resource, baseline, &self.possession)
    }

    /// Seals the session id of an answer, if it has one, for the one whose request it answers. A session the client
    /// already has keeps its name and its age. Modern answers carry none (TM-30).
    pub fn seal_session(&self, permit: &Permit, headers: &mut HeaderMap) {
        let Some(upstream) = headers.remove(SESSION_ID) else { return };
        if permit.asked.is_modern() {
            return;
        }
        let Ok(upstream) = upstream.to_str() else { return };
        let sealed = match &permit.session {
            Some(session) if &*session.upstream == upstream => Some(session.sealed.to_string()),
            _ => self.sessions.seal(upstream, &permit.token, self.clock.now()),
        };
        match sealed.map(HeaderValue::try_from) {
            Some(Ok(value)) => {
                headers.insert(SESSION_ID, value);
            }
            _ => {
                tracing::warn!(target: "portcullis::session", "the upstream's session id could not be sealed")
            }
        }
    }
}

fn names_modern_version(headers: &HeaderMap) -> bool {
    let named = headers.get(PROTOCOL_VERSION).and_then(|value| value.to_str().ok());
    named
        .and_then(|text| portcullis_mcp::Revision::parse(text.trim()))
        .is_some_and(|revision| revision.is_modern())
}

/// G-03: a token in the query was never looked at, and does not travel on, however its name is spelled.
fn without_token(uri: Uri) -> Uri {
    let Some(query) = uri.query() else { return uri };
    if !bearer::names_token(query.as_bytes()) {
        return uri;
    }
    let kept: Vec<&str> = query.split('&').filter(|pair| !bearer::names_token(pair.as_bytes())).collect();
    let path_and_query = match kept.as_slice() {
        [] => uri.path().to_owned(),
        kept => format!("{}?{}", uri.path(), kept.join("&")),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = path_and_query.parse().ok();
    Uri::from_parts(parts).unwrap_or_else(|_| Uri::from_static("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RS-06, G-03
    #[test]
    fn a_token_in_the_query_does_not_travel_on_under_any_spelling() {
        for (given, kept) in [
            ("/mcp", "/mcp"),
            ("/mcp?a=1&b", "/mcp?a=1&b"),
            ("/mcp?access_token=x", "/mcp"),
            ("/mcp?a=1&access_token=x&b=2", "/mcp?a=1&b=2"),
            ("/mcp?access%5Ftoken=x&a=1", "/mcp?a=1"),
            ("/mcp?%61ccess_token=x&ACCESS_TOKEN=y", "/mcp"),
            ("/mcp?access_token", "/mcp"),
            ("/mcp?my_access_token=x", "/mcp?my_access_token=x"),
            ("http://h/mcp?access_token=x", "http://h/mcp"),
        ] {
            assert_eq!(without_token(Uri::from_static(given)), Uri::from_static(kept), "{given}");
        }
    }
}
