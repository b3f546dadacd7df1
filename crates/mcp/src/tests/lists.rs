//! Answers with lists: what goes, what stays byte for byte, and what is refused.

use crate::{Expected, Filtered, ListDefect, Target, read};
use http::{HeaderMap, HeaderValue};

fn expected(body: &str) -> Expected {
    Expected::of(&read(&HeaderMap::new(), body.as_bytes()).unwrap())
}

pub(super) fn tools_list() -> Expected {
    expected(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
}

/// Hides what is called so.
pub(super) fn filter(expected: &Expected, answer: &str) -> Filtered {
    expected.filter(answer.as_bytes(), &mut |target: &Target| !target.as_str().contains("secret"))
}

fn changed(text: &str) -> Filtered {
    Filtered::Changed(text.as_bytes().to_vec())
}

/// G-21, TM-33: order, cursors, unknown members and spaces stay.
#[test]
fn cuts_out_what_is_hidden_and_nothing_else() {
    for (name, answer, left) in [
        (
            "tools",
            r#"{"jsonrpc":"2.0", "id":1,"result":{"nextCursor":"x", "tools":[ {"name":"a", "x":[1.0]}, {"title":"b","name":"secret"} ,{"name":"c"}]}}"#,
            r#"{"jsonrpc":"2.0", "id":1,"result":{"nextCursor":"x", "tools":[ {"name":"a", "x":[1.0]} ,{"name":"c"}]}}"#,
        ),
        (
            "first",
            r#"{"id":1,"result":{"prompts":[{"name":"secret"}, {"name":"a"}]}}"#,
            r#"{"id":1,"result":{"prompts":[{"name":"a"}]}}"#,
        ),
        (
            "all",
            r#"{"id":1,"result":{"resources":[{"uri":"secret:a"},{"uri":"secret:b"}]}}"#,
            r#"{"id":1,"result":{"resources":[]}}"#,
        ),
        (
            "templates",
            r#"{"id":1,"result":{"resourceTemplates":[{"uriTemplate":"secret:{a}"}]}}"#,
            r#"{"id":1,"result":{"resourceTemplates":[]}}"#,
        ),
        (
            "escaped names",
            r#"{"id":1,"r\u0065sult":{"t\u006fols":[{"n\u0061me":"s\u0065cret"},{"name":"a"}]}}"#,
            r#"{"id":1,"r\u0065sult":{"t\u006fols":[{"name":"a"}]}}"#,
        ),
        (
            "result before id",
            r#"{"result":{"tools":[{"name":"secret"}]},"id":1}"#,
            r#"{"result":{"tools":[]},"id":1}"#,
        ),
        (
            "another id",
            r#"{"id":2,"result":{"tools":[{"name":"secret"}]}}"#,
            r#"{"id":2,"result":{"tools":[]}}"#,
        ),
        ("no id", r#"{"result":{"tools":[{"name":"secret"}]}}"#, r#"{"result":{"tools":[]}}"#),
        (
            "another list",
            r#"{"id":1,"result":{"prompts":[{"name":"secret"}],"tools":[]}}"#,
            r#"{"id":1,"result":{"prompts":[],"tools":[]}}"#,
        ),
        (
            "public",
            r#"{"id":1,"result":{"cacheScope":"public","tools":[]}}"#,
            r#"{"id":1,"result":{"cacheScope":"private","tools":[]}}"#,
        ),
        (
            "odd scope",
            r#"{"id":1,"result":{"tools":[],"cacheScope":["public"]}}"#,
            r#"{"id":1,"result":{"tools":[],"cacheScope":"private"}}"#,
        ),
    ] {
        assert_eq!(filter(&tools_list(), answer), changed(left), "{name}");
    }
    for unchanged in [
        r#"{"id":1,"result":{"tools":[{"name":"a"}],"cacheScope":"private"}}"#,
        r#"{"id":1,"result":{"tools":null}}"#,
        r#"{"id":1,"result":{}}"#,
        r#"{"id":1,"error":{"code":-32601,"message":"secret","data":{"tools":[{"name":"secret"}]}}}"#,
        r#"{"method":"notifications/progress","params":{"progress":1}}"#,
        r#"{"method":"sampling/createMessage","id":1,"params":{"tools":[{"name":"secret"}]}}"#,
        "null",
    ] {
        assert_eq!(filter(&tools_list(), unchanged), Filtered::Unchanged, "{unchanged}");
    }
}

/// An element that has no one name could be any: it goes, and the others stay.
#[test]
fn an_element_that_cannot_be_judged_goes() {
    for element in [
        r#"{"name":"a","name":"secret"}"#,
        r#"{"name":"secret","name":"a"}"#,
        r#"{"name":"a","NAME":"secret"}"#,
        r#"{"name":"a","n\u0061me":"secret"}"#,
        r#"{"name":"a","na\u212ae":1,"name\u0000":"secret"}"#,
        r#"{"name":"a","$serde_json::private::RawValue":"secret"}"#,
        r#"{"name":"secret\u0000a"}"#,
        r#"{"name":["a"]}"#,
        r#"{"name":7}"#,
        r#"{"title":"a"}"#,
        r#"["a","secret"]"#,
        r#""a""#,
        "null",
    ] {
        let answer = format!(r#"{{"id":1,"result":{{"tools":[{element},{{"name":"b"}}]}}}}"#);
        assert_eq!(
            filter(&tools_list(), &answer),
            changed(r#"{"id":1,"result":{"tools":[{"name":"b"}]}}"#),
            "{element}"
        );
    }
}

/// What two readers could take differently must not carry a hidden name past us.
#[test]
fn refuses_an_answer_that_could_be_another_one() {
    for answer in [
        r#"{"id":1,"result":{},"result":{"tools":[{"name":"secret"}]}}"#,
        r#"{"id":1,"result":{},"Result":{"tools":[{"name":"secret"}]}}"#,
        r#"{"id":1,"result":{"tools":[],"tools":[{"name":"secret"}]}}"#,
        r#"{"id":1,"result":{"tools":[],"TOOLS":[{"name":"secret"}]}}"#,
        r#"{"id":1,"result":{"tool\u017f":[{"name":"secret"}]}}"#,
        r#"{"id":1,"result":{"cacheScope":"private","cachescope":"public","tools":[]}}"#,
        r#"{"id":1,"result":{"tools":{"0":{"name":"secret"}}}}"#,
        r#"{"id":1,"result":{"tools":"secret"}}"#,
        r#"{"id":1,"result":[[{"name":"secret"}],null]}"#,
        r#"{"id":1,"result":{"$serde_json::private::RawValue":"{\"tools\":[]}"}}"#,
        r#"{"id":1,"id":2,"result":{"tools":[]}}"#,
        r#"{"id":1,"method":"notifications/resources/updated","result":{"tools":[]}}"#,
        r#"["2.0",1,{"tools":[{"name":"secret"}]}]"#,
        r#"[[{"id":1,"result":{"tools":[{"name":"secret"}]}}]]"#,
    ] {
        assert!(
            matches!(
                filter(&tools_list(), answer),
                Filtered::Refused(ListDefect::Ambiguous(_) | ListDefect::NotAList)
            ),
            "{answer}"
        );
    }
    for answer in
        ["", "{", "\u{feff}{}", r#"{"id":1,"result":{"tools":[{"name":"secret"},]}}"#, "{}{}", "NaN"]
    {
        assert_eq!(filter(&tools_list(), answer), Filtered::Refused(ListDefect::NotJson), "{answer}");
    }
}

/// TL-03: in a batch each answer is found by its id, and one that was not asked for by what it is.
#[test]
fn the_answers_of_a_batch_are_told_apart_by_their_ids() {
    let batch = expected(
        r#"[{"jsonrpc":"2.0","id":1,"method":"tools/list"},{"jsonrpc":"2.0","id":"2","method":"tools/call","params":{"name":"a"}}]"#,
    );
    let call = r#"{"id":"2","result":{"tools":[{"name":"secret"}]}}"#;
    let late = r#"{"result":{"tools":{"name":"secret"}},"id":"2"}"#;
    for (answer, left) in [
        (
            format!(r#"[{call},{{"id":1,"result":{{"tools":[{{"name":"secret"}}]}}}}]"#),
            format!(r#"[{call},{{"id":1,"result":{{"tools":[]}}}}]"#),
        ),
        (
            format!(r#"[{late},{{"result":{{"tools":[{{"name":"secret"}}]}},"id":2}}]"#),
            format!(r#"[{late},{{"result":{{"tools":[]}},"id":2}}]"#),
        ),
        (
            format!(
                r#"[{{"method":"notifications/resources/updated","params":{{"uri":"secret"}}}} ,{call}]"#
            ),
            format!("[{call}]"),
        ),
    ] {
        assert_eq!(filter(&batch, &answer), changed(&left));
    }
}

/// A caller must not choose ids or methods so that a server which is less strict than we are answers past us.
#[test]
fn a_list_is_expected_where_some_server_could_answer_with_one() {
    let call = r#"{"jsonrpc":"2.0","id":"1","method":"tools/call","params":{"name":"a"}}"#;
    for asked in [
        r#"{"jsonrpc":"2.0","method":"tools/list"}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"Tools/List"}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":" tools/list\n"}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/li\u017ft"}"#.to_owned(),
        format!(r#"[{{"jsonrpc":"2.0","id":1,"method":"tools/list"}},{call}]"#),
    ] {
        let expected = expected(&asked);
        assert!(expected.asks_for_list() && expected.may_be_list(), "{asked}");
        for id in ["1", "\"1\"", "null", "1.0"] {
            let answer = format!(r#"{{"id":{id},"result":{{"tools":[{{"name":"secret"}}]}}}}"#);
            assert_eq!(
                filter(&expected, &answer),
                changed(&answer.replace(r#"{"name":"secret"}"#, "")),
                "{asked}"
            );
        }
    }
    assert!(!expected(call).may_be_list());
}

/// TM-32: a notification about a resource that is not the caller's, or not certainly.
#[test]
fn a_notification_about_a_hidden_resource_is_dropped() {
    for params in [
        r#"{"uri":"secret:a"}"#,
        r#"{"uri":"mine","uri":"secret"}"#,
        r#"{"uri":"mine","URI":"secret"}"#,
        r#"{"uri":7}"#,
        r#"{}"#,
        r#"["mine"]"#,
    ] {
        let message =
            format!(r#"{{"jsonrpc":"2.0","method":"notifications\/resources\/updated","params":{params}}}"#);
        assert_eq!(filter(&Expected::on_stream(), &message), Filtered::Dropped, "{params}");
    }
    let mine = r#"{"method":"notifications/resources/updated","params":{"uri":"mine"}}"#;
    assert_eq!(filter(&Expected::on_stream(), mine), Filtered::Unchanged);
}

/// G-09, TM-38: the modern revision has a scope on every page.
#[test]
fn a_modern_list_without_a_cache_scope_gets_one() {
    let mut headers = HeaderMap::new();
    headers.insert("mcp-protocol-version", HeaderValue::from_static("2026-07-28"));
    headers.insert("mcp-method", HeaderValue::from_static("tools/list"));
    let meta = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"_meta":{meta}}}}}"#);
    let modern = Expected::of(&read(&headers, body.as_bytes()).unwrap());
    for (answer, left) in [
        (r#"{"id":1,"result":{ "tools":[]}}"#, r#"{"id":1,"result":{"cacheScope":"private", "tools":[]}}"#),
        (r#"{"id":1,"result": {}}"#, r#"{"id":1,"result": {"cacheScope":"private"}}"#),
    ] {
        assert_eq!(filter(&modern, answer), changed(left));
    }
}
