// What is looked at: each server with its name and version, where it is, and a token that it takes.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dev, example, start } from '../clients/servers.mjs';

const { PORTCULLIS_BINARY, PEERS_BINARY, FASTMCP_PYTHON } = process.env;
const here = import.meta.dirname;
const read = (path) => readFileSync(`${here}/${path}`, 'utf8');

/** Ours first. A server that cannot be installed here is left out. */
export function servers(issuer) {
  const script = (program, name) => () => example(program, [`${here}/${name}`, issuer.url]);
  const python = [
    { id: 'python', name: 'Python SDK', version: pinned('mcp'), start: script(FASTMCP_PYTHON, 'python_sdk.py') },
    { id: 'fastmcp', name: 'FastMCP', version: pinned('fastmcp'), start: script(FASTMCP_PYTHON, 'python_fastmcp.py') },
  ];
  const others = [
    { ...rust('oauth-resource-server', issuer), isRmcp: true },
    { ...rust('tower-oauth2-resource-server', issuer), isRmcp: true },
    rust('rust-mcp-extra', issuer),
    { id: 'typescript', name: 'TypeScript SDK', version: sdk(), start: script(process.execPath, 'typescript_sdk.mjs') },
    ...(FASTMCP_PYTHON ? python : []),
  ];
  const portcullis = execFileSync(PORTCULLIS_BINARY, ['--version'], { encoding: 'utf8' }).trim().split(' ').at(-1);
  const ours = { version: portcullis, isOurs: true };
  const own = [
    { ...ours, id: 'gateway', name: 'Portcullis, the gateway', start: gateway },
    { ...rust('portcullis', issuer), ...ours, isRmcp: true, id: 'library', name: 'Portcullis, the library' },
  ];
  return [...own, ...others];
}

async function gateway() {
  const server = await dev();
  const others = { user: [server.token('--user', 'bob')] };
  return { ...server, tokens: { good: server.token(), others } };
}

/** A server of rmcp, or of its own, protected by a crate. */
function rust(which, issuer) {
  const started = async () => {
    const parameters = ['protected', which, issuer.url, `${issuer.url}/keys`];
    const server = await start(PEERS_BINARY, parameters, {}, (out) => out.includes('\n'));
    return { ...server, url: `http://${server.out().trim()}/mcp` };
  };
  return { id: which, name: which, version: locked(which), start: started };
}

const locked = (name) => read('../../bench/Cargo.lock').match(`name = "${name}"\nversion = "([^"]*)"`)?.[1];
const pinned = (name) => read('../conformance/fastmcp.txt').match(new RegExp(`^${name}==(.*)$`, 'm'))?.[1];
const sdk = () => JSON.parse(read('package.json')).dependencies['@modelcontextprotocol/sdk'];
