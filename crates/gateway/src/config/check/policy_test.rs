//! The tests of a resource's rules, run against the policy that is composed of them.

use crate::config::{
    findings::Findings,
    policy_test::{RawExpectation, RawTest},
    rules::RawCallerKind,
    settings,
    typed::{IssuerConfig, ResourceConfig},
};
use portcullis_mcp::Target;
use portcullis_oauth::{Scope, ScopeToken};
use portcullis_resource_server::{PolicyError, Reason, Trial};

/// Claims that have a key of their own in a test.
const OWN_KEY: [(&str, &str); 6] = [
    ("iss", "issuer"),
    ("sub", "subject"),
    ("client_id", "client"),
    ("azp", "client"),
    ("scope", "scopes"),
    ("scp", "scopes"),
];

/// Runs them all; how many passed. Those that fail are problems, and so are those that test nothing.
pub(crate) fn run(
    tests: Vec<RawTest>,
    resource: &ResourceConfig,
    at: &str,
    findings: &mut Findings,
) -> usize {
    // Rules that could not be read are missing from the policy: what it says means nothing.
    if findings.has_problem_at(at) {
        return 0;
    }
    let policy = settings::policy(resource);
    let mut passed = 0;
    for (index, test) in tests.into_iter().enumerate() {
        let at = format!("{at}.test[{index}]");
        let expected = test.expect;
        let trial = trial(test, resource, &at, findings);
        let path = format!("{at}.expect");
        let Some(expected) = expected else {
            findings.missing(&path, "write what the rules must say, such as expect = \"allow\"");
            continue;
        };
        let Some(trial) = trial.filter(|_| !findings.has_problem_at(&at)) else { continue };
        match policy.try_out(&trial) {
            Ok(answer) => match fault(expected, &answer) {
                None => passed += 1,
                Some(message) => {
                    findings.wrong(&path, expected.name(), message, "correct the rule, or else the test");
                }
            },
            Err(error) => {
                findings.problem(
                    &at,
                    error.to_string(),
                    "name a tool, prompt, resource or task, or a method",
                );
            }
        }
    }
    passed
}

/// What came in place of what was expected.
fn fault(expected: RawExpectation, answer: &Result<(), PolicyError>) -> Option<String> {
    let reason = answer.as_ref().err().cloned().map(Reason::from);
    let came = reason.as_ref().map_or("allow", |reason| reason.code());
    if expected.is_met_by(came) {
        return None;
    }
    let why = match answer {
        Ok(()) => String::new(),
        Err(PolicyError::InsufficientScope { missing, .. }) => format!(" (missing: {missing})"),
        Err(PolicyError::ConditionFailed(failure)) => format!(" ({failure})"),
        Err(
            PolicyError::Unlisted | PolicyError::UnknownMethod | PolicyError::Caller | PolicyError::Condition,
        ) => reason.map(|reason| format!(" ({reason})")).unwrap_or_default(),
    };
    Some(format!("the rules say {came:?}{why}"))
}

fn trial(test: RawTest, resource: &ResourceConfig, at: &str, findings: &mut Findings) -> Option<Trial> {
    let issuer = issuer(test.issuer.as_deref(), &resource.issuers, at, findings)?;
    let (subject, client_id) = caller(&test, at, findings);
    for name in test.claims.keys() {
        let own = OWN_KEY.into_iter().find_map(|(claim, key)| (claim == name).then_some(key));
        let own = own.or_else(|| (issuer.tenant_claim.as_ref() == Some(name)).then_some("tenant"));
        if let Some(key) = own {
            findings.problem(
                &format!("{at}.claims"),
                format!("has {name}"),
                format!("write {key} = … in its place"),
            );
        }
    }
    let mut claims = test.claims;
    if let Some(tenant) = &test.tenant {
        match &issuer.tenant_claim {
            Some(claim) => {
                claims.insert(claim.clone(), tenant.as_str().into());
            }
            None => {
                let message = format!("cannot be: the issuer {} has no tenant_claim", issuer.name);
                findings.problem(
                    &format!("{at}.tenant"),
                    message,
                    "write tenant_claim = \"…\" at that issuer",
                );
            }
        }
    }
    let mut scope = Scope::default();
    for (index, text) in test.scopes.iter().enumerate() {
        match text.parse::<ScopeToken>() {
            Ok(token) => scope.insert(token),
            Err(error) => {
                let at = format!("{at}.scopes[{index}]");
                findings.wrong(
                    &at,
                    text,
                    error.to_string(),
                    "write each scope as a text of its own in the list",
                );
            }
        }
    }
    let named = [
        test.tool.map(|name| (Target::Tool(name.into()), "tools/call")),
        test.prompt.map(|name| (Target::Prompt(name.into()), "prompts/get")),
        test.resource.map(|uri| (Target::Resource(uri.into()), "resources/read")),
        test.task.map(|id| (Target::Task(id.into()), "tasks/get")),
    ];
    let mut named = named.into_iter().flatten();
    let (target, usual) = named.next().unzip();
    if named.next().is_some() {
        findings.problem(at, "names two things", "write a test for each of them");
    }
    let Some(method) = test.method.or_else(|| usual.map(str::to_owned)) else {
        let remedy = "write tool = \"…\", prompt, resource or task, or method = \"tools/list\"";
        findings.problem(at, "does not say what is asked for", remedy);
        return None;
    };
    Some(Trial {
        issuer: issuer.authorization_server.clone(),
        issuer_name: issuer.name.clone(),
        subject,
        client_id: Some(client_id),
        tenant: test.tenant,
        scope,
        claims,
        method,
        target,
        arguments: test.arguments,
    })
}

fn issuer<'i>(
    name: Option<&str>,
    issuers: &'i [IssuerConfig],
    at: &str,
    findings: &mut Findings,
) -> Option<&'i IssuerConfig> {
    let path = format!("{at}.issuer");
    let known = || issuers.iter().map(|issuer| issuer.name.as_str()).collect::<Vec<_>>().join(", ");
    match (name, issuers) {
        (None, [only]) => Some(only),
        (None, _) => {
            findings.missing(&path, format!("say whose token it is; known here: {}", known()));
            None
        }
        (Some(name), _) => {
            let found = issuers.iter().find(|issuer| issuer.name == name);
            if found.is_none() {
                let remedy = format!("known here: {}", known());
                findings.wrong(&path, name, "is the name of no issuer of this resource", remedy);
            }
            found
        }
    }
}

/// `sub` and `client_id`. A machine is a subject that is its client (RS-23).
fn caller(test: &RawTest, at: &str, findings: &mut Findings) -> (String, String) {
    let (subject, client) = (test.subject.as_deref(), test.client.as_deref());
    let path = format!("{at}.callers");
    match (test.callers, subject, client) {
        (Some(RawCallerKind::Machines), Some(subject), Some(client)) if subject != client => {
            findings.problem(&path, "is a machine whose subject is not its client", "write one of the two");
        }
        (Some(RawCallerKind::People), Some(subject), Some(client)) if subject == client => {
            findings.problem(&path, "is a person whose subject is a client", "write another subject");
        }
        (Some(RawCallerKind::Machines), _, _) => {
            let one = subject.or(client).unwrap_or("some-client");
            return (one.to_owned(), one.to_owned());
        }
        (Some(RawCallerKind::People) | None, _, _) => {}
    }
    (subject.unwrap_or("somebody").to_owned(), client.unwrap_or("some-client").to_owned())
}
