//! Addresses to listen on, and what of a resource depends on them.

use crate::config::{findings::Findings, raw::OneOrMany, sources::listen::DEFAULT, typed::ResourceConfig};
use portcullis_oauth::is_loopback;
use std::net::SocketAddr;
use url::Url;

/// The addresses, the default one if none is written.
pub(crate) fn addresses(
    raw: Option<OneOrMany>,
    behind_tls_proxy: bool,
    findings: &mut Findings,
) -> Vec<SocketAddr> {
    let written = raw.unwrap_or(OneOrMany::One(DEFAULT.to_owned())).list("listen");
    if written.is_empty() {
        findings.problem("listen", "names no address", format!("write listen = \"{DEFAULT}\""));
    }
    let mut addresses = Vec::new();
    for (path, text) in written {
        let Ok(address) = text.parse::<SocketAddr>() else {
            let remedy = format!("write an IP address and a port, such as {DEFAULT}");
            findings.wrong(&path, &text, "is not an address to listen on", remedy);
            continue;
        };
        if address.port() != 0 && addresses.contains(&address) {
            findings.wrong(&path, &text, "is listed twice", "leave one of them out");
        }
        if !address.ip().is_loopback() && !behind_tls_proxy {
            let remedy = "listen on 127.0.0.1, or say behind_tls_proxy = true (PORTCULLIS_BEHIND_TLS_PROXY=true) \
                          where something in front ends TLS";
            findings.wrong(&path, &text, "would take tokens in plain http from the network (RS-18)", remedy);
        }
        addresses.push(address);
    }
    addresses
}

/// An upstream that is this very listener is a loop; an identifier on another port of this machine is a near miss.
pub(crate) fn against(listen: &[SocketAddr], resource: &ResourceConfig, at: &str, findings: &mut Findings) {
    if reaches(listen, &resource.upstream) {
        let remedy = "give the MCP server another port, or listen on another one";
        findings.wrong(
            &format!("{at}.upstream"),
            resource.upstream.as_str(),
            "is the address this gateway listens on itself",
            remedy,
        );
    }
    let identifier = resource.identifier.url();
    let ports_known = listen.iter().all(|address| address.port() != 0);
    if identifier.scheme() == "http" && ports_known && !reaches(listen, identifier) {
        let text = "clients dial a port of this machine that is not listened on here";
        findings.warn(&format!("{at}.identifier"), text);
    }
}

fn reaches(listen: &[SocketAddr], url: &Url) -> bool {
    let local = listen.iter().filter(|address| address.ip().is_loopback() || address.ip().is_unspecified());
    is_loopback(url) && local.into_iter().any(|address| Some(address.port()) == url.port_or_known_default())
}
