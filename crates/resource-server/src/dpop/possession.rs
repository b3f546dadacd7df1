//! The step of the line that asks whoever brings a token for the key it is bound to.
//!
//! | token | under Bearer | under DPoP |
//! |---|---|---|
//! | without `cnf` | `supported`: goes on; `required`: refused | refused |
//! | with `cnf.jkt` alone | refused (DP-06) | goes on with a good proof |
//! | with any other `cnf` | refused | refused |
//!
//! Off, the first column alone exists, and DPoP is a scheme that nobody knows.

use super::{
    Confirmation, DpopProof, ProofError,
    error::ProofError::{Forgotten, Nonce, OtherKey, Replayed, Signature, Unavailable},
    memory::{BoundedMemory, NotRemembered, ProofMemory, UsedProof},
    name_of,
    nonce::{Freshness, Nonces},
    proof::Expected,
    settings::{DpopMode, DpopSettings},
};
use crate::{bearer::BearerToken, keys::Algorithm, token::AccessToken, verify_error::TokenError};
use http::{HeaderMap, HeaderValue, Method};
use portcullis_oauth::{AuthScheme, Challenge, NumericDate, ResourceIdentifier, TargetUri};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// How one resource uses DPoP. Off unless somebody says otherwise.
#[derive(Default)]
pub struct Possession(Option<Checks>);

struct Checks {
    is_required: bool,
    algorithms: Vec<Algorithm>,
    targets: Vec<TargetUri>,
    proof_seconds: u64,
    nonces: Option<Nonces>,
    memory: Option<Arc<dyn ProofMemory>>,
    signature_checks: AtomicU64,
}

/// The token may not be used by whoever sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PossessionError {
    /// The token and its scheme do not go together.
    Token(TokenError),
    /// The proof is none.
    Proof(ProofError),
}

/// The token was proved to be its sender's, or needs no proof.
#[derive(Debug, Default)]
pub(crate) struct Proved {
    /// For the next proof, if this one's nonce is about to expire (RFC 9449 §8.2).
    pub(crate) fresh_nonce: Option<HeaderValue>,
}

impl Possession {
    /// Bearer tokens only.
    pub fn off() -> Self {
        Self::default()
    }

    /// As configured. Nonces are made with a key of their own, made from `key`, which replicas share.
    ///
    /// A proof must name the URL of the resource as it is published, whatever `Host` says and whatever is in front has made
    /// of the path. With or without one slash at its end: the endpoint is answered at both, no two resources differ by it,
    /// and clients write the one they dialled.
    pub fn new(settings: &DpopSettings, resource: &ResourceIdentifier, key: &[u8; 32]) -> Self {
        if settings.mode == DpopMode::Off {
            return Self::off();
        }
        let seconds = settings.proof_seconds.clamp(1, DpopSettings::MAX_PROOF_SECONDS);
        let remembered = settings.remembered_proofs;
        Self(Some(Checks {
            is_required: settings.mode == DpopMode::Required,
            algorithms: settings.algorithms.clone(),
            targets: vec![TargetUri::of(resource.url()).without_trailing_slash()],
            proof_seconds: seconds,
            nonces: settings.nonce.then(|| Nonces::new(key, resource.as_str(), seconds)),
            memory: (remembered > 0)
                .then(|| Arc::new(BoundedMemory::new(remembered)) as Arc<dyn ProofMemory>),
            signature_checks: AtomicU64::new(0),
        }))
    }

    /// Another path of the same host at which clients reach the resource: an identifier that is a whole host is also
    /// answered at its upstream's path.
    #[must_use]
    pub fn also_at(mut self, path: &str) -> Self {
        if let Some(checks) = &mut self.0 {
            let there = checks.targets.first().map(|target| target.at_path(path).without_trailing_slash());
            checks.targets.extend(there);
        }
        self
    }

    /// Remembers used proofs there, in place of this process.
    #[must_use]
    pub fn remembering_in(mut self, memory: Arc<dyn ProofMemory>) -> Self {
        if let Some(checks) = &mut self.0 {
            checks.memory = Some(memory);
        }
        self
    }

