//! The door as a program has it: HTTP over reqwest, under the rules of [`Trust`](crate::Trust).

mod asker;
mod cache_control;
mod exchange;
mod http_fetcher;
mod json_poster;
mod plain;
mod public_only;

pub use asker::Asker;
pub use exchange::SetupError;
pub use http_fetcher::{HttpFetcher, Limits};
pub use json_poster::JsonPoster;
pub use plain::plain_client;
