// `portcullis login` and `portcullis call` with a certified authorization server, whose tokens `portcullis serve` verifies in front
// of a server that knows nothing of OAuth. A browser that is none walks the redirects.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { signIn } from '../clients/browser.mjs';
import { secretsIn } from '../clients/secrets.mjs';
import { freePort, scalekit, serveFrom } from '../clients/servers.mjs';
import { aProvider } from './provider.mjs';

const { PORTCULLIS_BINARY, PORTCULLIS_TRACE } = process.env;
const home = mkdtempSync(join(tmpdir(), 'portcullis-'));
let provider, around, gateway, url;

before(async () => {
  const port = await freePort();
  url = `http://localhost:${port}/mcp`;
  provider = await aProvider(url);
  around = await scalekit(url);
  const toml = `
    listen = "127.0.0.1:${port}"
    [[resource]]
    identifier = "${url}"
    upstream = "${around.upstream}"
    required_scopes = ["todo:read"]
    [[resource.issuer]]
    issuer = "${provider.issuer}"
    [resource.tools]
    greet_user = ["todo:write"]
  `;
  gateway = await serveFrom(port, [], { 'portcullis.toml': toml });
});
after(async () => {
  await gateway.stop();
  await around.stop();
  provider.close();
  rmSync(home, { recursive: true });
});

/** Runs the command to its end; whoever is to sign in does so. */
let runs = 0;
async function portcullis(...parameters) {
  const env = { PATH: process.env.PATH, PORTCULLIS_HOME: home, PORTCULLIS_LOG: 'trace' };
  const child = spawn(PORTCULLIS_BINARY, parameters, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  let [out, errors, signIns] = ['', '', []];
  child.stdout.on('data', (data) => { out += data; });
  child.stderr.on('data', (data) => {
    errors += data;
    const addresses = [...errors.matchAll(/^ {2}(http\S+)\n/gm)].map(([, address]) => address);
    for (const address of addresses.slice(signIns.length)) signIns.push({ address, done: signIn(address) });
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  for (const { done } of signIns) await done;
  if (PORTCULLIS_TRACE) writeFileSync(join(PORTCULLIS_TRACE, `log-login-${process.pid}-${(runs += 1)}`), out + errors);
  return { code, out, errors, asked: signIns.map(({ address }) => new URL(address).searchParams) };
}

function kept() {
  const folder = join(home, 'logins');
  const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.json')));
  const login = JSON.parse(readFileSync(file, 'utf8'));
  secretsIn(login, ['access_token', 'refresh_token', 'secret']);
  return { file, login };
}

test('a person signs in', async () => {
  const { code, out, errors, asked } = await portcullis('login', url, '--no-browser', '--scope', 'todo:read');
  assert.equal(code, 0, errors);
  assert.match(out, /Signed in to[^]*alice[^]*todo:read/);
  assert.equal(asked.length, 1);
  assert.equal(asked[0].get('code_challenge_method'), 'S256');
  assert.equal(asked[0].get('resource'), url);
  const { file, login } = kept();
  assert.equal(login.issuer, provider.issuer);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('what was granted is enough to look', async () => {
  const { code, out, errors, asked } = await portcullis('call', url);
  assert.equal(code, 0, errors);
  assert.match(out, /greet_user/);
  assert.equal(asked.length, 0);
});

test('a tool that asks for more is called after another sign-in', async () => {
  const refused = await portcullis('call', url, 'greet_user', 'name=Ada');
  assert.equal(refused.code, 1);
  assert.match(refused.errors, /--scope '[^']*todo:read todo:write'/);
  const { code, out, errors, asked } = await portcullis('call', url, 'greet_user', 'name=Ada', '--no-browser');
  assert.equal(code, 0, errors);
  assert.equal(out, 'Hello, Ada!\n');
  assert.equal(asked.length, 1);
  assert.equal((await portcullis('call', url, 'greet_user', 'name=Bob', '--json')).code, 0);
});

test('a login that grew old is renewed, again and again', async () => {
  for (let round = 0; round < 2; round += 1) {
    const { file, login } = kept();
    const before = login.tokens.refresh_token;
    login.tokens.received_at = 1;
    writeFileSync(file, JSON.stringify(login));
    provider.requests.length = 0;
    const { code, errors, asked } = await portcullis('call', url, 'greet_user', 'name=Ada');
    assert.equal(code, 0, errors);
    assert.equal(asked.length, 0);
    assert.deepEqual(provider.requests, ['refresh_token']);
    assert.notEqual(kept().login.tokens.refresh_token, before);
  }
});

test('what is not granted is said, once', async () => {
  provider.denied.add('todo:write');
  await portcullis('login', url, '--no-browser', '--scope', 'todo:read');
  const { code, errors, asked } = await portcullis('call', url, 'greet_user', 'name=Ada', '--no-browser');
  assert.equal(code, 1);
  assert.match(errors, /todo:write, which was not granted/);
  assert.equal(asked.length, 1);
});
