//! What was found of one guide's variables.

use crate::Problem;
use serde_json::{Map, Value};

/// What the variables of one guide say; each value as it is written.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Found {
    /// The URL clients dial, where a variable says it.
    pub identifier: Option<String>,
    /// Whose tokens are good; nothing where two guides are mixed.
    pub issuer: Option<FoundIssuer>,
    /// The metadata to publish as given.
    pub metadata: Option<Map<String, Value>>,
    /// Which variable each part is from.
    pub from: Vec<(Part, &'static str)>,
    /// What is worth saying at start.
    pub notes: Vec<String>,
    /// What is wrong.
    pub problems: Vec<GuideProblem>,
}

/// An issuer of one of the guides.
#[derive(Clone, Debug)]
pub enum FoundIssuer {
    /// Scalekit.
    Scalekit {
        /// The environment URL.
        environment: Option<String>,
        /// The `res_…` id.
        resource: Option<String>,
        /// The Server URL as it is registered, which is the audience where the id is not known.
        server_url: Option<String>,
    },
    /// Auth0.
    Auth0 {
        /// The tenant's host.
        domain: Option<String>,
        /// The API's identifier.
        audience: Option<String>,
    },
}

/// What a variable is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Which guide is followed.
    Whole,
    /// The URL clients dial.
    Identifier,
    /// The metadata document.
    Metadata,
    /// Scalekit's environment.
    Environment,
    /// Scalekit's id of the resource.
    Resource,
    /// Scalekit's Server URL.
    ServerUrl,
    /// Auth0's domain.
    Domain,
    /// Auth0's audience.
    Audience,
}

/// Something is wrong with a variable.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GuideProblem {
    /// What it is for.
    pub part: Part,
    /// Its name; `None` where the guide has no variable for it.
    pub variable: Option<&'static str>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: &'static str,
}

impl GuideProblem {
    pub(super) fn to_problem(&self) -> Problem {
        match self.variable {
            Some(name) => {
                Problem::new(format!("environment variable {name}"), self.message.clone(), self.remedy)
            }
            None => {
                let place = format!("environment variable {}", super::RESOURCE);
                Problem::new(
                    place,
                    "is not set",
                    "set it to the URL clients dial, as registered at the issuer",
                )
            }
        }
    }
}
