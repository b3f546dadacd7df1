//! The one road out, for documents, forms and questions alike: no redirect, no proxy, no cookie; a 200 or nothing, and no more
//! of its body than is wanted.

use super::public_only::NoPublicAddress;
use crate::FetchError;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use reqwest::{Client, ClientBuilder, RequestBuilder, redirect::Policy};
use std::error::Error;

/// The TLS stack could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the TLS client could not be set up: {0}")]
pub struct SetupError(#[source] pub(super) reqwest::Error);

/// What every client of ours begins with.
pub(super) fn client() -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION")))
}

/// Sends the request, and reads the answer whole: `max` bytes at most.
pub(super) async fn exchange(request: RequestBuilder, max: usize) -> Result<(HeaderMap, Bytes), FetchError> {
    let mut response = request.send().await.map_err(|error| no_answer(&error))?;
    if response.status() != 200 {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| no_body(&error))? {
        if body.len() + chunk.len() > max {
            return Err(FetchError::TooLarge(max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((std::mem::take(response.headers_mut()), body.freeze()))
}

pub(super) fn no_answer(error: &reqwest::Error) -> FetchError {
    if NoPublicAddress::is_behind(error) {
        FetchError::Refused("a learned URL may not lead to a private address")
    } else if error.is_timeout() {
        FetchError::Timeout
    } else if is_unreadable(error) {
        FetchError::Unreadable
    } else {
        FetchError::Connect
    }
}

/// Whether the answer could not be parsed. The HTTP client below says so in words only; a test holds it to them.
fn is_unreadable(error: &(dyn Error + 'static)) -> bool {
    error.to_string().starts_with("invalid HTTP") || error.source().is_some_and(is_unreadable)
}

fn no_body(error: &reqwest::Error) -> FetchError {
    if error.is_timeout() { FetchError::Timeout } else { FetchError::Body }
}
