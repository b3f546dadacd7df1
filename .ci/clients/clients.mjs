// Each client under test, as one function: discovers, registers, signs in, and gives back something that calls tools.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v2 from '@modelcontextprotocol/client';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { signIn } from './browser.mjs';
import { secret, secretsIn } from './secrets.mjs';

const CALLBACK = 'http://127.0.0.1:33418/callback';
const WHO = { name: 'portcullis-clients', version: '1' };
const SECRETS = ['access_token', 'refresh_token', 'id_token', 'client_secret', 'code_verifier', 'codeVerifier'];

/** A person's memory and browser, as both SDKs ask for them. */
class Provider {
  redirectUrl = CALLBACK;
  /** How often somebody was sent to sign in. */
  signIns = 0;

  /** With `scope`, the person allows no more than that: the first time, or `times` times. */
  constructor(scope, { times = 1, refreshes = true } = {}) {
    Object.assign(this, { scope, times, refreshes });
    this.clientMetadata = {
      client_name: 'Portcullis clients',
      redirect_uris: [CALLBACK],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
  }

  state = () => 'a-state';
  clientInformation = () => this.registered;
  saveClientInformation = (registered) => { this.registered = registered; };
  tokens = () => this.kept;
  saveTokens = (tokens) => {
    secretsIn(tokens, SECRETS);
    const { refresh_token: refresh, ...others } = tokens;
    this.kept = this.refreshes ? tokens : others;
  };
  saveCodeVerifier = (verifier) => {
    secret(verifier);
    this.verifier = verifier;
  };
  codeVerifier = () => this.verifier;
  saveDiscoveryState = (state) => { this.discovered = state; };
  discoveryState = () => this.discovered;
  redirectToAuthorization = async (address) => {
    this.signIns += 1;
    if (this.scope && this.signIns <= this.times) address.searchParams.set('scope', this.scope);
    this.answer = (await signIn(address, CALLBACK)).searchParams;
  };
}

/**
 * The TypeScript SDK, first generation: the legacy era. Where more scopes are needed it asks for nothing but what the
 * challenge says, and refreshes as long as it has a refresh token, which grants no more: such a client keeps none.
 */
export function sdkV1(url, scope, habits) {
  const make = (provider) => [
    new Client(WHO),
    new StreamableHTTPClientTransport(new URL(url), { authProvider: provider }),
  ];
  return connected(make, UnauthorizedError, (transport, answer) => transport.finishAuth(answer.get('code')), scope, habits);
}

/** The TypeScript SDK, second generation, in the era asked for. */
export function sdkV2(url, mode, scope, habits) {
  const make = (provider) => [
    new v2.Client(WHO, { versionNegotiation: { mode } }),
    new v2.StreamableHTTPClientTransport(new URL(url), { authProvider: provider }),
  ];
  return connected(make, v2.UnauthorizedError, (transport, answer) => transport.finishAuth(answer), scope, habits);
}

async function connected(make, Unauthorized, finish, scope, habits) {
  const provider = new Provider(scope, habits);
  const [stranger, door] = make(provider);
  const refused = await stranger.connect(door).then(() => undefined, (error) => error);
  if (!(refused instanceof Unauthorized)) throw new Error('a stranger was not sent to sign in', { cause: refused });
  await finish(door, provider.answer);
  const [client, transport] = make(provider);
  await client.connect(transport);
  return {
    provider,
    client,
    finish: () => finish(transport, provider.answer),
    tools: async () => (await client.listTools()).tools.map((tool) => tool.name).sort(),
    call: async (name, parameters = {}) => {
      const result = await client.callTool({ name, arguments: parameters });
      return result.content[0].text;
    },
    close: () => client.close(),
  };
}

/** The MCP Inspector on the command line, which opens the browser that `BROWSER` names: ours. Its home is new, and gone afterwards. */
export function inspector(url, era) {
  const home = mkdtempSync(join(tmpdir(), 'portcullis-'));
  const browser = join(home, 'browser');
  const script = fileURLToPath(new URL('browser.mjs', import.meta.url));
  writeFileSync(browser, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$1"\n`);
  chmodSync(browser, 0o755);
  const env = {
    HOME: home,
    BROWSER: browser,
    PATH: process.env.PATH,
    PORTCULLIS_TRACE: process.env.PORTCULLIS_TRACE ?? '',
    MCP_AUTO_OPEN_ENABLED: 'true',
    MCP_INSPECTOR_SECRET_STORE: 'file',
  };
  const entry = fileURLToPath(new URL('node_modules/.bin/mcp-inspector', import.meta.url));
  const run = (...parameters) => new Promise((resolve, reject) => {
    const all = [entry, '--cli', '--transport', 'http', '--server-url', url, '--protocol-era', era, ...parameters];
    const child = spawn(process.execPath, all, { env, cwd: home, timeout: 60_000, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, errors] = ['', ''];
    child.stdout.on('data', (data) => { out += data; });
    child.stderr.on('data', (data) => { errors += data; });
    child.once('exit', (code) => {
      if (code === 0) resolve(JSON.parse(out.slice(out.indexOf('{'))));
      else reject(new Error(`the Inspector ended with ${code}:\n${out}\n${errors}`));
    });
  });
  return {
    tools: async () => (await run('--method', 'tools/list')).tools.map((tool) => tool.name).sort(),
    call: async (name, parameters = {}) => {
      const pairs = Object.entries(parameters).flatMap(([key, value]) => ['--tool-arg', `${key}=${value}`]);
      return (await run('--method', 'tools/call', '--tool-name', name, ...pairs)).content[0].text;
    },
    close: async () => {
      const noted = noteFiles(join(home, '.mcp-inspector'));
      rmSync(home, { recursive: true });
      if (noted === 0) throw new Error('the Inspector kept no token: nothing to look for');
    },
  };
}

/** Everything secret in the files below a folder; how much that was. */
function noteFiles(folder) {
  if (!existsSync(folder)) return 0;
  let noted = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    try {
      noted += secretsIn(JSON.parse(text), SECRETS);
    } catch {
      // Not JSON: nothing the Inspector keeps its tokens in.
    }
  }
  return noted;
}
