//! One line of `X-Forwarded-For` or `Forwarded`, as the hops it names, the last one first.
//!
//! ```abnf
//! Forwarded         = 1#forwarded-element                ; RFC 7239 §4
//! forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
//! forwarded-pair    = token "=" value                    ; value = token / quoted-string
//! node              = nodename [ ":" node-port ]         ; RFC 7239 §6
//! ```

use super::ClientAddressHeader;
use http::HeaderValue;
use std::{
    borrow::Cow,
    net::{IpAddr, SocketAddr},
};

/// Each hop's address, from the right; nothing where it cannot be read.
pub(super) fn from_the_right(
    header: ClientAddressHeader,
    line: &HeaderValue,
) -> impl Iterator<Item = Option<IpAddr>> {
    let elements: Vec<&[u8]> = match header {
        ClientAddressHeader::XForwardedFor => line.as_bytes().split(|byte| *byte == b',').collect(),
        ClientAddressHeader::Forwarded => unquoted(line.as_bytes(), b','),
    };
    elements.into_iter().rev().map(move |element| match header {
        ClientAddressHeader::XForwardedFor => node(str::from_utf8(element).ok()?.trim()),
        ClientAddressHeader::Forwarded => forwarded(element),
    })
}

/// The only `for` of an element.
fn forwarded(element: &[u8]) -> Option<IpAddr> {
    let mut found = None;
    for pair in unquoted(element, b';') {
        let (name, value) = str::from_utf8(pair).ok()?.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("for") && found.replace(node(&value_of(value.trim())?)?).is_some()
        {
            return None;
        }
    }
    found
}

/// A token as it stands, a quoted string without its quotation marks and escapes.
fn value_of(text: &str) -> Option<Cow<'_, str>> {
    let Some(quoted) = text.strip_prefix('"') else {
        return (!text.contains('"')).then_some(Cow::Borrowed(text));
    };
    let quoted = quoted.strip_suffix('"')?;
    Some(if quoted.contains('\\') { Cow::Owned(quoted.replace('\\', "")) } else { Cow::Borrowed(quoted) })
}

/// An address, with or without brackets and port.
fn node(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok();
    address.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// The parts between separators that stand in no quoted string. Where a quotation mark is left open nobody can say what
/// belongs to whom, and there is one part that means nothing.
fn unquoted(text: &[u8], separator: u8) -> Vec<&[u8]> {
    let (mut parts, mut start, mut is_quoted, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            byte if *byte == separator && !is_quoted => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if is_quoted {
        return vec![b""];
    }
    parts.push(&text[start..]);
    parts
}
