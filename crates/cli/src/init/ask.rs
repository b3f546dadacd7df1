//! An answer is what a flag says, else what somebody at the terminal types, else its default. What is wrong is told all at
//! once where nobody can be asked, and by asking again where somebody can.

use anyhow::anyhow;
use std::io::{BufRead, Read as _, Write};

/// Longer lines are no answers. In bytes.
const MAX_LINE: u64 = 4096;
/// Whoever has not found an answer by then is not helped by being asked again.
const MAX_TRIES: usize = 5;

/// Where answers come from.
pub(super) struct Answers<'a> {
    may_ask: bool,
    input: &'a mut dyn BufRead,
    screen: &'a mut dyn Write,
    complaints: Vec<String>,
}

/// What is to be known.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    /// The flag that answers it.
    pub(super) flag: &'a str,
    /// It, as it is asked.
    pub(super) text: &'a str,
    /// What to do if nobody answers.
    pub(super) remedy: &'a str,
    /// What is meant by nothing.
    pub(super) default: Option<&'a str>,
}

impl<'a> Answers<'a> {
    /// Asks on `screen` and reads from `input`, if it may.
    pub(super) fn new(may_ask: bool, input: &'a mut dyn BufRead, screen: &'a mut dyn Write) -> Self {
        Self { may_ask, input, screen, complaints: Vec::new() }
    }

    pub(super) fn may_ask(&self) -> bool {
        self.may_ask
    }

    /// The answer, parsed. Where there is none, that is complained of.
    pub(super) fn get<T>(
        &mut self,
        question: &Question<'_>,
        given: Option<&str>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let parse = |text: &str| match text.trim() {
            "" => Err("is empty".to_owned()),
            text if text.chars().any(char::is_control) => Err("has control characters".to_owned()),
            text => parse(text),
        };
        let parsed = match given {
            Some(text) => parse(text),
            None if self.may_ask => return self.ask(question, parse),
            None => match question.default {
                Some(text) => parse(text),
                None => Err("is missing".to_owned()),
            },
        };
        parsed.map_err(|why| self.complain(question, &why)).ok()
    }

    /// Says what is wrong with a flag.
    pub(super) fn complain(&mut self, question: &Question<'_>, why: &str) {
        // Many reasons have their own remedy, and need none besides.
        let remedy = if why.contains("; ") { String::new() } else { format!("; {}", question.remedy) };
        self.complaints.push(format!("{}: {why}{remedy}", question.flag));
    }

    /// Everything that was wrong.
    pub(super) fn complaint(self) -> anyhow::Error {
        anyhow!("nothing was written:\n{}", self.complaints.join("\n"))
    }

    fn ask<T>(&mut self, question: &Question<'_>, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        for _ in 0..MAX_TRIES {
            let default = question.default.map(|text| format!(" [{text}]")).unwrap_or_default();
            let asked =
                write!(self.screen, "{}{default}: ", question.text).and_then(|()| self.screen.flush());
            let mut line = String::new();
            let read = asked.and_then(|()| (&mut *self.input).take(MAX_LINE).read_line(&mut line));
            if !matches!(read, Ok(length) if length > 0) {
                break;
            }
            let text = match line.trim() {
                "" => question.default.unwrap_or_default(),
                text => text,
            };
            match parse(text) {
                Ok(answer) => return Some(answer),
                Err(why) => {
                    let _ = writeln!(self.screen, "That {why}.");
                }
            }
        }
        self.complain(question, "has no answer");
        // Who did not answer this is not asked for more.
        self.may_ask = false;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: Question<'_> =
        Question { flag: "--port", text: "Which port?", remedy: "give --port 8000", default: None };

    fn port(text: &str) -> Result<u16, String> {
        text.parse().map_err(|_| "is no port; write a number".to_owned())
    }

    /// What comes of it, what was on the screen, and what was complained of.
    fn asked(
        may_ask: bool,
        given: Option<&str>,
        input: &str,
        of: &Question<'_>,
    ) -> (Option<u16>, String, String) {
        let (mut input, mut screen) = (input.as_bytes(), Vec::new());
        let mut answers = Answers::new(may_ask, &mut input, &mut screen);
        let answer = answers.get(of, given, port);
        let complaint = answers.complaint().to_string();
        (answer, String::from_utf8(screen).unwrap(), complaint)
    }

    #[test]
    fn asks_until_the_answer_is_good() {
        let (answer, screen, _) = asked(true, None, "many\n\n 8000 \n", &PORT);
        assert_eq!(answer, Some(8000));
        assert_eq!(
            screen,
            "Which port?: That is no port; write a number.\nWhich port?: That is empty.\nWhich port?: "
        );
    }

    #[test]
    fn who_is_not_there_is_not_asked() {
        for (given, input, complaint) in [
            (None, "8000\n", "--port: is missing; give --port 8000"),
            (Some("many"), "8000\n", "--port: is no port; write a number"),
            (Some("8\u{1b}[2J"), "", "--port: has control characters; give --port 8000"),
        ] {
            let (answer, screen, said) = asked(false, given, input, &PORT);
            assert_eq!((answer, screen.as_str()), (None, ""));
            assert!(said.ends_with(complaint), "{said}");
        }
    }

    #[test]
    fn a_flag_or_a_default_needs_no_question() {
        let with_default = Question { default: Some("3002"), ..PORT };
        assert_eq!(asked(true, Some("8000"), "", &PORT).0, Some(8000));
        assert_eq!(asked(false, None, "", &with_default).0, Some(3002));
        let (answer, screen, _) = asked(true, None, "\n", &with_default);
        assert_eq!((answer, screen.as_str()), (Some(3002), "Which port? [3002]: "));
    }

    #[test]
    fn an_input_that_ends_or_never_makes_sense_ends_the_questions() {
        for input in ["", &"no\n".repeat(100), &"9".repeat(1_000_000)] {
            let (answer, screen, said) = asked(true, None, input, &PORT);
            assert_eq!(answer, None);
            assert!(
                screen.len() < 1000 && said.contains("--port: has no answer; give --port 8000"),
                "{said}"
            );
        }
    }
}
