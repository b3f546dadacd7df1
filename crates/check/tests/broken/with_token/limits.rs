//! Limits, and what is beyond them.

use super::{good_answers, header, method};
use crate::{
    fixture::{Known, Spoil, check, nothing, only},
    spoil::{replace, set},
};
use portcullis_testing::Spoiled;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// TM-34: of the limit itself nothing is said.
#[tokio::test]
async fn a_limit_that_does_not_say_for_how_long_is_told() {
    for retry_after in [None, Some("3")] {
        let report = check(good_answers(move |asked, answer| {
            if method(asked) == "notifications/cancelled" {
                replace(answer, 429, "application/json", "{}");
                if let Some(seconds) = retry_after {
                    set(answer, "retry-after", seconds);
                }
            }
        }))
        .await;
        match retry_after {
            None => drop(only(&report, "TM-34")),
            Some(_) => nothing(&report),
        }
    }
}

fn limited(known: &Known, most: usize) -> Spoil {
    let (good, asked_before) = (format!("Bearer {}", known.token), AtomicUsize::new(0));
    Spoil::server(Spoiled::answers(move |asked, answer| {
        if header(asked, "authorization") == good && asked_before.fetch_add(1, SeqCst) >= most {
            replace(answer, 429, "application/json", "{}");
        }
    }))
    .thorough()
}

/// TM-34: a burst meets it; and what it cut off is not judged.
#[tokio::test]
async fn a_limit_is_met_by_many_requests() {
    for most in [110, 30] {
        only(&check(|known| limited(known, most)).await, "TM-34");
    }
}

/// PD-07
#[tokio::test]
async fn a_large_body_that_breaks_the_server_is_told() {
    let spoil = |known: &Known| {
        let good = format!("Bearer {}", known.token);
        Spoil::server(Spoiled::answers(move |asked, answer| {
            let is_large =
                header(asked, "content-length").parse().is_ok_and(|length: usize| length > 1 << 20);
            if header(asked, "authorization") == good && is_large {
                replace(answer, 500, "text/plain", "no");
            }
        }))
        .thorough()
    };
    let finding = only(&check(spoil).await, "PD-07").clone();
    assert!(finding.said.unwrap().contains("6 MiB"));
}
