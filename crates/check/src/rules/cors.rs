//! Clients in a browser, and pages that are none: what may be read from where.

use crate::{
    Authorized, Exchange, Level, Row, Rule, Seen, Verdict,
    issuers::NOWHERE,
    pages::{SENT_BY_CLIENTS, lets_in},
    rules::endpoint::{NO_ENDPOINT, is_endpoint},
};
use Verdict::{Met, NotApplicable, Unmet};

pub(super) const RULES: &[&[Rule]] = &[&[
    Rule {
        row: Row {
            id: "TM-02",
            level: Level::Must,
            source: "MCP 2025-11-25 and 2026-07-28, Streamable HTTP, Security",
            asks: "A request from a page of somebody else's is refused with 403",
            why: "A page that its user merely visits can otherwise reach servers on their machine and in their network.",
            change: "Compare `Origin` with the origins that may call, and answer 403 to any other; a request without `Origin` is no page's.",
        },
        judge: a_foreign_page_is_refused,
    },
    Rule {
        row: Row {
            id: "TM-41",
            level: Level::Practice,
            source: "MCP conformance suite, dns-rebinding-protection",
            asks: "A server on loopback is not reached by a name that is not its own",
            why: "A page can point its own name to 127.0.0.1, and is then of the same origin as the server (DNS rebinding).",
            change: "Compare `Host` with `localhost`, `127.0.0.1` and `[::1]`, port included, and answer 403 to any other.",
        },
        judge: another_name_is_refused,
    },
    Rule {
        row: Row {
            id: "CO-01",
            level: Level::Practice,
            source: "Fetch §3.2.5",
            asks: "No page of anybody's may call with credentials",
            why: "With `*` or a repeated origin and credentials, any page may act as whoever visits it.",
            change: "Leave `Access-Control-Allow-Credentials` out: tokens come in a header, and need no cookies.",
        },
        judge: nobody_has_credentials,
    },
    Rule {
        row: Row {
            id: "CH-22",
            level: Level::Practice,
            source: "Fetch §4.8 (preflights carry no credentials)",
            asks: "A preflight is answered, without a token",
            why: "The Inspector and other clients that run in a browser cannot connect at all.",
            change: "Answer OPTIONS before the token is asked for: CORS goes around authentication, not into it.",
        },
        judge: a_preflight_is_answered,
    },
    Rule {
        row: Row {
            id: "TM-17",
            level: Level::Practice,
            source: "MCP 2026-07-28, Standard Headers; Fetch §4.8",
            asks: "A preflight allows the headers that clients must send",
            why: "A client in a browser is stopped by the browser before it has sent anything.",
            change: "Name all of them in `Access-Control-Allow-Headers`; `*` does not stand for Authorization.",
        },
        judge: the_clients_headers_are_allowed,
    },
    Rule {
        row: Row {
            id: "CH-22",
            level: Level::Practice,
            source: "Fetch §3.2.6; RFC 9449 §7.1",
            asks: "A page can read WWW-Authenticate",
            why: "A client in a browser gets a 401 and cannot see where to sign in.",
            change: "Write `Access-Control-Expose-Headers: WWW-Authenticate, Mcp-Session-Id`, on refusals too.",
        },
        judge: the_challenge_can_be_read,
    },
    Rule {
        row: Row {
            id: "TL-11",
            level: Level::Practice,
            source: "MCP 2025-11-25, Session Management; Fetch §3.2.6",
            asks: "A page can read Mcp-Session-Id, where there are sessions",
            why: "A client in a browser opens a session and cannot go on in it.",
            change: "Write `Access-Control-Expose-Headers: WWW-Authenticate, Mcp-Session-Id`.",
        },
        judge: the_session_can_be_read,
    },
    Rule {
        row: Row {
            id: "TL-22",
            level: Level::Practice,
            source: "MCP 2025-03-26, Metadata Discovery; Fetch §3.2",
            asks: "Any page can read the metadata, and may send MCP-Protocol-Version with it",
            why: "A client in a browser does not learn who issues tokens.",
            change: "Answer with `Access-Control-Allow-Origin: *`, and preflights with `Access-Control-Allow-Headers: MCP-Protocol-Version`.",
        },
        judge: the_metadata_can_be_read,
    },
]];

fn a_foreign_page_is_refused(seen: &Seen) -> Verdict<'_> {
    refused(seen, &seen.pages.foreign)
}

fn another_name_is_refused(seen: &Seen) -> Verdict<'_> {
    match &seen.pages.rebound {
        None => NotApplicable("the server is not on loopback"),
        Some(exchange) if exchange.status().is_some_and(|it| it.is_client_error()) && !exchange.is(401) => {
            Met(exchange)
        }
        Some(exchange) => refused(seen, exchange),
    }
}

/// Where the token is asked for first, it cannot be seen what comes after.
fn refused<'a>(seen: &Seen, exchange: &'a Exchange) -> Verdict<'a> {
    match exchange.status().map(|status| status.as_u16()) {
        Some(403) => Met(exchange),
        Some(401) if seen.subject.token.is_none() => {
            NotApplicable("the token is asked for first: give one to see what comes after it")
        }
        Some(401) if !seen.authorized.as_ref().is_some_and(Authorized::is_accepted) => {
            NotApplicable("the token that was given is not accepted")
        }
        _ if !is_endpoint(seen) => NotApplicable(NO_ENDPOINT),
        None => NotApplicable("there was no answer"),
        Some(status) => Unmet(format!("it was answered with {status}"), Some(exchange)),
    }
}

