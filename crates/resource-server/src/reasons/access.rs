//! Reasons about what this caller may do.

use super::{ReasonRow, Who};

pub(super) const ROWS: &[ReasonRow] = &[
    ReasonRow {
        code: "session_unknown",
        status: 404,
        who: Who::Client,
        brief: "the session is not known",
        meaning: "The session id was not given to this subject with this client at this resource, is too \
            old, or was sealed with another key. Which of these it is, nobody is told.",
        remedy: "Clients initialize a new session by themselves. If all of them must after each restart \
            or at each replica, configure one PORTCULLIS_SESSION_KEY.",
    },
    ReasonRow {
        code: "insufficient_scope",
        status: 403,
        who: Who::Client,
        brief: "the token lacks a scope",
        meaning: "The rules ask for more scopes than were granted; the event says which are missing, and \
            the challenge asks for all that the operation needs. Clients ask the user for them and \
            come back.",
        remedy: "None, if clients step up. If they do not, have the provider offer and grant the scopes \
            to them.",
    },
    ReasonRow {
        code: "step_up_exhausted",
        status: 403,
        who: Who::Provider,
        brief: "token after token lacks the scope",
        meaning: "Three tokens of this subject with this client were asked to come back with a scope, and a fourth lacks \
            it too: the authorization server does not grant it. For ten minutes the client is not asked again, so that \
            nobody goes round in sign-ins.",
        remedy: "Have the provider offer the scope for this resource, and grant it to this user and client; missing_scope \
            in the event names it.",
    },
    ReasonRow {
        code: "unlisted",
        status: 403,
        who: Who::Operator,
        brief: "no rule lists it",
        meaning: "No rule names the tool, prompt or resource, and default is \"refuse\". No scope would \
            help, so clients are not sent for one.",
        remedy: "If it is meant to be called, add a rule for it.",
    },
    ReasonRow {
        code: "rate_limited_address",
        status: 429,
        who: Who::Operator,
        brief: "too many requests from one address",
        meaning: "More came from one address than rate_limits.per_address allows. Of each address one \
            event a minute is recorded; unrecorded counts the others.",
        remedy: "If it is a proxy, name it in trusted_proxies; if many people share the address, raise \
            the rate. Else it is a flood, and it is being held.",
    },
    ReasonRow {
        code: "rate_limited_caller",
        status: 429,
        who: Who::Client,
        brief: "too many requests of one caller",
        meaning: "One subject, or one client for all its users, asked more often than per_subject or \
            per_client allow; the event says which.",
        remedy: "Wait as long as Retry-After says; look for a client that runs in circles, or raise the \
            rate.",
    },
    ReasonRow {
        code: "rate_limited_tool",
        status: 429,
        who: Who::Client,
        brief: "one tool was called too often",
        meaning: "One subject called the tool more often than per_tool, or its own rate, allows.",
        remedy: "Wait as long as Retry-After says, or raise the rate of the tool.",
    },
];
