//! Conditions: what they see, what they may say, and that whatever goes wrong is a no.

use super::*;
use crate::token::AccessToken;
use portcullis_oauth::{Issuer, NumericDate, Scope};
use serde_json::json;

fn token() -> AccessToken {
    let claims =
        json!({"sub": "alice", "org": "acme", "groups": ["dev", "ops"], "level": 3, "nested": {"a": [1]}});
    AccessToken {
        hash: [0; 32],
        believed_until: None,
        issuer: Issuer::parse("https://login.example.com").unwrap(),
        issuer_name: "corp".into(),
        subject: "alice".into(),
        client_id: Some("editor".into()),
        tenant: Some("acme".into()),
        token_id: None,
        scope: Scope::parse("todo:read todo:write").unwrap(),
        expires_at: NumericDate(1),
        claims: claims.as_object().unwrap().clone(),
    }
}

fn judged(source: &str, arguments: &str) -> Result<bool, ConditionFailure> {
    let body = format!(r#"{{"params":{{"arguments":{arguments}}}}}"#);
    let token = token();
    let mut facts = Facts::new(&token, body.as_bytes());
    Condition::compile(source).unwrap().holds(&mut facts.of(0, "tools/call", Some("delete_todo")))
}

#[test]
fn a_condition_sees_who_asks_and_what_is_asked_for() {
    for source in [
        "claims.org == arguments.org",
        "'dev' in claims.groups",
        "claims.groups.exists(group, group == 'ops')",
        "claims.level >= 3 && claims.nested.a[0] == 1",
        "token.subject == 'alice' && token.issuer == 'corp' && token.client_id == 'editor'",
        "'todo:write' in token.scopes && !token.is_machine && token.tenant == 'acme'",
        "operation.method == 'tools/call' && operation.name.startsWith('delete_')",
        "!has(arguments.force) || arguments.force == false",
        "arguments.ids.all(id, id < 10) && size(arguments.ids) <= 3",
        "arguments.amount <= 100",
        "arguments.?note.orValue('') == ''",
    ] {
        let arguments = r#"{"org":"acme","ids":[1,2],"amount":99.5}"#;
        assert_eq!(judged(source, arguments), Ok(true), "{source}");
    }
}

#[test]
fn whatever_goes_wrong_is_a_no() {
    for (source, arguments, expected) in [
        ("claims.org == arguments.org", r#"{"org":"other"}"#, Ok(false)),
        ("claims.org == arguments.org", "{}", Err(ConditionFailure::NoSuchMember)),
        ("claims.missing == 'x'", "{}", Err(ConditionFailure::NoSuchMember)),
        ("arguments.a < 'x'", r#"{"a":1}"#, Err(ConditionFailure::WrongKind)),
        ("arguments.a[7] == 1", r#"{"a":[1]}"#, Err(ConditionFailure::Fault)),
        ("arguments.a", r#"{"a":1}"#, Err(ConditionFailure::NotABoolean)),
        ("arguments.a", r#"{"a":"true"}"#, Err(ConditionFailure::NotABoolean)),
        ("1 / arguments.a == 1", r#"{"a":0}"#, Err(ConditionFailure::Fault)),
        ("arguments.a == 1", r#"{"a":1,"a":2}"#, Err(ArgumentsError::Duplicate.into())),
        ("arguments.a == 1", r#"{"a":1,"A":2}"#, Err(ArgumentsError::Duplicate.into())),
        ("arguments.a == 1", r#"{"a":1,"b":9007199254740993}"#, Err(ArgumentsError::Number.into())),
        ("arguments.a == 1", "[]", Err(ArgumentsError::Unreadable.into())),
    ] {
        assert_eq!(judged(source, arguments), expected, "{source} {arguments}");
    }
}

#[test]
fn what_is_no_condition_is_told_with_its_place() {
    for (source, at, part) in [
        ("claims.org ==", Some(14), "mismatched"),
        ("claim.org == 'x'", Some(1), "there is no `claim`"),
        ("claims.org == 'x' && org == 'y'", Some(22), "there is no `org`"),
        ("matches(claims.org, 'x')", Some(8), "there is no function `matches`"),
        ("claims.groups.all(a, claims.groups.all(b, a == b))", Some(28), "may not stand in another"),
        ("claims.groups.all(a, (a + a) != '')", Some(25), "could grow"),
        ("Claim{a: 1} == 1", None, "there is no type"),
    ] {
        let error = Condition::compile(source).unwrap_err();
        assert!(error.what.contains(part), "{source}: {error}");
        if at.is_some() {
            assert_eq!(error.at, at, "{source}: {error}");
        }
    }
    for source in [
        format!("'{}' == ''", "x".repeat(MAX_EXPRESSION)),
        format!("{}true{}", "(true && ".repeat(60), ")".repeat(60)),
    ] {
        assert!(Condition::compile(&source).is_err());
    }
}

/// Only what reads arguments needs a call to be judged.
#[test]
fn a_condition_knows_whether_it_reads_arguments() {
    assert!(Condition::compile("arguments.a == 1").unwrap().reads_arguments());
    assert!(
        !Condition::compile("claims.groups.exists(arguments, arguments == 'x')").unwrap().reads_arguments()
    );
}
