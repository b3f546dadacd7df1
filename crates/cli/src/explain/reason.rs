//! What a reason code means, and what to do about it.

use crate::{outcome::Outcome, output, text::wrapped};
use portcullis_resource_server::{ReasonRow, reason, reasons};

/// As wide as a terminal has always been.
const WIDTH: usize = 80;
/// Where the texts of a row begin.
const INDENT: usize = 11;
/// Below this, words are merely of the same language.
const LIKE: f64 = 0.75;
/// As many are worth reading.
const MOST_SUGGESTIONS: usize = 3;
/// Longer words are no codes.
pub(super) const LONGEST_CODE: usize = 40;

/// All codes, a line each.
pub(super) fn all() -> anyhow::Result<Outcome> {
    output::data(&list())?;
    Ok(Outcome::Done)
}

/// What there is to say of this one; or what was most likely meant.
pub(super) fn one(code: &str) -> Result<String, String> {
    reason(code).map(told).ok_or_else(|| unknown(code))
}

fn told(row: &ReasonRow) -> String {
    let mut text = format!("{}: {}\n\n", row.code, row.brief);
    for (label, value) in [
        ("status", row.status.to_string().as_str()),
        ("meaning", row.meaning),
        ("who acts", row.who.as_str()),
        ("remedy", row.remedy),
    ] {
        text += &format!("{label:<INDENT$}{}\n", wrapped(value, INDENT, WIDTH));
    }
    text
}

fn list() -> String {
    let longest = reasons().map(|row| row.code.len()).max().unwrap_or_default();
    let lines = reasons().map(|row| format!("{:<longest$}  {}  {}\n", row.code, row.status, row.brief));
    lines.collect::<String>() + "\nportcullis explain REASON says more of one of them."
}

/// Says what was most likely meant.
fn unknown(code: &str) -> String {
    let meant = code.to_ascii_lowercase().replace('-', "_");
    let mut rated: Vec<_> = reasons().map(|row| (strsim::jaro_winkler(&meant, row.code), row.code)).collect();
    rated.retain(|(likeness, _)| *likeness >= LIKE);
    rated.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let near: Vec<_> = rated.iter().take(MOST_SUGGESTIONS).map(|(_, code)| *code).collect();
    if near.is_empty() {
        // What is like none of them may be a token that somebody pasted.
        return "that is no reason code; `portcullis explain` lists them".to_owned();
    }
    format!("{code:?} is no reason code; did you mean {}?", near.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        for line in reasons()
            .map(told)
            .chain([list()])
            .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        {
            assert!(line.chars().count() <= WIDTH && line == line.trim_end(), "{line}");
        }
    }

    #[test]
    fn a_row_is_told_whole() {
        let row = reason("token_audience").unwrap();
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
        let text = words(&told(row));
        for part in [row.code, row.brief, row.meaning, row.remedy, row.who.as_str(), "401"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn says_what_was_meant() {
        assert!(unknown("token_audence").contains("did you mean token_audience"));
        assert!(unknown("Token-Expired").contains("token_expired"));
        assert_eq!(unknown("xyz"), "that is no reason code; `portcullis explain` lists them");
    }
}
