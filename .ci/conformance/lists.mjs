// What a server lists, in the revision that needs no session: whether a way through the gateway hides what it must, so that
// the suite is not content with rules that do nothing.

const REVISION = '2026-07-28';
const META = { 'io.modelcontextprotocol/protocolVersion': REVISION, 'io.modelcontextprotocol/clientCapabilities': {} };

/** What is listed directly, and on this way is not, must be exactly what is hidden there. */
export async function wronglyListed(direct, name, { url, token, hidden }) {
  const all = await listed(direct);
  const shown = await listed(url, token);
  const complaints = [];
  const complain = (isWrong, what, items) => {
    const wrong = items.filter(isWrong);
    if (wrong.length > 0) complaints.push(`lists through ${name}: ${wrong.join(', ')} ${what}`);
  };
  complain((item) => !all.includes(item), 'can be hidden nowhere, since directly it is not listed', hidden);
  complain((item) => hidden.includes(item), 'should be hidden', shown);
  complain((item) => !shown.includes(item) && !hidden.includes(item), 'should not be hidden', all);
  complain((item) => !all.includes(item), 'came from nowhere', shown);
  return complaints;
}

async function listed(url, token) {
  const items = [];
  for (const [method, list, name] of [
    ['tools/list', 'tools', 'name'],
    ['prompts/list', 'prompts', 'name'],
    ['resources/list', 'resources', 'uri'],
    ['resources/templates/list', 'resourceTemplates', 'uriTemplate'],
  ]) {
    const result = await ask(url, token, method);
    items.push(...result[list].map((item) => `${list}/${item[name]}`));
  }
  return items;
}

async function ask(url, token, method) {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': REVISION,
    'mcp-method': method,
    ...(token && { authorization: `Bearer ${token}` }),
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { _meta: META } });
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  const message = text.match(/^(?:data: ?)?(\{.*\})\r?$/m)?.[1];
  const { result } = message ? JSON.parse(message) : {};
  if (!response.ok || !result) throw new Error(`${method} is answered with ${response.status}: ${text.slice(0, 500)}`);
  return result;
}
