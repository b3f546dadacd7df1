//! Calls in flight: one for all who ask about the same token, few enough at once that no flood reaches the authorization
//! server, and none for a moment after it was seen to be down.

use crate::cache::TokenHash;
use portcullis_oauth::Clock;
use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// Calls at once: at 50 ms each, 640 new tokens a second; more are told to come back.
pub(crate) const MAX_IN_FLIGHT: usize = 32;
/// After an outage nobody asks for this long; then one asks, and until it is answered no other.
const COOL_DOWN: Duration = Duration::from_secs(5);
/// When to come back where there was merely no room.
const NO_ROOM: Duration = Duration::from_secs(1);
/// How long a request waits for its answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How the authorization server was found by one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It answered.
    Up,
    /// It is down, or refuses us, whatever is asked.
    Down,
    /// It answered oddly, which may be the token's fault: nobody else is made to wait for that.
    Odd,
}

/// The calls of one issuer at one resource.
pub(crate) struct Flights<T> {
    clock: Arc<dyn Clock>,
    state: Mutex<State<T>>,
}

struct State<T> {
    aloft: HashMap<TokenHash, watch::Receiver<Option<T>>>,
    /// Nobody asks before this.
    paused_until: Duration,
    /// The last one that said anything of its health said that it is down.
    is_down: bool,
}

/// There is no answer, and this is when to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoAnswer {
    pub(crate) retry_after: Duration,
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        let state = State { aloft: HashMap::new(), paused_until: Duration::ZERO, is_down: false };
        Arc::new(Self { clock, state: Mutex::new(state) })
    }

    /// Waits for the call about this token that is in flight, or for a new one. It runs in a task of its own, so that a
    /// caller who leaves does not end it for the others.
    pub(crate) async fn join<F>(self: &Arc<Self>, token: TokenHash, call: F) -> Result<T, NoAnswer>
    where
        F: Future<Output = (T, Health)> + Send + 'static,
    {
        let mut landed = self.board(token, call)?;
        match tokio::time::timeout(PATIENCE, landed.wait_for(Option::is_some)).await {
            Ok(Ok(answer)) => answer.clone().ok_or(NoAnswer { retry_after: COOL_DOWN }),
            Ok(Err(_)) | Err(_) => Err(NoAnswer { retry_after: COOL_DOWN }),
        }
    }

    fn board<F>(self: &Arc<Self>, token: TokenHash, call: F) -> Result<watch::Receiver<Option<T>>, NoAnswer>
    where
        F: Future<Output = (T, Health)> + Send + 'static,
    {
        let mut state = self.state();
        if let Some(in_flight) = state.aloft.get(&token) {
            return Ok(in_flight.clone());
        }
        let now = self.clock.monotonic();
        if now < state.paused_until {
            return Err(NoAnswer { retry_after: state.paused_until - now });
        }
        let room = if state.is_down { 1 } else { MAX_IN_FLIGHT };
        if state.aloft.len() >= room {
            return Err(NoAnswer { retry_after: NO_ROOM });
        }
        let (tell, landed) = watch::channel(None);
        state.aloft.insert(token, landed.clone());
        let landing = Landing { flights: self.clone(), token };
        tokio::spawn(async move {
            let (answer, health) = call.await;
            landing.flights.note(health);
            drop(landing); // whoever comes from now on finds what was remembered, or asks anew
            let _ = tell.send(Some(answer));
        });
        Ok(landed)
    }

    fn note(&self, health: Health) {
        let mut state = self.state();
        match health {
            Health::Up => state.is_down = false,
            Health::Down => {
                state.is_down = true;
                state.paused_until = self.clock.monotonic() + COOL_DOWN;
            }
            Health::Odd => {}
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the place back, however the call ends.
struct Landing<T: Clone + Send + Sync + 'static> {
    flights: Arc<Flights<T>>,
    token: TokenHash,
}

impl<T: Clone + Send + Sync + 'static> Drop for Landing<T> {
    fn drop(&mut self) {
        self.flights.state().aloft.remove(&self.token);
    }
}
