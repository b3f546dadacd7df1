//! The `Date` of an answer (RFC 9110 §5.6.7): which time a server thinks it is.

use crate::Exchange;
use std::time::UNIX_EPOCH;

/// Seconds since 1970, if the answer says so.
pub(crate) fn date(exchange: &Exchange) -> Option<i64> {
    let date = httpdate::parse_http_date(exchange.header("date")?).ok()?;
    i64::try_from(date.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}
