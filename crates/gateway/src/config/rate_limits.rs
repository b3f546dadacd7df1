//! How many requests a caller may make. Nothing is limited unless somebody writes a number: none is right for a laptop
//! and for a host whose every user comes from four addresses, and a limit that nobody chose is an outage that nobody
//! understands. What a stranger without a token can cost is bounded elsewhere, whatever is written here.

use super::findings::Findings;
use portcullis_resource_server::Rate;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What lifts a limit that stands above.
const OFF: &str = "off";

/// `[rate_limits]`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RawRateLimits {
    /// Requests from one client address, counted before the token is looked at, at all resources together: `600/minute`, or
    /// `600/minute burst 100`. (An IPv6 address counts as its /64.) No limit, if left out.
    pub(crate) per_address: Option<String>,
    /// Requests of one subject at each resource, with whatever client. No limit, if left out.
    pub(crate) per_subject: Option<String>,
    /// Requests of one client at each resource, for all its users together. No limit, if left out.
    pub(crate) per_client: Option<String>,
    /// Calls of one subject to each tool. No limit, if left out.
    pub(crate) per_tool: Option<String>,
}

/// `[resource.rate_limits]`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RawResourceRateLimits {
    /// In place of `rate_limits.per_subject`; `off` for none.
    pub(crate) per_subject: Option<String>,
    /// In place of `rate_limits.per_client`; `off` for none.
    pub(crate) per_client: Option<String>,
    /// In place of `rate_limits.per_tool`; `off` for none.
    pub(crate) per_tool: Option<String>,
    /// Calls of one subject to single tools, by name or glob (`*`); the one that names most of a tool counts.
    pub(crate) tools: BTreeMap<String, String>,
}

/// What each caller may do at one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerRates {
    /// Of one subject.
    pub per_subject: Option<Rate>,
    /// Of one client.
    pub per_client: Option<Rate>,
    /// Of one subject at each tool that matches.
    pub tools: Vec<(String, Rate)>,
}

/// The limits of all resources. Behind a proxy whose word nobody believes all clients are one address.
pub(crate) fn everywhere(
    raw: &RawRateLimits,
    behind_tls_proxy: bool,
    trusts_proxies: bool,
    findings: &mut Findings,
) -> Option<Rate> {
    let path = "rate_limits.per_address";
    let rate = rate(raw.per_address.as_deref(), path, findings);
    if let (Some(rate), true, false) = (rate, behind_tls_proxy, trusts_proxies) {
        findings.wrong(
            path,
            &rate.to_string(),
            "would count all clients as one, the proxy in front",
            "name the proxy in trusted_proxies = [\"10.0.0.0/8\"]",
        );
    }
    for (key, text) in
        [("per_subject", &raw.per_subject), ("per_client", &raw.per_client), ("per_tool", &raw.per_tool)]
    {
        self::rate(text.as_deref(), &format!("rate_limits.{key}"), findings);
    }
    rate
}

/// Those of one resource: its own, else those of all.
pub(crate) fn of_resource(
    everywhere: &RawRateLimits,
    raw: &RawResourceRateLimits,
    path: &str,
    findings: &mut Findings,
) -> CallerRates {
    let mut own = |key: &str, own: &Option<String>, all: &Option<String>| match own {
        Some(text) => rate(Some(text), &format!("{path}.{key}"), findings),
        // What is wrong with it has been said.
        None => all.as_deref().and_then(|text| text.parse().ok()),
    };
    let per_subject = own("per_subject", &raw.per_subject, &everywhere.per_subject);
    let per_client = own("per_client", &raw.per_client, &everywhere.per_client);
    let per_tool = own("per_tool", &raw.per_tool, &everywhere.per_tool);
    let mut tools = Vec::new();
    for (name, text) in &raw.tools {
        let path = super::place::join(&format!("{path}.tools"), name);
        if name.is_empty() {
            findings.problem(&path, "names no tool", "write a tool's name, or a glob such as \"*_todo\"");
        }
        if text == OFF {
            findings.wrong(&path, OFF, "is no rate", "leave the tool out, or give it a rate");
        } else if let Some(rate) = rate(Some(text), &path, findings) {
            tools.push((name.clone(), rate));
        }
    }
    let all = "*".to_owned();
    match per_tool {
        Some(rate) if !raw.tools.contains_key(&all) => tools.push((all, rate)),
        Some(_) if raw.per_tool.is_some() => findings.problem(
            &format!("{path}.per_tool"),
            "says the same as \"*\" under tools",
            "leave one of them out",
        ),
        _ => {}
    }
    CallerRates { per_subject, per_client, tools }
}

