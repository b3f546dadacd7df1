//! Reasons about the token: none, a bad one, or one that cannot be judged.

use super::{ReasonRow, Who};

pub(super) const ROWS: &[ReasonRow] = &[
    ReasonRow {
        code: "token_missing",
        status: 401,
        who: Who::Client,
        brief: "no access token was sent",
        meaning: "There is no Authorization header with the scheme Bearer. This is how every client \
            begins: the challenge tells it where to get a token. A token in the query, in a form or \
            in a cookie counts as none.",
        remedy: "None, if a client is just beginning. Else send the token in the Authorization header.",
    },
    ReasonRow {
        code: "token_repeated",
        status: 400,
        who: Who::Client,
        brief: "the token was sent twice",
        meaning: "There are two Authorization headers, or one and a token in a form. Two readers could \
            each believe another one.",
        remedy: "Send the token once, in one Authorization header; look whether a proxy adds one of its \
            own.",
    },
    ReasonRow {
        code: "token_malformed",
        status: 401,
        who: Who::Client,
        brief: "the token cannot be read",
        meaning: "What was sent is no JSON Web Token of three parts with well-formed JSON, or has \
            characters that no token has. An opaque token of the provider looks like this too.",
        remedy: "Ask the provider for an access token for this resource; some providers give out opaque \
            tokens until an audience is asked for.",
    },
    ReasonRow {
        code: "token_too_long",
        status: 401,
        who: Who::Client,
        brief: "the token is longer than 16 KiB",
        meaning: "No token of this length is looked at.",
        remedy: "Have the provider put less into the token, such as groups or roles that nobody reads.",
    },
    ReasonRow {
        code: "token_critical_header",
        status: 401,
        who: Who::Provider,
        brief: "the token demands an extension",
        meaning: "The header of the token has crit, b64 or an encryption, which must be understood or \
            refused (RFC 7515 §4.1.11).",
        remedy: "Have the provider issue plain signed access tokens.",
    },
    ReasonRow {
        code: "token_claim_missing",
        status: 401,
        who: Who::Provider,
        brief: "a claim is missing that must be there",
        meaning: "An access token has iss, sub, aud and exp at least (RFC 9068 §2.2). The event says which \
            one is missing.",
        remedy: "Configure the provider to issue JWT access tokens for this resource; an audience is \
            often missing until an API is registered there.",
    },
    ReasonRow {
        code: "token_issuer",
        status: 401,
        who: Who::Operator,
        brief: "the token is from an issuer not configured here",
        meaning: "Its iss equals none of the configured issuers, byte for byte. A trailing slash counts, \
            and so does another environment of the same provider.",
        remedy: "Compare iss in the event with [[resource.issuer]]; the near miss in the event says which \
            one is meant. Else the client asked the wrong authorization server.",
    },
    ReasonRow {
        code: "token_algorithm",
        status: 401,
        who: Who::Operator,
        brief: "the token is signed in a way not allowed",
        meaning: "Its alg is none of those that its issuer may use here. Symmetric algorithms and none are \
            never allowed.",
        remedy: "If the provider does sign with it, add it to algorithms of the issuer.",
    },
    ReasonRow {
        code: "token_type",
        status: 401,
        who: Who::Operator,
        brief: "the token is of another type",
        meaning: "Its typ is not at+jwt, which RFC 9068 asks for, so it may be another kind of token.",
        remedy: "If the provider never sends at+jwt, write typ = \"relaxed\" for the issuer. Else the \
            client sends a token that is no access token.",
    },
    ReasonRow {
        code: "token_kind",
        status: 401,
        who: Who::Client,
        brief: "this is no access token",
        meaning: "It is an ID token, a logout token or a security event: it has a nonce, at_hash, events \
            or its own client as audience.",
        remedy: "Send the access_token of the token response, not the id_token.",
    },
    ReasonRow {
        code: "token_audience",
        status: 401,
        who: Who::Operator,
        brief: "the token is for another resource",
        meaning: "Its aud does not name this resource (RFC 8707). The event says what it names.",
        remedy: "Compare aud in the event with identifier and audience; a trailing slash counts. If it \
            names nothing of yours, register this resource at the provider, or have the client send \
            the resource parameter.",
    },
    ReasonRow {
        code: "token_expired",
        status: 401,
        who: Who::Client,
        brief: "the token has expired",
        meaning: "Its exp is past, by more than the leeway. Clients refresh their token when they read \
            this.",
        remedy: "None, if it happens once per lifetime. If it happens at once after issuing, compare the \
            clocks.",
    },
    ReasonRow {
        code: "token_not_yet_valid",
        status: 401,
        who: Who::Operator,
        brief: "the token is not valid yet",
        meaning: "Its nbf or iat is in the future, by more than the leeway: clocks disagree.",
        remedy: "Synchronise the clocks of this machine and of the provider; leeway allows for 60 seconds \
            at most.",
    },
    ReasonRow {
        code: "token_bound",
        status: 401,
        who: Who::Client,
        brief: "a key-bound token was sent as a bearer token",
        meaning: "Its cnf names a key, and nothing proves that the client has it.",
        remedy: "Send a proof with the token, or ask the provider for a token that is not bound.",
    },
    ReasonRow {
        code: "token_key_unknown",
        status: 401,
        who: Who::Provider,
        brief: "the issuer has no such key",
        meaning: "The newest set of keys, fetched after the token came, has none with its kid for its alg. \
            It was forged, or its key was withdrawn, or it is from another environment.",
        remedy: "If tokens of the provider are refused so, look whether jwks_uri is the one that signs \
            them.",
    },
    ReasonRow {
        code: "token_signature",
        status: 401,
        who: Who::Client,
        brief: "the signature does not verify",
        meaning: "The token was changed, or signed by somebody else under the name of a known key.",
        remedy: "If it happens to tokens fresh from the provider, look whether something on the way \
            changes them. Else somebody is trying.",
    },
    ReasonRow {
        code: "keys_unavailable",
        status: 503,
        who: Who::Operator,
        brief: "the keys of the issuer cannot be had",
        meaning: "The token cannot be judged at the moment: its issuer does not answer, or has just been \
            asked. Nobody is let in, and nobody is told that the token is bad.",
        remedy: "Look whether this machine reaches the issuer; the log says what failed. After a rotation \
            of keys it passes within half a minute.",
    },
    ReasonRow {
        code: "token_inactive",
        status: 401,
        who: Who::Client,
        brief: "the provider says the token is not active",
        meaning: "The introspection endpoint answered active: false: the token is expired, revoked, \
            unknown there, or not for us to ask about.",
        remedy: "The client gets a new one. If all tokens are, look whether the provider lets this \
            client_id introspect them.",
    },
    ReasonRow {
        code: "introspection_unavailable",
        status: 503,
        who: Who::Operator,
        brief: "nobody can say whether the token is good",
        meaning: "The introspection endpoint cannot be reached, does not answer in time, refuses our \
            credentials, or says what is no answer; or too many questions are under way. The log \
            says which.",
        remedy: "Look at the log and at the provider; then at introspection in the configuration.",
    },
    ReasonRow {
        code: "token_revoked",
        status: 401,
        who: Who::Operator,
        brief: "the token was revoked here",
        meaning: "It is good in itself, and an entry of the revocations matches it; the event names the \
            entry.",
        remedy: "None, if that is what was meant. Else delete the entry at the admin listener.",
    },
];
