//! Clients, played against a real server and a real authorization server: who stops at what, and who goes on.

use crate::{
    fixture::{Spoil, seen},
    spoil::{issuer_metadata, metadata},
};
use portcullis_check::{Seen, WalkStep, clients, play};

fn stopped(seen: &Seen) -> Vec<(&'static str, WalkStep)> {
    let reports = play(seen, &[]);
    assert_eq!(reports.len(), clients().count());
    reports.iter().filter_map(|report| Some((report.id, report.stops.as_ref()?.at))).collect()
}

/// CL-01 to CL-06
#[tokio::test]
async fn every_client_reaches_the_sign_in_page_of_ours() {
    let seen = seen(|_| Spoil::default()).await;
    assert_eq!(stopped(&seen), [], "{:#?}", play(&seen, &[]));
}

/// PRM-02: the mistake that people make most.
#[tokio::test]
async fn a_slash_too_many_stops_who_compares() {
    let seen = seen(metadata(|document| {
        let resource = document["resource"].as_str().unwrap_or_default();
        document["resource"] = format!("{resource}/").into();
    }))
    .await;
    let at = |id: &str| stopped(&seen).iter().find(|(stopped, _)| *stopped == id).map(|(_, at)| *at);
    assert_eq!(at("claude.ai"), Some(WalkStep::Resource));
    assert_eq!(at("vscode"), Some(WalkStep::ServerMetadata));
    assert_eq!(at("cursor"), None);
}

/// CL-04
#[tokio::test]
async fn a_provider_that_is_silent_about_pkce_stops_who_insists() {
    let silent = issuer_metadata(|document| {
        document.as_object_mut().map(|document| document.remove("code_challenge_methods_supported"));
    });
    let seen = seen(silent).await;
    assert_eq!(stopped(&seen), [("claude.ai", WalkStep::Pkce), ("chatgpt", WalkStep::Pkce)]);
}
