//! What a resource publishes about itself (RFC 9728): where it is, whose it is, and what is in it.

mod identity;
mod members;
mod place;

use crate::{Exchange, Rule, Seen};
use serde_json::{Map, Value};

/// In the order of what is read first.
pub(super) const RULES: &[&[Rule]] = &[place::RULES, identity::RULES, members::RULES];

const NOWHERE: &str = "there is no metadata";

/// What clients read.
fn read(seen: &Seen) -> Option<(&Exchange, Map<String, Value>)> {
    seen.documents.raw()
}
