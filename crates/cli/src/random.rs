//! The operating system's randomness, for what a process makes up at start.

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

pub(crate) fn session_key() -> anyhow::Result<[u8; 32]> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).ok().context("this machine has no randomness")?;
    Ok(key)
}

pub(crate) fn id() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok().context("this machine has no randomness")?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
