//! What a tool answered, for people and for programs. Pure.

use crate::text::{deceives, line, lines};
use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write as _;

/// As much of a name or address as anybody reads. In characters.
const MAX_NAME: usize = 400;

/// The result, whole.
pub(super) fn json(result: &CallToolResult) -> String {
    plain_json(result)
}

/// JSON in lines, in which a terminal finds nothing to obey and an eye nothing that hides.
pub(super) fn plain_json<T: Serialize>(value: &T) -> String {
    let text = serde_json::to_string_pretty(value).expect("what came as JSON goes as JSON");
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if (c.is_control() && c != '\n') || deceives(c) {
            let _ = write!(plain, "\\u{:04x}", u32::from(c));
        } else {
            plain.push(c);
        }
    }
    plain
}

/// Texts as texts; what is not for a terminal is named.
pub(super) fn text(result: &CallToolResult) -> String {
    let structured = result.structured_content.as_ref();
    let blocks = result.content.iter().filter(|block| !is_repeated(block, structured)).map(block);
    let parts: Vec<String> = blocks.chain(structured.map(plain_json)).collect();
    match parts.is_empty() {
        true => "(the tool answered with nothing)".to_owned(),
        false => parts.join("\n"),
    }
}

/// Structured content comes as a text, too, for clients that know no other.
fn is_repeated(block: &ContentBlock, structured: Option<&Value>) -> bool {
    let (ContentBlock::Text(text), Some(structured)) = (block, structured) else { return false };
    serde_json::from_str::<Value>(&text.text).is_ok_and(|value| value == *structured)
}

fn block(block: &ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => lines(text.text.trim_end_matches('\n')),
        ContentBlock::Image(image) => named("image", &image.mime_type, &image.data),
        ContentBlock::Audio(audio) => named("audio", &audio.mime_type, &audio.data),
        ContentBlock::Resource(embedded) => resource(&embedded.resource),
        ContentBlock::ResourceLink(link) => {
            format!("[link {} {}]", line(&link.name, MAX_NAME), line(&link.uri, MAX_NAME))
        }
        _ => "[content of a kind that is not known here; --json shows it]".to_owned(),
    }
}

fn resource(resource: &ResourceContents) -> String {
    match resource {
        ResourceContents::TextResourceContents { uri, text, .. } => {
            format!("[resource {}]\n{}", line(uri, MAX_NAME), lines(text.trim_end_matches('\n')))
        }
        ResourceContents::BlobResourceContents { uri, mime_type, blob, .. } => {
            let kind = format!("resource {}", line(uri, MAX_NAME));
            named(&kind, mime_type.as_deref().unwrap_or("of no named type"), blob)
        }
        _ => "[a resource of a kind that is not known here; --json shows it]".to_owned(),
    }
}

/// Bytes in base64 are for programs.
fn named(kind: &str, mime_type: &str, base64: &str) -> String {
    let bytes = base64.trim_end_matches('=').len() * 3 / 4;
    format!("[{kind}: {}, {bytes} bytes; --json has them]", line(mime_type, 80))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn result(value: Value) -> CallToolResult {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn texts_are_texts_and_everything_else_is_named() {
        let shown = text(&result(json!({ "content": [
            { "type": "text", "text": "Added.\nTwo now.\n" },
            { "type": "image", "mimeType": "image/png", "data": "AAAA" },
            { "type": "audio", "mimeType": "audio/wav", "data": "AAA=" },
            { "type": "resource", "resource": { "uri": "todo://1", "text": "tea" } },
            { "type": "resource", "resource": { "uri": "todo://2", "mimeType": "a/b", "blob": "AA==" } },
            { "type": "resource_link", "uri": "todo://3", "name": "three" },
        ] })));
        assert_eq!(
            shown,
            "Added.\nTwo now.\n[image: image/png, 3 bytes; --json has them]\n[audio: audio/wav, 2 bytes; --json has them]\n\
             [resource todo://1]\ntea\n[resource todo://2: a/b, 1 bytes; --json has them]\n[link three todo://3]"
        );
    }

    #[test]
    fn structured_content_is_shown_once() {
        let twice =
            json!({ "content": [{ "type": "text", "text": "{\"n\":1}" }], "structuredContent": { "n": 1 } });
        assert_eq!(text(&result(twice)), "{\n  \"n\": 1\n}");
        let both = json!({ "content": [{ "type": "text", "text": "one" }], "structuredContent": { "n": 1 } });
        assert_eq!(text(&result(both)), "one\n{\n  \"n\": 1\n}");
        assert_eq!(text(&result(json!({ "content": [] }))), "(the tool answered with nothing)");
    }

    #[test]
    fn a_terminal_finds_nothing_to_obey() {
        let nasty = "\u{1b}]0;x\u{7}\u{9b}2J\r\u{202e}";
        let shown = result(json!({
            "content": [
                { "type": "text", "text": nasty },
                { "type": "image", "mimeType": nasty, "data": "" },
                { "type": "resource_link", "uri": nasty, "name": nasty },
            ],
            "structuredContent": { "a": nasty },
        }));
        for text in [text(&shown), json(&shown)] {
            assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        }
        assert_eq!(serde_json::from_str::<Value>(&json(&shown)).unwrap()["structuredContent"]["a"], nasty);
    }
}
