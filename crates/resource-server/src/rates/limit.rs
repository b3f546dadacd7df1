//! One limit, wherever its counts are kept; whom it counts, and what it says when there were too many.

use crate::token::AccessToken;
use std::{
    fmt,
    future::Future,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    pin::Pin,
    time::Duration,
};

/// One limit: a rate, and who has used how much of it.
///
/// [`InMemory`](super::InMemory) counts in this process. Replicas that are to count together bring an implementation of
/// their own, over a store they share; that is why it may wait. Whoever cannot reach its store must still answer, and
/// soon: by counting in memory for as long, not by letting everybody or nobody in.
pub trait RateLimit: Send + Sync + 'static {
    /// Takes `count` from what `whose` may still do, all or nothing. It counts those who come at once one after another.
    fn take<'a>(&'a self, whose: &'a Whose<'a>, count: NonZeroU32) -> Taking<'a>;
}

/// What comes of it: nothing, or how long to wait until that much may be had.
pub type Taking<'a> = Pin<Box<dyn Future<Output = Result<(), Duration>> + Send + 'a>>;

/// Whose requests are counted together. A person is counted within one issuer: `sub` is unique only there (JW-20).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whose<'a> {
    /// Everybody at one address.
    Address(CountedAddress),
    /// One person or machine, with whatever client.
    Subject {
        /// The issuer, by the operator's name for it.
        issuer: &'a str,
        /// `sub`.
        subject: &'a str,
    },
    /// One client, for whatever person. Clients that the issuer does not name are one.
    Client {
        /// The issuer, by the operator's name for it.
        issuer: &'a str,
        /// `client_id`.
        client_id: Option<&'a str>,
    },
    /// One person or machine at one tool.
    Tool {
        /// The issuer, by the operator's name for it.
        issuer: &'a str,
        /// `sub`.
        subject: &'a str,
        /// The tool.
        tool: &'a str,
    },
}

impl<'a> Whose<'a> {
    pub(super) fn subject(token: &'a AccessToken) -> Self {
        Self::Subject { issuer: token.issuer_name(), subject: token.subject() }
    }

    pub(super) fn client(token: &'a AccessToken) -> Self {
        Self::Client { issuer: token.issuer_name(), client_id: token.client_id() }
    }

    pub(super) fn tool(token: &'a AccessToken, tool: &'a str) -> Self {
        Self::Tool { issuer: token.issuer_name(), subject: token.subject(), tool }
    }
}

/// Where a request comes from: an extension of the request. The gateway puts it there; around a server of your own it is
/// yours to put, from the connection, or from a header that your own proxy writes and no client can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// An address as it is counted: whoever has one IPv6 address has its whole /64, so that is one. Requests of which nobody
/// says where they come from are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CountedAddress(Option<IpAddr>);

impl CountedAddress {
    pub(super) fn of(address: Option<ClientAddress>) -> Self {
        Self(address.map(|ClientAddress(address)| match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let network = u128::from(address) >> 64 << 64;
                IpAddr::V6(Ipv6Addr::from(network))
            }
        }))
    }
}

impl fmt::Display for CountedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(IpAddr::V4(address)) => write!(f, "{address}"),
            Some(IpAddr::V6(network)) => write!(f, "{network}/64"),
            None => f.write_str("an unknown address"),
        }
    }
}

/// There were too many requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests {limited}; again in {} s", .retry_after.as_secs())]
#[non_exhaustive]
pub struct RateExceeded {
    /// Which limit it was.
    pub limited: Limited,
    /// When to come back; at least a second, whole seconds.
    pub retry_after: Duration,
    /// What becomes of the audit event.
    pub recorded: Recorded,
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// That of the address.
    Address(CountedAddress),
    /// That of the subject.
    Subject,
    /// That of the client.
    Client,
    /// That of the subject at this tool.
    Tool,
}

/// Whether a refusal becomes an audit event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It does, for itself and for as many others of any address that became none since the last such event.
    WithOthers(u64),
    /// It does not: there was one of this address within the last minute. It is counted in the next event.
    NotAgain,
}

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "from {address}"),
            Self::Subject => f.write_str("of this subject"),
            Self::Client => f.write_str("of this client"),
            Self::Tool => f.write_str("of this subject to this tool"),
        }
    }
}

impl RateExceeded {
    pub(super) fn new(limited: Limited, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let retry_after = Duration::from_secs(seconds.max(1));
        Self { limited, retry_after, recorded: Recorded::WithOthers(0) }
    }

    /// A stable code for audit and metrics.
    pub fn reason(&self) -> &'static str {
        match self.limited {
            Limited::Address(_) => "rate_limited_address",
            Limited::Subject | Limited::Client => "rate_limited_caller",
            Limited::Tool => "rate_limited_tool",
        }
    }
}
