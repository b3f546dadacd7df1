//! Why a token was not accepted: one variant a rule, with what the operator needs to know as fields.

use portcullis_oauth::NumericDate;
use std::time::Duration;

/// The token is no proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Not a compact JWS with well-formed JSON (JW-19).
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// `crit`, `b64`, or an encrypted token (RFC 7515 §4.1.11).
    #[error("the header demands an extension that is not understood (RFC 7515 §4.1.11)")]
    Critical,
    /// A claim that must be there is not.
    #[error("the claim {0} is missing")]
    Missing(&'static str),
    /// No configured issuer has this identifier (RS-16).
    #[error("the issuer {issuer:?} is not configured")]
    ForeignIssuer {
        /// The `iss` of the token.
        issuer: String,
    },
    /// `alg` is not among those the issuer may use (JW-11, JW-12).
    #[error("the algorithm {alg:?} is not allowed for this issuer")]
    Algorithm {
        /// The `alg` of the token.
        alg: String,
    },
    /// `typ` is not an access token's (JW-01).
    #[error("the typ {} is not an access token's", typ.as_deref().map_or("none".into(), |typ| format!("{typ:?}")))]
    Typ {
        /// The `typ` of the token, if any.
        typ: Option<String>,
    },
    /// An ID token, a logout token or a security event (JW-14).
    #[error("this is not an access token: {0}")]
    OtherKind(&'static str),
    /// `aud` does not name this resource (RS-09).
    #[error("the audience {found:?} does not name this resource")]
    Audience {
        /// The `aud` of the token.
        found: Vec<String>,
    },
    /// Past `exp` (JW-05).
    #[error("expired {ago} s ago")]
    Expired {
        /// Seconds since `exp`.
        ago: u64,
    },
    /// Before `nbf`, or issued in the future (JW-21).
    #[error("valid only in {in_seconds} s")]
    NotYetValid {
        /// Seconds until then.
        in_seconds: u64,
    },
    /// `cnf` binds it, and it came without proof, as if anyone could use it (RFC 9449 §7.2).
    #[error("the token is bound to a key (cnf) and was sent under the Bearer scheme")]
    Bound,
    /// Under the DPoP scheme, with a `cnf` that is not a key's thumbprint alone.
    #[error("the token is bound by other means than a DPoP key (cnf), which cannot be checked here")]
    OtherBinding,
    /// Under the DPoP scheme, or where every token must be bound, without `cnf.jkt` (RFC 9449 §7.1).
    #[error("the token is not bound to a key (no cnf.jkt)")]
    Unbound,
    /// Good in itself, and called back (RS-14).
    #[error("the token was revoked, by entry {entry}")]
    Revoked {
        /// Which entry says so.
        entry: String,
    },
    /// The issuer's newest key set has no such key.
    #[error("the issuer has no key {kid:?} for {alg}")]
    UnknownKey {
        /// The `kid` of the token.
        kid: Option<String>,
        /// The `alg` of the token.
        alg: String,
    },
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// The issuer says that it is not active (RFC 7662 §2.2): it has ended, was revoked, or was never issued.
    #[error("the issuer says that the token is not active")]
    Inactive,
}

/// The verifier's answer when it does not accept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// 401 `invalid_token`.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// 503: nobody can say yet. Never 401, never accepted.
    #[error("the issuer's keys cannot be had; try again in {retry_after:?}")]
    KeysUnavailable {
        /// When to come back.
        retry_after: Duration,
    },
    /// 503: the issuer could not be asked, or gave no answer (IN-08).
    #[error("the issuer cannot be asked about the token; try again in {retry_after:?}")]
    IntrospectionUnavailable {
        /// When to come back.
        retry_after: Duration,
    },
}

impl TokenError {
    /// A stable code for audit and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "token_malformed",
            Self::Critical => "token_critical_header",
            Self::Missing(_) => "token_claim_missing",
            Self::ForeignIssuer { .. } => "token_issuer",
            Self::Algorithm { .. } => "token_algorithm",
            Self::Typ { .. } => "token_type",
            Self::OtherKind(_) => "token_kind",
            Self::Audience { .. } => "token_audience",
            Self::Expired { .. } => "token_expired",
            Self::NotYetValid { .. } => "token_not_yet_valid",
            Self::Bound => "token_bound",
            Self::OtherBinding => "token_binding_unsupported",
            Self::Unbound => "token_unbound",
            Self::Revoked { .. } => "token_revoked",
            Self::UnknownKey { .. } => "token_key_unknown",
            Self::Signature => "token_signature",
            Self::Inactive => "token_inactive",
        }
    }

    /// What the client reads: no claim value, and nothing that tells one guess from another (CH-04).
    pub fn description(&self) -> &'static str {
        match self {
            Self::Expired { .. } => "the access token has expired",
            Self::NotYetValid { .. } => "the access token is not yet valid",
            Self::Audience { .. } => "the access token was issued for another resource",
            Self::ForeignIssuer { .. } => "the access token is from an issuer that is not accepted here",
            Self::Malformed(_) => "the access token is malformed",
            Self::Inactive => "the access token is not active",
            Self::Bound => "the access token is bound to a key and was sent as a bearer token",
            Self::OtherBinding => "the access token is bound in a way that is not accepted here",
            Self::Unbound => "the access token is not bound to a key",
            Self::Revoked { .. } => "the access token was revoked",
            Self::Critical
            | Self::Missing(_)
            | Self::Algorithm { .. }
            | Self::Typ { .. }
            | Self::OtherKind(_)
            | Self::UnknownKey { .. }
            | Self::Signature => "the access token is not valid",
        }
    }
}

/// How far past a moment we are; zero if before it.
pub(crate) fn since(moment: NumericDate, now: NumericDate) -> u64 {
    now.0.saturating_sub(moment.0)
}
