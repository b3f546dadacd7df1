//! The environment on a port.

use super::{Scalekit, Switches, front};
use crate::{LoopbackServer, TestClock, serve_at};
use portcullis_fetch::{Fetch, HttpFetcher};
use portcullis_oauth::Clock;
use std::{ops::Deref, sync::Arc};

/// A running environment; gone when dropped. All of [`Scalekit`] can be called on it.
#[derive(Debug)]
pub struct ScalekitStandIn {
    scalekit: Arc<Scalekit>,
    server: LoopbackServer,
}

impl ScalekitStandIn {
    /// Starts one whose time stands where every [`TestClock`] starts.
    pub async fn start(switches: Switches) -> Self {
        let fetch = HttpFetcher::new().expect("the machine has a trust store");
        Self::start_with(switches, Arc::new(TestClock::default()), Arc::new(fetch)).await
    }

    /// Starts one with a given clock, and a given way to client id metadata documents.
    pub async fn start_with(switches: Switches, clock: Arc<dyn Clock>, fetch: Arc<dyn Fetch>) -> Self {
        let mut started = None;
        let server = serve_at(|url| {
            let scalekit = Scalekit::new(url, switches, clock, fetch);
            started = Some(scalekit.clone());
            front::router(scalekit)
        })
        .await;
        Self { scalekit: started.expect("the router was asked for"), server }
    }

    /// The server underneath, for its address and its connections.
    pub fn server(&self) -> &LoopbackServer {
        &self.server
    }
}

impl Deref for ScalekitStandIn {
    type Target = Scalekit;

    fn deref(&self) -> &Scalekit {
        &self.scalekit
    }
}
