//! The walk through JSON against the RFC, and against serde_json.

use crate::cursor::{Cursor, NotJson};
use proptest::prelude::*;
use serde::de::IgnoredAny;

fn accepts(text: &str) -> bool {
    let mut cursor = Cursor::new(text);
    cursor.value().is_ok() && cursor.end().is_ok()
}

/// RFC 8259, the forms that readers quarrel about.
#[test]
fn takes_what_is_json_and_nothing_else() {
    for (text, expected) in [
        (r#"{"a":[1,-0.5e+7,{"b":null}],"c":"\u00e9\n"}"#, true),
        (" \t\r\n[ ] ", true),
        ("{ }", true),
        ("0", true),
        ("-0", true),
        (r#""\ud800""#, true), // half a pair: no text, but a string
        ("", false),
        ("\u{feff}{}", false),
        ("[1,]", false),
        ("[,1]", false),
        ("{,}", false),
        (r#"{"a":1,}"#, false),
        (r#"{"a" 1}"#, false),
        (r#"{a:1}"#, false),
        (r#"{"a":1"#, false),
        ("[1}", false),
        (r#"{"a":1]"#, false),
        ("[1 2]", false),
        ("{} {}", false),
        ("01", false),
        ("-", false),
        ("1.", false),
        (".5", false),
        ("1e", false),
        ("+1", false),
        ("NaN", false),
        ("nul", false),
        ("'a'", false),
        ("\"a\nb\"", false),
        (r#""\x""#, false),
        (r#""\u12g4""#, false),
        (r#""\"#, false),
        (r#"""#, false),
    ] {
        assert_eq!(accepts(text), expected, "{text}");
    }
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(accepts(&nested(128)) && !accepts(&nested(129)));
}

#[test]
fn says_where_each_value_stands_and_decodes_names() {
    let text = r#"{ "n\u0061me" : [ 1 , "x" ] ,"b":{} }"#;
    let mut found = Vec::new();
    let walked = Cursor::new(text).members(|cursor, name| {
        found.push((name.into_owned(), &text[cursor.value()?]));
        Ok::<_, NotJson>(())
    });
    assert_eq!(walked, Ok(()));
    assert_eq!(found, [("name".to_owned(), "[ 1 , \"x\" ]"), ("b".to_owned(), "{}")]);
}

proptest! {
    /// What serde_json takes for JSON is what is taken here, but for numbers too large for it and half pairs.
    #[test]
    fn agrees_with_serde_json(text in "[\\[\\]{},:\"\\\\ue0-9.tfn alsru\n-]{0,40}") {
        prop_assert_eq!(accepts(&text), serde_json::from_str::<IgnoredAny>(&text).is_ok());
    }

    /// Text that is almost JSON.
    #[test]
    fn agrees_with_serde_json_about_a_slip(at in 0_usize..60, sign in "[\\[\\]{},:\"\\\\0-9.a ]") {
        let text = r#"{"a":[1,-0.5e+7,{"b":null}], "c" : {"d":{},"e":[true,"\u00e9"]}}"#;
        for end in [at, at + 1] {
            let changed = format!("{}{sign}{}", &text[..at], &text[end..]);
            prop_assert_eq!(accepts(&changed), serde_json::from_str::<IgnoredAny>(&changed).is_ok(), "{}", changed);
        }
        let shorter = format!("{}{}", &text[..at], &text[at + 1..]);
        prop_assert_eq!(accepts(&shorter), serde_json::from_str::<IgnoredAny>(&shorter).is_ok(), "{}", shorter);
    }
}
