//! What a token says of itself, before anybody believes it.

use crate::text::line;
use portcullis_oauth::NumericDate;
use portcullis_resource_server::{UnverifiedClaims, UnverifiedHeader};

/// As many characters of a claim are shown.
const SHOWN: usize = 120;
/// As many audiences are shown.
const MOST_AUDIENCES: usize = 5;

/// In lines: what it is, and the claims that decide. No claim that only somebody's application reads is shown.
pub(super) fn lines(header: &UnverifiedHeader, claims: &UnverifiedClaims, now: NumericDate) -> String {
    let mut text = format!("a JWT: alg {}, typ {}", shown(&header.alg), or_none(header.typ.as_deref()));
    text += &format!(", kid {}\n", or_none(header.kid.as_deref()));
    let mut say = |name: &str, value: String| text += &format!("  {name:<11}{value}\n");
    say("iss", shown(&claims.issuer));
    let audiences: Vec<_> = claims.audiences.iter().take(MOST_AUDIENCES).map(|one| shown(one)).collect();
    say("aud", if audiences.is_empty() { "none".to_owned() } else { audiences.join(", ") });
    say("sub", or_none(claims.subject.as_deref()));
    say("client_id", or_none(claims.client_id.as_deref()));
    say("scope", or_none(Some(&claims.scope.to_string()).filter(|scope| !scope.is_empty()).map(|it| &**it)));
    if !claims.scopes_claim.is_empty() {
        say("scopes", shown(&claims.scopes_claim.to_string()));
    }
    for (name, date) in [("iat", claims.issued_at), ("nbf", claims.not_before), ("exp", claims.expires_at)] {
        if let Some(date) = date {
            say(name, when(date, now));
        }
    }
    text
}

fn or_none(value: Option<&str>) -> String {
    value.map_or_else(|| "none".to_owned(), shown)
}

fn shown(text: &str) -> String {
    line(text, SHOWN)
}

/// As people say it, beside the number.
fn when(date: NumericDate, now: NumericDate) -> String {
    let distance = |seconds: u64| match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86400),
    };
    match date.0.checked_sub(now.0) {
        Some(ahead) => format!("{} (in {})", date.0, distance(ahead)),
        None => format!("{} ({} ago)", date.0, distance(now.0 - date.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_told_as_people_say_it() {
        let now = NumericDate(1_000_000);
        for (date, expected) in [
            (1_000_030, "1000030 (in 30 s)"),
            (999_700, "999700 (5 min ago)"),
            (1_007_200, "1007200 (in 2 h)"),
            (0, "0 (11 days ago)"),
            (u64::MAX, "18446744073709551615 (in 213503982334589 days)"),
        ] {
            assert_eq!(when(NumericDate(date), now), expected);
        }
    }

    #[test]
    fn a_strangers_words_are_bounded_and_plain() {
        assert_eq!(shown("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert!(shown(&"x".repeat(5000)).chars().count() < 200);
    }
}