fn rate(text: Option<&str>, path: &str, findings: &mut Findings) -> Option<Rate> {
    let text = text.filter(|text| *text != OFF)?;
    match text.parse() {
        Ok(rate) => Some(rate),
        Err(error) => {
            let remedy = "write how many in a second, minute, hour or day, such as \"600/minute\" or \"600/minute burst 100\"";
            findings.wrong(path, text, format!("{error}"), remedy);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Sources, load, show};

    const FILE: &str = r#"
        trusted_proxies = ["10.1.2.3/8", "127.0.0.1", "::ffff:192.168.0.0/112"]
        [rate_limits]
        per_address = "600/min burst 100"
        per_subject = "60/minute"
        per_client = "600/minute"
        per_tool = "30/minute"
        [[resource]]
        identifier = "https://mcp.example.com/mcp"
        upstream = "http://127.0.0.1:8000/mcp"
        default = "authenticated"
        issuer = [{ issuer = "https://login.example.com" }]
        [resource.rate_limits]
        per_subject = "off"
        per_client = "5/second"
        tools = { export = "5/hour", "*" = "1/second" }
        [[resource]]
        identifier = "https://mcp.example.com/other"
        upstream = "http://127.0.0.1:8001/mcp"
        default = "authenticated"
        issuer = [{ issuer = "https://login.example.com" }]
    "#;

    /// TM-34: a resource's own count, else those of all; and the operator reads what is in force.
    #[test]
    fn a_resource_has_its_own_rates_or_those_of_all() {
        let sources = Sources { file: Some(("f".into(), FILE.into())), ..Sources::default() };
        let config = load(&sources).unwrap();
        let rates = |index: usize| {
            let rates = &config.resources[index].rates;
            let tools = rates.tools.iter().map(|(name, rate)| format!("{name} {rate}")).collect::<Vec<_>>();
            let one = |rate: Option<_>| rate.map(|rate: portcullis_resource_server::Rate| rate.to_string());
            (one(rates.per_subject), one(rates.per_client), tools.join(", "))
        };
        assert_eq!(rates(0), (None, Some("5/second".into()), "* 1/second, export 5/hour".into()));
        assert_eq!(rates(1), (Some("60/minute".into()), Some("600/minute".into()), "* 30/minute".into()));
        let networks: Vec<_> = config.trusted_proxies.networks.iter().map(ToString::to_string).collect();
        assert_eq!(networks, ["10.0.0.0/8", "127.0.0.1/32", "192.168.0.0/16"]);
        let shown = show(&config);
        for line in [
            "per_address = \"600/minute burst 100\"",
            "per_subject = \"off\"",
            "export = \"5/hour\"",
            "x-forwarded-for",
        ] {
            assert!(shown.contains(line), "{line}: {shown}");
        }
    }

    /// Nobody is limited whom nobody wanted to limit.
    #[test]
    fn without_a_word_nothing_is_limited() {
        let file = FILE.split("[rate_limits]").next().unwrap().to_owned()
            + "[[resource]]"
            + FILE.rsplit("[[resource]]").next().unwrap();
        let config = load(&Sources { file: Some(("f".into(), file)), ..Sources::default() }).unwrap();
        assert_eq!(config.per_address, None);
        assert_eq!(config.resources[0].rates, super::CallerRates::default());
    }
}
