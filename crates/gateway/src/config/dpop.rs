//! Tokens bound to keys (`dpop`): one word, or a table; what it means, and how it is shown.

use super::{check, findings::Findings, typed::ResourceConfig};
use portcullis_resource_server::{DpopMode, DpopSettings};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;

/// `dpop = "required"`, or a table that says more.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum RawDpop {
    Mode(RawDpopMode),
    Table(RawDpopTable),
}

/// Whether tokens may be bound to a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RawDpopMode {
    /// Bearer tokens only.
    #[default]
    Off,
    /// A token that is bound to a key needs its proof; another is a bearer token.
    Supported,
    /// Every token must be bound to a key.
    Required,
}

/// `[resource.dpop]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RawDpopTable {
    /// Whether tokens may be bound to a key.
    mode: Option<RawDpopMode>,
    /// Whether a proof must carry a nonce of ours, so that none can be made long before it is used. Replicas need one
    /// session key. `false` if left out: it costs each client a round trip.
    nonce: bool,
    /// How old a proof may be, and how far ahead of our clock.
    #[schemars(range(min = 5, max = 300))]
    proof_seconds: u64,
    /// How many used proofs are remembered, so that none is used twice here; 0 remembers none. Each takes some 120 bytes.
    #[schemars(range(min = 0, max = 4_194_304))]
    remembered_proofs: u64,
    /// What proofs may be signed with. Every asymmetric algorithm, if left out.
    algorithms: Option<Vec<String>>,
}

impl Default for RawDpop {
    fn default() -> Self {
        Self::Mode(RawDpopMode::Off)
    }
}

impl Default for RawDpopTable {
    fn default() -> Self {
        let DpopSettings { nonce, proof_seconds, remembered_proofs, .. } = DpopSettings::default();
        Self {
            mode: None,
            nonce,
            proof_seconds,
            remembered_proofs: remembered_proofs as u64,
            algorithms: None,
        }
    }
}

/// A choice of words for a text, and the keys of a table for a table: what the reader of the file looks for.
impl JsonSchema for RawDpop {
    fn schema_name() -> Cow<'static, str> {
        "Dpop".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = RawDpopTable::json_schema(generator).to_value();
        let words = RawDpopMode::json_schema(generator).to_value();
        let mut choices = words["oneOf"].as_array().cloned().unwrap_or_default();
        choices.push(json!({ "type": "object" }));
        json_schema!({
            "type": ["string", "object"],
            "oneOf": choices,
            "properties": table["properties"],
            "additionalProperties": false,
        })
    }
}

/// What is written of one resource, checked.
pub(crate) fn settings(raw: RawDpop, path: &str, findings: &mut Findings) -> DpopSettings {
    let table = match raw {
        RawDpop::Mode(mode) => return DpopSettings { mode: mode.into(), ..DpopSettings::default() },
        RawDpop::Table(table) => table,
    };
    if table.mode.is_none() {
        let remedy = "write mode = \"supported\" (a bound token needs its proof) or mode = \"required\" (every token must be bound)";
        findings.missing(&format!("{path}.mode"), remedy);
    }
    let names = check::algorithms(table.algorithms.as_deref(), &format!("{path}.algorithms"), findings);
    DpopSettings {
        mode: table.mode.unwrap_or_default().into(),
        algorithms: names.iter().filter_map(|name| name.parse().ok()).collect(),
        proof_seconds: table.proof_seconds,
        nonce: table.nonce,
        remembered_proofs: usize::try_from(table.remembered_proofs).unwrap_or(usize::MAX),
    }
}

/// What clients would not know of: metadata that is published as given says what is written there, and nothing else.
pub(crate) fn against_metadata(resource: &ResourceConfig, at: &str, findings: &mut Findings) {
    let Some(metadata) = &resource.metadata_override else { return };
    let path = format!("{at}.metadata.dpop_bound_access_tokens_required");
    let says_required = metadata["dpop_bound_access_tokens_required"] == Value::Bool(true);
    match (says_required, resource.dpop.mode) {
        (true, DpopMode::Off | DpopMode::Supported) => findings.wrong(
            &path,
            "true",
            "is not so: tokens that are bound to nothing are accepted",
            "write dpop = \"required\" for this resource, or leave it out of the metadata",
        ),
        (false, DpopMode::Required) => {
            findings
                .warn(&path, "is not said, though every token must be bound: clients find out by a refusal");
        }
        (true, DpopMode::Required) | (false, DpopMode::Off | DpopMode::Supported) => {}
    }
}

/// One word where nothing else can matter, else everything that is in force.
pub(crate) fn shown(dpop: &DpopSettings) -> Value {
    let mode = match dpop.mode {
        DpopMode::Off => return json!("off"),
        DpopMode::Supported => "supported",
        DpopMode::Required => "required",
    };
    json!({
        "mode": mode,
        "nonce": dpop.nonce,
        "proof_seconds": dpop.proof_seconds,
        "remembered_proofs": dpop.remembered_proofs,
        "algorithms": dpop.algorithms.iter().map(|algorithm| algorithm.as_str()).collect::<Vec<_>>(),
    })
}

impl From<RawDpopMode> for DpopMode {
    fn from(mode: RawDpopMode) -> Self {
        match mode {
            RawDpopMode::Off => Self::Off,
            RawDpopMode::Supported => Self::Supported,
            RawDpopMode::Required => Self::Required,
        }
    }
}
