//! An event stream (HTML, server-sent events §9.2), filtered event by event while it comes.
//!
//! Comments, `id:`, `retry:` and blank lines pass at once, byte for byte. From the first `data` line on an event is held
//! until the blank line that ends it, which is when a client acts on it too. Lines end with CR, LF or CRLF, and pieces
//! may be cut anywhere.

use super::{Expected, Filtered, Judge, ListDefect, MAX_LIST};
use memchr::memchr2;
use std::borrow::Cow;

/// Where no list is expected, a longer event is the answer that somebody waits for, and passes. In bytes: far more than
/// a notification about a resource.
const MAX_NOTIFICATION: usize = 64 * 1024;
/// The one that a stream may begin with.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Filters one stream.
pub struct EventFilter {
    expected: Expected,
    state: State,
    /// An event from its first `data` line on; before that, the beginning of a line that may be one.
    held: Vec<u8>,
    /// Of the line that is being read. Whether there is anything is all that counts.
    line_length: usize,
    /// A CR was the last byte of all: an LF after it ends no other line.
    after_cr: bool,
    is_first_line: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the beginning of a line that may be `data`.
    Undecided,
    /// In a line that is something else, before any data.
    Other,
    /// In an event that is held.
    Held,
    /// In an event that is too long to be held, and passes.
    Passing,
}

impl EventFilter {
    /// For a stream on which these answers may come.
    pub fn new(expected: Expected) -> Self {
        Self {
            expected,
            state: State::Undecided,
            held: Vec::new(),
            line_length: 0,
            after_cr: false,
            is_first_line: true,
        }
    }

    /// What is expected.
    pub fn expected(&self) -> &Expected {
        &self.expected
    }

    /// Takes a piece of the stream, and adds to `out` what may pass now.
    ///
    /// # Errors
    /// An event that must not pass. `out` has what came before it; nothing may follow.
    pub fn push(
        &mut self,
        mut piece: &[u8],
        judge: &mut impl Judge,
        out: &mut Vec<u8>,
    ) -> Result<(), ListDefect> {
        if std::mem::take(&mut self.after_cr) && piece.first() == Some(&b'\n') {
            self.add(&piece[..1], out);
            piece = &piece[1..];
        }
        while !piece.is_empty() {
            let end = memchr2(b'\r', b'\n', piece);
            let (line, rest) = piece.split_at(end.unwrap_or(piece.len()));
            self.part_of_line(line, out)?;
            if rest.is_empty() {
                return Ok(());
            }
            let length = if rest.starts_with(b"\r\n") { 2 } else { 1 };
            let (ending, rest) = rest.split_at(length);
            self.after_cr = ending == b"\r" && rest.is_empty();
            self.end_of_line(ending, judge, out)?;
            piece = rest;
        }
        Ok(())
    }

    /// The stream has ended. Some clients act on an event that no blank line ends.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(&mut self, judge: &mut impl Judge, out: &mut Vec<u8>) -> Result<(), ListDefect> {
        if self.state == State::Undecided && self.is_data() {
            self.state = State::Held;
        }
        self.end_of_event(judge, out)
    }

    fn part_of_line(&mut self, part: &[u8], out: &mut Vec<u8>) -> Result<(), ListDefect> {
        self.line_length += part.len();
        if self.state == State::Undecided {
            self.held.extend_from_slice(&part[..part.len().min(8)]);
            self.decide(out);
            let rest = &part[part.len().min(8)..];
            if self.state == State::Undecided {
                return Ok(()); // at most eight bytes are not decided, and all of them are held
            }
            self.add(rest, out);
        } else {
            self.add(part, out);
        }
        self.check_length(out)
    }

    /// Whether the line is data, as soon as that can be told.
    fn decide(&mut self, out: &mut Vec<u8>) {
        let line = self.line();
        let may_be_mark = self.is_first_line && BYTE_ORDER_MARK.starts_with(&self.held);
        if line.starts_with(b"data:") {
            self.state = State::Held;
        } else if !(may_be_mark || b"data:".starts_with(line)) {
            self.state = State::Other;
            out.append(&mut self.held);
        }
    }

    /// What is held of an undecided line, without a byte order mark.
    fn line(&self) -> &[u8] {
        match self.held.strip_prefix(BYTE_ORDER_MARK) {
            Some(line) if self.is_first_line => line,
            _ => &self.held,
        }
    }

    fn is_data(&self) -> bool {
        matches!(self.line(), b"data" | b"data:")
    }

    fn add(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        match self.state {
            State::Held => self.held.extend_from_slice(bytes),
            State::Undecided | State::Other | State::Passing => out.extend_from_slice(bytes),
        }
    }

    fn check_length(&mut self, out: &mut Vec<u8>) -> Result<(), ListDefect> {
        let may_be_list = self.expected.may_be_list();
        if self.held.len() <= if may_be_list { MAX_LIST } else { MAX_NOTIFICATION } {
            return Ok(());
        }
        if may_be_list {
            return Err(ListDefect::TooLong);
        }
        self.state = State::Passing;
        out.append(&mut self.held);
        Ok(())
    }

    fn end_of_line(
        &mut self,
        ending: &[u8],
        judge: &mut impl Judge,
        out: &mut Vec<u8>,
    ) -> Result<(), ListDefect> {
        if self.state == State::Undecided {
            self.state = if self.is_data() { State::Held } else { State::Other };
            if self.state == State::Other {
                out.append(&mut self.held);
            }
        }
        self.is_first_line = false;
        self.add(ending, out);
        let is_blank = std::mem::take(&mut self.line_length) == 0;
        if is_blank {
            self.end_of_event(judge, out)?;
        }
        if is_blank || self.state == State::Other {
            self.state = State::Undecided;
        }
        self.check_length(out)
    }

    fn end_of_event(&mut self, judge: &mut impl Judge, out: &mut Vec<u8>) -> Result<(), ListDefect> {
        if self.state != State::Held {
            out.append(&mut self.held);
            return Ok(());
        }
        let event = Event::of(&self.held, out);
        let data = event.data();
        match self.expected.filter(&data, judge) {
            Filtered::Unchanged => out.extend_from_slice(event.0),
            Filtered::Changed(data) => event.write_with(&data, out),
            Filtered::Dropped => event.write_without_data(out),
            Filtered::Refused(ListDefect::NotJson) if self.is_no_list_to_anybody(&data) => {
                out.extend_from_slice(event.0);
            }
            Filtered::Refused(defect) => return Err(defect),
        }
        self.held.clear();
        self.held.shrink_to(MAX_NOTIFICATION);
        Ok(())
    }

    /// What is not JSON to us may be to a client that is less strict, if there is an object in it at all.
    fn is_no_list_to_anybody(&self, data: &[u8]) -> bool {
        !self.expected.may_be_list() || !data.contains(&b'{')
    }
}

