//! What the server offers: tools, prompts and resources, by the names and with the contents that the scenarios ask for, and a
//! few that none asks for, so that rules can hide them.

use rmcp::{
    ErrorData,
    model::{
        GetPromptRequestParams, GetPromptResponse, GetPromptResult, Prompt, ReadResourceResult, Resource,
        ResourceTemplate, Tool,
    },
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// One red pixel.
pub(crate) const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";
/// No sound, for no time.
pub(crate) const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

/// The SDK's types from the JSON that the scenarios show.
pub(crate) fn typed<T: DeserializeOwned>(json: Value) -> Result<T, ErrorData> {
    serde_json::from_value(json).map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

/// A result that is no question; the SDK says so to a client of the modern era only.
pub(crate) fn complete<T: DeserializeOwned>(mut json: Value) -> Result<T, ErrorData> {
    json["resultType"] = json!("complete");
    typed(json)
}

/// Tools without arguments, tools with, and one whose schema uses whatever JSON Schema 2020-12 has.
pub(crate) fn tools() -> Result<Vec<Tool>, ErrorData> {
    let bare = [
        ("unlisted", "Asked for by no scenario, so that rules can hide it."),
        ("test_simple_text", "Says something."),
        ("test_image_content", "Shows a picture."),
        ("test_audio_content", "Plays a sound."),
        ("test_embedded_resource", "Embeds a resource."),
        ("test_multiple_content_types", "Says, shows and embeds something."),
        ("test_tool_with_logging", "Logs while it works."),
        ("test_logging_tool", "Logs while it works, if a level is asked for."),
        ("test_tool_with_progress", "Reports its progress."),
        ("test_error_handling", "Fails."),
        ("test_elicitation_sep1034_defaults", "Asks the user, with a default for everything."),
        ("test_elicitation_sep1330_enums", "Asks the user to choose, in every way there is."),
        ("for_machines", "Asked for by no scenario either."),
        ("test_reconnection", "Hangs up before it answers."),
        ("test_missing_capability", "Needs a client that samples."),
        ("test_streaming_elicitation", "Asks the user, in the answer."),
        ("test_trigger_tool_change", "Says that the tools have changed."),
        ("test_trigger_prompt_change", "Says that the prompts have changed."),
        ("test_input_required_result_elicitation", "Asks the user, then greets."),
        ("test_input_required_result_sampling", "Asks the model."),
        ("test_input_required_result_list_roots", "Asks for the roots."),
        ("test_input_required_result_request_state", "Asks, and wants its state back."),
        ("test_input_required_result_multiple_inputs", "Asks everything at once."),
        ("test_input_required_result_multi_round", "Asks twice."),
        ("test_input_required_result_tampered_state", "Asks, and knows its own state."),
        ("test_input_required_result_capabilities", "Asks only what the client can answer."),
    ];
    let bare =
        bare.map(|(name, description)| (name, description, json!({ "type": "object", "properties": {} })));
    let text = |name: &str| json!({ "type": "object", "properties": { name: { "type": "string" } }, "required": [name] });
    let others = [
        ("test_sampling", "Asks the model.", text("prompt")),
        ("test_elicitation", "Asks the user.", text("message")),
        (
            "test_x_mcp_header",
            "Has an argument that is a header too.",
            json!({ "type": "object", "properties": { "region": { "type": "string", "x-mcp-header": "Region" } } }),
        ),
        ("json_schema_2020_12_tool", "Has a rich schema.", rich_schema()),
        ("of_another_org", "Asked for by no scenario either.", text("org")),
    ];
    bare.into_iter()
        .chain(others)
        .map(|(name, description, schema)| {
            typed(json!({ "name": name, "description": description, "inputSchema": schema }))
        })
        .collect()
}

fn rich_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": { "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
        } },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}

