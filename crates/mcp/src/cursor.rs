//! A walk through JSON text that knows where it is, so that a part can be cut out and every other byte stays.
//!
//! It takes exactly what RFC 8259 calls JSON, nested 128 levels at most below where a value is skipped, and builds
//! nothing. Names and strings come out decoded, since `"n\u0061me"` is `name` to whoever reads it.

use std::{borrow::Cow, ops::Range};

/// The text is not JSON, or nested too deeply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotJson;

/// A place in a text. Before a value it stands at its first byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    /// The beginning of `text`.
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The next byte that is no whitespace, which is not taken.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Where the next value or sign begins.
    pub(crate) fn position(&mut self) -> usize {
        self.peek();
        self.at
    }

    /// Where the last one ended.
    pub(crate) fn last_end(&self) -> usize {
        self.at
    }

    /// Nothing follows.
    pub(crate) fn end(&mut self) -> Result<(), NotJson> {
        if self.peek().is_none() { Ok(()) } else { Err(NotJson) }
    }

    /// Walks an object. `each` is called at every value, and takes it.
    pub(crate) fn members<E: From<NotJson>>(
        &mut self,
        mut each: impl FnMut(&mut Self, Cow<'t, str>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.take(b'{')?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.peek();
            let name = self.string()?;
            self.take(b':')?;
            self.peek();
            each(self, name)?;
            match self.sign()? {
                b',' => {}
                b'}' => return Ok(()),
                _ => return Err(NotJson.into()),
            }
        }
    }

    /// Walks an array. `each` is called at every element, and takes it.
    pub(crate) fn elements<E: From<NotJson>>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.take(b'[')?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.peek();
            each(self)?;
            match self.sign()? {
                b',' => {}
                b']' => return Ok(()),
                _ => return Err(NotJson.into()),
            }
        }
    }

    /// Takes a string, and decodes it.
    pub(crate) fn string(&mut self) -> Result<Cow<'t, str>, NotJson> {
        let start = self.at;
        let is_escaped = self.skip_string()?;
        if is_escaped {
            // The one place where escapes are decoded; half a surrogate pair is no text.
            return serde_json::from_str(&self.text[start..self.at]).map(Cow::Owned).map_err(|_| NotJson);
        }
        Ok(Cow::Borrowed(&self.text[start + 1..self.at - 1]))
    }

    /// Takes any value, and says where it stands.
    pub(crate) fn value(&mut self) -> Result<Range<usize>, NotJson> {
        let start = self.position();
        let mut open = Open::default();
        loop {
            match self.peek().ok_or(NotJson)? {
                b'{' => {
                    self.at += 1;
                    open.push(true)?;
                    if self.peek() != Some(b'}') {
                        self.name()?;
                        continue;
                    }
                }
                b'[' => {
                    self.at += 1;
                    open.push(false)?;
                    if self.peek() != Some(b']') {
                        continue;
                    }
                }
                b'"' => self.skip_string().map(|_| ())?,
                b'-' | b'0'..=b'9' => self.number()?,
                b't' => self.literal("true")?,
                b'f' => self.literal("false")?,
                b'n' => self.literal("null")?,
                _ => return Err(NotJson),
            }
            // Here a value has ended, or an empty object or array is about to.
            loop {
                let Some(is_object) = open.innermost() else { return Ok(start..self.at) };
                match (self.sign()?, is_object) {
                    (b'}', true) | (b']', false) => open.pop(),
                    (b',', true) => {
                        self.name()?;
                        break;
                    }
                    (b',', false) => break,
                    _ => return Err(NotJson),
                }
            }
        }
    }

    /// Takes any value, as it is written.
    pub(crate) fn value_text(&mut self) -> Result<&'t str, NotJson> {
        let range = self.value()?;
        Ok(&self.text[range])
    }

    /// A member's name and the colon after it.
    fn name(&mut self) -> Result<(), NotJson> {
        self.peek();
        self.skip_string()?;
        self.take(b':')
    }

    #[inline]
    fn sign(&mut self) -> Result<u8, NotJson> {
        let sign = self.peek().ok_or(NotJson)?;
        self.at += 1;
        Ok(sign)
    }

    #[inline]
    fn take(&mut self, expected: u8) -> Result<(), NotJson> {
        if self.sign()? == expected { Ok(()) } else { Err(NotJson) }
    }

    /// RFC 8259 §7; whether there is an escape in it.
    #[inline]
    fn skip_string(&mut self) -> Result<bool, NotJson> {
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) != Some(&b'"') {
            return Err(NotJson);
        }
        self.at += 1;
        let mut is_escaped = false;
        loop {
            let rest = bytes.get(self.at..).ok_or(NotJson)?;
            let stop = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).ok_or(NotJson)?;
            self.at += stop;
            match rest[stop] {
                b'"' => {
                    self.at += 1;
                    return Ok(is_escaped);
                }
                b'\\' => {
                    is_escaped = true;
                    self.at += escape(&rest[stop..])?;
                }
                _ => return Err(NotJson),
            }
        }
    }

    /// RFC 8259 §6.
    fn number(&mut self) -> Result<(), NotJson> {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += number(rest).ok_or(NotJson)?;
        Ok(())
    }

    fn literal(&mut self, expected: &str) -> Result<(), NotJson> {
        if !self.text.as_bytes()[self.at..].starts_with(expected.as_bytes()) {
            return Err(NotJson);
        }
        self.at += expected.len();
        Ok(())
    }
}

/// How long the escape is that stands first.
fn escape(bytes: &[u8]) -> Result<usize, NotJson> {
    match bytes.get(1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        Some(b'u') => {
            let is_hex = bytes.get(2..6).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
            if is_hex { Ok(6) } else { Err(NotJson) }
        }
        _ => Err(NotJson),
    }
}

/// How long the number is that stands first; `None` where there is none.
///
/// ```text
/// number = [ "-" ] int [ "." 1*DIGIT ] [ ("e" / "E") [ "-" / "+" ] 1*DIGIT ]
/// ```
pub(crate) fn number(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && bytes[at] == b'0') {
        return None;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'-' | b'+')));
        let exponent = digits(at + 1 + sign);
        if exponent == 0 {
            return None;
        }
        at += 1 + sign + exponent;
    }
    Some(at)
}

/// What is open around a place, one bit each: an object, or an array.
#[derive(Default)]
struct Open {
    kinds: u128,
    depth: u32,
}

impl Open {
    fn push(&mut self, is_object: bool) -> Result<(), NotJson> {
        if self.depth == u128::BITS {
            return Err(NotJson);
        }
        self.depth += 1;
        self.kinds = self.kinds << 1 | u128::from(is_object);
        Ok(())
    }

    fn pop(&mut self) {
        self.depth -= 1;
        self.kinds >>= 1;
    }

    fn innermost(&self) -> Option<bool> {
        (self.depth > 0).then_some(self.kinds & 1 == 1)
    }
}
