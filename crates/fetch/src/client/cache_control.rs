//! How long a document lives (RFC 9111 §5.2.2).

use http::{HeaderMap, header::CACHE_CONTROL};
use std::time::Duration;

/// `max-age`; zero if it may not be kept or must be asked for again; `None` if the answer does not say.
pub(super) fn max_age(headers: &HeaderMap) -> Option<Duration> {
    // `Cache-Control` is a list: two fields mean the same as one with a comma (RFC 9110 §5.3).
    let fields: Vec<String> = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|field| field.to_str().ok())
        .map(str::to_ascii_lowercase)
        .collect();
    let directives = || fields.iter().flat_map(|field| field.split(',')).map(str::trim);
    if directives().any(|directive| directive == "no-store" || directive == "no-cache") {
        return Some(Duration::ZERO);
    }
    directives()
        .find_map(|directive| directive.strip_prefix("max-age=")?.trim_matches('"').parse().ok())
        .map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn reads_max_age_and_what_forbids_to_keep() {
        for (fields, seconds) in [
            (&["max-age=300"][..], Some(300)),
            (&["public, MAX-AGE=60"], Some(60)),
            (&["max-age=\"60\""], Some(60)),
            (&["public", "max-age=60"], Some(60)),
            (&["max-age=300", "no-store"], Some(0)),
            (&["no-cache"], Some(0)),
            (&["s-maxage=60"], None),
            (&["max-age=-1"], None),
            (&["max-age=soon"], None),
            (&["max-age=99999999999999999999999"], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append(CACHE_CONTROL, HeaderValue::from_static(field));
            }
            assert_eq!(max_age(&headers), seconds.map(Duration::from_secs), "{fields:?}");
        }
    }
}
