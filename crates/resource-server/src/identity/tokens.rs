//! `AccessToken` → a short token of ours that says who calls, for one upstream (RS-25).
//!
//! It has a `typ` of its own, so that nobody takes it for an access token, and says: `iss` (the resource, unless
//! configured), `aud` (the upstream), `sub`, `orig_iss` (who vouches for `sub`: the issuer of the access token),
//! `client_id`, `scope`, `tenant`, the chosen claims, `iat`, `exp`, `jti`.

use super::key::IdentityKey;
use crate::token::AccessToken;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderValue;
use portcullis_oauth::{Clock, NumericDate};
use quick_cache::{Weighter, sync::Cache};
use serde_json::{Map, Value, json};
use std::{
    fmt,
    sync::{Arc, Weak},
};

/// The `typ` of every identity token (RFC 8725 §3.11).
pub const IDENTITY_TYP: &str = "portcullis-identity+jwt";
/// A longer one is not sent: servers take some 8 KiB of one header, Node.js 16 KiB of all.
pub const MAX_IDENTITY_TOKEN_BYTES: usize = 6 * 1024;
/// Claims with a meaning here, or that would promise what an upstream cannot check.
pub const RESERVED_IDENTITY_CLAIMS: [&str; 12] =
    ["iss", "aud", "sub", "orig_iss", "client_id", "scope", "tenant", "iat", "exp", "nbf", "jti", "cnf"];
/// Of an access token that dies just now, which was good when it was judged.
const SHORTEST_LIFE: u64 = 10;
/// Memory that tokens which may be sent again take: some five thousand.
const MAX_BYTES: u64 = 8 * 1024 * 1024;
const USUAL_BYTES: u64 = 1536;

/// What identity tokens say beside who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRules {
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
    /// Seconds from `iat` to `exp`; the access token's own end comes first.
    pub lifetime: u64,
    /// Claims of the access token that are copied, where it has them.
    pub claims: Vec<String>,
    /// Whether each request has a token of its own. Otherwise requests with one access token share one, for the first half
    /// of its lifetime.
    pub single_use: bool,
    /// Whether the header says `Bearer` before the token.
    pub as_bearer: bool,
}

/// Makes the identity tokens of one resource.
pub struct IdentityTokens {
    key: Arc<IdentityKey>,
    /// The encoded header, which is always the same.
    header: String,
    rules: IdentityRules,
    clock: Arc<dyn Clock>,
    reusable: Cache<usize, Arc<Reusable>, ByMemory>,
}

/// A token that may be sent again, for whom it was made. Verified tokens are told apart by their place in memory; the weak
/// reference keeps that place from being anybody else's for as long as the entry is here, so that no look-up finds what
/// was made for another.
struct Reusable {
    for_token: Weak<AccessToken>,
    until: NumericDate,
    value: HeaderValue,
}

/// No identity token could be made, so that nothing can go to the upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityTokenError {
    /// The access token says more than fits into a header.
    #[error("the identity token would be longer than {MAX_IDENTITY_TOKEN_BYTES} bytes; choose fewer claims")]
    TooLong,
    /// The library could not sign, or the machine has no randomness.
    #[error("the identity token could not be signed")]
    Sign,
}

impl IdentityTokens {
    /// Makes tokens signed with `key`, by these rules.
    pub fn new(key: Arc<IdentityKey>, mut rules: IdentityRules, clock: Arc<dyn Clock>) -> Self {
        rules.claims.retain(|name| !RESERVED_IDENTITY_CLAIMS.contains(&name.as_str()));
        let header = json!({ "alg": key.algorithm().as_str(), "typ": IDENTITY_TYP, "kid": key.kid() });
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        let reusable = Cache::with_weighter((MAX_BYTES / USUAL_BYTES) as usize, MAX_BYTES, ByMemory);
        Self { key, header, rules, clock, reusable }
    }

    /// The value of the header that tells the upstream who calls with this token. It does not print.
    ///
    /// # Errors
    /// [`IdentityTokenError`].
    pub fn header_for(&self, token: &Arc<AccessToken>) -> Result<HeaderValue, IdentityTokenError> {
        let now = self.clock.now();
        let place = Arc::as_ptr(token) as usize;
        if !self.rules.single_use
            && let Some(made) = self.reusable.get(&place)
            && now < made.until
            && Weak::as_ptr(&made.for_token) == Arc::as_ptr(token)
        {
            return Ok(made.value.clone());
        }
        let dies_at = self.dies_at(token, now);
        let value = self.sign(token, now, dies_at)?;
        if !self.rules.single_use {
            let until = now.plus((dies_at.0 - now.0) / 2);
            let made = Reusable { for_token: Arc::downgrade(token), until, value: value.clone() };
            self.reusable.insert(place, Arc::new(made));
        }
        Ok(value)
    }

