//! The tokens of a login, as an authorization server answered them (RFC 6749 §5.1).

use super::Trouble;
use crate::text::line;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_oauth::{NumericDate, Scope};
use rmcp::transport::auth::OAuthTokenResponse;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A token this close to its end is not begun with. In seconds.
const MARGIN: u64 = 30;
/// Longer names are nobody's. In characters.
const MAX_NAME: usize = 80;

/// It has no `Debug`: nothing prints it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    /// When it was answered.
    received_at: u64,
    /// In seconds, from then on; not every server says.
    expires_in: Option<u64>,
}

/// What is read of an answer.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: String,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
    id_token: Option<String>,
}

impl Tokens {
    /// The tokens, and who signed in as these say.
    pub(super) fn answered(
        response: &OAuthTokenResponse,
        now: NumericDate,
    ) -> Result<(Self, Option<String>), Trouble> {
        let answer: Option<Answer> = serde_json::to_value(response).and_then(serde_json::from_value).ok();
        let Some(answer) = answer.filter(|answer| !answer.access_token.is_empty()) else {
            return Err(Trouble::No("the authorization server's answer has no access token".into()));
        };
        if !answer.token_type.eq_ignore_ascii_case("bearer") {
            let other = line(&answer.token_type, 40);
            return Err(Trouble::No(format!(
                "the authorization server gave a token of type {other:?}; only Bearer tokens can be used"
            )));
        }
        let who = answer.id_token.as_deref().and_then(who).or_else(|| who(&answer.access_token));
        let tokens = Self {
            access_token: answer.access_token,
            refresh_token: answer.refresh_token,
            received_at: now.0,
            expires_in: answer.expires_in,
        };
        Ok((tokens, who))
    }

    /// When the access token ends, if that was said.
    pub(crate) fn ends(&self) -> Option<NumericDate> {
        Some(NumericDate(self.received_at).plus(self.expires_in?))
    }

    /// Whether it can be begun with.
    pub(super) fn is_fresh(&self, now: NumericDate) -> bool {
        self.ends().is_none_or(|end| now.plus(MARGIN) < end)
    }

    /// Whether it has not ended yet.
    pub(super) fn is_good(&self, now: NumericDate) -> bool {
        self.ends().is_none_or(|end| now < end)
    }

    /// Everything that is shown to nobody else.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        [self.access_token.as_str()].into_iter().chain(self.refresh_token.as_deref())
    }

    /// As rmcp wants it, which does no more with it than refresh it.
    pub(super) fn for_refresh(&self) -> Option<OAuthTokenResponse> {
        let refresh_token = self.refresh_token.as_deref()?;
        let response = serde_json::json!({
            "access_token": self.access_token, "token_type": "bearer", "refresh_token": refresh_token,
        });
        serde_json::from_value(response).ok()
    }
}

/// Scopes as they were granted. What is no scope is not one.
pub(super) fn granted(scopes: &[String]) -> Scope {
    scopes.iter().filter_map(|scope| scope.parse().ok()).collect()
}

/// Whom a JWT is about, for people to read. Verified by nobody: it is for the server to do that.
fn who(token: &str) -> Option<String> {
    let payload = token.split('.').nth(1).filter(|_| token.split('.').count() == 3)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let name =
        ["email", "preferred_username", "sub"].into_iter().find_map(|name| claims.get(name)?.as_str())?;
    Some(line(name, MAX_NAME)).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answered(response: Value) -> Result<(Tokens, Option<String>), Trouble> {
        Tokens::answered(&serde_json::from_value(response).unwrap(), NumericDate(1000))
    }

    fn jwt(claims: &Value) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn a_token_is_fresh_until_just_before_its_end() {
        let (tokens, _) =
            answered(json!({ "access_token": "a", "token_type": "Bearer", "expires_in": 60 })).ok().unwrap();
        for (now, fresh, good) in
            [(1000, true, true), (1029, true, true), (1030, false, true), (1060, false, false)]
        {
            assert_eq!(tokens.is_fresh(NumericDate(now)), fresh, "{now}");
            assert_eq!(tokens.is_good(NumericDate(now)), good, "{now}");
        }
        let (endless, _) = answered(json!({ "access_token": "a", "token_type": "bearer" })).ok().unwrap();
        assert!(endless.is_fresh(NumericDate(u64::MAX)) && endless.ends().is_none());
    }

    #[test]
    fn what_is_no_bearer_token_is_refused() {
        for (response, expected) in [
            (json!({ "access_token": "a", "token_type": "DPoP" }), "dpop"),
            (json!({ "access_token": "", "token_type": "bearer" }), "no access token"),
        ] {
            let Err(Trouble::No(why)) = answered(response) else { panic!("{expected}") };
            assert!(why.to_lowercase().contains(expected), "{why}");
        }
    }

    #[test]
    fn says_who_signed_in_and_repeats_nothing_that_moves_a_cursor() {
        let person = |token: String, id_token: Option<String>| {
            let response = json!({ "access_token": token, "token_type": "bearer", "id_token": id_token });
            answered(response).ok().unwrap().1
        };
        assert_eq!(person(jwt(&json!({ "sub": "alice" })), None).as_deref(), Some("alice"));
        let id_token = jwt(&json!({ "sub": "x", "email": "alice@example.com" }));
        assert_eq!(person("opaque".into(), Some(id_token)).as_deref(), Some("alice@example.com"));
        assert_eq!(person(jwt(&json!({ "sub": "\u{1b}[2J" })), None).as_deref(), Some("\\u{1b}[2J"));
        for token in ["opaque", "a.b.c", "e30.bm9uZQ.c2ln", &jwt(&json!([])), &jwt(&json!({ "sub": 7 }))] {
            assert_eq!(person(token.to_owned(), None), None, "{token}");
        }
    }
}
