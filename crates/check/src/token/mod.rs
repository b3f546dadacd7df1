//! Tokens, as they are looked at from outside: what one says of itself, why it is refused, and which others are worth sending.

mod claims;
mod near_miss;
mod other;
pub(crate) mod spoiled;

pub(crate) use claims::object;
pub use claims::{UnreadToken, UnverifiedClaims, UnverifiedHeader, UnverifiedToken, quoted};
pub(crate) use near_miss::{Expected, is_for, near_misses};
pub use other::{Other, OtherToken, OtherTokenError};