    /// Not after the access token, but long enough to arrive: a token within its leeway is dead by its own account.
    fn dies_at(&self, token: &AccessToken, now: NumericDate) -> NumericDate {
        now.plus(self.rules.lifetime).min(token.expires_at()).max(now.plus(SHORTEST_LIFE))
    }

    fn sign(
        &self,
        token: &AccessToken,
        now: NumericDate,
        dies_at: NumericDate,
    ) -> Result<HeaderValue, IdentityTokenError> {
        let mut jti = [0; 16];
        SystemRandom::new().fill(&mut jti).map_err(|_| IdentityTokenError::Sign)?;
        let mut claims = self.claims(token);
        claims.insert("iat".to_owned(), now.0.into());
        claims.insert("exp".to_owned(), dies_at.0.into());
        claims.insert("jti".to_owned(), URL_SAFE_NO_PAD.encode(jti).into());
        let claims = URL_SAFE_NO_PAD.encode(Value::Object(claims).to_string());
        // Before signing: what does not fit costs nothing.
        if self.header.len() + claims.len() + 128 > MAX_IDENTITY_TOKEN_BYTES {
            return Err(IdentityTokenError::TooLong);
        }
        let scheme = if self.rules.as_bearer { "Bearer " } else { "" };
        let mut text = format!("{scheme}{}.{claims}", self.header);
        let signature = self.key.sign(&text.as_bytes()[scheme.len()..]).ok_or(IdentityTokenError::Sign)?;
        text.push('.');
        text.push_str(&signature);
        let mut value = HeaderValue::try_from(text).map_err(|_| IdentityTokenError::Sign)?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn claims(&self, token: &AccessToken) -> Map<String, Value> {
        let copied = self.rules.claims.iter();
        let mut claims: Map<String, Value> =
            copied.filter_map(|name| Some((name.clone(), token.claims().get(name)?.clone()))).collect();
        let scope = (!token.scope().is_empty()).then(|| token.scope().to_string());
        for (name, value) in [
            ("iss", Some(self.rules.issuer.as_str())),
            ("aud", Some(self.rules.audience.as_str())),
            ("sub", Some(token.subject())),
            ("orig_iss", Some(token.issuer().as_str())),
            ("client_id", token.client_id()),
            ("scope", scope.as_deref()),
            ("tenant", token.tenant()),
        ] {
            if let Some(value) = value {
                claims.insert(name.to_owned(), value.into());
            }
        }
        claims
    }
}

#[derive(Clone)]
struct ByMemory;

impl Weighter<usize, Arc<Reusable>> for ByMemory {
    fn weight(&self, _: &usize, made: &Arc<Reusable>) -> u64 {
        // What is left of the access token, the entry, and the text.
        made.value.len() as u64 + 512
    }
}

impl fmt::Debug for IdentityTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityTokens")
            .field("key", &self.key)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Algorithm;
    use portcullis_oauth::{Issuer, Scope};
    use std::{collections::BTreeSet, sync::atomic::AtomicU64, time::Duration};

