//! The challenges of one resource: one for each scheme under which a token may come, as headers of an answer.

use crate::dpop::Possession;
use http::HeaderValue;
use portcullis_oauth::{AuthScheme, Challenge, ErrorCode, ResourceIdentifier, Scope};

/// What a challenge says about the resource, whoever asks.
#[derive(Clone, Debug)]
pub struct ChallengeContext {
    /// To begin every answer with. Their scopes: what every request needs, else all that the policy names (CH-11, G-20).
    challenges: Challenges,
    /// The same as headers: most refusals are of somebody who has no token yet.
    headers: Vec<HeaderValue>,
}

impl ChallengeContext {
    /// For one resource.
    pub fn new(resource: &ResourceIdentifier, baseline: Scope, possession: &Possession) -> Self {
        let about = |challenge: Challenge| challenge.resource_metadata(resource.metadata_url());
        let challenges = Challenges(possession.challenges().into_iter().map(about).collect()).scope(baseline);
        Self { headers: challenges.headers(), challenges }
    }

    /// To say more in.
    pub(crate) fn challenges(&self) -> Challenges {
        self.challenges.clone()
    }

    /// For whoever sent nothing.
    pub(crate) fn headers(&self) -> Vec<HeaderValue> {
        self.headers.clone()
    }
}

/// One challenge for each scheme that is accepted. They say the same of the resource, so that a client that reads them as
/// one finds no contradiction (CL-10, CH-10); what was wrong is said once (CH-19).
#[derive(Clone, Debug)]
pub(crate) struct Challenges(Vec<Challenge>);

impl Challenges {
    pub(crate) fn scope(self, scope: Scope) -> Self {
        Self(self.0.into_iter().map(|challenge| challenge.scope(scope.clone())).collect())
    }

    /// In the challenge of the scheme that was used; in the first, if none of ours was.
    pub(crate) fn error(mut self, used: Option<AuthScheme>, code: ErrorCode, description: &str) -> Self {
        let index = self.0.iter().position(|challenge| Some(challenge.scheme()) == used).unwrap_or(0);
        if let Some(challenge) = self.0.get_mut(index) {
            *challenge = challenge.clone().error(code, description);
        }
        self
    }

    pub(crate) fn headers(&self) -> Vec<HeaderValue> {
        self.0.iter().map(header_of).collect()
    }
}

/// A challenge is printed in characters that a header may have (CH-04).
fn header_of(challenge: &Challenge) -> HeaderValue {
    HeaderValue::try_from(challenge.to_string()).unwrap_or(HeaderValue::from_static("Bearer realm=\"mcp\""))
}
