//! `BearerToken` → `AccessToken`: which issuer, by which rules, proven by a key of the issuer or by its word.

use crate::{
    bearer::BearerToken,
    cache::{Remembered, TokenHash, Under, VerifiedTokens},
    introspection::{self, Introspection, IntrospectionSettings},
    keys::{Algorithm, KeysError, Lookup},
    token::{AccessToken, Compact, Rules, TypRule, UnverifiedClaims, judge},
    trusted::{Proof, Signature, TrustedIssuer},
    verify_error::{TokenError, VerifyError, since},
    whose::{OwnWord, Whose, whose},
};
use portcullis_oauth::{Clock, Issuer, NumericDate};
use serde_json::{Map, Value};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// The longest difference between clocks that is forgiven (JW-05 asks for a small one).
pub const MAX_LEEWAY: u64 = 60;

/// Verifies the tokens of one resource, for its [`Line`](crate::Line) and nobody else: a good token may be bound to a key, and
/// whoever had it before its sender's proof was asked for could take a stolen one for good (RFC 9449 §7.1).
///
/// ```compile_fail,E0624
/// # use portcullis_resource_server::{BearerToken, Verifier};
/// async fn around_the_line(verifier: &Verifier, bearer: BearerToken<'_>) {
///     let _ = verifier.verify(bearer).await; // the line's alone
/// }
/// ```
pub struct Verifier {
    issuers: Arc<[TrustedIssuer]>,
    clock: Arc<dyn Clock>,
    remembered: Arc<VerifiedTokens>,
    signature_checks: AtomicU64,
    recalled: AtomicU64,
    unknown: AtomicU64,
}

