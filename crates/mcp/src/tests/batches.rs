//! Several messages in one body.

use super::{CALL, headers};
use crate::{Kind, read};

/// TL-03, TL-04, TL-16, TM-05
#[test]
fn batches_belong_to_2025_03_26() {
    let note = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let two = format!("[{CALL},{note}]");
    let one_hundred = format!("[{}]", vec![note; 100].join(","));
    let too_long = format!("[{}]", vec![note; 101].join(","));
    let initialize = r#"[{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}]"#;
    let same_id = format!("[{CALL},{CALL}]");
    let other_ids = format!("[{CALL},{}]", CALL.replace(r#""id":1"#, r#""id":"1""#));
    let responses = r#"[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":2,"error":{}}]"#;
    let mixed = format!(r#"[{CALL},{{"jsonrpc":"2.0","id":2,"result":{{}}}}]"#);
    let one_bad = format!(r#"[{note},{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{}}}}]"#);
    for (what, version, body, elements) in [
        ("of that revision", Some("2025-03-26"), two.as_str(), Some(2)),
        ("of a client that names none", None, &two, Some(2)),
        ("of one", None, &two.replace(&format!(",{note}"), ""), Some(1)),
        ("as long as may be", None, &one_hundred, Some(100)),
        ("ids of different types", None, &other_ids, Some(2)),
        ("responses", None, responses, Some(2)),
        ("2025-06-18", Some("2025-06-18"), &two, None),
        ("2025-11-25", Some("2025-11-25"), &two, None),
        ("2026-07-28", Some("2026-07-28"), &two, None),
        ("requests and responses", None, &mixed, None),
        ("initialize inside", None, initialize, None),
        ("one id twice", None, &same_id, None),
        ("one element bad", None, &one_bad, None),
        ("empty", None, "[]", None),
        ("too long", None, &too_long, None),
        ("nested", None, "[[]]", None),
    ] {
        let headers =
            version.map(|version| headers(&[("mcp-protocol-version", version)])).unwrap_or_default();
        let found = read(&headers, body.as_bytes());
        assert_eq!(found.as_ref().ok().map(|request| request.operations().len()), elements, "{what}");
        assert!(found.err().is_none_or(|error| error.status() == 400), "{what}");
    }
}

/// TL-03, TL-04: what the operator reads.
#[test]
fn a_refused_batch_has_a_reason_of_its_own() {
    let note = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let too_long = format!("[{}]", vec![note; 101].join(","));
    let one = format!("[{note}]");
    for (what, pairs, body) in [
        ("empty", &[][..], "[]"),
        ("too long", &[], &too_long),
        ("a later revision", &[("mcp-protocol-version", "2025-11-25")], &one),
        ("routed by method", &[("mcp-method", "notifications/initialized")], &one),
        ("routed by name", &[("mcp-name", "x")], &one),
    ] {
        let error = read(&headers(pairs), body.as_bytes()).expect_err(what);
        assert_eq!((error.reason(), error.code()), ("batch_refused", -32600), "{what}");
    }
}

/// TL-03, G-17: each element is there to be judged.
#[test]
fn every_element_is_returned_in_order() {
    let body = format!(r#"[{{"jsonrpc":"2.0","method":"notifications/initialized"}},{CALL}]"#);
    let request = read(&headers(&[]), body.as_bytes()).unwrap();
    let kinds: Vec<_> = request.operations().iter().map(|operation| operation.kind()).collect();
    assert_eq!(kinds, [Kind::Notification, Kind::Request]);
    assert!(request.operations()[0].is_notification());
    assert_eq!(request.operations()[1].target().unwrap().as_str(), "safe");
}
