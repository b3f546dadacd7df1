//! Tokens that nobody issued, tokens in places where none belongs, and the status of such a request.

use super::with_token::{all, came, guarded, sent, shuts_out};
use crate::{Exchange, Forms, Level, Row, Rule, Seen, Verdict};
use Verdict::{Met, NotApplicable, Unmet};

pub(super) const RULES: &[Rule] = &[
    Rule {
        row: Row {
            id: "JW-04",
            level: Level::Must,
            source: "RFC 9068 §4; RFC 8725 §3.3",
            asks: "A token is refused whose signature is not its issuer's",
            why: "Anybody can write a token for anybody.",
            change: "Verify the signature of every token with the issuer's published keys, before a claim of it is believed; \
                     remember verified tokens by all of their bytes.",
        },
        judge: |seen| {
            guarded(seen, |accepted| {
                let forms = &accepted.forms;
                let altered =
                    forms.altered.iter().map(|it| shuts_out(it, "a token whose claims were altered"));
                let tampered = shuts_out(&forms.tampered, "a token whose signature was tampered with");
                all(std::iter::once(tampered).chain(altered))
            })
        },
    },
    Rule {
        row: Row {
            id: "JW-04",
            level: Level::Must,
            source: "RFC 8725 §3.1, §3.2; RFC 9068 §4",
            asks: "A token without a signature is refused, whatever it says of its algorithm",
            why: "Anybody can write a token for anybody: it says `alg: none`, and is believed.",
            change: "Take the algorithms from the configuration, never from the token; `none` is not one.",
        },
        judge: |seen| {
            guarded(seen, |accepted| {
                if accepted.forms.unsigned.is_empty() {
                    return NotApplicable("the token is no JWT, and has no algorithm");
                }
                let unsigned =
                    accepted.forms.unsigned.iter().map(|it| shuts_out(it, "a token with `alg: none`"));
                let stripped = accepted.forms.stripped.iter();
                all(unsigned.chain(stripped.map(|it| shuts_out(it, "a token without its signature"))))
            })
        },
    },
    Rule {
        row: Row {
            id: "RS-14",
            level: Level::Must,
            source: "MCP 2026-07-28, Authorization, Token Handling",
            asks: "A token that is not good is answered with 401",
            why: "Clients sign in again on 401 and on nothing else: with any other status the person is stuck.",
            change: "Answer 401 with a challenge where a token fails its verification.",
        },
        judge: |seen| guarded(seen, |accepted| is_401(seen, &accepted.forms)),
    },
    Rule {
        row: Row {
            id: "RS-05",
            level: Level::Must,
            source: "OAuth 2.1 §5.1; MCP 2026-07-28, Authorization, Token Requirements",
            asks: "A token in the query alone is no token",
            why: "URLs end up in logs, histories and Referer headers, and with them the token.",
            change: "Read the token from the Authorization header alone; never look into the query.",
        },
        judge: |seen| {
            guarded(seen, |accepted| {
                let unless = "a good token in a URL ends up in logs: it is tried only with --thorough";
                sent(accepted.forms.query.as_ref(), unless, |it| shuts_out(it, "a token in the query alone"))
            })
        },
    },
    Rule {
        row: Row {
            id: "RS-06",
            level: Level::Must,
            source: "MCP 2026-07-28, Authorization, Token Requirements",
            asks: "A token in a form is no token",
            why: "A page of another site can post a form without asking.",
            change: "Read the token from the Authorization header alone.",
        },
        judge: |seen| guarded(seen, |accepted| shuts_out(&accepted.forms.form, "a token in a form")),
    },
    Rule {
        row: Row {
            id: "RS-07",
            level: Level::Should,
            source: "RFC 6750 §2, §3.1",
            asks: "Two Authorization headers are refused with 400 invalid_request",
            why: "A proxy may check the first and the server take the second: who asked is then unknown.",
            change: "Refuse a request that has the header twice, with 400 and `error=\"invalid_request\"`.",
        },
        judge: |seen| guarded(seen, |accepted| are_malformed(&accepted.forms.twice)),
    },
    Rule {
        row: Row {
            id: "RS-04",
            level: Level::Must,
            source: "RFC 6750 §2.1: credentials = \"Bearer\" 1*SP b64token",
            asks: "What is no token68 after the scheme is refused",
            why: "Another parser on the way reads another token, or none.",
            change: "Take the whole value after the scheme, and refuse it where it has other characters than a token has.",
        },
        judge: |seen| {
            guarded(seen, |accepted| {
                all([
                    shuts_out(&accepted.forms.quoted, "a token in quotation marks"),
                    shuts_out(&accepted.forms.followed, "a token with another word after it"),
                ])
            })
        },
    },
];

fn is_401<'a>(seen: &'a Seen, forms: &'a Forms) -> Verdict<'a> {
    let tampered = &forms.tampered;
    if tampered.is_success() {
        return NotApplicable("it is accepted, which is worse");
    }
    if !seen.anonymous.forged.is(401) {
        return NotApplicable("a token that nobody signed is not answered with 401 either");
    }
    match came(tampered) {
        Err(verdict) => verdict,
        Ok(status) if status == 401 => Met(tampered),
        Ok(status) => {
            Unmet(format!("a tampered token was answered with {}", status.as_u16()), Some(tampered))
        }
    }
}

/// In the first request the first of the headers is good, in the second the second.
fn are_malformed([first, second]: &[Exchange; 2]) -> Verdict<'_> {
    for (exchange, taken) in [(first, "first"), (second, "second")] {
        if exchange.is_success() {
            return Unmet(format!("of two Authorization headers, the {taken} was taken"), Some(exchange));
        }
    }
    all([first, second].map(|exchange| match came(exchange) {
        Err(verdict) => verdict,
        Ok(status) if status == 400 => Met(exchange),
        Ok(status) => {
            Unmet(format!("two Authorization headers were answered with {}", status.as_u16()), Some(exchange))
        }
    }))
}
