//! The end of a process: open-ended streams get their end at once, everything else may finish.

use http_body::Body;
use portcullis::Until;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Whether the process is draining; shared by all that must know.
#[derive(Clone, Debug, Default)]
pub struct Drain(CancellationToken);

impl Drain {
    /// Begins.
    pub fn begin(&self) {
        self.0.cancel();
    }

    /// Whether it began.
    pub fn has_begun(&self) -> bool {
        self.0.is_cancelled()
    }

    /// `body`, which ends when draining begins.
    pub(crate) fn ends<B: Body + Send + 'static>(&self, body: B) -> EndsOnDrain<B> {
        Until::new(body, self.0.clone().cancelled_owned())
    }

    /// Waits until it begins.
    pub async fn begun(&self) {
        self.0.cancelled().await;
    }
}

/// A body that ends when draining begins.
pub(crate) type EndsOnDrain<B> = Until<B, WaitForCancellationFutureOwned>;
