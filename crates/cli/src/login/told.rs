//! What is said of a login: who, where, for what and how long. Never a token.

use crate::{
    session::{Login, LoginFile, Registration},
    text::line,
};
use portcullis_oauth::{Clock as _, NumericDate};
use portcullis_resource_server::SystemClock;

pub(super) fn login(login: &Login, file: &LoginFile) -> String {
    let how = match login.client.registration {
        Registration::Given => "registered by hand",
        Registration::MetadataDocument => "its metadata document",
        Registration::Dynamic => "registered for this login",
    };
    let scopes = match login.scope.is_empty() {
        true => "none were named".to_owned(),
        false => login.scope.to_string(),
    };
    let mut text = format!("Signed in to {}\n\n", login.server);
    for (label, value) in [
        ("who", login.who.clone().map(|who| format!("{who}, as the token says"))),
        ("issuer", Some(line(&login.issuer, 200))),
        ("client", Some(format!("{} ({how})", line(&login.client.id, 60)))),
        ("scopes", Some(line(&scopes, 1000))),
        ("expires", Some(expires(login, SystemClock::new().now()))),
        ("kept in", Some(file.path().display().to_string())),
    ] {
        if let Some(value) = value {
            text += &format!("  {label:<9}{value}\n");
        }
    }
    text
}

fn expires(login: &Login, now: NumericDate) -> String {
    let renewed = match login.tokens.refresh_token {
        Some(_) => "renewed by itself when it is used",
        None => "then somebody has to sign in again",
    };
    match login.tokens.ends() {
        Some(end) => format!("in {}; {renewed}", span(end.0.saturating_sub(now.0))),
        None => format!("nobody said when; {renewed}"),
    }
}

fn span(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..=119 => (seconds, "second"),
        120..=7199 => (seconds / 60, "minute"),
        7200..=172_799 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn a_span_is_told_in_its_own_unit() {
        for (seconds, expected) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (3600, "60 minutes"),
            (86_400, "24 hours"),
            (172_800, "2 days"),
        ] {
            assert_eq!(span(seconds), expected);
        }
    }
}
