//! Tools and a prompt that need an answer first (SEP-2322): they return what they ask, and are called again with it.
//! Their state is a name that this server knows; any other is refused.

use crate::offer::{complete, typed};
use rmcp::{
    ErrorData,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, GetPromptRequestParams,
        GetPromptResponse, GetPromptResult, InputRequiredResult, InputResponses,
    },
};
use serde_json::{Map, Value, json};

const FIRST: &str = "state-first";
const SECOND: &str = "state-second";

/// `None` for a tool that is not of this kind.
pub(crate) fn call(
    request: &CallToolRequestParams,
    client: &ClientCapabilities,
) -> Option<Result<CallToolResponse, ErrorData>> {
    let kind = request.name.strip_prefix("test_input_required_result_")?;
    let name = || elicitation("What is your name?", "name", "string");
    let state = request.request_state.as_deref();
    let ask = match (kind, state) {
        ("elicitation", _) => ask(json!({ "user_name": name() }), None),
        ("sampling", _) => {
            ask(json!({ "capital_question": sampling("What is the capital of France?", 100) }), None)
        }
        ("list_roots", _) => ask(json!({ "client_roots": roots() }), None),
        ("request_state" | "tampered_state", None | Some(FIRST)) => {
            ask(json!({ "confirm": elicitation("Please confirm", "ok", "boolean") }), Some(FIRST))
        }
        ("multiple_inputs", None | Some(FIRST)) => {
            let greeting = sampling("Generate a greeting", 50);
            ask(json!({ "user_name": name(), "greeting": greeting, "client_roots": roots() }), Some(FIRST))
        }
        ("multi_round", None) => {
            ask(json!({ "step1": elicitation("Step 1: What is your name?", "name", "string") }), Some(FIRST))
        }
        ("multi_round", Some(FIRST | SECOND)) => {
            let color = elicitation("Step 2: What is your favorite color?", "color", "string");
            ask(json!({ "step2": color }), Some(SECOND))
        }
        ("capabilities", _) => ask(what_can_be_answered(client), None),
        (_, Some(_)) => Err(ErrorData::invalid_params("this state is not of this server", None)),
        (_, None) => return None,
    };
    Some(ask.and_then(|ask| {
        if !is_answered(&ask, request.input_responses.as_ref()) {
            return Ok(ask.into());
        }
        let text = match kind {
            "request_state" => "state-ok".to_owned(),
            _ => format!("Thank you for {}.", json!(request.input_responses)),
        };
        Ok(complete::<CallToolResult>(json!({ "content": [{ "type": "text", "text": text }] }))?.into())
    }))
}

/// `None` for a prompt that is not of this kind.
pub(crate) fn prompt(request: &GetPromptRequestParams) -> Option<Result<GetPromptResponse, ErrorData>> {
    (request.name == "test_input_required_result_prompt").then(|| {
        let context = elicitation("What context should the prompt use?", "context", "string");
        let ask = ask(json!({ "user_context": context }), None)?;
        if !is_answered(&ask, request.input_responses.as_ref()) {
            return Ok(ask.into());
        }
        let text = format!("In this context: {}", json!(request.input_responses));
        let message = json!({ "role": "user", "content": { "type": "text", "text": text } });
        Ok(complete::<GetPromptResult>(json!({ "messages": [message] }))?.into())
    })
}

/// The answer of `test_streaming_elicitation`.
pub(crate) fn streamed() -> Result<CallToolResponse, ErrorData> {
    Ok(ask(json!({ "user_name": elicitation("What is your name?", "name", "string") }), None)?.into())
}

fn ask(requests: Value, state: Option<&str>) -> Result<InputRequiredResult, ErrorData> {
    Ok(InputRequiredResult::new(Some(typed(requests)?), state.map(str::to_owned)))
}

/// Every question has an answer, and an answer is an object.
fn is_answered(ask: &InputRequiredResult, answers: Option<&InputResponses>) -> bool {
    let Some(answers) = answers else { return false };
    ask.input_requests
        .iter()
        .flat_map(|requests| requests.keys())
        .all(|key| answers.get(key).is_some_and(Value::is_object))
}

fn what_can_be_answered(client: &ClientCapabilities) -> Value {
    let mut requests = Map::new();
    if client.sampling.is_some() {
        requests.insert("question".to_owned(), sampling("What can you do?", 100));
    }
    if client.elicitation.is_some() {
        requests.insert("user_name".to_owned(), elicitation("What is your name?", "name", "string"));
    }
    Value::Object(requests)
}

fn elicitation(message: &str, property: &str, kind: &str) -> Value {
    json!({ "method": "elicitation/create", "params": {
        "mode": "form",
        "message": message,
        "requestedSchema": { "type": "object", "properties": { property: { "type": kind } }, "required": [property] },
    } })
}

fn sampling(question: &str, max_tokens: u32) -> Value {
    let message = json!({ "role": "user", "content": { "type": "text", "text": question } });
    json!({ "method": "sampling/createMessage", "params": { "messages": [message], "maxTokens": max_tokens } })
}

fn roots() -> Value {
    json!({ "method": "roots/list", "params": {} })
}