    struct Fixed(AtomicU64);
    impl Clock for Fixed {
        fn now(&self) -> NumericDate {
            NumericDate(self.0.load(std::sync::atomic::Ordering::SeqCst))
        }
        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }
    }

    const NOW: u64 = 1_800_000_000;

    fn token(subject: &str, expires_at: u64) -> Arc<AccessToken> {
        let claims = json!({
            "iss": "https://evil.example", "sub": "admin", "jti": "of the access token", "email": "ada@example.com",
            "org": {"id": 7}, "cnf": {"jkt": "x"}, "nbf": 1,
        });
        Arc::new(AccessToken {
            hash: [0; 32],
            believed_until: None,
            issuer: Issuer::parse("https://issuer.example").unwrap(),
            issuer_name: "issuer".into(),
            subject: subject.into(),
            client_id: Some("client-1".into()),
            tenant: None,
            token_id: None,
            scope: Scope::parse("a b").unwrap(),
            expires_at: NumericDate(expires_at),
            claims: claims.as_object().unwrap().clone(),
        })
    }

    fn tokens(change: impl FnOnce(&mut IdentityRules)) -> (IdentityTokens, Arc<Fixed>) {
        let mut rules = IdentityRules {
            issuer: "https://mcp.example.com/mcp".into(),
            audience: "todo".into(),
            lifetime: 60,
            claims: vec!["email".into(), "org".into(), "absent".into()],
            single_use: false,
            as_bearer: false,
        };
        change(&mut rules);
        let clock = Arc::new(Fixed(AtomicU64::new(NOW)));
        let key = Arc::new(IdentityKey::generate(Algorithm::Es256).unwrap());
        (IdentityTokens::new(key, rules, clock.clone()), clock)
    }

    fn part(value: &HeaderValue, index: usize) -> Value {
        let text = value.to_str().unwrap().trim_start_matches("Bearer ");
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text.split('.').nth(index).unwrap()).unwrap()).unwrap()
    }

    /// RS-25: also where the access token has claims under our names, and somebody chose them.
    #[test]
    fn it_says_who_calls_and_what_it_is_for() {
        let (tokens, _) = tokens(|rules| rules.claims.extend(RESERVED_IDENTITY_CLAIMS.map(str::to_owned)));
        let value = tokens.header_for(&token("ada", NOW + 600)).unwrap();
        let header = part(&value, 0);
        assert_eq!((&header["typ"], &header["alg"]), (&json!(IDENTITY_TYP), &json!("ES256")));
        let mut claims = part(&value, 1);
        let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
        assert_eq!(jti.as_str().unwrap().len(), 22);
        assert_eq!(
            claims,
            json!({
                "iss": "https://mcp.example.com/mcp", "aud": "todo", "sub": "ada", "orig_iss": "https://issuer.example",
                "client_id": "client-1", "scope": "a b", "iat": NOW, "exp": NOW + 60, "email": "ada@example.com",
                "org": {"id": 7},
            })
        );
        assert_eq!(format!("{value:?}"), "Sensitive");
        let said = format!("{tokens:?}");
        assert!(!said.contains(value.to_str().unwrap()), "{said}");
    }

    #[test]
    fn it_never_outlives_the_access_token_by_more_than_it_takes_to_arrive() {
        for (left, expected) in [(600, 60), (60, 60), (30, 30), (3, 10), (-20, 10)] {
            let (tokens, _) = tokens(|_| {});
            let value = tokens.header_for(&token("ada", NOW.saturating_add_signed(left))).unwrap();
            assert_eq!(part(&value, 1)["exp"], NOW + expected, "{left}");
        }
    }

    #[test]
    fn one_access_token_has_one_for_the_first_half_of_its_life() {
        let (tokens, clock) = tokens(|_| {});
        let ada = token("ada", NOW + 600);
        let first = tokens.header_for(&ada).unwrap();
        clock.0.fetch_add(29, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(tokens.header_for(&ada).unwrap(), first);
        clock.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let second = tokens.header_for(&ada).unwrap();
        assert_ne!(second, first);
        assert_eq!(part(&second, 1)["iat"], NOW + 30);
    }

    /// RS-25: every request its own `jti`, where somebody wants to see each once.
    #[test]
    fn a_token_for_one_request_is_not_sent_again() {
        let (tokens, _) = tokens(|rules| rules.single_use = true);
        let ada = token("ada", NOW + 600);
        let all: BTreeSet<_> =
            (0..50).map(|_| part(&tokens.header_for(&ada).unwrap(), 1)["jti"].to_string()).collect();
        assert_eq!(all.len(), 50);
    }

    /// Places in memory are used again, and must not stand for whoever had them.
    #[test]
    fn nobody_gets_what_was_made_for_another_whose_place_in_memory_is_free() {
        let (tokens, _) = tokens(|_| {});
        for round in 0..2000 {
            let subject = format!("user-{round}");
            let own = token(&subject, NOW + 600);
            for _ in 0..2 {
                assert_eq!(part(&tokens.header_for(&own).unwrap(), 1)["sub"], subject);
            }
        }
    }

    #[test]
    fn what_does_not_fit_into_a_header_is_not_sent() {
        let (tokens, _) = tokens(|_| {});
        let long = token(&"a".repeat(MAX_IDENTITY_TOKEN_BYTES), NOW + 600);
        assert_eq!(tokens.header_for(&long), Err(IdentityTokenError::TooLong));
    }

    #[test]
    fn a_bearer_token_has_its_scheme() {
        let (tokens, _) = tokens(|rules| rules.as_bearer = true);
        let value = tokens.header_for(&token("ada", NOW + 600)).unwrap();
        assert!(value.to_str().unwrap().starts_with("Bearer eyJ") && part(&value, 1)["sub"] == "ada");
    }
}
