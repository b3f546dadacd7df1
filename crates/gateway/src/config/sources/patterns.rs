//! The environment variables people already have: the guides that the library reads, each of which describes one
//! resource.

use super::Environment;
use crate::config::{
    findings::Findings,
    place::Place,
    raw::{RawAuth0, RawIssuer, RawResource, RawScalekit},
};
use portcullis::parts::{FoundIssuer, Part, find_guide, unused_variables};

/// Reads the one guide whose variables are set.
pub(crate) fn read(
    environment: &Environment<'_>,
    resource_given: bool,
    findings: &mut Findings,
) -> Option<RawResource> {
    let found = find_guide(&|name| environment.get(name).map(str::to_owned), resource_given)?;
    for (part, variable) in &found.from {
        findings.places.set(path(*part), Place::Environment((*variable).to_owned()));
    }
    for problem in &found.problems {
        let place = match problem.variable {
            Some(name) => Place::Environment(name.to_owned()),
            None => Place::Flag("--resource".to_owned()),
        };
        findings.problem_at(place, path(problem.part), problem.message.clone(), problem.remedy);
    }
    for note in found.notes {
        findings.say(note);
    }
    let issuer = match found.issuer? {
        FoundIssuer::Scalekit { environment, resource, server_url } => RawIssuer {
            scalekit: Some(RawScalekit { environment, resource, server_url }),
            ..RawIssuer::default()
        },
        FoundIssuer::Auth0 { domain, audience } => {
            RawIssuer { auth0: Some(RawAuth0 { domain, audience }), ..RawIssuer::default() }
        }
    };
    Some(RawResource {
        identifier: found.identifier,
        issuer: vec![issuer],
        metadata: found.metadata,
        ..RawResource::default()
    })
}

/// Says which variables of the guides are set in vain.
pub(crate) fn say_unused(environment: &Environment<'_>, findings: &mut Findings) {
    let set = unused_variables(&|name| environment.get(name).map(str::to_owned));
    if !set.is_empty() {
        findings.say(format!("{}: not used, because the issuer is configured otherwise", set.join(", ")));
    }
}

fn path(part: Part) -> &'static str {
    match part {
        Part::Whole => "resource",
        Part::Identifier => "resource[0].identifier",
        Part::Metadata => "resource[0].metadata",
        Part::Environment => "resource[0].issuer[0].scalekit.environment",
        Part::Resource => "resource[0].issuer[0].scalekit.resource",
        Part::ServerUrl => "resource[0].issuer[0].scalekit.server_url",
        Part::Domain => "resource[0].issuer[0].auth0.domain",
        Part::Audience => "resource[0].issuer[0].auth0.audience",
    }
}
