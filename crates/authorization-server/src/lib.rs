//! What an MCP client sees as its authorization server. So far the small one of `portcullis dev`: test users, memory
//! only, one signing key in a private file. It is for development, and says so wherever a person looks.
//!
//! A client registers (`registration`), sends a person to sign in (`authorize`), and turns the code into tokens
//! (`token`). What it registered travels in its own client id (`client_id`); what was granted and not yet fetched is held
//! in bounded memory (`grants`).

mod authorize;
mod client_id;
mod cors;
mod grants;
mod host;
mod key;
mod key_file;
mod metadata;
mod mint;
mod parameters;
mod pkce;
mod randomness;
mod redirect_uri;
mod registration;
mod reply;
mod seal;
mod server;
mod token;
mod token_error;

pub use key::SigningKey;
pub use key_file::SigningKeyError;
pub use mint::{MintRequest, TestUser, mint};
pub use randomness::{NoRandomness, Randomness, SystemRandomness};
pub use server::{DevAuthorizationServer, DevConfig};
