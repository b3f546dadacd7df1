//! Reasons about whose token it is: proofs that the sender has its key (RFC 9449), and what binds a token.

use super::{ReasonRow, Who};

pub(super) const ROWS: &[ReasonRow] = &[
    ReasonRow {
        code: "proof_missing",
        status: 401,
        who: Who::Client,
        brief: "a bound token came without a proof",
        meaning: "The token is bound to a key (cnf.jkt), and there is no DPoP header. Whoever copied the \
            token cannot make one.",
        remedy: "Have the client send a DPoP proof with each request, under the scheme DPoP.",
    },
    ReasonRow {
        code: "proof_repeated",
        status: 401,
        who: Who::Client,
        brief: "there is more than one DPoP header",
        meaning: "Two proofs, or two in one header: two readers could each check another one.",
        remedy: "Send one proof in one DPoP header; look whether a proxy adds or joins headers.",
    },
    ReasonRow {
        code: "proof_malformed",
        status: 401,
        who: Who::Client,
        brief: "the proof cannot be read",
        meaning: "It is no compact JWS with the members of RFC 9449 §4.2, has one twice or of a wrong \
            type, or is too large.",
        remedy: "Mend the client; the event says which part is wrong.",
    },
    ReasonRow {
        code: "proof_type",
        status: 401,
        who: Who::Client,
        brief: "the proof is of another type",
        meaning: "Its typ is not dpop+jwt, so it was made for something else.",
        remedy: "Mend the client.",
    },
    ReasonRow {
        code: "proof_algorithm",
        status: 401,
        who: Who::Client,
        brief: "the proof's algorithm is not accepted",
        meaning: "Its alg is symmetric, none, unknown, or not among those that the challenge lists as algs.",
        remedy: "Have the client choose one of algs, or allow its algorithm under dpop.",
    },
    ReasonRow {
        code: "proof_private_key",
        status: 401,
        who: Who::Client,
        brief: "the proof brings its private key along",
        meaning: "Its jwk has private members. Whoever has seen this request can now make proofs.",
        remedy: "The client must make a new key and get new tokens; mend it.",
    },
    ReasonRow {
        code: "proof_key",
        status: 401,
        who: Who::Client,
        brief: "the proof's key is none that is accepted",
        meaning: "Its jwk is not a public key for its alg: too small, not on its curve, or for another use.",
        remedy: "Mend the client; RSA keys need 2048 bits.",
    },
    ReasonRow {
        code: "proof_method",
        status: 401,
        who: Who::Client,
        brief: "the proof is for another method",
        meaning: "Its htm is not the method of the request. It may be one that was overheard.",
        remedy: "Have the client make a proof for each request.",
    },
    ReasonRow {
        code: "proof_target",
        status: 401,
        who: Who::Operator,
        brief: "the proof is for another URL",
        meaning: "Its htu is not the identifier of this resource; the event says what both are.",
        remedy: "If the client dials another URL, write the one it dials as the identifier, or have it \
            dial this one.",
    },
    ReasonRow {
        code: "proof_time",
        status: 401,
        who: Who::Client,
        brief: "the proof is too old, or from the future",
        meaning: "Its iat is further from now than proof_seconds.",
        remedy: "Compare the clocks; have the client make a proof for each request.",
    },
    ReasonRow {
        code: "proof_token",
        status: 401,
        who: Who::Client,
        brief: "the proof is for another token",
        meaning: "Its ath is missing, or the hash of another access token.",
        remedy: "Have the client make a proof for each request with the token it sends.",
    },
    ReasonRow {
        code: "proof_nonce",
        status: 401,
        who: Who::Client,
        brief: "the proof needs a nonce of this resource",
        meaning: "There is no nonce in it, or one that is too old. The answer has a fresh one in DPoP-Nonce.",
        remedy: "None: clients repeat the request with the nonce. All replicas need one session key.",
    },
    ReasonRow {
        code: "proof_other_key",
        status: 401,
        who: Who::Client,
        brief: "the token is bound to another key",
        meaning: "The proof is good, but its key is not the one in the token's cnf.jkt. The token may be \
            stolen.",
        remedy: "Have the client use the key it got the token with; if it did, look where the token leaked.",
    },
    ReasonRow {
        code: "proof_signature",
        status: 401,
        who: Who::Client,
        brief: "the proof's signature does not verify",
        meaning: "It is not by the key that it brings along.",
        remedy: "Mend the client.",
    },
    ReasonRow {
        code: "proof_replayed",
        status: 401,
        who: Who::Client,
        brief: "the proof was used before",
        meaning: "Each proof is good once. Somebody may be repeating what was overheard.",
        remedy: "Have the client make a proof for each request, also when it tries again.",
    },
    ReasonRow {
        code: "proof_forgotten",
        status: 401,
        who: Who::Client,
        brief: "the proof is older than what is remembered",
        meaning: "This caller made so many requests that its oldest proofs were forgotten, and this one is \
            as old: nobody can say whether it was used.",
        remedy: "Have the client make a new proof and try again; raise remembered_proofs if this happens \
            often.",
    },
    ReasonRow {
        code: "proof_memory_full",
        status: 503,
        who: Who::Operator,
        brief: "used proofs cannot be remembered",
        meaning: "The memory of used proofs is full, or does not answer, so a proof could be used twice. \
            Nobody new is let in meanwhile.",
        remedy: "Raise remembered_proofs, or limit rates.",
    },
    ReasonRow {
        code: "token_unbound",
        status: 401,
        who: Who::Client,
        brief: "the token is bound to no key",
        meaning: "It came under the scheme DPoP, or dpop is required, and it has no cnf.jkt.",
        remedy: "Have the client ask for a bound token, or the provider issue them; or set dpop = \
            \"supported\".",
    },
    ReasonRow {
        code: "token_binding_unsupported",
        status: 401,
        who: Who::Provider,
        brief: "the token is bound in another way",
        meaning: "Its cnf is not a key's thumbprint (jkt) alone, such as a certificate's, which cannot be \
            checked here.",
        remedy: "Have the provider bind tokens by DPoP.",
    },
];
