//! A stranger's words about what we sent: some servers say it back.

use crate::text::line;

/// As much of a complaint as anybody reads. In characters.
const MAX_WORDS: usize = 600;
/// What is shorter is a word like any other.
const SHORTEST: usize = 8;

/// The first line of a text for people, without these secrets in it.
pub(crate) fn masked<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = text.to_owned();
    for secret in secrets.into_iter().filter(|secret| secret.len() >= SHORTEST) {
        text = text.replace(secret, "(secret)");
    }
    line(&text, MAX_WORDS)
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn what_was_sent_is_not_repeated() {
        let said = "invalid_grant: refresh token rt-0123456789 is unknown\u{1b}[2J";
        assert_eq!(
            masked(said, ["rt-0123456789", "is"]),
            "invalid_grant: refresh token (secret) is unknown\\u{1b}[2J"
        );
    }
}
