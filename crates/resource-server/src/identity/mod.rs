//! Who calls, signed for the upstream (RS-25): a token of our own, which is no access token, in place of the client's.
//!
//! [`IdentityKey`] signs and is published; [`IdentityTokens`] makes the tokens of one resource.

mod key;
mod tokens;

pub use key::{IdentityKey, IdentityKeyError, PublishedKey};
pub use tokens::{
    IDENTITY_TYP, IdentityRules, IdentityTokenError, IdentityTokens, MAX_IDENTITY_TOKEN_BYTES,
    RESERVED_IDENTITY_CLAIMS,
};
