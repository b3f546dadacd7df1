//! What is counted while requests pass: atomics, and no lock. What can be asked when somebody wants to know (keys, the
//! memory of tokens) is not counted here but read then, in `report`.
//!
//! Every label is a word of the configuration or a reason code. Nothing that a stranger writes becomes one.

mod decisions;
mod gauge;
mod histogram;
mod page;
mod report;

pub(crate) use gauge::{Gauge, Raised};
pub(crate) use page::MEDIA_TYPE;
pub(crate) use report::report;

use decisions::Decisions;
use histogram::Histogram;
use portcullis_resource_server::Observer;
use std::time::Duration;

/// From a hash and a look-up to a wait for an issuer's keys.
const VERIFICATION: [Duration; 15] = [
    Duration::from_micros(5),
    Duration::from_micros(10),
    Duration::from_micros(25),
    Duration::from_micros(50),
    Duration::from_micros(100),
    Duration::from_micros(250),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2500),
    Duration::from_millis(10),
    Duration::from_millis(50),
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_millis(2500),
    Duration::from_secs(5),
];

/// From a tool that knows the answer to one that thinks for minutes.
const UPSTREAM: [Duration; 14] = [
    Duration::from_millis(1),
    Duration::from_micros(2500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2500),
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(300),
];

/// What is counted of one resource.
#[derive(Debug)]
pub struct ResourceMetrics {
    pub(crate) decisions: Decisions,
    /// What was let through because the policy only observes.
    pub(crate) observed: Decisions,
    pub(crate) verification: Histogram,
    /// Until the upstream's headers, or until it was given up.
    pub(crate) upstream: Histogram,
    /// Open-ended answers that go on.
    pub(crate) streams: Gauge,
}

impl Default for ResourceMetrics {
    fn default() -> Self {
        Self {
            decisions: Decisions::default(),
            observed: Decisions::default(),
            verification: Histogram::new(&VERIFICATION),
            upstream: Histogram::new(&UPSTREAM),
            streams: Gauge::default(),
        }
    }
}

impl Observer for ResourceMetrics {
    fn verified(&self, took: Duration) {
        self.verification.add(took);
    }

    fn decided(&self, decision: &'static str, reason: &'static str) {
        match decision {
            "observed" => self.observed.count(reason),
            _ => self.decisions.count(reason),
        }
    }
}

/// What is counted of a listener.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) connections: Gauge,
    /// From a request's head to the last byte of its answer.
    pub(crate) requests: Gauge,
}
