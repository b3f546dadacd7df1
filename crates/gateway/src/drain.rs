//! The end of a process, in two steps: it says that it leaves, while it serves as before; then it closes, which ends
//! open-ended streams at once and lets everything else finish.

use http_body::Body;
use portcullis::parts::Until;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// How far the process is on its way out; shared by all that must know.
#[derive(Clone, Debug, Default)]
pub struct Drain(Arc<Way>);

#[derive(Debug, Default)]
struct Way {
    /// As `leaving`, for those who ask with every request: a token takes a lock to tell.
    has_begun: AtomicBool,
    leaving: CancellationToken,
    closing: CancellationToken,
}

impl Drain {
    /// Begins: the process is not ready any more, and closes once [`serve`](crate::serve()) has waited for its delay.
    pub fn begin(&self) {
        self.0.has_begun.store(true, Relaxed);
        self.0.leaving.cancel();
    }

    /// Closes without waiting: nobody is in front who would have to notice, or nobody has the time.
    pub fn close(&self) {
        self.begin();
        self.0.closing.cancel();
    }

    /// Whether it began.
    pub fn has_begun(&self) -> bool {
        self.0.has_begun.load(Relaxed)
    }

    /// Waits until it begins.
    pub async fn begun(&self) {
        self.0.leaving.cancelled().await;
    }

    /// Waits until it closes.
    pub async fn closed(&self) {
        self.0.closing.cancelled().await;
    }

    /// `body`, which ends when the process closes.
    pub(crate) fn ends<B: Body + Send + 'static>(&self, body: B) -> EndsOnDrain<B> {
        Until::new(body, self.0.closing.clone().cancelled_owned()).watched()
    }
}

/// A body that ends when the process closes.
pub(crate) type EndsOnDrain<B> = Until<B, WaitForCancellationFutureOwned>;
