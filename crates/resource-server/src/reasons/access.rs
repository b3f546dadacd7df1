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
    ReasonRow {
        code: "caller_refused",
        status: 403,
        who: Who::Operator,
        brief: "the rule is for other callers",
        meaning: "A rule names what was asked for, or allow names who may ask, and the caller is not among \
            them: another subject, tenant, client or issuer, or a machine where people are meant. To \
            the client it looks as if nothing were there.",
        remedy: "None, if that is what was meant. Else add the caller to the rule.",
    },
    ReasonRow {
        code: "condition_denied",
        status: 403,
        who: Who::Operator,
        brief: "the rule's condition does not hold",
        meaning: "The condition of the rule was judged, and is false. To the client it looks as if nothing \
            were there.",
        remedy: "None, if that is what was meant. Else mend `when`; a test of rules tries it.",
    },
    ReasonRow {
        code: "condition_failed",
        status: 403,
        who: Who::Operator,
        brief: "the rule's condition could not be judged",
        meaning: "It looks at a member that is not there, compares values of different kinds, or the \
            arguments are too long or could be read in two ways. What cannot be judged is a no.",
        remedy: "Ask has(…) for what may be absent, and try the rule with [[resource.test]].",
    },
    ReasonRow {
        code: "check_denied",
        status: 403,
        who: Who::Operator,
        brief: "the operator's own service says no",
        meaning: "The service of [resource.check] answered allow: false; the event has its reason as \
            check_reason.",
        remedy: "Ask that service.",
    },
    ReasonRow {
        code: "check_unaskable",
        status: 403,
        who: Who::Client,
        brief: "the service cannot be asked about this call",
        meaning: "The arguments could be read in two ways, or the question would be too long, so nothing \
            was asked.",
        remedy: "Send arguments without repeated members and within 64 KiB.",
    },
    ReasonRow {
        code: "check_unavailable",
        status: 503,
        who: Who::Operator,
        brief: "the operator's own service has no answer",
        meaning: "The service of [resource.check] cannot be reached, does not answer in time, or answers \
            what is no answer; or too many questions are under way.",
        remedy: "Look at that service and at timeout_ms.",
    },
];
