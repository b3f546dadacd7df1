//! What was not asked, by our own rules (SB-10) or for want of time: it says nothing of whoever was to be asked.

use crate::{Exchange, bounded::TIME_UP};
use portcullis_fetch::{FetchError, Trust};

pub(crate) const PRIVATE: &str = "it is at a private address, where nothing was asked: --allow-private";
pub(crate) const LATE: &str = "the time for this look was up, and nothing was asked";
pub(crate) const UNPROTECTED: &str = "it is at a URL that is not https, where nothing was asked";

/// Why nothing was asked; nothing where something was, whatever came of it.
pub(crate) fn not_asked(exchange: &Exchange) -> Option<&'static str> {
    if exchange.came == Err(TIME_UP) {
        return Some(LATE);
    }
    let Err(FetchError::Refused(_)) = exchange.came else { return None };
    // What is refused to whoever wrote it themselves too is not refused for where it leads.
    let is_for_the_operator = Trust::Configured.check(&exchange.sent.url).is_ok();
    Some(if is_for_the_operator { PRIVATE } else { UNPROTECTED })
}

/// Whether nothing was asked because it is at a private address: that may be right, and any other reason is a mistake.
pub(crate) fn is_private(exchange: &Exchange) -> bool {
    not_asked(exchange) == Some(PRIVATE)
}

/// Why nothing is known of what is looked for at several places: one was not asked, and no other answered.
pub(crate) fn none_answered<'a>(places: impl IntoIterator<Item = &'a Exchange>) -> Option<&'static str> {
    let mut why = None;
    for place in places {
        if place.came.is_ok() {
            return None;
        }
        why = why.or_else(|| not_asked(place));
    }
    why
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::sent::Sent;
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};
    use portcullis_fetch::{Answer, End};

    fn came(url: &str, came: Result<u16, FetchError>) -> Exchange {
        let answer = |status| Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            end: End::Whole,
        };
        Exchange { sent: Sent::get(url.parse().unwrap()), came: came.map(answer) }
    }

    /// SB-10
    #[test]
    fn what_was_not_asked_is_told_from_what_did_not_answer() {
        let refused = || Err(FetchError::Refused("no"));
        let private = came("https://10.0.0.1/t", refused());
        let unprotected = came("http://h.example/t", refused());
        let (late, missing) =
            (came("https://h.example", Err(FetchError::Timeout)), came("https://h.example", Ok(404)));
        assert_eq!(not_asked(&private), Some(PRIVATE));
        assert_eq!(not_asked(&unprotected), Some(UNPROTECTED));
        assert!(is_private(&private) && !is_private(&unprotected) && !is_private(&missing));
        // Whatever the address, it is not why.
        for url in ["https://h.example/t", "https://10.0.0.1/t", "http://h.example/t"] {
            let unasked = came(url, Err(TIME_UP));
            assert_eq!(not_asked(&unasked), Some(LATE), "{url}");
            assert!(!is_private(&unasked), "{url}");
        }
        assert_eq!(not_asked(&late), None);
        assert_eq!(not_asked(&missing), None);
        assert_eq!(none_answered([&late, &private]), Some(PRIVATE));
        assert_eq!(none_answered([&private, &missing]), None);
        assert_eq!(none_answered([&late]), None);
    }
}
