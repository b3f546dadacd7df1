//! A request's body, read whole within a bound, and only after the token was found good.

use crate::refusal::Reason;
use bytes::Bytes;
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use std::{error::Error, time::Duration};

/// How much of a body is read, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BodyLimits {
    /// Bytes. 4 MiB by default: a message with a picture in it fits, as it does at the official SDK's server.
    pub bytes: usize,
    /// 30 s by default: 4 MiB over a slow mobile line.
    pub time: Duration,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { bytes: 4 * 1024 * 1024, time: Duration::from_secs(30) }
    }
}

impl BodyLimits {
    /// Another number of bytes.
    #[must_use]
    pub fn bytes(self, bytes: usize) -> Self {
        Self { bytes, ..self }
    }

    /// Another time.
    #[must_use]
    pub fn time(self, time: Duration) -> Self {
        Self { time, ..self }
    }
}

pub(crate) async fn collect<B>(body: B, limits: BodyLimits) -> Result<Bytes, Reason>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let too_large = Reason::BodyTooLarge { limit: limits.bytes };
    if body.size_hint().lower() > limits.bytes as u64 {
        return Err(too_large);
    }
    match tokio::time::timeout(limits.time, Limited::new(body, limits.bytes).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large),
        Ok(Err(_)) => Err(Reason::BodyBroken),
        Err(_) => Err(Reason::BodyTimeout),
    }
}
