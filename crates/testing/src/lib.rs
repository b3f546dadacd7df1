//! What only tests use: keys, tokens, a clock, a network that does as it is told. Never published.

mod clock;
mod fetch;
mod key;
mod token;

pub use clock::TestClock;
pub use fetch::{Answer, FakeFetch};
pub use key::TestKey;
pub use token::Token;
