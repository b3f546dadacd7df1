// The examples' servers, behind `portcullis serve` and by themselves: they greet whom the gateway names, and nobody else.
import assert from 'node:assert/strict';
import { createPublicKey, createSecretKey } from 'node:crypto';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { anIssuer } from '../clients/issuer.mjs';
import { secret } from '../clients/secrets.mjs';
import { freePort, serveFrom, start } from '../clients/servers.mjs';

const examples = new URL('../../examples/upstream-identity/', import.meta.url);
const jose = createRequire(new URL('node/', examples))('jose');
const file = (name) => fileURLToPath(new URL(name, examples));

const { PYTHON_PACKAGES } = process.env;
const UPSTREAMS = {
  // The audience that the configuration names, and the one it means otherwise.
  node: { program: [process.execPath, file('node/server.mjs')], audience: 'greeter' },
  python: { program: ['env', `PYTHONPATH=${PYTHON_PACKAGES}`, 'python3', file('python/server.py')] },
};

const CALL = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'greet' } };
const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const post = (url, headers) =>
  fetch(url, { method: 'POST', headers: { ...HEADERS, ...headers }, body: JSON.stringify(CALL) });
const seconds = () => Math.floor(Date.now() / 1000);

let issuer, gateway, identityKey;
const stop = [];

before(async () => {
  issuer = await anIssuer();
  identityKey = await jose.generateKeyPair('ES256', { extractable: true });
  const port = await freePort();
  gateway = `http://127.0.0.1:${port}`;
  let toml = `listen = "127.0.0.1:${port}"\n`;
  for (const [name, upstream] of Object.entries(UPSTREAMS)) {
    upstream.port = await freePort();
    upstream.url = `http://127.0.0.1:${upstream.port}/mcp`;
    upstream.identifier = `${gateway}/${name}/mcp`;
    toml += `
      [[resource]]
      identifier = "${upstream.identifier}"
      upstream = "${upstream.url}"
      default = "authenticated"
      [resource.forward.identity_token]
      key_file = "identity.pem"
      ${upstream.audience ? `audience = "${upstream.audience}"` : ''}
      ${issuer.toml}
    `;
    upstream.audience ??= upstream.url;
    const parameters = [...upstream.program.slice(1), `${upstream.port}`, gateway, upstream.identifier, upstream.audience];
    stop.push(await start(upstream.program[0], parameters, {}, (out) => out.includes('listening')));
  }
  const pem = await jose.exportPKCS8(identityKey.privateKey);
  secret(pem.split('\n')[1]);
  stop.push(await serveFrom(port, [], { 'portcullis.toml': toml, 'identity.pem': pem }));
});
after(async () => {
  for (const server of stop) await server.stop();
  issuer.close();
});

for (const name of Object.keys(UPSTREAMS)) {
  test(`a server in ${name} greets each caller by name, whatever a client says of itself`, async () => {
    const upstream = UPSTREAMS[name];
    const forged = await identity(upstream, (await jose.generateKeyPair('ES256')).privateKey, { sub: 'eve' });
    for (const user of ['ada', 'bob', 'ada']) {
      const authorization = `Bearer ${issuer.token({ sub: user, aud: upstream.identifier })}`;
      for (const claimed of [{}, { 'x-portcullis-identity': forged }, { X_Portcullis_Identity: forged }]) {
        const answer = await post(upstream.identifier, { authorization, ...claimed });
        assert.equal(answer.status, 200);
        assert.equal((await answer.json()).result.content[0].text, `Hello, ${user}!`);
      }
    }
  });

  test(`a server in ${name} refuses what the gateway did not say to it`, async () => {
    const upstream = UPSTREAMS[name];
    const own = identityKey.privateKey;
    const status = async (token) => (await post(upstream.url, token && { 'x-portcullis-identity': token })).status;
    assert.equal(await status(await identity(upstream, own)), 200, 'what is changed below was good before');
    const ends = seconds() - 120;
    const publicPem = createPublicKey(await jose.exportSPKI(identityKey.publicKey)).export({ type: 'spki', format: 'pem' });
    const other = await jose.generateKeyPair('ES256', { extractable: true });
    const jwk = await jose.exportJWK(other.publicKey);
    for (const [what, token] of Object.entries({
      'no token': undefined,
      'no token at all': 'x',
      'another audience': await identity(upstream, own, { aud: 'another' }),
      'the other server': await identity(upstream, own, { aud: UPSTREAMS[name === 'node' ? 'python' : 'node'].audience }),
      'no audience': await identity(upstream, own, { aud: undefined }),
      'another issuer': await identity(upstream, own, { iss: issuer.url }),
      'expired': await identity(upstream, own, { iat: ends - 60, exp: ends }),
      'no expiry': await identity(upstream, own, { exp: undefined }),
      'nobody': await identity(upstream, own, { sub: undefined }),
      'an access token': await identity(upstream, own, {}, { typ: 'at+jwt' }),
      'any token': await identity(upstream, own, {}, { typ: 'JWT' }),
      'no type': await identity(upstream, own, {}, { typ: undefined }),
      'alg none': await unsigned(upstream),
      'HS256 with the public key': await identity(upstream, createSecretKey(Buffer.from(publicPem)), {}, { alg: 'HS256' }),
      'another key under this name': await identity(upstream, other.privateKey),
      'a key of its own': await identity(upstream, other.privateKey, {}, { jwk }),
      'another name': await identity(upstream, other.privateKey, {}, { kid: 'unknown' }),
      "a client's token": issuer.token({ sub: 'ada', aud: upstream.identifier }),
    })) {
      assert.equal(await status(token), 401, what);
    }
  });
}

/** A token as the gateway signs it for this upstream, but for what is changed. */
async function identity(upstream, key, claims = {}, header = {}) {
  const jwt = new jose.SignJWT(said(upstream, claims)).setProtectedHeader({ ...await head(), ...header });
  const token = await jwt.sign(key);
  secret(token);
  return token;
}

async function unsigned(upstream) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ ...await head(), alg: 'none' })}.${encode(said(upstream, {}))}.`;
}

const head = async () => ({
  alg: 'ES256',
  typ: 'portcullis-identity+jwt',
  kid: await jose.calculateJwkThumbprint(await jose.exportJWK(identityKey.publicKey)),
});

const said = (upstream, claims) => ({
  iss: upstream.identifier,
  aud: upstream.audience,
  sub: 'ada',
  orig_iss: issuer.url,
  iat: seconds(),
  exp: seconds() + 60,
  jti: 'one',
  ...claims,
});
