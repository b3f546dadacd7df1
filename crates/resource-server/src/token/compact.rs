//! The compact serialization of a JWS (RFC 7515 §3.1): three parts of strict base64url, and nothing else (JW-19).

use super::{UnverifiedClaims, UnverifiedHeader};
use crate::verify_error::TokenError;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// A JWS split and decoded: nothing is parsed yet, and nothing trusted.
pub(crate) struct Jws<'a> {
    pub(crate) header: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    /// What the signature is over (RFC 7515 §5.2).
    pub(crate) signing_input: &'a [u8],
    pub(crate) signature: Vec<u8>,
}

/// A token taken apart. Nothing in it is trusted.
pub(crate) struct Compact<'a> {
    pub(crate) header: UnverifiedHeader,
    pub(crate) claims: UnverifiedClaims,
    pub(crate) signing_input: &'a [u8],
    pub(crate) signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Splits and decodes. An encrypted token has five parts and is refused here.
    pub(crate) fn split(text: &'a str) -> Result<Self, &'static str> {
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("a JWS has three parts");
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "a part is not strict base64url");
        Ok(Self {
            header: decode(header)?,
            payload: decode(payload)?,
            signing_input: &text.as_bytes()[..header.len() + 1 + payload.len()],
            signature: decode(signature)?,
        })
    }
}

impl<'a> Compact<'a> {
    /// Splits, decodes and parses.
    pub(crate) fn parse(token: &'a str) -> Result<Self, TokenError> {
        let jws = Jws::split(token).map_err(TokenError::Malformed)?;
        Ok(Self {
            header: UnverifiedHeader::parse(&jws.header)?,
            claims: UnverifiedClaims::parse(&jws.payload)?,
            signing_input: jws.signing_input,
            signature: jws.signature,
        })
    }
}