    /// Under which schemes a token may come.
    pub(crate) fn schemes(&self) -> &'static [AuthScheme] {
        match self.0 {
            None => &[AuthScheme::Bearer],
            Some(_) => &[AuthScheme::Bearer, AuthScheme::Dpop],
        }
    }

    /// What is asked of whoever comes without a good token: Bearer first, since some clients read no further (CL-10). Where
    /// every token must be bound there is no Bearer challenge: a client may take it as leave to send a bound token as a
    /// bearer token (RFC 9449 §7.2), and would be refused for ever.
    pub(crate) fn challenges(&self) -> Vec<Challenge> {
        match &self.0 {
            None => vec![Challenge::bearer()],
            Some(checks) if checks.is_required => vec![checks.challenge()],
            Some(checks) => vec![Challenge::bearer(), checks.challenge()],
        }
    }

    /// How many signatures of proofs were checked: what a proof for something else must not add to.
    pub fn signature_checks(&self) -> u64 {
        self.0.as_ref().map_or(0, |checks| checks.signature_checks.load(Ordering::Relaxed))
    }

    /// Whether this token may be used by whoever sent this request. Asked on every request, of every token, remembered or
    /// not.
    pub(crate) async fn prove(
        &self,
        presented: BearerToken<'_>,
        token: &AccessToken,
        method: &Method,
        headers: &HeaderMap,
        now: NumericDate,
    ) -> Result<Proved, PossessionError> {
        let jkt = match (presented.scheme(), token.confirmation()) {
            (AuthScheme::Bearer, Confirmation::None) if self.requires_binding() => {
                return Err(PossessionError::Token(TokenError::Unbound));
            }
            (AuthScheme::Bearer, Confirmation::None) => return Ok(Proved::default()),
            (AuthScheme::Bearer, Confirmation::Jkt(_) | Confirmation::Other) => {
                return Err(PossessionError::Token(TokenError::Bound));
            }
            (AuthScheme::Dpop, Confirmation::None) => {
                return Err(PossessionError::Token(TokenError::Unbound));
            }
            (AuthScheme::Dpop, Confirmation::Other) => {
                return Err(PossessionError::Token(TokenError::OtherBinding));
            }
            (AuthScheme::Dpop, Confirmation::Jkt(jkt)) => jkt,
        };
        // Off, no token comes under the DPoP scheme; if one did, nobody could check it.
        let Some(checks) = &self.0 else { return Err(PossessionError::Token(TokenError::OtherBinding)) };
        let proof = DpopProof::from_headers(headers)?;
        checks.prove(&proof, presented, token, jkt, method, now).await.map_err(PossessionError::Proof)
    }

    fn requires_binding(&self) -> bool {
        self.0.as_ref().is_some_and(|checks| checks.is_required)
    }
}

impl Checks {
    async fn prove(
        &self,
        proof: &DpopProof<'_>,
        presented: BearerToken<'_>,
        token: &AccessToken,
        jkt: &str,
        method: &Method,
        now: NumericDate,
    ) -> Result<Proved, ProofError> {
        proof.judge(&Expected {
            method,
            targets: &self.targets,
            access_token: presented.secret(),
            seconds: self.proof_seconds,
            now,
        })?;
        let fresh_nonce = self.nonce(proof, now)?;
        // Before the signature: nobody makes us compute with a key of their choice.
        if !proof.is_by(jkt) {
            return Err(OtherKey);
        }
        let key = proof.key(&self.algorithms)?;
        self.signature_checks.fetch_add(1, Ordering::Relaxed);
        if !proof.is_signed_by(&key) {
            return Err(Signature);
        }
        self.use_up(proof, token, jkt, now).await?;
        Ok(Proved { fresh_nonce })
    }

    /// DP-08: where nonces are asked for, a proof without a good one is never enough. A new one for the next proof, if this
    /// one will not be good for long.
    fn nonce(&self, proof: &DpopProof<'_>, now: NumericDate) -> Result<Option<HeaderValue>, ProofError> {
        let Some(nonces) = &self.nonces else { return Ok(None) };
        match proof.nonce().and_then(|nonce| nonces.judge(nonce, now)) {
            Some(Freshness::Current) => Ok(None),
            Some(Freshness::Last) => Ok(HeaderValue::try_from(nonces.current(now)).ok()),
            None => Err(Nonce { fresh: nonces.current(now) }),
        }
    }

    /// DP-05. The caller is issuer and subject, not the key: whoever has one account can have many keys.
    async fn use_up(
        &self,
        proof: &DpopProof<'_>,
        token: &AccessToken,
        jkt: &str,
        now: NumericDate,
    ) -> Result<(), ProofError> {
        let Some(memory) = &self.memory else { return Ok(()) };
        let used = UsedProof {
            caller: name_of(&[token.issuer_name(), token.subject()]),
            id: name_of(&[jkt, proof.id()]),
            good_until: proof.good_until(self.proof_seconds),
        };
        memory.remember(used, now).await.map_err(|no| match no {
            NotRemembered::Replayed => Replayed,
            NotRemembered::Forgotten => Forgotten,
            NotRemembered::Unavailable { retry_after } => Unavailable { retry_after },
        })
    }

    fn challenge(&self) -> Challenge {
        let names: Vec<_> = self.algorithms.iter().map(|algorithm| algorithm.as_str()).collect();
        Challenge::dpop(&names.join(" "))
    }
}

impl From<ProofError> for PossessionError {
    fn from(error: ProofError) -> Self {
        Self::Proof(error)
    }
}

impl fmt::Debug for Possession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match &self.0 {
            None => "off",
            Some(checks) if checks.is_required => "required",
            Some(_) => "supported",
        };
        write!(f, "Possession({mode})")
    }
}
