//! What was said so far.

use super::Problem;
use crate::{StreamLimits, issuer::TrustedIssuer};
use portcullis_fetch::Fetch;
use portcullis_oauth::{Clock, Scope};
use portcullis_resource_server::{
    Audit, BodyLimits, ChallengeScopes, ClientTokens, DefaultRule, DpopSettings, ExternalCheck, Observer,
    Policy, Rate, RateLimits, Reach, Revocations, Ruled,
};
use std::{sync::Arc, time::Duration};

pub(super) struct Said {
    pub(super) identifier: String,
    pub(super) issuers: Vec<TrustedIssuer>,
    pub(super) policy: Policy,
    pub(super) default: Option<DefaultRule>,
    /// Whether it was read from the environment, which has no rules.
    pub(super) may_lack_rules: bool,
    /// What an operator has a rule for by name: twice, and the second would stand in for the first.
    pub(super) ruled: Vec<(Ruled, String)>,
    /// Whether the program says by itself what is dangerous.
    pub(super) is_said_aloud: bool,
    pub(super) challenge_scopes: ChallengeScopes,
    pub(super) dpop: DpopSettings,
    pub(super) proofs_also_at: Option<String>,
    pub(super) rates: RateLimits,
    pub(super) per_subject: Option<Rate>,
    pub(super) per_client: Option<Rate>,
    pub(super) per_tool: Vec<(String, Rate)>,
    pub(super) check: Option<Decider>,
    pub(super) revocations: Option<Arc<dyn Revocations>>,
    pub(super) reach: Option<Reach>,
    pub(super) hosts: Vec<String>,
    pub(super) origins: Vec<String>,
    pub(super) loopback_origins: bool,
    pub(super) name: Option<String>,
    pub(super) documentation: Option<String>,
    pub(super) scopes_supported: Option<Scope>,
    pub(super) metadata: Option<serde_json::Map<String, serde_json::Value>>,
    pub(super) metadata_at_root: bool,
    pub(super) body: BodyLimits,
    pub(super) streams: StreamLimits,
    pub(super) session_key: Option<[u8; 32]>,
    pub(super) session_lifetime: Duration,
    pub(super) sessions_of: String,
    pub(super) client_tokens: ClientTokens,
    pub(super) audit: Option<Arc<dyn Audit>>,
    pub(super) observer: Option<Arc<dyn Observer>>,
    pub(super) fetch: Option<Arc<dyn Fetch>>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) problems: Vec<Problem>,
}

/// Who has the last word.
pub(super) enum Decider {
    Own(Box<dyn FnOnce(Arc<dyn Clock>) -> ExternalCheck + Send + Sync>),
    Given(ExternalCheck),
}

impl Said {
    pub(super) fn of(identifier: String) -> Self {
        Self {
            identifier,
            issuers: Vec::new(),
            policy: Policy::default(),
            default: None,
            may_lack_rules: false,
            ruled: Vec::new(),
            is_said_aloud: false,
            challenge_scopes: ChallengeScopes::default(),
            dpop: DpopSettings::default(),
            proofs_also_at: None,
            rates: RateLimits::off(),
            per_subject: None,
            per_client: None,
            per_tool: Vec::new(),
            check: None,
            revocations: None,
            reach: None,
            hosts: Vec::new(),
            origins: Vec::new(),
            loopback_origins: false,
            name: None,
            documentation: None,
            scopes_supported: None,
            metadata: None,
            metadata_at_root: true,
            body: BodyLimits::default(),
            streams: StreamLimits::default(),
            session_key: None,
            session_lifetime: Duration::from_secs(86_400),
            sessions_of: "in process".to_owned(),
            client_tokens: ClientTokens::default(),
            audit: None,
            observer: None,
            fetch: None,
            clock: None,
            problems: Vec::new(),
        }
    }
}
