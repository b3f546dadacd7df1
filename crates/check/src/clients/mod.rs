//! "It works in one client and not in another": what each kind of client does on its way to the sign-in page, played against what
//! was seen.
//!
//! What is known of a client is data, a file each in `clients/`: which version was looked at and when, which requests it makes in
//! which order, how strictly it compares, and what stops it, with a link to whoever found out. What is not known of a client is
//! left out there, and said. Nothing is registered and no page is opened: whether a client could register is judged by what the
//! authorization server says of itself.

mod compare;
mod metadata;
mod notes;
mod places;
mod profile;
mod registration;
mod report;
mod stop;
#[cfg(test)]
mod tests;
mod visits;
mod walk;

pub use report::{ClientNote, ClientReport, ClientStep, Stop, WalkStep};
pub use visits::Visits;

pub(crate) use visits::visit;

use crate::Seen;
use profile::Profile;
use std::sync::LazyLock;

/// In order of how many people use them.
const FILES: &[(&str, &str)] = &[
    ("claude.ai", include_str!("../../clients/claude.ai.toml")),
    ("chatgpt", include_str!("../../clients/chatgpt.toml")),
    ("claude-code", include_str!("../../clients/claude-code.toml")),
    ("cursor", include_str!("../../clients/cursor.toml")),
    ("vscode", include_str!("../../clients/vscode.toml")),
    ("codex", include_str!("../../clients/codex.toml")),
    ("gemini-cli", include_str!("../../clients/gemini-cli.toml")),
    ("inspector", include_str!("../../clients/inspector.toml")),
    ("mcp-remote", include_str!("../../clients/mcp-remote.toml")),
];

static PROFILES: LazyLock<Vec<(&str, Profile)>> = LazyLock::new(|| {
    let parsed = FILES.iter().map(|(id, text)| (*id, Profile::parse(text)));
    parsed.map(|(id, profile)| (id, profile.expect("our own files, and a test reads each"))).collect()
});

/// What clients are called on the command line, in order of how many people use them.
pub fn clients() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(id, _)| *id)
}

/// Plays the named clients, or all of them where none is named. A name that is none of [`clients`] plays nothing.
#[must_use]
pub fn play(seen: &Seen, names: &[&str]) -> Vec<ClientReport> {
    let played = PROFILES.iter().filter(|(id, _)| names.is_empty() || names.contains(id));
    played.map(|(id, profile)| walk::walk(id, profile, seen).report).collect()
}
