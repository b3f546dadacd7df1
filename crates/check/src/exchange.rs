//! One request and what came: as it is kept for judging, and as it may be shown.

use crate::Sent;
use http::{HeaderMap, StatusCode};
use portcullis_fetch::{Answer, FetchError};
use serde_json::Value;

/// Longer sentences are cut. In characters.
pub(crate) const SAID: usize = 1500;
/// Longer headers are shown to here. In characters.
const SHOWN: usize = 400;

/// One request and what came.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The request.
    pub sent: Sent,
    /// The answer, or why there was none.
    pub came: Result<Answer, FetchError>,
}

impl Exchange {
    /// The status, if there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.came.as_ref().ok().map(|answer| answer.status)
    }

    /// Whether the answer has this status.
    #[must_use]
    pub fn is(&self, status: u16) -> bool {
        self.status().is_some_and(|came| came == status)
    }

    /// The answer's headers; none where there was no answer.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.came.as_ref().ok().map(|answer| &answer.headers)
    }

    /// A header of the answer, if it is text and there once.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers()?.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    }

    /// The media type of the answer, without parameters, in lower case.
    #[must_use]
    pub fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// The answer's body as JSON: of an event stream, the last event's data.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        let answer = self.came.as_ref().ok()?;
        if self.media_type().as_deref() != Some("text/event-stream") {
            return serde_json::from_slice(&answer.body).ok();
        }
        let text = std::str::from_utf8(&answer.body).ok()?;
        let mut data = text.lines().filter_map(|line| line.strip_prefix("data:"));
        data.rfind(|data| !data.trim().is_empty()).and_then(|data| serde_json::from_str(data).ok())
    }

    /// The code of a JSON-RPC error, if that is what was answered.
    #[must_use]
    pub fn code(&self) -> Option<i64> {
        self.json()?.get("error")?.get("code")?.as_i64()
    }

    /// The result of a JSON-RPC request, if it was answered with one.
    #[must_use]
    pub fn result(&self) -> Option<Value> {
        self.is(200).then(|| self.json()?.get_mut("result").map(Value::take)).flatten()
    }

    /// Whether it was let in: any 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status().is_some_and(|status| status.is_success())
    }

    /// What came, in one line; no secret that was sent is in it.
    #[must_use]
    pub fn line(&self) -> String {
        let answer = match &self.came {
            Err(error) => return error.to_string(),
            Ok(answer) => answer,
        };
        let mut line = answer.status.to_string();
        for name in ["www-authenticate", "location", "content-type"] {
            for value in answer.headers.get_all(name) {
                line += &format!(" · {name}: {}", String::from_utf8_lossy(value.as_bytes()));
            }
        }
        self.shown(&line)
    }

    /// A stranger's text: without the secrets that were sent, and printable.
    fn shown(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.sent.secrets() {
            text = text.replace(secret, "<token>");
        }
        printable(&text, SHOWN)
    }
}

/// Without what a terminal would act on, and not longer than `max` characters.
pub(crate) fn printable(text: &str, max: usize) -> String {
    let mut shown: String = text
        .chars()
        .take(max)
        .flat_map(|c| if deceives(c) { c.escape_default().collect() } else { vec![c] })
        .collect();
    if text.chars().nth(max).is_some() {
        shown.push('…');
    }
    shown
}

/// What a terminal acts on, and what an eye does not see.
pub(crate) fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
