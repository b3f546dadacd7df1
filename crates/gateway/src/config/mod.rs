//! Configuration: from a file, the environment, or flags to typed settings; every problem at once.
//!
//! Absence refuses. Looser choices are written out, and said aloud at start ([`Config::notes`]).

mod environment;
mod file;
mod load;
mod problem;
mod scalekit;
mod section;
mod settings;
mod show;

pub use environment::{Variables, with_env_file};
pub use load::{Flags, Sources, load};
pub use problem::{Problem, Problems};
pub use scalekit::Scalekit;
pub use settings::Config;
