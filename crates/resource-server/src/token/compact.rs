//! The compact serialization of a JWS (RFC 7515 §3.1): three parts of strict base64url, and nothing else (JW-19).

use super::{UnverifiedClaims, UnverifiedHeader};
use crate::verify_error::TokenError;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// A token taken apart. Nothing in it is trusted.
pub(crate) struct Compact<'a> {
    pub(crate) header: UnverifiedHeader,
    pub(crate) claims: UnverifiedClaims,
    /// What the signature is over (RFC 7515 §5.2).
    pub(crate) signing_input: &'a [u8],
    pub(crate) signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    /// Splits, decodes and parses. An encrypted token has five parts and is refused here.
    pub(crate) fn parse(token: &'a str) -> Result<Self, TokenError> {
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Malformed("a JWS has three parts"));
        };
        let decode = |part: &str| {
            URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed("a part is not strict base64url"))
        };
        let header_json = decode(header)?;
        let claims_json = decode(claims)?;
        Ok(Self {
            header: UnverifiedHeader::parse(&header_json)?,
            claims: UnverifiedClaims::parse(&claims_json)?,
            signing_input: &token.as_bytes()[..header.len() + 1 + claims.len()],
            signature: decode(signature)?,
        })
    }
}
