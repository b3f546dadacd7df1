//! Lists that change, as the suite's tools ask: whoever listens is told.

use rmcp::{ErrorData, service::SubscriptionContext};
use tokio::sync::broadcast;

/// Which list changed.
#[derive(Clone, Copy)]
pub(crate) enum Change {
    Tools,
    Prompts,
}

/// Where changes are announced, and begun to be listened to.
#[derive(Clone)]
pub(crate) struct Changes(broadcast::Sender<Change>);

impl Changes {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(16))
    }

    /// Nobody may be listening, which is no error.
    pub(crate) fn announce(&self, change: Change) {
        let _ = self.0.send(change);
    }

    /// From now on.
    pub(crate) fn listener(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

/// Hears of every change; one that is too slow misses it.
pub(crate) struct Listener(broadcast::Receiver<Change>);

impl Listener {
    /// Until the client goes away. What it did not ask for is not sent: rmcp's sink says so by an error.
    pub(crate) async fn pass_on(mut self, context: SubscriptionContext) -> Result<(), ErrorData> {
        loop {
            let change = tokio::select! {
                () = context.cancelled() => return Ok(()),
                change = self.0.recv() => change,
            };
            match change {
                Ok(Change::Tools) => drop(context.sink().notify_tool_list_changed().await),
                Ok(Change::Prompts) => drop(context.sink().notify_prompt_list_changed().await),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            }
        }
    }
}
