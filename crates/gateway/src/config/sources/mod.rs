//! Where a configuration comes from, and which source wins: flags over the environment over the file.

mod dotenv;
pub(crate) mod file;
pub(crate) mod listen;
mod overrides;
mod patterns;
pub(crate) mod tools_file;

pub use dotenv::environment_with_file;
pub use overrides::Flags;

use super::{
    findings::Findings,
    place::Place,
    raw::{RawConfig, RawResource},
    typed::DefaultRule,
};
use overrides::Override;
use std::collections::BTreeMap;

/// The environment; a variable that is empty is as good as not set.
pub(crate) struct Environment<'a>(&'a BTreeMap<String, String>);

impl<'a> Environment<'a> {
    pub(crate) fn new(variables: &'a BTreeMap<String, String>) -> Self {
        Self(variables)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}

/// Lays the environment and the flags over what the file says.
pub(crate) fn overlay(
    raw: &mut RawConfig,
    environment: &Environment<'_>,
    flags: &Flags,
    findings: &mut Findings,
) {
    listen::overlay(raw, environment, flags, findings);
    overrides::proxy(raw, environment, flags, findings);
    overrides::log(raw, environment, findings);
    let overrides = Override::all(environment, flags);
    let described = !raw.resource.is_empty() || findings.has_problem_at("resource");
    if described || overrides.iter().any(|one| one.key == "issuer") {
        patterns::say_unused(environment, findings);
    } else {
        let resource_given = overrides.iter().any(|one| one.key == "identifier");
        raw.resource.extend(patterns::read(environment, resource_given, findings));
    }
    if !described && raw.resource.is_empty() && !overrides.is_empty() {
        raw.resource.push(RawResource::default());
    }
    if !described && !raw.resource.is_empty() {
        let has_rules = overrides.iter().any(|one| one.key == "tools_file");
        start_without_file(&mut raw.resource[0], has_rules, findings);
    }
    overrides::apply(raw, overrides, findings);
}

/// A start from flags and variables without rules needs a default, which is chosen here, and said aloud. What is missing
/// is missing on the command line.
fn start_without_file(resource: &mut RawResource, has_rules: bool, findings: &mut Findings) {
    if !has_rules {
        resource.default = Some(DefaultRule::Authenticated);
        findings.say(
            "default = \"authenticated\": a valid token may call any tool; rules for single tools go into the file, \
             under [resource.tools], or into a file of their own (--tools-file)",
        );
    }
    for (key, flag, absent) in [
        ("identifier", "--resource", resource.identifier.is_none()),
        ("upstream", "--upstream", resource.upstream.is_none()),
        ("issuer", "--issuer", resource.issuer.is_empty()),
    ] {
        let path = format!("resource[0].{key}");
        if absent && matches!(findings.places.of(&path), Place::Key(_) | Place::File { .. }) {
            findings.places.set(&path, Place::Flag(flag.to_owned()));
        }
    }
}
