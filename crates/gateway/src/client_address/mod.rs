//! Where a request comes from: the other end of its connection, or, where that is a trusted proxy, what the proxy says.
//!
//! A header is believed hop by hop from its right end, where proxies write; what a client wrote itself stands further left
//! and is not reached, since the first address that is no trusted proxy is the client's. What cannot be read ends the
//! walk: the address is then that of the last proxy that was.

mod element;

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use portcullis_resource_server::ClientAddress;
use schemars::JsonSchema;
use serde::Deserialize;
use std::net::IpAddr;

/// More proxies stand in no row.
const MAX_HOPS: usize = 32;

/// Whose word about a client's address counts, and in which header; by default nobody's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    /// Where they are.
    pub networks: Vec<IpNet>,
    /// What they write.
    pub header: ClientAddressHeader,
}

/// The header in which proxies say where a request came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ClientAddressHeader {
    /// What most proxies write.
    #[default]
    #[serde(rename = "x-forwarded-for")]
    XForwardedFor,
    /// RFC 7239. A proxy that does not write it lets a client's own through, so it is chosen, never guessed.
    #[serde(rename = "forwarded")]
    Forwarded,
}

impl ClientAddressHeader {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }
}

impl TrustedProxies {
    /// Where a request with these headers, from `peer`, comes from.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let mut client = peer.to_canonical();
        let name = HeaderName::from_static(self.header.as_str());
        let lines: Vec<_> = headers.get_all(name).iter().collect();
        let hops = lines.into_iter().rev().flat_map(|line| element::from_the_right(self.header, line));
        for said in hops.take(MAX_HOPS) {
            if !self.trusts(client) {
                break;
            }
            let Some(said) = said else { break };
            client = said.to_canonical();
        }
        ClientAddress(client)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn proxies(header: ClientAddressHeader) -> TrustedProxies {
        let networks = ["10.0.0.0/8", "127.0.0.1/32", "fd00::/8"];
        TrustedProxies { networks: networks.map(|text| text.parse().unwrap()).to_vec(), header }
    }

    fn client(proxies: &TrustedProxies, peer: &str, lines: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            let name = HeaderName::from_static(proxies.header.as_str());
            headers.append(name, HeaderValue::from_bytes(line).unwrap());
        }
        let ClientAddress(address) = proxies.client(peer.parse().unwrap(), &headers);
        address.to_string()
    }

    /// Attacks first: whatever a client writes, it does not choose its address.
    #[test]
    fn a_client_does_not_choose_its_address() {
        let proxies = proxies(ClientAddressHeader::XForwardedFor);
        for (name, peer, lines, expected) in [
            ("no proxy at all", "203.0.113.7", &[&b"198.51.100.1"[..]][..], "203.0.113.7"),
            ("nothing said", "10.0.0.1", &[], "10.0.0.1"),
            ("the proxy appends", "10.0.0.1", &[b"1.1.1.1, 203.0.113.7"], "203.0.113.7"),
            ("the proxy adds a line", "10.0.0.1", &[b"1.1.1.1", b"203.0.113.7"], "203.0.113.7"),
            ("the client names a proxy", "10.0.0.1", &[b"10.9.9.9, 203.0.113.7"], "203.0.113.7"),
            ("garbage on the client's side", "10.0.0.1", &[b"\xff\xfe, 203.0.113.7"], "203.0.113.7"),
            ("garbage on its own line", "10.0.0.1", &[b"\xff\xfe", b"203.0.113.7"], "203.0.113.7"),
            ("garbage only", "10.0.0.1", &[b"unknown"], "10.0.0.1"),
            ("garbage last", "10.0.0.1", &[b"203.0.113.7, "], "10.0.0.1"),
        ] {
            assert_eq!(client(&proxies, peer, lines), expected, "{name}");
        }
        let long = "10.0.0.2,".repeat(1000) + "10.0.0.2";
        assert_eq!(client(&proxies, "10.0.0.1", &[long.as_bytes()]), "10.0.0.2", "an end is found");
        let nobody = TrustedProxies::default();
        assert_eq!(client(&nobody, "10.0.0.1", &[b"203.0.113.7"]), "10.0.0.1");
    }

    #[test]
    fn trusted_proxies_say_where_a_request_comes_from() {
        let proxies = proxies(ClientAddressHeader::XForwardedFor);
        for (name, peer, line, expected) in [
            ("one proxy", "127.0.0.1", "203.0.113.7", "203.0.113.7"),
            ("two", "127.0.0.1", "203.0.113.7, 10.0.0.9", "203.0.113.7"),
            ("proxies all the way", "127.0.0.1", "10.0.0.8, 10.0.0.9", "10.0.0.8"),
            ("over IPv6", "fd00::1", "2001:db8::7", "2001:db8::7"),
            ("IPv4 in IPv6", "::ffff:10.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"),
            ("a port", "127.0.0.1", "203.0.113.7:4711", "203.0.113.7"),
            ("brackets", "127.0.0.1", "[2001:db8::7]", "2001:db8::7"),
            ("brackets and a port", "127.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
            ("blanks", "127.0.0.1", " \t203.0.113.7\t ", "203.0.113.7"),
        ] {
            assert_eq!(client(&proxies, peer, &[line.as_bytes()]), expected, "{name}");
        }
    }

    /// RFC 7239 §4, §6; and a quotation mark that a client opens closes nothing of the proxy's.
    #[test]
    fn forwarded_is_read_where_it_is_chosen() {
        let proxies = proxies(ClientAddressHeader::Forwarded);
        for (name, line, expected) in [
            ("a token", "for=203.0.113.7", "203.0.113.7"),
            ("among others", "proto=https;For=203.0.113.7;by=10.0.0.1", "203.0.113.7"),
            ("quoted", "for=\"[2001:db8::7]:4711\"", "2001:db8::7"),
            ("escaped", "for=\"\\[2001:db8::7]\"", "2001:db8::7"),
            ("appended", "for=1.1.1.1, for=203.0.113.7;proto=http", "203.0.113.7"),
            ("through another proxy", "for=203.0.113.7, for=10.0.0.9", "203.0.113.7"),
            ("a comma in quotation marks", "for=203.0.113.7;host=\"a, for=1.1.1.1\"", "203.0.113.7"),
            ("unknown", "for=unknown", "10.0.0.1"),
            ("obfuscated", "for=_hidden", "10.0.0.1"),
            ("none", "proto=https", "10.0.0.1"),
            ("two", "for=1.1.1.1;for=203.0.113.7", "10.0.0.1"),
            ("an open quotation mark", "for=1.1.1.1;x=\", for=203.0.113.7", "10.0.0.1"),
            ("closed by the proxy's", "for=1.1.1.1;x=\", for=\"203.0.113.7\"", "10.0.0.1"),
            ("no pair", "203.0.113.7", "10.0.0.1"),
        ] {
            assert_eq!(client(&proxies, "10.0.0.1", &[line.as_bytes()]), expected, "{name}");
        }
        let mut both = HeaderMap::new();
        both.insert("x-forwarded-for", HeaderValue::from_static("198.51.100.1"));
        let ClientAddress(address) = proxies.client("10.0.0.1".parse().unwrap(), &both);
        assert_eq!(address.to_string(), "10.0.0.1", "the other header is not looked at");
    }
}
