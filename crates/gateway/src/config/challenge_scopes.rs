//! Which scopes a challenge asks for, as it is written.

use portcullis_resource_server as resource_server;
use schemars::JsonSchema;
use serde::Deserialize;

/// Which scopes a 403 challenge asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChallengeScopes {
    /// Those of the operation.
    #[default]
    Operation,
    /// And those the token has already, for clients that drop them when they ask for others.
    Union,
}

impl ChallengeScopes {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operation => "operation",
            Self::Union => "union",
        }
    }
}

impl From<ChallengeScopes> for resource_server::ChallengeScopes {
    fn from(written: ChallengeScopes) -> Self {
        match written {
            ChallengeScopes::Operation => Self::Operation,
            ChallengeScopes::Union => Self::Union,
        }
    }
}
