//! An answer of an upstream that lies, as JSON and as an event stream in pieces: no bytes panic, whatever comes out has no
//! hidden name in it that an ordinary reader would find, and how it was cut changes nothing.
#![no_main]

use http::HeaderMap;
use libfuzzer_sys::fuzz_target;
use portcullis_mcp::{EventFilter, Expected, Filtered, Judge, MirroredParameter, Target, read};
use serde_json::Value;

const LIST: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

struct Hides;

impl Judge for Hides {
    fn shows(&mut self, target: &Target) -> bool {
        !target.as_str().contains("secret")
    }

    fn learns(&mut self, _: &str, mirrored: Vec<MirroredParameter>) {
        assert!(mirrored.len() <= 32);
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((cut, answer)) = input.split_first() else { return };
    let expected = Expected::of(&read(&HeaderMap::new(), LIST).expect("a list may be asked for"));
    match expected.filter(answer, &mut Hides) {
        Filtered::Unchanged => tells_nothing(answer),
        Filtered::Changed(left) => {
            tells_nothing(&left);
            assert_eq!(expected.filter(&left, &mut Hides), Filtered::Unchanged, "once is enough");
        }
        Filtered::Dropped | Filtered::Refused(_) => {}
    }
    let whole = stream(&expected, answer, answer.len().max(1));
    assert_eq!(stream(&expected, answer, usize::from(*cut).max(1)), whole);
    for event in events(&whole) {
        tells_nothing(&event);
    }
});

/// What passes of a stream that comes in pieces of this length.
fn stream(expected: &Expected, bytes: &[u8], length: usize) -> Vec<u8> {
    let (mut filter, mut out) = (EventFilter::new(expected.clone()), Vec::new());
    for piece in bytes.chunks(length) {
        if filter.push(piece, &mut Hides, &mut out).is_err() {
            return out;
        }
    }
    let _ = filter.finish(&mut Hides, &mut out);
    out
}

/// The data of each event, as the simplest of clients finds it.
fn events(stream: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(stream).replace("\r\n", "\n").replace('\r', "\n");
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let data = |event: &str| {
        let lines = event.split('\n').filter_map(|line| line.strip_prefix("data:"));
        lines.collect::<Vec<_>>().join("\n").into_bytes()
    };
    text.split("\n\n").map(data).collect()
}

/// A reader that takes the last of two members finds no hidden name in a list.
fn tells_nothing(answer: &[u8]) {
    let Ok(tree) = serde_json::from_slice::<Value>(answer) else { return };
    let messages = match &tree {
        Value::Array(batch) => batch.iter().collect(),
        one => vec![one],
    };
    for message in messages {
        for (list, name) in [
            ("tools", "name"),
            ("prompts", "name"),
            ("resources", "uri"),
            ("resourceTemplates", "uriTemplate"),
        ] {
            for element in message["result"][list].as_array().into_iter().flatten() {
                let name = element[name].as_str().expect("what has no name does not pass");
                assert!(!name.contains("secret"), "{name}");
            }
        }
    }
}
