//! Headers of answers that are filtered.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// What says that somebody else may have the answer too, or has it (G-09).
const SHARED: [HeaderName; 7] = [
    header::ETAG,
    header::LAST_MODIFIED,
    header::AGE,
    header::EXPIRES,
    header::PRAGMA,
    HeaderName::from_static("cdn-cache-control"),
    HeaderName::from_static("surrogate-control"),
];

/// What was true of the body as it came.
const OF_THE_BODY: [HeaderName; 5] = [
    header::CONTENT_LENGTH,
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-md5"),
];

/// G-09: the answer is this caller's, on every page, whether or not something was hidden on it.
pub(super) fn make_private(headers: &mut HeaderMap) {
    for name in &SHARED {
        headers.remove(name);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
}

/// The body may become another one.
pub(super) fn forget_length(headers: &mut HeaderMap) {
    for name in &OF_THE_BODY {
        headers.remove(name);
    }
}
