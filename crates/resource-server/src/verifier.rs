//! `BearerToken` → `AccessToken`: which issuer, by which rules, with which key.

use crate::{
    bearer::BearerToken,
    cache::{Remembered, VerifiedTokens},
    keys::{Algorithm, KeySource, KeysError, Lookup},
    token::{AccessToken, Audiences, Compact, Rules, TypRule, judge},
    verify_error::{TokenError, VerifyError},
};
use portcullis_oauth::{Clock, Issuer};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// An issuer whose tokens are accepted, and how.
#[derive(Clone, Debug)]
pub struct TrustedIssuer {
    /// What the operator calls it. Sessions are bound to this name, so that they outlive a change of identifier.
    pub name: String,
    /// Its identifiers, byte for byte. More than one only while a provider migrates (Scalekit).
    pub issuers: Vec<Issuer>,
    /// Which `aud` means this resource.
    pub audiences: Audiences,
    /// Its keys, and nobody else's (JW-13).
    pub keys: Arc<KeySource>,
    /// What it may sign with (JW-11).
    pub algorithms: Vec<Algorithm>,
    /// Which `typ` its access tokens have.
    pub typ: TypRule,
    /// Whether `scopes` is a scope claim too.
    pub scopes_claim: bool,
    /// Which claim is the tenant.
    pub tenant_claim: Option<String>,
    /// Seconds of clock difference allowed, at most 60.
    pub leeway: u64,
}

/// The longest difference between clocks that is forgiven (JW-05 asks for a small one).
pub const MAX_LEEWAY: u64 = 60;

/// Verifies the tokens of one resource.
pub struct Verifier {
    issuers: Vec<TrustedIssuer>,
    clock: Arc<dyn Clock>,
    remembered: VerifiedTokens,
    signature_checks: AtomicU64,
    recalled: AtomicU64,
    unknown: AtomicU64,
}

impl Verifier {
    /// A verifier that remembers nothing yet.
    pub fn new(issuers: Vec<TrustedIssuer>, clock: Arc<dyn Clock>) -> Self {
        Self {
            issuers,
            clock,
            remembered: VerifiedTokens::new(),
            signature_checks: AtomicU64::new(0),
            recalled: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
        }
    }

    /// The issuers it trusts.
    pub fn issuers(&self) -> &[TrustedIssuer] {
        &self.issuers
    }

    /// How many signatures were checked: what a token that is malformed, foreign or expired must not add to.
    pub fn signature_checks(&self) -> u64 {
        self.signature_checks.load(Ordering::Relaxed)
    }

    /// How many tokens were known from before and still good, and how many had to be verified anew.
    pub fn remembered(&self) -> (u64, u64) {
        (self.recalled.load(Ordering::Relaxed), self.unknown.load(Ordering::Relaxed))
    }

    /// Verifies a token on this very request (RS-02, RS-21): from memory if it was good before and still must be.
    ///
    /// # Errors
    /// [`VerifyError`]: the token is no proof, or nobody can say yet.
    pub async fn verify(&self, bearer: BearerToken<'_>) -> Result<Arc<AccessToken>, VerifyError> {
        let hash = VerifiedTokens::hash(bearer.secret());
        if let Some(remembered) = self.remembered.get(&hash) {
            if let Some(token) = self.still_good(remembered).await? {
                self.recalled.fetch_add(1, Ordering::Relaxed);
                return Ok(token);
            }
            self.remembered.remove(&hash);
        }
        self.unknown.fetch_add(1, Ordering::Relaxed);
        let fresh = self.verify_anew(bearer).await?;
        let token = fresh.token.clone();
        self.remembered.insert(hash, fresh);
        Ok(token)
    }

    async fn still_good(&self, remembered: Remembered) -> Result<Option<Arc<AccessToken>>, VerifyError> {
        let keys = &self.issuers[remembered.issuer_index].keys;
        let good = self.clock.now() < remembered.dies_at && keys.generation().await? == remembered.generation;
        Ok(good.then_some(remembered.token))
    }

    /// Issuer first, from unverified claims; then its rules; then the key within that issuer; the signature last.
    async fn verify_anew(&self, bearer: BearerToken<'_>) -> Result<Remembered, VerifyError> {
        let token = Compact::parse(bearer.secret())?;
        let (issuer_index, identifier) = self.issuer_of(&token)?;
        let issuer = &self.issuers[issuer_index];
        let algorithm = allowed_algorithm(issuer, &token)?;
        let rules = Rules {
            audiences: issuer.audiences.clone(),
            typ: issuer.typ,
            leeway: issuer.leeway.min(MAX_LEEWAY),
        };
        judge(&rules, &token, self.clock.now())?;
        let kid = token.header.kid.as_deref();
        let Lookup::Found { key, generation } = issuer.keys.find(kid, algorithm).await? else {
            let (kid, alg) = (token.header.kid.clone(), token.header.alg.clone());
            return Err(TokenError::UnknownKey { kid, alg }.into());
        };
        self.signature_checks.fetch_add(1, Ordering::Relaxed);
        if !key.verify(algorithm, token.signing_input, &token.signature) {
            return Err(TokenError::Signature.into());
        }
        let token = accepted(issuer, identifier, token)?;
        Ok(Remembered {
            dies_at: token.expires_at.plus(rules.leeway),
            token: Arc::new(token),
            issuer_index,
            generation,
        })
    }

    /// RS-16, JW-02: byte for byte.
    fn issuer_of<'s>(&'s self, token: &Compact<'_>) -> Result<(usize, &'s Issuer), TokenError> {
        let found = &token.claims.issuer;
        let identifiers = |(index, trusted): (usize, &'s TrustedIssuer)| {
            trusted.issuers.iter().map(move |issuer| (index, issuer))
        };
        let mut all = self.issuers.iter().enumerate().flat_map(identifiers);
        all.find(|(_, issuer)| issuer.as_str() == found)
            .ok_or_else(|| TokenError::ForeignIssuer { issuer: found.clone() })
    }
}

/// JW-11, JW-12: from the configuration; the token only says which of those it is.
fn allowed_algorithm(issuer: &TrustedIssuer, token: &Compact<'_>) -> Result<Algorithm, TokenError> {
    let alg = &token.header.alg;
    alg.parse()
        .ok()
        .filter(|algorithm| issuer.algorithms.contains(algorithm))
        .ok_or_else(|| TokenError::Algorithm { alg: alg.clone() })
}

/// The signature is good: what was unverified becomes what is known.
fn accepted(trusted: &TrustedIssuer, issuer: &Issuer, token: Compact<'_>) -> Result<AccessToken, TokenError> {
    let claims = token.claims;
    let tenant =
        trusted.tenant_claim.as_ref().and_then(|name| claims.all.get(name)).and_then(|value| value.as_str());
    Ok(AccessToken {
        issuer: issuer.clone(),
        issuer_name: trusted.name.as_str().into(),
        subject: claims.subject.ok_or(TokenError::Missing("sub"))?.into(),
        client_id: claims.client_id.map(Into::into),
        tenant: tenant.map(Into::into),
        token_id: claims.token_id.map(Into::into),
        scope: if trusted.scopes_claim { claims.scope.union(&claims.scopes_claim) } else { claims.scope },
        expires_at: claims.expires_at.ok_or(TokenError::Missing("exp"))?,
        claims: claims.all,
    })
}

impl From<KeysError> for VerifyError {
    fn from(error: KeysError) -> Self {
        Self::KeysUnavailable { retry_after: error.retry_after }
    }
}
