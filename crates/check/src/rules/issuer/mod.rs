//! The authorization servers that issue tokens for the resource: their metadata, their keys, and their front doors.

mod keys;
mod members;
mod place;
mod registration;
mod sign_in;

use crate::{Exchange, Rule, Seen, Verdict, issuers::AuthorizationServer, not_asked::none_answered};
use Verdict::{Met, NotApplicable, Unmet};
use serde_json::{Map, Value};

/// In the order of what is read first.
pub(super) const RULES: &[&[Rule]] =
    &[place::RULES, members::RULES, keys::RULES, registration::RULES, sign_in::RULES];

const NOBODY: &str = "the resource names no authorization server";
const NO_METADATA: &str = "the authorization server has no metadata";

/// Why there is no document to judge.
fn no_metadata(issuer: &AuthorizationServer) -> Verdict<'_> {
    NotApplicable(none_answered(&issuer.places).unwrap_or(NO_METADATA))
}

/// What is said of all of them: the first that is wrong, else the first that is fine, else why none could be judged.
fn each(seen: &Seen, judge: impl Fn(&AuthorizationServer) -> Verdict<'_>) -> Verdict<'_> {
    let mut said = NotApplicable(NOBODY);
    for issuer in &seen.authorization_servers {
        match (judge(issuer), &said) {
            (Unmet(text, exchange), _) => return Unmet(text, exchange),
            (Met(exchange), NotApplicable(_)) => said = Met(exchange),
            (NotApplicable(reason), NotApplicable(_)) => said = NotApplicable(reason),
            (Met(_) | NotApplicable(_), _) => {}
        }
    }
    said
}

/// What is wrong with each document, if anything is.
fn each_document(
    seen: &Seen,
    judge: impl Fn(&AuthorizationServer, &Map<String, Value>) -> Result<(), String>,
) -> Verdict<'_> {
    each(seen, |issuer| match issuer.document() {
        None => no_metadata(issuer),
        Some((exchange, document)) => told(exchange, judge(issuer, &document)),
    })
}

fn told(exchange: &Exchange, judged: Result<(), String>) -> Verdict<'_> {
    match judged {
        Ok(()) => Met(exchange),
        Err(said) => Unmet(said, Some(exchange)),
    }
}
