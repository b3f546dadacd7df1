//! Tokens bound to keys: each way to write it, and each way to write it wrong.

use super::*;
use crate::config::show;
use portcullis_resource_server::{Algorithm, DpopMode, DpopSettings};

fn with(dpop: &str) -> String {
    USUAL.replace("[[resource.issuer]]", &format!("{dpop}\n[[resource.issuer]]"))
}

fn settings(dpop: &str) -> DpopSettings {
    from_file(&with(dpop)).unwrap().resources[0].dpop.clone()
}

/// RS-26, DP-04: one word, or a table, with the defaults of where it is used.
#[test]
fn a_word_or_a_table_says_whether_tokens_are_bound() {
    let mode = |mode| DpopSettings { mode, ..DpopSettings::default() };
    assert_eq!(settings(""), mode(DpopMode::Off));
    assert_eq!(settings("dpop = \"off\""), mode(DpopMode::Off));
    assert_eq!(settings("dpop = \"supported\""), mode(DpopMode::Supported));
    assert_eq!(settings("dpop = { mode = \"required\" }"), mode(DpopMode::Required));
    let all = "dpop = { mode = \"required\", nonce = true, proof_seconds = 60, remembered_proofs = 0, algorithms = [\"ES256\"] }";
    let expected = DpopSettings {
        mode: DpopMode::Required,
        algorithms: vec![Algorithm::Es256],
        proof_seconds: 60,
        nonce: true,
        remembered_proofs: 0,
    };
    assert_eq!(settings(all), expected);
    assert_eq!(settings("[resource.dpop]\nmode = \"supported\""), mode(DpopMode::Supported));
}

/// DP-04, JW-04, JW-11: a window without end, a key that both sides know, and what nobody understands do not start.
#[test]
fn what_is_written_wrong_about_dpop_is_named_with_its_place_and_its_remedy() {
    for (name, dpop, problem, remedy) in [
        (
            "another word",
            "dpop = \"require\"",
            "resource[0].dpop = \"require\": is not one of \"off\", \"supported\", \"required\"",
            "did you mean \"required\"?",
        ),
        ("another kind", "dpop = true", "resource[0].dpop: is true or false, not a text", "write dpop = "),
        ("no mode", "dpop = { nonce = true }", "resource[0].dpop.mode: is missing", "mode = \"supported\""),
        (
            "another mode",
            "dpop = { mode = \"on\" }",
            "resource[0].dpop.mode = \"on\": is not one of",
            "write one of \"off\", \"supported\", \"required\"",
        ),
        (
            "an unknown key",
            "dpop = { mode = \"off\", nonces = true }",
            "resource[0].dpop.nonces: is not a key",
            "did you mean `nonce`?",
        ),
        (
            "a window without end",
            "dpop = { mode = \"required\", proof_seconds = 301 }",
            "resource[0].dpop.proof_seconds = \"301\": is out of bounds",
            "from 5 to 300",
        ),
        (
            "a memory without end",
            "dpop = { mode = \"required\", remembered_proofs = 99999999 }",
            "remembered_proofs = \"99999999\": is out of bounds",
            "from 0 to 4194304",
        ),
        (
            "a symmetric algorithm",
            "dpop = { mode = \"required\", algorithms = [\"HS256\"] }",
            "resource[0].dpop.algorithms[0] = \"HS256\": is symmetric",
            "ES256",
        ),
        (
            "no algorithm",
            "dpop = { mode = \"required\", algorithms = [] }",
            "resource[0].dpop.algorithms: names no algorithm",
            "ES256",
        ),
    ] {
        let text = problems(from_file(&with(dpop)));
        assert!(text.contains(problem) && text.contains(remedy), "{name}: {text}");
    }
}

/// PRM-16: what is published as given must not promise what is not so, and had better say what is.
#[test]
fn given_metadata_and_the_mode_agree() {
    let metadata = |dpop: &str, says: &str| {
        with(&format!(
            "{dpop}\n[resource.metadata]\nresource = \"https://mcp.example.com/mcp\"\n\
             authorization_servers = [\"https://acme.scalekit.com/resources/res_123\"]\n{says}"
        ))
    };
    let required = "dpop_bound_access_tokens_required = true";
    for mode in ["dpop = \"off\"", "dpop = \"supported\""] {
        let text = problems(from_file(&metadata(mode, required)));
        assert!(text.contains("dpop_bound_access_tokens_required = \"true\": is not so"), "{text}");
        assert_eq!(said(&from_file(&metadata(mode, "")).unwrap()), [""; 0]);
    }
    assert_eq!(said(&from_file(&metadata("dpop = \"required\"", required)).unwrap()), [""; 0]);
    let config = from_file(&metadata("dpop = \"required\"", "")).unwrap();
    assert!(said(&config)[0].contains("clients find out by a refusal"));
}

/// PRM-16, G-20: it is published also where the operator chose the scopes.
#[test]
fn what_is_configured_is_published_with_chosen_scopes_too() {
    let file =
        with("dpop = { mode = \"required\", algorithms = [\"ES256\"] }\nscopes_supported = [\"todo:read\"]");
    let metadata = from_file(&file).unwrap().settings().remove(0).metadata.unwrap();
    assert_eq!(metadata["dpop_bound_access_tokens_required"], true);
    assert_eq!(metadata["dpop_signing_alg_values_supported"], serde_json::json!(["ES256"]));
}

#[test]
fn what_is_in_force_is_shown_and_can_be_read_again() {
    assert!(show(&from_file(USUAL).unwrap()).contains("dpop = \"off\""));
    let shown = show(&from_file(&with("dpop = \"required\"")).unwrap());
    let start = shown.find("[resource.dpop]").unwrap();
    let table = shown[start..].split("\n\n").next().unwrap();
    for line in ["mode = \"required\"", "nonce = false", "proof_seconds = 300", "remembered_proofs = 131072"]
    {
        assert!(table.contains(line), "{table}");
    }
    assert_eq!(settings(table), settings("dpop = \"required\""));
}
