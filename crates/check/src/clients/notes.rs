//! What to know of a client although it goes on: what it does that some servers stumble over, told where this server might.

use super::{
    profile::{AsksFrom, Profile, Way, When},
    report::ClientNote,
    walk::Learned,
};
use crate::Seen;
use portcullis_oauth::is_loopback;

/// The notes that fit what was seen.
pub(super) fn notes(profile: &Profile, seen: &Seen, learned: &Learned) -> Vec<ClientNote> {
    let mut notes = Vec::new();
    if profile.asks_from == AsksFrom::Vendor && is_loopback(seen.subject.url()) {
        let said = format!(
            "{} asks from the servers of its maker, which cannot reach this machine; it is played as if they could.",
            profile.name
        );
        notes.push(ClientNote { said, link: None });
    }
    let told = profile
        .quirk
        .iter()
        .filter(|quirk| quirk.when.is_some_and(|when| is_so(when, profile, seen, learned)));
    notes.extend(told.map(|quirk| ClientNote { said: quirk.says.clone(), link: Some(quirk.link.clone()) }));
    notes
}

fn is_so(when: When, profile: &Profile, seen: &Seen, learned: &Learned) -> bool {
    let promises_iss =
        learned.server.as_ref().map(|server| server.says("authorization_response_iss_parameter_supported"));
    match when {
        When::Always => true,
        When::NoPath => seen.subject.url().path() == "/",
        When::NothingAtRoot => seen.documents.at_root.as_ref().is_some_and(|exchange| !exchange.is(200)),
        When::AddedScopeNotOffered => {
            let added = profile.scopes.adds.as_deref();
            added.is_some_and(|added| offered(learned).is_some_and(|offered| !offered.contains(&added)))
        }
        When::ResourceScopesNotOffered => {
            let needed = learned.resource.as_ref().map(|resource| resource.scopes_supported.as_slice());
            let is_missing = |offered: Vec<&str>| {
                needed.unwrap_or_default().iter().any(|needed| !offered.contains(&needed.as_str()))
            };
            offered(learned).is_some_and(is_missing)
        }
        When::RegistersDynamically => learned.way == Some(Way::Dynamic),
        When::RegistersByDocument => learned.way == Some(Way::Document),
        When::IssPromised => promises_iss == Some(true),
        When::IssNotPromised => promises_iss == Some(false),
    }
}

/// The scopes that the authorization server says it has; nothing where it does not say.
fn offered(learned: &Learned) -> Option<Vec<&str>> {
    learned.server.as_ref()?.list("scopes_supported")
}