fn nobody_has_credentials(seen: &Seen) -> Verdict<'_> {
    let pages = &seen.pages;
    let answers = [
        Some(&pages.preflight),
        pages.own_preflight.as_ref(),
        pages.challenged.as_ref(),
        pages.admitted.as_ref(),
        pages.metadata.as_ref(),
        Some(&pages.foreign),
    ];
    let mut answers = answers.into_iter().flatten().filter(|answer| lets_in(answer)).peekable();
    let Some(first) = answers.peek().copied() else { return NotApplicable("no page is let in") };
    let is_anybodys = |answer: &&Exchange| {
        let origin = answer.header("access-control-allow-origin").unwrap_or_default();
        let with_credentials = answer.header("access-control-allow-credentials") == Some("true");
        with_credentials && (origin == "*" || origin == NOWHERE)
    };
    match answers.find(is_anybodys) {
        Some(exchange) => {
            let origin = exchange.header("access-control-allow-origin").unwrap_or_default();
            Unmet(format!("{origin} may call with credentials"), Some(exchange))
        }
        None => Met(first),
    }
}

fn a_preflight_is_answered(seen: &Seen) -> Verdict<'_> {
    let pages = &seen.pages;
    if let Some(exchange) = pages.let_in() {
        return match exchange.status() {
            Some(status) if status.is_success() => Met(exchange),
            _ => Unmet(format!("it was answered with {}", told(exchange)), Some(exchange)),
        };
    }
    let preflight = &pages.preflight;
    if !is_endpoint(seen) {
        return NotApplicable(NO_ENDPOINT);
    }
    match preflight.status().map(|status| status.as_u16()) {
        None => NotApplicable("there was no answer"),
        Some(403) => NotApplicable("pages are not let in"),
        Some(401) => Unmet("a token is asked for, and preflights have none".to_owned(), Some(preflight)),
        Some(_) => Unmet(
            format!("it was answered with {} and without `Access-Control-Allow-Origin`", told(preflight)),
            Some(preflight),
        ),
    }
}

fn told(exchange: &Exchange) -> String {
    exchange.status().map(|status| status.as_u16().to_string()).unwrap_or_default()
}

const NOT_LET_IN: &str = "no page is let in";

fn the_clients_headers_are_allowed(seen: &Seen) -> Verdict<'_> {
    let Some(exchange) = seen.pages.let_in() else { return NotApplicable(NOT_LET_IN) };
    let allowed = names(exchange, "access-control-allow-headers");
    let has = |name: &str| {
        allowed.iter().any(|allowed| allowed == name || allowed == "*" && name != "authorization")
    };
    let missing: Vec<&str> = SENT_BY_CLIENTS.into_iter().filter(|name| !has(name)).collect();
    if missing.is_empty() {
        return Met(exchange);
    }
    Unmet(format!("not allowed: {}", missing.join(", ")), Some(exchange))
}

fn the_challenge_can_be_read(seen: &Seen) -> Verdict<'_> {
    match &seen.pages.challenged {
        None => NotApplicable(NOT_LET_IN),
        Some(exchange) if !exchange.is(401) => {
            NotApplicable("a request without a token is not answered with 401")
        }
        Some(exchange) => exposes(exchange, "www-authenticate"),
    }
}

fn the_session_can_be_read(seen: &Seen) -> Verdict<'_> {
    match &seen.pages.admitted {
        None => NotApplicable("it takes a token and a page that is let in"),
        Some(exchange) if exchange.header("mcp-session-id").is_none() => {
            NotApplicable("there are no sessions")
        }
        Some(exchange) => exposes(exchange, "mcp-session-id"),
    }
}

fn exposes<'a>(exchange: &'a Exchange, name: &str) -> Verdict<'a> {
    if !lets_in(exchange) {
        return Unmet("the answer itself has no `Access-Control-Allow-Origin`".to_owned(), Some(exchange));
    }
    let exposed = names(exchange, "access-control-expose-headers");
    if exposed.iter().any(|exposed| exposed == name || exposed == "*") {
        return Met(exchange);
    }
    Unmet(format!("{name} is not exposed"), Some(exchange))
}

fn the_metadata_can_be_read(seen: &Seen) -> Verdict<'_> {
    let (Some(read), Some(preflight)) = (&seen.pages.metadata, &seen.pages.metadata_preflight) else {
        return NotApplicable("there is no metadata");
    };
    if !lets_in(read) {
        return Unmet("there is no `Access-Control-Allow-Origin`".to_owned(), Some(read));
    }
    let allowed = names(preflight, "access-control-allow-headers");
    let is_allowed = allowed.iter().any(|name| name == "mcp-protocol-version" || name == "*");
    if lets_in(preflight) && is_allowed && preflight.status().is_some_and(|status| status.is_success()) {
        return Met(read);
    }
    Unmet("a preflight with MCP-Protocol-Version is not allowed".to_owned(), Some(preflight))
}

/// The names in a header, in lower case; all its lines together.
fn names(exchange: &Exchange, header: &str) -> Vec<String> {
    let values = exchange.headers().map(|headers| headers.get_all(header).iter());
    let texts = values.into_iter().flatten().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect()
}
