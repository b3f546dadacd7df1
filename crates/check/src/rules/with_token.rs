//! What the rules share that need a token: whom they can be asked of, and how an answer is compared with what is asked.

use super::endpoint::{NO_ENDPOINT, is_website};
use crate::{Accepted, Authorized, Exchange, Legacy, Modern, Seen, Verdict};
use Verdict::{Met, NotApplicable, Unmet};
use http::StatusCode;

/// Of a server that a token was given for.
pub(super) fn with_token<'a>(
    seen: &'a Seen,
    judge: impl FnOnce(&'a Authorized) -> Verdict<'a>,
) -> Verdict<'a> {
    match &seen.authorized {
        _ if is_website(seen) => NotApplicable(NO_ENDPOINT),
        Some(authorized) => judge(authorized),
        None => NotApplicable("no token was given; with --token it is looked at"),
    }
}

/// Of a server that accepts the token.
pub(super) fn accepted<'a>(seen: &'a Seen, judge: impl FnOnce(&'a Accepted) -> Verdict<'a>) -> Verdict<'a> {
    with_token(seen, |authorized| match &authorized.accepted {
        Some(accepted) => judge(accepted),
        None => NotApplicable("the token that was given is not accepted"),
    })
}

/// Where the harmless request is answered in its plain form: what another form gets can be compared with that.
pub(super) fn good<'a>(seen: &'a Seen, judge: impl FnOnce(&'a Accepted) -> Verdict<'a>) -> Verdict<'a> {
    accepted(seen, |accepted| match accepted.forms.plain.is_success() {
        true => judge(accepted),
        false => {
            NotApplicable("the request that this is tried with was not answered with a good token either")
        }
    })
}

/// As [`good`], where a token is needed at all: what is let in without one says nothing of tokens.
pub(super) fn guarded<'a>(seen: &'a Seen, judge: impl FnOnce(&'a Accepted) -> Verdict<'a>) -> Verdict<'a> {
    if is_open(seen) { NotApplicable(OPEN) } else { good(seen, judge) }
}

pub(super) const OPEN: &str = "the server answers without a token";

/// Whether a first request is answered without a token.
pub(super) fn is_open(seen: &Seen) -> bool {
    let anonymous = &seen.anonymous;
    [&anonymous.initialize, &anonymous.discover, &anonymous.list].into_iter().any(Exchange::is_success)
}

pub(super) const STANDS_FOR_A_TOKEN: &str = "the session alone lets everybody in, which is worse";

/// Whether a session lets in whoever has no token (TL-14): what is let in with one says nothing of tokens then.
pub(super) fn stands_for_a_token(accepted: &Accepted) -> bool {
    let legacy = accepted.legacy.as_ref();
    legacy.and_then(|legacy| legacy.without_token.as_ref()).is_some_and(Exchange::is_success)
}

/// Of a server that speaks 2026-07-28.
pub(super) fn modern<'a>(seen: &'a Seen, judge: impl FnOnce(&'a Modern) -> Verdict<'a>) -> Verdict<'a> {
    accepted(seen, |accepted| match &accepted.modern {
        Some(modern) => judge(modern),
        None => NotApplicable("the server does not speak 2026-07-28"),
    })
}

/// Of a server that speaks a revision with a handshake.
pub(super) fn legacy<'a>(seen: &'a Seen, judge: impl FnOnce(&'a Legacy) -> Verdict<'a>) -> Verdict<'a> {
    accepted(seen, |accepted| match &accepted.legacy {
        Some(legacy) => judge(legacy),
        None => NotApplicable("the server speaks no revision before 2026-07-28"),
    })
}

/// What must have been sent to be judged.
pub(super) fn sent<'a>(
    exchange: Option<&'a Exchange>,
    otherwise: &'static str,
    judge: impl FnOnce(&'a Exchange) -> Verdict<'a>,
) -> Verdict<'a> {
    exchange.map_or(NotApplicable(otherwise), judge)
}

/// The status, where the answer is one to what was asked.
pub(super) fn came(exchange: &Exchange) -> Result<StatusCode, Verdict<'_>> {
    match exchange.status() {
        None => Err(NotApplicable("no answer came")),
        Some(StatusCode::TOO_MANY_REQUESTS) => {
            Err(NotApplicable("the server limits how many requests it answers, and this was one too many"))
        }
        Some(status) => Ok(status),
    }
}

/// Any 2xx is asked for.
pub(super) fn accepts<'a>(exchange: &'a Exchange, what: &str) -> Verdict<'a> {
    match came(exchange) {
        Err(verdict) => verdict,
        Ok(status) if status.is_success() => Met(exchange),
        Ok(status) => Unmet(format!("{what} was answered with {}", status.as_u16()), Some(exchange)),
    }
}

/// Anything but 2xx is asked for: what it is, another rule judges.
pub(super) fn shuts_out<'a>(exchange: &'a Exchange, what: &str) -> Verdict<'a> {
    match came(exchange) {
        Err(verdict) => verdict,
        Ok(status) if status.is_success() => {
            Unmet(format!("{what} was answered with {}", status.as_u16()), Some(exchange))
        }
        Ok(_) => Met(exchange),
    }
}

/// Any 4xx is asked for.
pub(super) fn refuses<'a>(exchange: &'a Exchange, what: &str) -> Verdict<'a> {
    match came(exchange) {
        Err(verdict) => verdict,
        Ok(status) if status.is_client_error() => Met(exchange),
        Ok(status) => Unmet(format!("{what} was answered with {}", status.as_u16()), Some(exchange)),
    }
}

/// No result is asked for: a 4xx, or a JSON-RPC error in whatever status.
pub(super) fn has_no_result<'a>(exchange: &'a Exchange, what: &str) -> Verdict<'a> {
    match came(exchange) {
        Err(verdict) => verdict,
        Ok(status) if status.is_client_error() || exchange.code().is_some() => Met(exchange),
        Ok(status) => Unmet(format!("{what} was answered with {}", status.as_u16()), Some(exchange)),
    }
}

/// One status and one JSON-RPC code are asked for.
pub(super) fn answers<'a>(exchange: &'a Exchange, what: &str, status: u16, code: i64) -> Verdict<'a> {
    let came = match came(exchange) {
        Err(verdict) => return verdict,
        Ok(came) => came.as_u16(),
    };
    let came_code = exchange.code();
    if came == status && came_code == Some(code) {
        return Met(exchange);
    }
    let with = match came_code {
        Some(code) => format!("{came} and the code {code}"),
        None => format!("{came} and no JSON-RPC error"),
    };
    Unmet(format!("{what} was answered with {with}, not {status} and {code}"), Some(exchange))
}

/// The first verdict that is not `Met`, else the first.
pub(super) fn all<'a>(verdicts: impl IntoIterator<Item = Verdict<'a>>) -> Verdict<'a> {
    let mut met = None;
    let mut other = None;
    for verdict in verdicts {
        match verdict {
            Unmet(..) => return verdict,
            Met(_) => met = met.or(Some(verdict)),
            NotApplicable(_) => other = other.or(Some(verdict)),
        }
    }
    met.or(other).unwrap_or(NotApplicable("there was nothing to judge"))
}
