//! What is laid over everything that is told: no token that was given, no token made from one, and no longer part of either,
//! wherever a server repeats it (RS-17).

use crate::{Secret, Subject, sent::SHORTEST_SECRET, token::spoiled};
use std::collections::HashSet;
use url::form_urlencoded::byte_serialize;

/// So many bytes of a token, wherever in it, are as secret as all of it: a text may be cut, or be a part.
const WINDOW: usize = 16;
/// What is told in a token's place.
const TOKEN: &[u8] = b"<token>";

/// The secrets of a look. Case is no difference: a host is written in lower case.
pub(crate) struct Mask {
    windows: HashSet<Box<[u8]>>,
    /// What has no window.
    short: Vec<Vec<u8>>,
}

impl Mask {
    /// Of all that was given.
    pub(crate) fn of(subject: &Subject) -> Self {
        let mut mask = Self { windows: HashSet::new(), short: Vec::new() };
        let given = subject.token.iter().chain(subject.other_tokens.iter().map(|other| &other.token));
        for token in given {
            mask.add_all(token.expose());
            for made in made_from(token) {
                mask.add_all(made.expose());
            }
        }
        mask
    }

    /// A token, each part of a JWT, and as a URL has it.
    fn add_all(&mut self, token: &str) {
        self.add(token);
        self.add(&byte_serialize(token.as_bytes()).collect::<String>());
        let parts: Vec<&str> = token.split('.').collect();
        if parts.len() == 3 {
            parts.into_iter().for_each(|part| self.add(part));
        }
    }

    fn add(&mut self, secret: &str) {
        let secret = secret.to_ascii_lowercase().into_bytes();
        if secret.len() >= WINDOW {
            self.windows.extend(secret.windows(WINDOW).map(Box::from));
        } else if secret.len() >= SHORTEST_SECRET {
            self.short.push(secret);
        }
    }

    /// Over one text.
    pub(crate) fn over(&self, text: &mut String) {
        let lower = text.to_ascii_lowercase().into_bytes();
        let mut told = Vec::new();
        let (mut at, mut hidden_to) = (0, 0);
        while at < lower.len() {
            let hidden = self.at(&lower[at..]);
            if hidden > 0 {
                if at >= hidden_to {
                    told.extend_from_slice(TOKEN);
                }
                hidden_to = hidden_to.max(at + hidden);
            }
            if at >= hidden_to {
                told.push(text.as_bytes()[at]);
            }
            at += 1;
        }
        if hidden_to > 0 {
            *text = String::from_utf8_lossy(&told).into_owned();
        }
    }

    /// How many bytes of a secret a text begins with.
    fn at(&self, text: &[u8]) -> usize {
        if text.get(..WINDOW).is_some_and(|window| self.windows.contains(window)) {
            return WINDOW;
        }
        let short = self.short.iter().filter(|short| text.starts_with(short));
        short.map(Vec::len).max().unwrap_or_default()
    }
}

fn made_from(token: &Secret) -> Vec<Secret> {
    let unsigned = ["none", "None", "nOnE"].into_iter().filter_map(|alg| spoiled::unsigned(token, alg));
    let spoiled = [Some(spoiled::tampered(token)), spoiled::altered(token), spoiled::stripped(token)];
    unsigned.chain(spoiled.into_iter().flatten()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Other, OtherToken};

    const JWT: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2gvIn0.c2lnbmF0dXJl";
    const OPAQUE: &str = "a+b/c=opaque~0123456789";

    fn masked(text: &str) -> String {
        let mut subject = Subject::parse("https://mcp.example.com/mcp").unwrap();
        subject.token = Some(Secret::new(JWT));
        let others = [(Other::User, OPAQUE), (Other::Expired, "short-one"), (Other::Kind, "tiny")];
        subject.other_tokens =
            others.map(|(other, token)| OtherToken { other, token: Secret::new(token) }).into();
        let mut text = text.to_owned();
        Mask::of(&subject).over(&mut text);
        text
    }

    /// RS-17
    #[test]
    fn a_token_is_not_told_whole_in_part_or_in_other_words() {
        let (header, rest) = JWT.split_once('.').unwrap();
        for (text, expected) in [
            (JWT.to_owned(), "<token>"),
            (format!("is sent to /mcp2?t={JWT}&x"), "is sent to /mcp2?t=<token>&x"),
            (format!("{JWT} and {OPAQUE}, short-one"), "<token> and <token>, <token>"),
            (format!("\"{}…\"", &JWT[..30]), "\"<token>…\""),
            (rest.to_owned(), "<token>"),
            (header.to_owned(), "<token>"),
            ("é c2lnbmF0dXJl é".to_owned(), "é <token> é"),
            (format!("https://{}-test", header.to_lowercase()), "https://<token>-test"),
            ("a%2Bb%2Fc%3Dopaque%7E0123456789".to_owned(), "<token>"),
            ("?t=a%2bb%2fc%3dopaque%7e0123456789".to_owned(), "?t=<token>"),
            (format!("{}.x", spoiled::altered(&Secret::new(JWT)).unwrap().expose()), "<token>.x"),
            ("nothing of it, tiny as it is: é".to_owned(), "nothing of it, tiny as it is: é"),
        ] {
            assert_eq!(masked(&text), expected, "{text}");
        }
    }
}
