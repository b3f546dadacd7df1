//! Stand-ins for what tests cannot have: keys, time, the network, an upstream, a Scalekit environment.
//!
//! Only ever a dev-dependency. Everything here is deterministic and keeps to loopback; nothing sleeps, and what has
//! to wait says when it may go on. A stand-in panics where a test has misused it: that is how a test hears of it.
//!
//! ```
//! use portcullis_oauth::Clock as _;
//! use portcullis_testing::{TestClock, TestKey, Token};
//!
//! let without_audience = Token::at(TestClock::default().now()).without("aud").sign(&TestKey::rsa());
//! assert_eq!(without_audience.split('.').count(), 3);
//! ```

mod clock;
mod fetch;
pub mod introspection;
mod key;
mod proof;
pub mod scalekit;
mod server;
mod spoiled;
mod token;
mod trace;
pub mod upstream;

pub use clock::TestClock;
pub use fetch::{Answer, FakeFetch};
pub use introspection::IntrospectionStandIn;
pub use key::TestKey;
pub use proof::thumbprint;
pub use scalekit::ScalekitStandIn;
pub use server::{LoopbackPort, LoopbackServer, serve, serve_at};
pub use spoiled::Spoiled;
pub use token::Token;
pub use trace::secret;
pub use upstream::Upstream;
