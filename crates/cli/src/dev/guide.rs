//! What `portcullis dev` prints first: what to do next.

use super::place::Place;
use url::Url;

pub(crate) fn guide(place: &Place, token: &str, upstream: &Url, is_sample: bool) -> String {
    let program = std::env::args().next().unwrap_or_else(|| "portcullis".to_owned());
    let resources = place.resources();
    let url = resources.first().map_or("", String::as_str);
    let behind = if is_sample {
        "a sample MCP server (greet_user, list_todos, create_todo, delete_todo)".to_owned()
    } else {
        upstream.to_string()
    };
    let tool = if is_sample {
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet_user","arguments":{"name":"World"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#
    } else {
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#
    };
    let routing = if is_sample {
        "-H 'Mcp-Method: tools/call' -H 'Mcp-Name: greet_user'"
    } else {
        "-H 'Mcp-Method: tools/list'"
    };
    format!(
        r#"Portcullis is protecting {behind}

  {url}

Connect a client; it will send you to a sign-in page (pick alice or bob, there are no passwords):

  Claude Code   claude mcp add --transport http portcullis-dev {url}
  VS Code       code --add-mcp '{{"name":"portcullis-dev","type":"http","url":"{url}"}}'
  Cursor        in .cursor/mcp.json: {{"mcpServers":{{"portcullis-dev":{{"url":"{url}"}}}}}}
  Inspector     npx @modelcontextprotocol/inspector --transport http --server-url {url}

Or call a tool at once:

  curl -sS {url} -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' {routing} -d '{tool}'

More tokens: {program} dev --print-token [--user bob] [--scope "todo:read"]
This is for development: anyone on this machine can sign in as anyone. Decisions follow, one JSON line each, on
standard error. Ctrl-C ends it.
"#
    )
}
