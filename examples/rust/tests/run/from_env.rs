//! `src/bin/from_env.rs`.

use crate::{program::Program, scalekit::environment};
use portcullis_testing::scalekit::{self, IssuerForm, ORGANIZATION, USER};
use serde_json::json;
use std::process::Command;

/// Nothing but the variables of the guide.
#[tokio::test]
async fn the_variables_of_scalekits_guide_are_enough() {
    let scalekit = environment().await;
    let program = Program::start(
        env!("CARGO_BIN_EXE_from_env"),
        &[
            ("SCALEKIT_ENVIRONMENT_URL", scalekit.url()),
            ("SCALEKIT_RESOURCE_ID", scalekit::RESOURCE),
            ("MCP_URL", "https://mcp.example.com/"),
            ("SCALEKIT_CLIENT_ID", "skc_1"),
        ],
    );
    program.sends_strangers_to(&scalekit.issuer(IssuerForm::Resource), "whoami").await;
    let token = |scope: &str| scalekit.user_token(scope).sign(&scalekit.signing_key());
    let told = program.call(Some(&token("todo:read")), "whoami", json!({})).await;
    told.says(&format!("You are {USER} of {ORGANIZATION}."));
    program.call(Some(&token("todo:read")), "close", json!({})).await.steps_up_to("desk:close");
    program.call(Some(&token("desk:close")), "close", json!({})).await.says("Closed.");
}

/// A program that returns its error from `main` tells its operator what is missing, in words.
#[test]
fn what_is_missing_is_named() {
    for (variables, told) in [
        (&[][..], "the environment names no issuer; set SCALEKIT_ENVIRONMENT_URL"),
        (
            &[("AUTH0_DOMAIN", "acme.eu.auth0.com")],
            "environment variable AUTH0_AUDIENCE is not set; set it to",
        ),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_from_env"));
        let output = command.env_clear().env("PORT", "0").envs(variables.iter().copied()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(told), "{said}");
    }
}
