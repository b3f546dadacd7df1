//! From where a resource may be reached, and the page about it, as somebody wrote them: a wrong value admits nobody, and says
//! nothing about it (TM-02).

use crate::Problem;
use url::Url;

/// A value of `Host`, in lower case: a name or an address, and a port if it is written there.
///
/// # Errors
/// It is none; the place is `host`.
pub fn host(text: &str) -> Result<String, Problem> {
    let plain = !text.contains(['/', '@', '?', '#', '\\', '*', ' ']);
    if plain && Url::parse(&format!("http://{text}/")).is_ok() {
        return Ok(text.to_ascii_lowercase());
    }
    let remedy =
        "write a host as it stands in the Host header, such as \"mcp.example.com\" or \"10.0.0.1:8080\"";
    Err(Problem::new("host", "is not a host", remedy).about(text))
}

/// A value of `Origin`, as browsers write it.
///
/// # Errors
/// It is none; the place is `origin`.
pub fn origin(text: &str) -> Result<String, Problem> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    match url.map(|url| url.origin().ascii_serialization()) {
        Some(origin) if origin == *text => Ok(origin),
        Some(origin) => {
            Err(Problem::new("origin", "is not an origin", format!("write \"{origin}\"")).about(text))
        }
        None => {
            let remedy = "write each origin as browsers do, such as \"https://app.example.com\"";
            Err(Problem::new("origin", "is not an origin; there is no wildcard", remedy).about(text))
        }
    }
}

/// A page for people: clients may open it, and so it is nothing but http or https (SB-13).
///
/// # Errors
/// It is none; the place is `documentation`.
pub fn page(text: &str) -> Result<String, Problem> {
    let is_page = |url: &Url| {
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && is_anonymous
    };
    match Url::parse(text).ok().filter(is_page) {
        Some(_) => Ok(text.to_owned()),
        None => {
            let remedy = "write an http or https URL";
            Err(Problem::new("documentation", "is not the URL of a page", remedy).about(text))
        }
    }
}
