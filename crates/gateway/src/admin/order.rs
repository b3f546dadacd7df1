//! What is to be revoked, as it is written in a request: one strict JSON object. A member that is not understood might
//! have meant more tokens, or fewer, so it is refused.

use crate::revocation::{KnownIssuers, MAX_LIFETIME, MAX_VALUE, Members, Order, What};
use portcullis_oauth::NumericDate;
use serde::Deserialize;

/// How far the clock that made `before` may be ahead.
const AHEAD: u64 = 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    issuer: String,
    jti: Option<String>,
    subject: Option<String>,
    client: Option<String>,
    grant: Option<String>,
    before: Option<u64>,
    expires_in: Option<u64>,
}

/// The order, or what is wrong with it.
pub(crate) fn parse(body: &[u8], issuers: &KnownIssuers, now: NumericDate) -> Result<Order, String> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err("send a JSON object".to_owned());
    }
    let written: Written = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if !issuers.has(&written.issuer) {
        let known: Vec<_> = issuers.identifiers().collect();
        return Err(format!("no resource has this issuer; configured are {}", known.join(", ")));
    }
    let members =
        Members { jti: written.jti, subject: written.subject, client: written.client, grant: written.grant };
    let what = members.what().ok_or_else(|| format!("name exactly one of {}", What::KINDS.join(", ")))?;
    if what.value().is_empty() || what.value().len() > MAX_VALUE {
        return Err(format!("write 1 to {MAX_VALUE} bytes as {}", What::KINDS[what.kind()]));
    }
    let before = written.before.map(NumericDate);
    if before.is_some() && matches!(what, What::TokenId(_)) {
        return Err("a jti names one token, whenever it was issued: leave out before".to_owned());
    }
    if before.is_some_and(|before| before > now.plus(AHEAD)) {
        return Err(format!("before is seconds since 1970, and not in the future; now is {}", now.0));
    }
    let longest = MAX_LIFETIME.as_secs();
    if written.expires_in.is_some_and(|seconds| seconds == 0 || seconds > longest) {
        return Err(format!("expires_in is 1 to {longest} seconds"));
    }
    Ok(Order { issuer: written.issuer, what, before, expires_in: written.expires_in })
}
