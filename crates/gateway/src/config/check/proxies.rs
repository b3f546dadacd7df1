//! Whose word about a client's address counts.

use crate::{
    client_address::{ClientAddressHeader, TrustedProxies},
    config::findings::Findings,
};
use ipnet::IpNet;
use std::net::IpAddr;

pub(crate) fn trusted(
    written: &[String],
    header: Option<ClientAddressHeader>,
    findings: &mut Findings,
) -> TrustedProxies {
    let mut networks = Vec::new();
    for (index, text) in written.iter().enumerate() {
        let path = format!("trusted_proxies[{index}]");
        match network(text) {
            Some(network) if network.prefix_len() == 0 => findings.wrong(
                &path,
                text,
                "trusts every client to say what its address is",
                "write the addresses of your own proxies",
            ),
            Some(network) => networks.push(network),
            None => findings.wrong(
                &path,
                text,
                "is neither an address nor a range of them",
                "write an address such as 127.0.0.1, or a range such as 10.0.0.0/8",
            ),
        }
    }
    if let (Some(header), true) = (header, written.is_empty()) {
        findings.wrong(
            "client_address_header",
            header.as_str(),
            "is believed from nobody",
            "name your proxies in trusted_proxies, or leave it out",
        );
    }
    TrustedProxies { networks, header: header.unwrap_or_default() }
}

/// A range that is written for IPv4 in IPv6 is one of IPv4: so are the addresses it is compared with.
fn network(text: &str) -> Option<IpNet> {
    let network = text.parse::<IpNet>().ok().or_else(|| Some(text.parse::<IpAddr>().ok()?.into()))?;
    let (IpAddr::V6(address), 96..) = (network.addr(), network.prefix_len()) else {
        return Some(network.trunc());
    };
    match address.to_ipv4_mapped() {
        Some(address) => IpNet::new(address.into(), network.prefix_len() - 96).ok().map(|it| it.trunc()),
        None => Some(network.trunc()),
    }
}
