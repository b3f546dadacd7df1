//! Filtered answers against a tree: what passes is what a naive reader would have left, and not a byte else.

use super::lists::{filter, tools_list};
use crate::{EventFilter, Expected, Filtered, Target};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

/// Any JSON, with the words that matter in all places.
fn any_json() -> impl Strategy<Value = Value> {
    let word = "name|uri|tools|secret|a|result|[a-z\u{e9}\"\\\\]{0,3}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        word.prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((word, inner), 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_list() -> impl Strategy<Value = Value> {
    let named = (any_json(), "a|b|secret|secret2").prop_map(|(mut rest, name)| {
        if let Value::Object(members) = &mut rest {
            members.insert("name".to_owned(), Value::from(name));
        }
        rest
    });
    (vec(named, 0..6), any_json()).prop_map(|(tools, rest)| {
        let mut result = if rest.is_object() { rest } else { json!({ "nextCursor": rest }) };
        for list in ["prompts", "resources", "resourceTemplates"] {
            result.as_object_mut().unwrap().remove(list);
        }
        result["tools"] = Value::from(tools);
        json!({ "jsonrpc": "2.0", "id": 1, "result": result })
    })
}

/// What a reader would leave that builds a tree.
fn naive(mut answer: Value) -> Value {
    let tools = answer["result"]["tools"].as_array_mut().unwrap();
    tools.retain(|tool| tool["name"].as_str().is_some_and(|name| !name.contains("secret")));
    answer
}

proptest! {
    #[test]
    fn filtering_leaves_what_a_tree_would_leave(answer in any_list(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&answer) } else { serde_json::to_string(&answer) }.unwrap();
        let left = match filter(&tools_list(), &text) {
            Filtered::Unchanged => text.clone().into_bytes(),
            Filtered::Changed(left) => left,
            Filtered::Dropped | Filtered::Refused(_) => return Err(TestCaseError::fail(text)),
        };
        prop_assert_eq!(serde_json::from_slice::<Value>(&left).unwrap(), naive(answer.clone()));
        prop_assert_eq!(left == text.as_bytes(), naive(answer.clone()) == answer);
    }

    #[test]
    fn an_event_stream_is_the_same_however_it_is_cut(
        answers in vec(any_list(), 1..3),
        endings in vec(prop_oneof![Just("\n"), Just("\r\n"), Just("\r")], 1..4),
        cuts in vec(1_usize..9, 1..6),
    ) {
        let mut endings = endings.into_iter().cycle();
        let mut line = |stream: &mut String, text: &str| {
            // An LF after a CR ends no line.
            let ending = endings.find(|ending| !(text.is_empty() && stream.ends_with('\r') && *ending == "\n"));
            *stream += text;
            *stream += ending.unwrap_or("\r\n");
        };
        let mut stream = String::new();
        line(&mut stream, ": hello");
        line(&mut stream, "");
        for (id, answer) in answers.iter().enumerate() {
            line(&mut stream, &format!("id: {id}"));
            for text in serde_json::to_string_pretty(answer).unwrap().lines() {
                line(&mut stream, &format!("data: {text}"));
            }
            line(&mut stream, "");
        }
        let whole = pass(&[stream.as_bytes()]);
        let mut pieces = Vec::new();
        let (mut rest, mut cuts) = (stream.as_bytes(), cuts.into_iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        prop_assert_eq!(&pass(&pieces), &whole);
        if answers.iter().all(|answer| naive(answer.clone()) == *answer) {
            prop_assert_eq!(&whole, stream.as_bytes());
        }
        let text = String::from_utf8(whole).unwrap().replace("\r\n", "\n").replace('\r', "\n");
        let events = text.split("\n\n").filter(|event| event.starts_with("id: "));
        let left: Vec<Value> = events
            .map(|event| {
                let data = event.lines().filter_map(|line| line.strip_prefix("data: "));
                serde_json::from_str(&data.collect::<String>()).unwrap()
            })
            .collect();
        prop_assert_eq!(left, answers.into_iter().map(naive).collect::<Vec<_>>());
    }

    #[test]
    fn no_bytes_of_an_upstream_panic(bytes in vec(any::<u8>(), 0..200), text in "[\\[\\]{}:,\"a-z\\\\\r\n ]{0,80}") {
        for bytes in [bytes.as_slice(), text.as_bytes(), format!("data: {text}\n\n").as_bytes()] {
            let _ = tools_list().filter(bytes, &mut |_: &Target| false);
            let mut filter = EventFilter::new(Expected::on_stream());
            let _ = filter.push(bytes, &mut |_: &Target| false, &mut Vec::new());
            let _ = filter.finish(&mut |_: &Target| false, &mut Vec::new());
        }
    }
}

fn pass(pieces: &[&[u8]]) -> Vec<u8> {
    let mut judge = |target: &Target| !target.as_str().contains("secret");
    let (mut filter, mut out) = (EventFilter::new(tools_list()), Vec::new());
    for piece in pieces {
        filter.push(piece, &mut judge, &mut out).unwrap();
    }
    filter.finish(&mut judge, &mut out).unwrap();
    out
}
