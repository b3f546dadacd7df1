//! What an MCP client sees as its authorization server. So far the small one of `portcullis dev`: test users, memory
//! only, one signing key in a private file. It is for development, and says so wherever a person looks.

mod authorize;
mod client_id;
mod grants;
mod key;
mod metadata;
mod mint;
mod page;
mod registration;
mod server;
mod token;

pub use key::{SigningKey, SigningKeyError};
pub use mint::{MintRequest, TestUser, mint};
pub use server::{DevAuthorizationServer, DevConfig};
