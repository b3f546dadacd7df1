//! Each check of a token, told apart from the others, for whoever asks why it is refused: `portcullis explain`.
//!
//! The same rules as the verifier's, in the same order; but where that ends at the first no, this goes on as far as the next
//! question still means something. Nothing is remembered, nobody is shown the token, and no [`AccessToken`] comes of it:
//! what a request is admitted with comes from a request.

use crate::{
    keys::Lookup,
    policy::{Callers, Policy},
    token::{AccessToken, Compact, Judged, TypRule, UnverifiedClaims, UnverifiedHeader, judged},
    trusted::{Proof, Signature, TrustedIssuer},
    verifier::{Verifier, accepted, allowed_algorithm, rules},
    verify_error::{TokenError, VerifyError},
    whose::{Whose, whose},
};
use portcullis_oauth::{Issuer, Scope};

/// A token, looked at.
#[derive(Debug)]
pub struct Examination {
    /// Every check that meant something, in the order they are made in earnest.
    pub checks: Vec<Checked>,
    /// What the token says, if it is a JWT. Nothing of it is proven unless every check is good.
    pub says: Option<(UnverifiedHeader, UnverifiedClaims)>,
    proven: Option<AccessToken>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What is asked.
    pub check: TokenCheck,
    /// What came of it.
    pub outcome: CheckOutcome,
}

/// What is asked of a token, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenCheck {
    /// It is a JWT, or an opaque token of an issuer that has such.
    Form,
    /// A configured issuer made it (JW-02).
    Issuer,
    /// By an algorithm that is allowed for this issuer (JW-11).
    Algorithm,
    /// It is neither too old nor too young (JW-05, JW-21).
    Lifetime,
    /// It is an access token (JW-01, JW-14).
    Kind,
    /// For this resource (JW-03).
    Audience,
    /// The issuer has the key that it names (JW-13).
    Key,
    /// Which made the signature (JW-04).
    Signature,
    /// Its issuer says that it is active (IN-03).
    Introspection,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckOutcome {
    /// It is met.
    Good,
    /// It is not.
    Bad(TokenError),
    /// It could not be made, and why.
    Unknown(String),
}

impl Examination {
    /// Whether every check was made, and is good.
    pub fn is_good(&self) -> bool {
        self.proven.is_some()
    }

    /// What a good token lacks of these scopes, with all that its own imply. `None` for any other.
    pub fn lacks(&self, policy: &Policy, needed: &Scope) -> Option<Scope> {
        self.proven.as_ref().map(|token| policy.lacking(token, needed))
    }

    /// Whether whoever has a good token is one of these callers. `None` for any other.
    pub fn is_one_of(&self, callers: &Callers) -> Option<bool> {
        self.proven.as_ref().map(|token| callers.include(token))
    }

    /// The scopes of a good token.
    pub fn scope(&self) -> Option<&Scope> {
        self.proven.as_ref().map(AccessToken::scope)
    }

    fn say(&mut self, check: TokenCheck, result: Result<(), TokenError>) -> bool {
        let is_good = result.is_ok();
        let outcome = result.map_or_else(CheckOutcome::Bad, |()| CheckOutcome::Good);
        self.checks.push(Checked { check, outcome });
        is_good
    }

    fn unknown(&mut self, check: TokenCheck, why: &str) {
        self.checks.push(Checked { check, outcome: CheckOutcome::Unknown(why.to_owned()) });
    }
}

impl Verifier {
    /// Looks at a token. Keys are fetched as for any other; an issuer that is introspected is not asked, since the token would
    /// travel.
    pub async fn examine(&self, token: &str) -> Examination {
        let says = Compact::parse(token).ok().map(|token| (token.header, token.claims));
        let mut seen = Examination { checks: Vec::new(), says, proven: None };
        match whose(token, self.issuers()) {
            Ok(Whose::Signed { index, issuer, signature, token }) => {
                seen.say(TokenCheck::Form, Ok(()));
                seen.say(TokenCheck::Issuer, Ok(()));
                self.examine_signed(&mut seen, index, issuer, signature, token).await;
            }
            Ok(Whose::Introspected { .. }) => {
                seen.say(TokenCheck::Form, Ok(()));
                seen.say(TokenCheck::Issuer, Ok(()));
                seen.unknown(
                    TokenCheck::Introspection,
                    "its issuer is asked about such tokens, and is not asked here",
                );
            }
            Err(error @ TokenError::ForeignIssuer { .. }) => {
                seen.say(TokenCheck::Form, Ok(()));
                seen.say(TokenCheck::Issuer, Err(error));
                // Of one issuer it can still be said what else is wrong.
                if let ([only], Ok(token)) = (self.issuers(), Compact::parse(token)) {
                    self.examine_claims(&mut seen, only, &token);
                }
            }
            Err(error) => {
                seen.say(TokenCheck::Form, Err(error));
            }
        }
        seen
    }

    async fn examine_signed(
        &self,
        seen: &mut Examination,
        index: usize,
        identifier: &Issuer,
        signature: &Signature,
        token: Compact<'_>,
    ) {
        let issuer = &self.issuers()[index];
        let mut is_good = self.examine_claims(seen, issuer, &token);
        if let Ok(algorithm) = allowed_algorithm(signature, &token) {
            let kid = token.header.kid.as_deref();
            match signature.keys.find(kid, algorithm).await {
                Ok(Lookup::Found { key, .. }) => {
                    seen.say(TokenCheck::Key, Ok(()));
                    let verifies = key.verify(algorithm, token.signing_input, &token.signature);
                    let verifies = if verifies { Ok(()) } else { Err(TokenError::Signature) };
                    is_good &= seen.say(TokenCheck::Signature, verifies);
                }
                Ok(Lookup::Unknown) => {
                    let (kid, alg) = (token.header.kid.clone(), token.header.alg.clone());
                    is_good &= seen.say(TokenCheck::Key, Err(TokenError::UnknownKey { kid, alg }));
                }
                Err(error) => {
                    is_good = false;
                    seen.unknown(TokenCheck::Key, &VerifyError::from(error).to_string());
                }
            }
        }
        if is_good {
            seen.proven = accepted(issuer, identifier, token.claims, [0; 32]).ok();
        }
    }

    /// What needs no key.
    fn examine_claims(&self, seen: &mut Examination, issuer: &TrustedIssuer, token: &Compact<'_>) -> bool {
        let (typ, algorithm) = match &issuer.proof {
            Proof::Signature(signature) => (signature.typ, allowed_algorithm(signature, token).map(|_| ())),
            Proof::Introspection(_) => (TypRule::Relaxed, Ok(())),
        };
        let Judged { lifetime, kind, for_us } = judged(&rules(issuer, typ), token, self.now());
        let results = [
            seen.say(TokenCheck::Algorithm, algorithm),
            seen.say(TokenCheck::Lifetime, lifetime),
            seen.say(TokenCheck::Kind, kind),
            seen.say(TokenCheck::Audience, for_us),
        ];
        results.into_iter().all(|good| good)
    }
}
