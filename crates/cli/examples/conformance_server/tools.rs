//! The tools that answer at once, ask the client while they work (2025-11-25), log, or report progress.

use crate::{
    back::Back,
    changes::{Change, Changes},
    offer::{PNG, WAV, complete, typed},
    rounds,
};
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ProtocolVersion,
        ServerNotification, ServerRequest,
    },
    service::RequestContext,
};
use serde_json::{Value, json};

pub(crate) async fn call(
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
    changes: &Changes,
    back: &Back,
) -> Result<CallToolResponse, ErrorData> {
    let client = context.client_capabilities().unwrap_or_default();
    if let Some(answer) = rounds::call(&request, &client) {
        return answer;
    }
    let argument = |name: &str| request.arguments.as_ref().and_then(|all| all.get(name)).cloned();
    let content = match request.name.as_ref() {
        "unlisted" | "for_machines" | "of_another_org" => json!([text("Nobody asks for it.")]),
        "test_simple_text" => json!([text("This is a simple text response for testing.")]),
        "test_image_content" => json!([image()]),
        "test_audio_content" => json!([{ "type": "audio", "data": WAV, "mimeType": "audio/wav" }]),
        "test_embedded_resource" => json!([resource(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content."
        )]),
        "test_multiple_content_types" => json!([
            text("Multiple content types test:"),
            image(),
            resource("test://mixed-content-resource", "application/json", r#"{"test":"data","value":123}"#),
        ]),
        "test_tool_with_logging" | "test_logging_tool" => log(&context).await?,
        "test_tool_with_progress" => progress(&context).await?,
        "test_error_handling" => return fail("This tool intentionally returns an error for testing"),
        "test_sampling" => return sample(&context, argument("prompt")).await,
        "test_elicitation" => return elicit(&context, argument("message"), address()).await,
        "test_elicitation_sep1034_defaults" => return elicit(&context, None, defaults()).await,
        "test_elicitation_sep1330_enums" => return elicit(&context, None, choices()).await,
        "test_reconnection" => {
            back.hang_up(&context).await;
            json!([text("You came back.")])
        }
        "test_missing_capability" if client.sampling.is_none() => {
            let required: ClientCapabilities = typed(json!({ "sampling": {} }))?;
            return Err(ErrorData::missing_required_client_capability(required));
        }
        "test_missing_capability" => json!([text("You can sample.")]),
        "test_streaming_elicitation" => return rounds::streamed(),
        "test_trigger_tool_change" => {
            changes.announce(Change::Tools);
            json!([text("The tools have changed.")])
        }
        "test_trigger_prompt_change" => {
            changes.announce(Change::Prompts);
            json!([text("The prompts have changed.")])
        }
        "test_x_mcp_header" | "json_schema_2020_12_tool" => {
            json!([text(&json!(request.arguments).to_string())])
        }
        other => return Err(ErrorData::invalid_params(format!("there is no tool {other:?}"), None)),
    };
    Ok(complete::<CallToolResult>(json!({ "content": content }))?.into())
}

fn text(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

fn image() -> Value {
    json!({ "type": "image", "data": PNG, "mimeType": "image/png" })
}

fn resource(uri: &str, mime_type: &str, text: &str) -> Value {
    json!({ "type": "resource", "resource": { "uri": uri, "mimeType": mime_type, "text": text } })
}

fn fail(why: &str) -> Result<CallToolResponse, ErrorData> {
    Ok(complete::<CallToolResult>(json!({ "content": [text(why)], "isError": true }))?.into())
}

/// Three lines; in the modern era only for a request that asks for a level.
async fn log(context: &RequestContext<RoleServer>) -> Result<Value, ErrorData> {
    let is_modern =
        context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
    if !is_modern || context.meta.log_level().is_some() {
        for line in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
            notify(
                context,
                "notifications/message",
                json!({ "level": "info", "logger": "fixture", "data": line }),
            )
            .await?;
        }
    }
    Ok(json!([text("It was logged.")]))
}

async fn progress(context: &RequestContext<RoleServer>) -> Result<Value, ErrorData> {
    let token = context.meta.get_progress_token();
    for progress in [0, 50, 100] {
        if let Some(token) = &token {
            let params = json!({ "progressToken": token, "progress": progress, "total": 100 });
            notify(context, "notifications/progress", params).await?;
        }
    }
    Ok(json!([text("It is done.")]))
}

async fn notify(context: &RequestContext<RoleServer>, method: &str, params: Value) -> Result<(), ErrorData> {
    let notification: ServerNotification = typed(json!({ "method": method, "params": params }))?;
    context
        .peer
        .send_notification(notification)
        .await
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

async fn sample(
    context: &RequestContext<RoleServer>,
    prompt: Option<Value>,
) -> Result<CallToolResponse, ErrorData> {
    let prompt = prompt.unwrap_or_else(|| json!("Hello"));
    let message = json!({ "role": "user", "content": { "type": "text", "text": prompt } });
    ask(context, "sampling/createMessage", json!({ "messages": [message], "maxTokens": 100 }), "LLM response")
        .await
}

async fn elicit(
    context: &RequestContext<RoleServer>,
    message: Option<Value>,
    schema: Value,
) -> Result<CallToolResponse, ErrorData> {
    let message = message.unwrap_or_else(|| json!("Please fill this in."));
    let params = json!({ "mode": "form", "message": message, "requestedSchema": schema });
    ask(context, "elicitation/create", params, "User response").await
}

/// A request to the client while its own is open.
async fn ask(
    context: &RequestContext<RoleServer>,
    method: &str,
    params: Value,
    label: &str,
) -> Result<CallToolResponse, ErrorData> {
    let request: ServerRequest = typed(json!({ "method": method, "params": params }))?;
    match context.peer.send_request(request).await {
        Ok(answer) => {
            let answer = text(&format!("{label}: {}", json!(answer)));
            Ok(complete::<CallToolResult>(json!({ "content": [answer] }))?.into())
        }
        Err(error) => fail(&format!("{method}: {error}")),
    }
}

fn address() -> Value {
    json!({
        "type": "object",
        "properties": {
            "username": { "type": "string", "description": "User's response" },
            "email": { "type": "string", "description": "User's email address" },
        },
        "required": ["username", "email"],
    })
}

fn defaults() -> Value {
    json!({ "type": "object", "properties": {
        "name": { "type": "string", "default": "John Doe" },
        "age": { "type": "integer", "default": 30 },
        "score": { "type": "number", "default": 95.5 },
        "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
        "verified": { "type": "boolean", "default": true },
    } })
}

fn choices() -> Value {
    let plain = json!(["option1", "option2", "option3"]);
    let titled = json!([
        { "const": "value1", "title": "First" },
        { "const": "value2", "title": "Second" },
        { "const": "value3", "title": "Third" },
    ]);
    json!({ "type": "object", "properties": {
        "untitledSingle": { "type": "string", "enum": plain },
        "titledSingle": { "type": "string", "oneOf": titled },
        "legacyEnum": { "type": "string", "enum": ["opt1", "opt2"], "enumNames": ["Option One", "Option Two"] },
        "untitledMulti": { "type": "array", "items": { "type": "string", "enum": plain } },
        "titledMulti": { "type": "array", "items": { "anyOf": titled } },
    } })
}
