//! Reading and judging a JWT access token (RFC 7515, RFC 7519, RFC 9068), before and apart from its signature.
//!
//! `compact` splits, `header` and `claims` parse, `rules` judges. Whatever has `Unverified` in its name is what a
//! stranger wrote. Everything here is cheap, so that a token that is malformed, foreign or expired is refused
//! without a signature check.

mod access_token;
mod claims;
mod compact;
mod header;
mod members;
mod rules;

pub use access_token::AccessToken;
pub use claims::UnverifiedClaims;
pub(crate) use claims::date;
pub(crate) use compact::{Compact, Jws};
pub(crate) use header::NO_OBJECT;
pub use header::UnverifiedHeader;
pub(crate) use members::object;
pub use rules::{Audiences, TypRule};
pub(crate) use rules::{Judged, Rules, judge, judge_claims, judged, refuse_other_kinds};
