//! `src/bin/existing_app.rs`.

use crate::{
    issuer::Issuer,
    program::{Program, RESOURCE},
};
use portcullis_testing::TestKey;
use serde_json::json;

#[tokio::test]
async fn an_application_keeps_its_routes_and_gains_protected_tools() {
    let issuer = Issuer::start().await;
    let url = issuer.url();
    let variables = [("ISSUER", url.as_str()), ("PORTCULLIS_RESOURCE", RESOURCE)];
    let program = Program::start(env!("CARGO_BIN_EXE_existing_app"), &variables);
    program.get("/").await.says("Welcome to the shop.");
    program.get("/orders/1").await.says("on its way");
    let nowhere = program.get("/nowhere").await;
    assert_eq!((nowhere.status, nowhere.challenge.as_str()), (404, ""), "its own 404, for everybody");

    program.sends_strangers_to(&url, "order_state").await;
    let token = |scope: &str| issuer.token("user-1", scope).sign(&TestKey::rsa());
    let order = json!({ "number": 1 });
    let poor = program.call(Some(&token("shop")), "order_state", order.clone()).await;
    poor.steps_up_to("orders:read");
    program.call(Some(&token("orders:read")), "order_state", order).await.says("on its way");
}
