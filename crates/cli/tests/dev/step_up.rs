//! Step-up as the official SDK's client does it: a tool that needs more than was granted, another sign-in, and the call.

use crate::running::{Dev, sign_in};
use rmcp::{
    RoleClient,
    model::CallToolRequestParams,
    service::{RunningService, ServiceError, ServiceExt as _},
    transport::{
        StreamableHttpClientTransport,
        auth::{AuthClient, AuthorizationCallback, AuthorizationManager, AuthorizationRequest, OAuthState},
        streamable_http_client::{InsufficientScopeError, StreamableHttpClientTransportConfig},
    },
};
use std::{error::Error, sync::Arc};
use tokio::sync::Mutex;

const REDIRECT: &str = "http://127.0.0.1:4199/callback";

/// A client that was granted `todo:read`, and its way to more.
struct Reader {
    client: RunningService<RoleClient, ()>,
    manager: Arc<Mutex<AuthorizationManager>>,
}

impl Reader {
    async fn at(dev: &Dev) -> Self {
        let mut state = OAuthState::new(dev.url(), None).await.unwrap();
        let request = AuthorizationRequest::new(REDIRECT).with_client_name("a reader");
        state.start_authorization(request.with_scopes(["todo:read"])).await.unwrap();
        let callback = sign_in(&state.get_authorization_url().await.unwrap(), "alice").await;
        state.handle_callback_url(callback.as_str()).await.unwrap();
        let http = AuthClient::new(reqwest::Client::new(), state.into_authorization_manager().unwrap());
        let manager = http.auth_manager.clone();
        let config = StreamableHttpClientTransportConfig::with_uri(dev.url());
        let transport = StreamableHttpClientTransport::with_client(http, config);
        Self { client: ().serve(transport).await.unwrap(), manager }
    }

    /// Calls a tool; the scopes that it is challenged for, if it is.
    async fn call(&self, tool: &'static str) -> Result<(), Option<String>> {
        let arguments = serde_json::json!({ "title": "tea" }).as_object().cloned().unwrap();
        let called = self.client.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await;
        called.map(|_| ()).map_err(|error| challenged(&error))
    }

    /// Signs in again at this address, and uses the new token from now on.
    async fn sign_in(&self, address: String) {
        let callback = sign_in(&address, "alice").await;
        let AuthorizationCallback { code, csrf_token, issuer, .. } =
            AuthorizationCallback::from_redirect_url(callback.as_str()).unwrap();
        let manager = self.manager.lock().await;
        manager.exchange_code_for_token_with_issuer(&code, &csrf_token, issuer.as_deref()).await.unwrap();
    }

    /// As the SDK does it: with all that was asked for before.
    async fn step_up(&self, scopes: &str) {
        let address = self.manager.lock().await.request_scope_upgrade(scopes).await.unwrap();
        self.sign_in(address).await;
    }

    /// As clients do it that take the challenge for all there is to ask for.
    async fn ask_for(&self, scopes: &str) {
        let scopes: Vec<&str> = scopes.split(' ').collect();
        let address = self.manager.lock().await.get_authorization_url(&scopes).await.unwrap();
        self.sign_in(address).await;
    }
}

fn challenged(error: &ServiceError) -> Option<String> {
    let ServiceError::TransportSend(error) = error else { return None };
    let mut cause: Option<&(dyn Error + 'static)> = Some(&*error.error);
    while let Some(error) = cause {
        if let Some(lacking) = error.downcast_ref::<InsufficientScopeError>() {
            return lacking.get_required_scope().map(str::to_owned);
        }
        cause = error.source();
    }
    None
}

/// CH-13, CH-14, CL-07: a real 403, another sign-in, the call; and what was granted before is granted still.
#[tokio::test]
async fn an_sdk_client_steps_up_and_the_call_succeeds() {
    for (mode, asked) in [("operation", "todo:write"), ("union", "todo:read todo:write")] {
        let dev = Dev::with(&["--challenge-scopes", mode]);
        let reader = Reader::at(&dev).await;
        assert_eq!(reader.call("list_todos").await, Ok(()), "{mode}");
        assert_eq!(reader.call("create_todo").await, Err(Some(asked.to_owned())), "{mode}");
        reader.step_up(asked).await;
        assert_eq!(reader.call("create_todo").await, Ok(()), "{mode}");
        assert_eq!(reader.call("list_todos").await, Ok(()), "{mode}");
        reader.client.cancel().await.unwrap();
    }
}

/// CH-14: such a client loses by each challenge what it had, unless the challenge asks for that too.
#[tokio::test]
async fn a_client_that_drops_what_it_had_keeps_it_with_union() {
    for (mode, asked, then) in [
        ("operation", "todo:write", Err(Some("todo:read".to_owned()))),
        ("union", "todo:read todo:write", Ok(())),
    ] {
        let dev = Dev::with(&["--challenge-scopes", mode]);
        let reader = Reader::at(&dev).await;
        assert_eq!(reader.call("create_todo").await, Err(Some(asked.to_owned())), "{mode}");
        reader.ask_for(asked).await;
        assert_eq!(reader.call("create_todo").await, Ok(()), "{mode}");
        assert_eq!(reader.call("list_todos").await, then, "{mode}");
        reader.client.cancel().await.unwrap();
    }
}

/// CL-07: a person who allows no more than before is asked three times, and not a fourth.
#[tokio::test]
async fn a_client_that_is_not_granted_more_is_sent_to_sign_in_no_more() {
    let dev = Dev::start();
    let reader = Reader::at(&dev).await;
    for round in 1..=3 {
        assert_eq!(reader.call("create_todo").await, Err(Some("todo:write".to_owned())), "{round}");
        reader.ask_for("todo:read").await;
    }
    assert_eq!(reader.call("create_todo").await, Err(None));
    assert_eq!(reader.call("list_todos").await, Ok(()));
    reader.client.cancel().await.unwrap();
    assert!(dev.end().contains(r#""reason":"step_up_exhausted""#));
}
