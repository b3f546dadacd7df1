//! What other tokens get, where they were given.

use super::{Authorized, door::Door, probe::Probe};
use crate::{Exchange, Other, Subject, mcp};
use serde_json::json;

/// One of them.
#[derive(Clone, Debug)]
pub struct OtherLook {
    /// What is other about it.
    pub other: Other,
    /// Which it is of those that were given.
    pub index: usize,
    /// What asks for nothing, and what lists things.
    pub requests: Vec<Exchange>,
    /// In the session of the token that is good; nothing where there is none.
    pub in_session: Option<Exchange>,
}

pub(super) async fn look(
    subject: &Subject,
    seen: &Authorized,
    probe: &Probe,
    door: &mut Door<'_>,
) -> Vec<OtherLook> {
    let mut looked = Vec::new();
    for (index, given) in subject.other_tokens.iter().enumerate() {
        let shown = given.other.shown();
        let latest = seen.latest();
        let mut requests = Vec::new();
        if seen.is_modern() {
            for method in ["server/discover", "tools/list"] {
                let sent = mcp::modern(probe.url(), method, json!({}));
                requests.push(door.with(sent, &given.token, shown).await);
            }
        } else {
            requests.push(door.with(mcp::initialize(probe.url(), mcp::LEGACY), &given.token, shown).await);
        }
        let in_session =
            match latest.and_then(|latest| Some((latest.agreed.as_ref()?, latest.session.as_ref()?))) {
                None => None,
                Some((revision, session)) => {
                    let sent = mcp::request(probe.url(), "tools/list", json!({})).of(revision, Some(session));
                    Some(door.with(sent, &given.token, shown).await)
                }
            };
        looked.push(OtherLook { other: given.other, index, requests, in_session });
    }
    looked
}
