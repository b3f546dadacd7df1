//! From where a resource may be reached: values of `Host` and of `Origin` (TM-02).

use crate::config::findings::Findings;
use url::Url;

/// A host, and a port if it is written in `Host`. In lower case.
pub(crate) fn hosts(list: &[String], path: &str, findings: &mut Findings) -> Vec<String> {
    let mut hosts = Vec::new();
    for (index, text) in list.iter().enumerate() {
        let plain = !text.contains(['/', '@', '?', '#', '\\', '*', ' ']);
        if plain && Url::parse(&format!("http://{text}/")).is_ok() {
            hosts.push(text.to_ascii_lowercase());
        } else {
            let remedy = "write a host as it stands in the Host header, such as \"mcp.example.com\" or \"10.0.0.1:8080\"";
            findings.wrong(&format!("{path}[{index}]"), text, "is not a host", remedy);
        }
    }
    hosts
}

/// An origin as browsers write it.
pub(crate) fn origins(list: &[String], path: &str, findings: &mut Findings) -> Vec<String> {
    let mut origins = Vec::new();
    for (index, text) in list.iter().enumerate() {
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let origin = url.map(|url| url.origin().ascii_serialization());
        match origin {
            Some(origin) if origin == *text => origins.push(origin),
            Some(origin) => {
                findings.wrong(
                    &format!("{path}[{index}]"),
                    text,
                    "is not an origin",
                    format!("write \"{origin}\""),
                );
            }
            None => {
                let message = "is not an origin; there is no wildcard";
                let remedy = "write each origin as browsers do, such as \"https://app.example.com\"";
                findings.wrong(&format!("{path}[{index}]"), text, message, remedy);
            }
        }
    }
    origins
}