impl Verifier {
    /// A verifier that remembers nothing yet.
    pub fn new(issuers: Vec<TrustedIssuer>, clock: Arc<dyn Clock>) -> Self {
        let remembered = Arc::new(VerifiedTokens::new());
        Self {
            issuers: issuers.into(),
            clock,
            remembered,
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

    /// Verifies a token on this very request (RS-02, RS-21): from memory if it was good before and still must be. Whether
    /// its sender may use it is another question, which [`Possession`](crate::Possession) asks next.
    ///
    /// # Errors
    /// [`VerifyError`]: the token is no proof, or nobody can say yet.
    pub(crate) async fn verify(&self, bearer: BearerToken<'_>) -> Result<Arc<AccessToken>, VerifyError> {
        let hash = VerifiedTokens::hash(bearer.secret());
        if let Some(remembered) = self.remembered.get(&hash) {
            if let Some(token) = self.still_good(remembered).await? {
                self.recalled.fetch_add(1, Ordering::Relaxed);
                return Ok(token);
            }
            self.remembered.remove(&hash);
        }
        self.unknown.fetch_add(1, Ordering::Relaxed);
        match whose(bearer.secret(), &self.issuers)? {
            Whose::Signed { index, issuer, signature, token } => {
                let fresh = self.check_signature(index, issuer, signature, token, hash).await?;
                let token = fresh.token.clone();
                self.remembered.insert(hash, fresh);
                Ok(token)
            }
            Whose::Introspected { index, introspection, own } => {
                self.not_ended(index, own.ends)?;
                Ok(self.introspect(index, introspection, hash, own, bearer.secret()).await?.token)
            }
        }
    }

    pub(crate) fn now(&self) -> NumericDate {
        self.clock.now()
    }

    async fn still_good(&self, remembered: Remembered) -> Result<Option<Arc<AccessToken>>, VerifyError> {
        let lives = self.clock.now() < remembered.dies_at;
        let good = match (remembered.under, &self.issuers[remembered.issuer_index].proof) {
            (Under::Keys { generation }, Proof::Signature(signature)) => {
                lives && signature.keys.generation().await? == generation
            }
            (Under::Answer { until }, _) => lives && self.clock.monotonic() < until,
            (Under::Keys { .. }, Proof::Introspection(_)) => false,
        };
        Ok(good.then_some(remembered.token))
    }

    /// Its rules first; then the key within the issuer; the signature last.
    async fn check_signature(
        &self,
        issuer_index: usize,
        identifier: &Issuer,
        signature: &Signature,
        token: Compact<'_>,
        hash: TokenHash,
    ) -> Result<Remembered, VerifyError> {
        let issuer = &self.issuers[issuer_index];
        let algorithm = allowed_algorithm(signature, &token)?;
        let rules = rules(issuer, signature.typ);
        judge(&rules, &token, self.clock.now())?;
        let kid = token.header.kid.as_deref();
        let Lookup::Found { key, generation } = signature.keys.find(kid, algorithm).await? else {
            let (kid, alg) = (token.header.kid.clone(), token.header.alg.clone());
            return Err(TokenError::UnknownKey { kid, alg }.into());
        };
        self.signature_checks.fetch_add(1, Ordering::Relaxed);
        if !key.verify(algorithm, token.signing_input, &token.signature) {
            return Err(TokenError::Signature.into());
        }
        let token = accepted(issuer, identifier, token.claims, hash)?;
        Ok(Remembered {
            dies_at: token.expires_at.plus(rules.leeway),
            token: Arc::new(token),
            issuer_index,
            under: Under::Keys { generation },
        })
    }

    /// A JWT that is introspected says itself when it ends: nobody is asked about it after that.
    fn not_ended(&self, issuer_index: usize, ends: Option<NumericDate>) -> Result<(), TokenError> {
        let (now, leeway) = (self.clock.now(), leeway(&self.issuers[issuer_index]));
        match ends {
            Some(ends) if now >= ends.plus(leeway) => Err(TokenError::Expired { ago: since(ends, now) }),
            _ => Ok(()),
        }
    }

    /// Asks the issuer. What it says is judged and remembered by whoever asks, for all who wait.
    async fn introspect(
        &self,
        issuer_index: usize,
        introspection: &Arc<Introspection>,
        hash: TokenHash,
        own: OwnWord,
        token: &str,
    ) -> Result<Remembered, VerifyError> {
        let (issuers, remembered, clock) =
            (self.issuers.clone(), self.remembered.clone(), self.clock.clone());
        let settings = introspection.settings().clone();
        let judge = move |mut members, asked_at| {
            introspection::bind(&mut members, own.bound_to)?;
            let trusted = &issuers[issuer_index];
            let fresh = answered(trusted, issuer_index, members, hash, &settings, asked_at, clock.now())?;
            if !settings.cache.is_zero() {
                remembered.insert(hash, fresh.clone());
            }
            Ok(fresh)
        };
        introspection.prove(hash, token, judge).await
    }
}

pub(crate) fn rules(issuer: &TrustedIssuer, typ: TypRule) -> Rules {
    Rules { audiences: issuer.audiences.clone(), may_lack_audience: false, typ, leeway: leeway(issuer) }
}

fn leeway(issuer: &TrustedIssuer) -> u64 {
    issuer.leeway.min(MAX_LEEWAY)
}

/// JW-11, JW-12: from the configuration; the token only says which of those it is.
pub(crate) fn allowed_algorithm(signature: &Signature, token: &Compact<'_>) -> Result<Algorithm, TokenError> {
    let alg = &token.header.alg;
    alg.parse()
        .ok()
        .filter(|algorithm| signature.algorithms.contains(algorithm))
        .ok_or_else(|| TokenError::Algorithm { alg: alg.clone() })
}

/// The issuer says that the token is active: what it says of it is judged by our rules. Remembered until `exp`, without the
/// leeway, and for the configured time (IN-05).
fn answered(
    trusted: &TrustedIssuer,
    issuer_index: usize,
    members: Map<String, Value>,
    hash: TokenHash,
    settings: &IntrospectionSettings,
    asked_at: Duration,
    now: NumericDate,
) -> Result<Remembered, TokenError> {
    let rules = Rules {
        may_lack_audience: settings.dangerous_accept_missing_audience,
        ..rules(trusted, TypRule::Relaxed)
    };
    let good_without_end_until = now.plus(settings.cache.as_secs().max(1));
    let (issuer, claims) =
        introspection::judge(members, &trusted.issuers, &rules, now, good_without_end_until)?;
    let until = asked_at + settings.cache;
    let token = AccessToken { believed_until: Some(until), ..accepted(trusted, &issuer, claims, hash)? };
    Ok(Remembered {
        dies_at: token.expires_at,
        token: Arc::new(token),
        issuer_index,
        under: Under::Answer { until },
    })
}

/// The token is proven: what was unverified becomes what is known.
pub(crate) fn accepted(
    trusted: &TrustedIssuer,
    issuer: &Issuer,
    claims: UnverifiedClaims,
    hash: TokenHash,
) -> Result<AccessToken, TokenError> {
    let tenant =
        trusted.tenant_claim.as_ref().and_then(|name| claims.all.get(name)).and_then(|value| value.as_str());
    Ok(AccessToken {
        hash,
        believed_until: None,
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
