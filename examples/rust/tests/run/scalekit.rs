//! `src/bin/scalekit.rs`.

use crate::program::{Program, RESOURCE};
use portcullis::{fetch::HttpFetcher, resource_server::SystemClock};
use portcullis_testing::{
    ScalekitStandIn,
    scalekit::{self, IssuerForm, Switches},
};
use serde_json::json;
use std::sync::Arc;

/// An environment of today's time, where this server is registered.
pub(crate) async fn environment() -> ScalekitStandIn {
    let switches = Switches { server_url: Some(RESOURCE.to_owned()), ..Switches::default() };
    let fetch = Arc::new(HttpFetcher::new().unwrap());
    ScalekitStandIn::start_with(switches, Arc::new(SystemClock::new()), fetch).await
}

#[tokio::test]
async fn a_server_with_the_scalekit_preset_asks_each_tool_for_its_scope() {
    let scalekit = environment().await;
    let program = Program::start(
        env!("CARGO_BIN_EXE_scalekit"),
        &[
            ("SCALEKIT_ENVIRONMENT_URL", scalekit.url()),
            ("SCALEKIT_RESOURCE_ID", scalekit::RESOURCE),
            ("PORTCULLIS_RESOURCE", RESOURCE),
        ],
    );
    program.sends_strangers_to(&scalekit.issuer(IssuerForm::Resource), "list_todos").await;
    let token = |scope: &str| scalekit.user_token(scope).sign(&scalekit.signing_key());
    let (reads, writes) = (token("todo:read"), token("todo:read todo:write"));
    let todo = json!({ "title": "Water the plants" });
    program.call(Some(&reads), "create_todo", todo.clone()).await.steps_up_to("todo:write");
    program.call(Some(&writes), "create_todo", todo).await.says("Added.");
    program.call(Some(&reads), "list_todos", json!({})).await.says("Water the plants");
}
