//! Flags, and the variables of the same meaning: each sets one key of the one resource.

use super::Environment;
use crate::config::{
    findings::Findings,
    place::Place,
    raw::{OneOrMany, RawConfig, RawIssuer, RawResource},
    typed::LogLevelError,
};

/// What was written on the command line.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--listen`, any number of times.
    pub listen: Vec<String>,
    /// `--behind-tls-proxy`
    pub behind_tls_proxy: Option<bool>,
    /// `--resource`: the identifier.
    pub resource: Option<String>,
    /// `--upstream`
    pub upstream: Option<String>,
    /// `--issuer`
    pub issuer: Option<String>,
    /// `--jwks-uri`
    pub jwks_uri: Option<String>,
    /// `--audience`
    pub audience: Option<String>,
    /// `--required-scopes`, separated by blanks or commas.
    pub required_scopes: Option<String>,
    /// `--tools-file`: a YAML file with the scopes of each tool.
    pub tools_file: Option<String>,
}

struct Setting {
    /// The key of the resource that is set. An issuer comes before what belongs to it.
    key: &'static str,
    flag: &'static str,
    variable: &'static str,
    of: fn(&Flags) -> Option<&String>,
}

const SETTINGS: [Setting; 7] = [
    Setting {
        key: "identifier",
        flag: "--resource",
        variable: "PORTCULLIS_RESOURCE",
        of: |f| f.resource.as_ref(),
    },
    Setting {
        key: "upstream",
        flag: "--upstream",
        variable: "PORTCULLIS_UPSTREAM",
        of: |f| f.upstream.as_ref(),
    },
    Setting { key: "issuer", flag: "--issuer", variable: "PORTCULLIS_ISSUER", of: |f| f.issuer.as_ref() },
    Setting {
        key: "issuer[0].jwks_uri",
        flag: "--jwks-uri",
        variable: "PORTCULLIS_JWKS_URI",
        of: |f| f.jwks_uri.as_ref(),
    },
    Setting {
        key: "issuer[0].audience",
        flag: "--audience",
        variable: "PORTCULLIS_AUDIENCE",
        of: |f| f.audience.as_ref(),
    },
    Setting {
        key: "required_scopes",
        flag: "--required-scopes",
        variable: "PORTCULLIS_REQUIRED_SCOPES",
        of: |f| f.required_scopes.as_ref(),
    },
    Setting {
        key: "tools_file",
        flag: "--tools-file",
        variable: "PORTCULLIS_TOOLS_FILE",
        of: |f| f.tools_file.as_ref(),
    },
];

/// One key that a flag or a variable sets.
pub(crate) struct Override {
    pub(crate) key: &'static str,
    value: String,
    place: Place,
}

impl Override {
    /// All that are set; a flag wins over its variable.
    pub(crate) fn all(environment: &Environment<'_>, flags: &Flags) -> Vec<Self> {
        let set = |setting: &Setting| {
            let flag =
                (setting.of)(flags).map(|value| (value.as_str(), Place::Flag(setting.flag.to_owned())));
            let variable = || {
                let value = environment.get(setting.variable)?;
                Some((value, Place::Environment(setting.variable.to_owned())))
            };
            let (value, place) = flag.or_else(variable)?;
            Some(Self { key: setting.key, value: value.to_owned(), place })
        };
        SETTINGS.iter().filter_map(set).collect()
    }
}

/// Sets them on the one resource there is.
pub(crate) fn apply(raw: &mut RawConfig, overrides: Vec<Override>, findings: &mut Findings) {
    for one in overrides {
        let path = format!("resource[0].{}", one.key);
        let remedy = "write it into the file, where it belongs";
        match &mut raw.resource[..] {
            [resource] if one.key.starts_with("issuer[") && resource.issuer.len() > 1 => {
                findings.problem_at(one.place, &path, "does not say which of the issuers it is for", remedy);
            }
            [resource] => {
                findings.places.set(&path, one.place);
                set(resource, one.key, one.value);
            }
            [] => {}
            _ => findings.problem_at(one.place, "", "does not say which of the resources it is for", remedy),
        }
    }
}

fn set(resource: &mut RawResource, key: &str, value: String) {
    match key {
        "identifier" => resource.identifier = Some(value),
        "upstream" => resource.upstream = Some(value),
        "issuer" => resource.issuer = vec![RawIssuer { issuer: Some(value), ..RawIssuer::default() }],
        "issuer[0].jwks_uri" => first_issuer(resource).jwks_uri = Some(value),
        "tools_file" => resource.tools_file = Some(value),
        "issuer[0].audience" => first_issuer(resource).audience = Some(OneOrMany::One(value)),
        _ => {
            resource.required_scopes =
                value.split([' ', ',']).filter(|it| !it.is_empty()).map(str::to_owned).collect()
        }
    }
}

fn first_issuer(resource: &mut RawResource) -> &mut RawIssuer {
    if resource.issuer.is_empty() {
        resource.issuer.push(RawIssuer::default());
    }
    &mut resource.issuer[0]
}

/// `behind_tls_proxy`, which is true or false.
pub(crate) fn proxy(
    raw: &mut RawConfig,
    environment: &Environment<'_>,
    flags: &Flags,
    findings: &mut Findings,
) {
    let (path, variable) = ("behind_tls_proxy", "PORTCULLIS_BEHIND_TLS_PROXY");
    if flags.behind_tls_proxy.is_some() {
        raw.behind_tls_proxy = flags.behind_tls_proxy;
    } else if let Some(text) = environment.get(variable) {
        findings.places.set(path, Place::Environment(variable.to_owned()));
        match text {
            "true" | "1" => raw.behind_tls_proxy = Some(true),
            "false" | "0" => raw.behind_tls_proxy = Some(false),
            _ => findings.wrong(path, text, "is neither true nor false", "write true or false"),
        }
    }
}

/// `log`: an operator who looks into something sets it for one start.
pub(crate) fn log(raw: &mut RawConfig, environment: &Environment<'_>, findings: &mut Findings) {
    let (path, variable) = ("log", "PORTCULLIS_LOG");
    let Some(text) = environment.get(variable) else { return };
    findings.places.set(path, Place::Environment(variable.to_owned()));
    match text.parse() {
        Ok(level) => raw.log = Some(level),
        Err(LogLevelError) => {
            findings.wrong(path, text, LogLevelError.to_string(), "write one of them");
        }
    }
}
