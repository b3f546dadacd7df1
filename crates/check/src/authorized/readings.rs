//! Bodies that two parsers may read differently: what was allowed is then not what is done (PD-01..06). Each is the same harmless
//! request, whichever way it is read.

use super::{door::Door, probe::Probe};
use crate::Exchange;

/// Each in place of the harmless request's body, or of its media type.
#[derive(Clone, Debug)]
pub struct Readings {
    /// Half a message.
    pub broken: Exchange,
    /// A member that is there twice.
    pub duplicate: Exchange,
    /// `METHOD` in place of `method`.
    pub other_case: Exchange,
    /// A second message after the first.
    pub trailing: Exchange,
    /// Written in UTF-7, as its media type says.
    pub utf7: Exchange,
    /// Said to be compressed, and not.
    pub encoded: Exchange,
    /// Said to be plain text.
    pub text: Exchange,
}

impl Readings {
    pub(super) async fn look(probe: &Probe, door: &mut Door<'_>) -> Self {
        let message = probe.message().to_string();
        let with = |body: String| probe.request().body(body);
        let method = format!("\"method\":{}", probe.message()["method"]);
        let twice = message.replacen(&method, &format!("{method},{method}"), 1);
        let upper = message.replacen("\"method\":", "\"METHOD\":", 1);
        Self {
            broken: door.good(with(message[..message.len() / 2].to_owned())).await,
            duplicate: door.good(with(twice)).await,
            other_case: door.good(with(upper)).await,
            trailing: door.good(with(format!("{message} {message}"))).await,
            utf7: door
                .good(with(utf7(&message)).set("content-type", "application/json; charset=utf-7"))
                .await,
            encoded: door.good(with(message.clone()).header("content-encoding", "gzip")).await,
            text: door.good(with(message).set("content-type", "text/plain")).await,
        }
    }

    /// Every one.
    #[must_use]
    pub fn all(&self) -> [&Exchange; 7] {
        [
            &self.broken,
            &self.duplicate,
            &self.other_case,
            &self.trailing,
            &self.utf7,
            &self.encoded,
            &self.text,
        ]
    }
}

/// RFC 2152, of a text in ASCII without `+`: braces and quotation marks in base64, so that it is no JSON as it stands.
fn utf7(text: &str) -> String {
    let encoded = |c| match c {
        '{' => Some("+AHs-"),
        '}' => Some("+AH0-"),
        '"' => Some("+ACI-"),
        _ => None,
    };
    text.chars().fold(String::new(), |mut utf7, c| {
        match encoded(c) {
            Some(encoded) => utf7.push_str(encoded),
            None => utf7.push(c),
        }
        utf7
    })
}
