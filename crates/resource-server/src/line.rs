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

mod onward;
mod sessions;

pub use sessions::SESSION_ID;

use crate::{
    audit::{Audit, AuditEvent},
    bearer::{self, BearerToken},
    body::{self, BodyLimits},
    challenges::ChallengeContext,
    check::{self, ExternalCheck},
    client_token::ClientTokens,
    dpop::{Possession, Proved},
    mirrored::MirroredParameters,
    observer::Observer,
    permit::{Admitted, Asked, Permit},
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
use http::{HeaderMap, Method, Request, request};
use http_body::Body;
use portcullis_mcp::ReadError;
use portcullis_oauth::{Clock, ResourceIdentifier};
use std::{error::Error, sync::Arc};

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
    /// address keeps out, one a minute: [`Recorded`](crate::Recorded). A permit that is taken back is an event more:
    /// [`Line::demand`].)
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
        self.tell(decision.as_ref().map_or_else(Refusal::decision, |it| it.permit().decision()));
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
            Err(refusal) => refusal.fresh_nonce = proved.fresh_nonce.map(Box::new),
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

    /// What every answer to a refusal says of this resource.
    pub fn challenge_context(&self) -> ChallengeContext {
        let required = self.policy.required();
        let baseline = if required.is_empty() { self.policy.every_scope() } else { required.clone() };
        ChallengeContext::new(&self.resource, baseline, &self.possession)
    }
}
