//! `src/bin/tenants.rs`.

use crate::{
    issuer::Issuer,
    program::{Program, RESOURCE},
};
use portcullis_testing::TestKey;
use serde_json::json;

struct Place {
    issuer: Issuer,
    program: Program,
}

async fn place() -> Place {
    let issuer = Issuer::start().await;
    let url = issuer.url();
    let variables = [("ISSUER", url.as_str()), ("PORTCULLIS_RESOURCE", RESOURCE)];
    Place { program: Program::start(env!("CARGO_BIN_EXE_tenants"), &variables), issuer }
}

impl Place {
    fn token(&self, subject: &str, tenant: &str, scope: &str) -> String {
        self.issuer.token(subject, scope).claim("org_id", tenant).sign(&TestKey::rsa())
    }
}

const USUAL: &str = "notes:read notes:write";

/// The same subject, the same number, another organization: nothing is found, read, or deleted.
#[tokio::test]
async fn two_organizations_never_see_each_others_notes() {
    let place = place().await;
    place.program.sends_strangers_to(&place.issuer.url(), "read_notes").await;
    let (acme, globex) = (place.token("ada", "acme", USUAL), place.token("ada", "globex", USUAL));
    let call = async |token: &str, tool, arguments| place.program.call(Some(token), tool, arguments).await;
    let number = json!({ "number": 1 });
    call(&acme, "write_note", json!({ "text": "the plans of acme" })).await.says("number 1");
    let read = call(&globex, "read_notes", json!({})).await;
    assert!(read.status == 200 && !read.text.contains("plans"), "{read:?}");
    call(&globex, "delete_note", number.clone()).await.says("no such note");
    call(&globex, "write_note", json!({ "text": "the plans of globex" })).await.says("number 1");
    call(&globex, "delete_note", number).await.says("Deleted.");
    let read = call(&acme, "read_notes", json!({})).await;
    read.says("1. ada: the plans of acme");
    assert!(!read.text.contains("globex"), "{read:?}");
    let nowhere = place.issuer.token("ada", USUAL).sign(&TestKey::rsa());
    let told = call(&nowhere, "read_notes", json!({})).await;
    assert!(told.text.contains("of no organization") && !told.text.contains("plans"), "{told:?}");
}

/// The rule asks for `notes:write`; what else is needed follows from whose note it is.
#[tokio::test]
async fn whoever_deletes_anothers_note_steps_up() {
    let place = place().await;
    let (ada, bob) = (place.token("ada", "acme", USUAL), place.token("bob", "acme", USUAL));
    let moderator = place.token("bob", "acme", "notes:read notes:write notes:moderate");
    let reader = place.token("bob", "acme", "notes:read");
    let call = async |token: &str, tool, arguments| place.program.call(Some(token), tool, arguments).await;
    let number = json!({ "number": 1 });
    call(&ada, "write_note", json!({ "text": "Ada's" })).await.says("number 1");
    call(&reader, "delete_note", number.clone()).await.steps_up_to("notes:write");
    call(&bob, "delete_note", number.clone()).await.steps_up_to("notes:moderate notes:write");
    let older = place.program.call_as_of_2025(&bob, "delete_note", number.clone()).await;
    older.steps_up_to("notes:moderate notes:write");
    call(&bob, "read_notes", json!({})).await.says("Ada's");
    call(&moderator, "delete_note", number.clone()).await.says("Deleted.");
    call(&ada, "write_note", json!({ "text": "Another of hers" })).await.says("number 1");
    call(&ada, "delete_note", number).await.says("Deleted.");
}
