//! What is revoked here: a list in memory, asked on every request, and the file in which it outlives the process.

mod denylist;
mod entry;
mod file;
mod index;
mod issuers;

#[cfg(test)]
mod tests;

pub use denylist::Denylist;
pub use file::RevocationsFileError;
pub use issuers::KnownIssuers;

pub(crate) use denylist::{AddError, MAX_LIFETIME, RemoveError};
pub(crate) use entry::{Entry, MAX_VALUE, Members, Order, What};
