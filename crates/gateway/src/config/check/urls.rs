//! URLs that are not identifiers: where the upstream, the keys, the documentation and whoever is asked are.

use crate::config::findings::Findings;
use portcullis::parts;
use portcullis_oauth::is_loopback;
use url::Url;

/// http or https, and nothing but a place: no user information, query or fragment.
pub(crate) fn upstream(text: Option<&str>, path: &str, findings: &mut Findings) -> Option<Url> {
    let remedy = "write the URL of the MCP server, such as http://127.0.0.1:8000/mcp \
                  (upstream in the file, --upstream or PORTCULLIS_UPSTREAM)";
    let Some(text) = text else {
        findings.missing(path, remedy);
        return None;
    };
    let url = http(text).filter(|url| url.query().is_none() && url.fragment().is_none());
    if url.is_none() {
        let message = "an upstream is an http or https URL without user information, query and fragment";
        findings.wrong(path, text, message, remedy);
    }
    url
}

/// RS-18: where the issuer's keys are.
pub(crate) fn keys(text: &str, path: &str, findings: &mut Findings) -> Option<Url> {
    let message = "keys come over https; plain http is accepted on loopback only (RS-18)";
    of_issuer(text, message, path, findings)
}

/// IN-07: where the issuer is asked.
pub(crate) fn introspection(text: &str, path: &str, findings: &mut Findings) -> Option<Url> {
    let message = "tokens are sent there over https; plain http is accepted on loopback only (IN-07)";
    of_issuer(text, message, path, findings)
}

/// Where the operator's own service is asked. Who calls what is nobody's business on the way, and the answer is a decision.
pub(crate) fn check(text: Option<&str>, path: &str, findings: &mut Findings) -> Option<Url> {
    let remedy = "write an https URL, or one on loopback such as \"http://127.0.0.1:9000/authorize\"";
    let Some(text) = text else {
        findings.missing(path, remedy);
        return None;
    };
    let url = secure(text);
    if url.is_none() {
        let message =
            "a check is asked over https, or over http on loopback, without user information and fragment";
        findings.wrong(path, text, message, remedy);
    }
    url
}

fn of_issuer(text: &str, message: &str, path: &str, findings: &mut Findings) -> Option<Url> {
    let url = secure(text);
    if url.is_none() {
        let remedy = "write an https URL, or leave it out to use the issuer's metadata";
        findings.wrong(path, text, message, remedy);
    }
    url
}

/// https, or http on loopback; no user information and no fragment.
fn secure(text: &str) -> Option<Url> {
    let is_secure = |url: &Url| url.scheme() == "https" || is_loopback(url);
    http(text).filter(|url| is_secure(url) && url.fragment().is_none())
}

/// A page for people.
pub(crate) fn page(text: Option<String>, path: &str, findings: &mut Findings) -> Option<String> {
    parts::page(&text?).map_err(|problem| findings.told(path, &problem)).ok()
}

fn http(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let anonymous = url.username().is_empty() && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && anonymous).then_some(url)
}
