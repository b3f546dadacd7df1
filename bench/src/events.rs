//! The events of `bench/run streams`: what one says, and whether a stream's are all there, in order, and its own.

use serde::Deserialize;
use std::time::{SystemTime, UNIX_EPOCH};

/// One event of a stream. Whoever reads it knows whose it is: `caller` is whom the upstream was told, `call` the id of
/// the request in whose answer it stands.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Event {
    pub caller: String,
    pub call: usize,
    pub number: usize,
    /// Microseconds since 1970; both ends are on one machine.
    pub sent: u64,
}

impl Event {
    /// As it is on the wire.
    pub fn text(&self) -> String {
        let Self { caller, call, number, sent } = self;
        format!(
            r#"data: {{"jsonrpc":"2.0","method":"notifications/message","params":{{"level":"info","data":{{"caller":"{caller}","call":{call},"number":{number},"sent":{sent}}}}}}}"#
        ) + "\n\n"
    }

    fn parse(text: &str) -> Option<Self> {
        let message: serde_json::Value =
            serde_json::from_str(text.strip_prefix("data: ")?.trim_end()).ok()?;
        let event = Self::deserialize(&message["params"]["data"]).ok()?;
        // Not a byte more or less than was sent.
        (event.text() == text).then_some(event)
    }
}

/// Microseconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// What one stream brought, or many.
#[derive(Default)]
pub struct Heard {
    /// Microseconds from sending to receipt, of all events but the first.
    pub delays: Vec<u64>,
    /// Events that were sent and never came.
    pub lost: usize,
    /// Events that came after one that was sent later, or twice.
    pub reordered: usize,
    /// Events of another stream, and bytes that are no event.
    pub foreign: usize,
}

impl Heard {
    /// Adds another stream's.
    pub fn add(&mut self, other: Self) {
        self.delays.extend(other.delays);
        self.lost += other.lost;
        self.reordered += other.reordered;
        self.foreign += other.foreign;
    }

    /// Whether every event came, in order, to whom it was meant for.
    pub fn is_good(&self) -> bool {
        self.lost + self.reordered + self.foreign == 0
    }

    /// Milliseconds within which this part of the events came; `delays` are in order.
    pub fn within(&self, part: f64) -> f64 {
        let index = (self.delays.len() as f64 * part) as usize;
        self.delays
            .get(index.min(self.delays.len().saturating_sub(1)))
            .map_or(f64::NAN, |it| *it as f64 / 1e3)
    }
}

/// The reader of one stream.
pub struct Reader {
    call: usize,
    caller: String,
    next: usize,
    rest: Vec<u8>,
    heard: Heard,
}

impl Reader {
    /// Of this call by this caller.
    pub fn new(call: usize, caller: String) -> Self {
        Self { call, caller, next: 0, rest: Vec::new(), heard: Heard::default() }
    }

    /// Reads on.
    pub fn read(&mut self, bytes: &[u8]) {
        let received = now();
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = self.rest.drain(..end + 2).collect();
            self.event(&String::from_utf8_lossy(&event), received);
        }
    }

    fn event(&mut self, text: &str, received: u64) {
        let ours = |event: &Event| event.caller == self.caller && event.call == self.call;
        let Some(event) = Event::parse(text).filter(ours) else {
            self.heard.foreign += 1;
            return;
        };
        if event.number < self.next {
            // It was counted as lost when a later one came.
            self.heard.lost = self.heard.lost.saturating_sub(1);
            self.heard.reordered += 1;
            return;
        }
        self.heard.lost += event.number - self.next;
        self.next = event.number + 1;
        if event.number > 0 {
            self.heard.delays.push(received.saturating_sub(event.sent));
        }
    }

    /// The stream is over; `count` events were sent.
    pub fn end(mut self, count: usize) -> Heard {
        self.heard.lost += count.saturating_sub(self.next);
        self.heard.foreign += usize::from(!self.rest.is_empty());
        self.heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(call: usize, number: usize) -> String {
        Event { caller: format!("caller-{call}"), call, number, sent: now() }.text()
    }

    fn heard(text: &str) -> (usize, usize, usize, usize) {
        let mut reader = Reader::new(1, "caller-1".to_owned());
        for part in text.as_bytes().chunks(7) {
            reader.read(part);
        }
        let heard = reader.end(3);
        (heard.delays.len(), heard.lost, heard.reordered, heard.foreign)
    }

    #[test]
    fn a_stream_is_good_only_if_all_of_it_came_in_order_and_nothing_else() {
        let [zero, one, two, other] = [text(1, 0), text(1, 1), text(1, 2), text(2, 1)];
        for (name, stream, expected) in [
            ("good", [&*zero, &*one, &*two].concat(), (2, 0, 0, 0)),
            ("one lost", [&*zero, &*two].concat(), (1, 1, 0, 0)),
            ("the end lost", [&*zero, &*one].concat(), (1, 1, 0, 0)),
            ("two exchanged", [&*zero, &*two, &*one].concat(), (1, 0, 1, 0)),
            ("one twice", [&*zero, &*one, &*one, &*two].concat(), (2, 0, 1, 0)),
            ("another's", [&*zero, &*one, &*other, &*two].concat(), (2, 0, 0, 1)),
            ("another's bytes within", [&*zero, "x", &*one, &*two].concat(), (1, 1, 0, 1)),
            ("bytes at the end", [&*zero, &*one, &*two, "x"].concat(), (2, 0, 0, 1)),
        ] {
            assert_eq!(heard(&stream), expected, "{name}");
        }
    }
}