pub(crate) fn prompts() -> Result<Vec<Prompt>, ErrorData> {
    typed(json!([
        { "name": "test_simple_prompt", "description": "Needs nothing." },
        { "name": "test_prompt_with_arguments", "description": "Repeats its arguments.", "arguments": [
            { "name": "arg1", "description": "The first.", "required": true },
            { "name": "arg2", "description": "The second.", "required": true },
        ] },
        { "name": "test_prompt_with_embedded_resource", "description": "Embeds a resource.", "arguments": [
            { "name": "resourceUri", "description": "Which one.", "required": true },
        ] },
        { "name": "test_prompt_with_image", "description": "Shows a picture." },
        { "name": "test_input_required_result_prompt", "description": "Asks the user first." },
        { "name": "unlisted", "description": "Asked for by no scenario." },
    ]))
}

pub(crate) fn prompt(request: &GetPromptRequestParams) -> Result<GetPromptResponse, ErrorData> {
    let argument = |name: &str| {
        let found = request.arguments.as_ref().and_then(|all| all.get(name)).and_then(Value::as_str);
        found.ok_or_else(|| ErrorData::invalid_params(format!("{name} is missing"), None))
    };
    let text = |text: String| json!({ "role": "user", "content": { "type": "text", "text": text } });
    let messages = match request.name.as_str() {
        "test_simple_prompt" => json!([text("This is a simple prompt for testing.".to_owned())]),
        "test_prompt_with_arguments" => json!([text(format!(
            "Prompt with arguments: arg1='{}', arg2='{}'",
            argument("arg1")?,
            argument("arg2")?
        ))]),
        "test_prompt_with_embedded_resource" => json!([
            { "role": "user", "content": { "type": "resource", "resource": {
                "uri": argument("resourceUri")?,
                "mimeType": "text/plain",
                "text": "Embedded resource content for testing.",
            } } },
            text("Please process the embedded resource above.".to_owned()),
        ]),
        "unlisted" => json!([text("Nobody asks for it.".to_owned())]),
        "test_prompt_with_image" => json!([
            { "role": "user", "content": { "type": "image", "data": PNG, "mimeType": "image/png" } },
            text("Please analyze the image above.".to_owned()),
        ]),
        other => return Err(ErrorData::invalid_params(format!("there is no prompt {other:?}"), None)),
    };
    Ok(complete::<GetPromptResult>(json!({ "messages": messages }))?.into())
}

pub(crate) fn resources() -> Result<Vec<Resource>, ErrorData> {
    typed(json!([
        { "uri": "test://static-text", "name": "text", "description": "Words.", "mimeType": "text/plain" },
        { "uri": "test://static-binary", "name": "binary", "description": "A picture.", "mimeType": "image/png" },
        { "uri": "test://unlisted", "name": "unlisted", "description": "Asked for by no scenario.", "mimeType": "text/plain" },
        { "uri": "test://watched-resource", "name": "watched", "description": "May change.", "mimeType": "text/plain" },
    ]))
}

pub(crate) fn resource_templates() -> Result<Vec<ResourceTemplate>, ErrorData> {
    typed(json!([
        {
            "uriTemplate": "test://template/{id}/data",
            "name": "template",
            "description": "One for every number.",
            "mimeType": "application/json",
        },
        { "uriTemplate": "test://unlisted/{id}", "name": "unlisted", "description": "Asked for by no scenario." },
    ]))
}

pub(crate) fn resource(uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let content = match uri {
        "test://static-text" => {
            json!({ "mimeType": "text/plain", "text": "This is the content of the static text resource." })
        }
        "test://static-binary" => json!({ "mimeType": "image/png", "blob": PNG }),
        "test://watched-resource" => json!({ "mimeType": "text/plain", "text": "As before." }),
        "test://unlisted" => json!({ "mimeType": "text/plain", "text": "Nobody asks for it." }),
        other => {
            let id = other.strip_prefix("test://template/").and_then(|rest| rest.strip_suffix("/data"));
            let Some(id) = id else {
                return Err(ErrorData::resource_not_found("Resource not found", Some(json!({ "uri": uri }))));
            };
            let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
            json!({ "mimeType": "application/json", "text": data.to_string() })
        }
    };
    let mut content = content;
    content["uri"] = json!(uri);
    complete(json!({ "contents": [content] }))
}