/// An event from its first `data` line on, with the blank line that ends it.
struct Event<'e>(&'e [u8]);

impl<'e> Event<'e> {
    /// Of what is held. Where the stream begins with it, a byte order mark passes first: anywhere else it is part of a
    /// name that nobody knows.
    fn of(held: &'e [u8], out: &mut Vec<u8>) -> Self {
        let Some(event) = held.strip_prefix(BYTE_ORDER_MARK) else { return Self(held) };
        out.extend_from_slice(BYTE_ORDER_MARK);
        Self(event)
    }

    /// Each line and what ends it.
    fn lines(&self) -> impl Iterator<Item = (&'e [u8], &'e [u8])> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let end = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
            let (line, after) = rest.split_at(end);
            let length = if after.starts_with(b"\r\n") { 2 } else { after.len().min(1) };
            let (ending, after) = after.split_at(length);
            rest = after;
            Some((line, ending))
        })
    }

    /// The lines' data, joined by LF.
    fn data(&self) -> Cow<'e, [u8]> {
        let mut values = self.lines().filter_map(|(line, _)| data_of(line));
        let first = values.next().unwrap_or_default();
        let mut joined = Cow::Borrowed(first);
        for value in values {
            let joined = joined.to_mut();
            joined.push(b'\n');
            joined.extend_from_slice(value);
        }
        joined
    }

    /// The event with other data: as many lines as the data has, where its first line was.
    fn write_with(&self, data: &[u8], out: &mut Vec<u8>) {
        self.write(out, |out, ending| {
            for value in data.split(|byte| *byte == b'\n') {
                out.extend_from_slice(b"data: ");
                out.extend_from_slice(value);
                out.extend_from_slice(ending);
            }
        });
    }

    /// The event as one that nobody acts on, with a comment where its data was. Its id counts all the same, for a client
    /// that resumes.
    fn write_without_data(&self, out: &mut Vec<u8>) {
        self.write(out, |out, ending| {
            out.push(b':');
            out.extend_from_slice(ending);
        });
    }

    /// Every other line as it is, and something in place of the data.
    fn write(&self, out: &mut Vec<u8>, in_place: impl FnOnce(&mut Vec<u8>, &[u8])) {
        let mut in_place = Some(in_place);
        for (line, ending) in self.lines() {
            if data_of(line).is_none() {
                out.extend_from_slice(line);
                out.extend_from_slice(ending);
            } else if let Some(in_place) = in_place.take() {
                // A CR could meet the LF of a line that was not its neighbour, and end one line with it.
                in_place(out, if ending == b"\n" || ending.is_empty() { b"\n" } else { b"\r\n" });
            }
        }
    }
}

/// The value of a `data` line.
fn data_of(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"data")?;
    if rest.is_empty() {
        return Some(rest);
    }
    let value = rest.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}
