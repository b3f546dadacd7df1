// What the suite is run against: where it is directly, and each way through the gateway: where, with which token, and what
// its rules hide there.
import { readFileSync } from 'node:fs';
import { anIssuer } from '../clients/issuer.mjs';
import { dev, example, freePort, serveFrom } from '../clients/servers.mjs';

const { FIXTURE_BINARY, FASTMCP_PYTHON } = process.env;

/** Longer than the suites take together, in seconds. */
const LIFETIME = 3600;

/** What the fixture offers and the rules hide. */
const HIDDEN = [
  'tools/unlisted',
  'tools/for_machines',
  'tools/of_another_org',
  'prompts/unlisted',
  'resources/test://unlisted',
  'resourceTemplates/test://unlisted/{id}',
];

/** Each to be started in its turn, and stopped. */
export function upstreams(isLong) {
  if (!isLong) return [fixture];
  return FASTMCP_PYTHON ? [fixture, sample, fastmcp] : [fixture, sample];
}

async function fixture() {
  const server = await example(FIXTURE_BINARY);
  return behind('fixture', server, { dev: await anyToken(server), rules: await rules(server) });
}

async function fastmcp() {
  const server = await example(FASTMCP_PYTHON, [`${import.meta.dirname}/fastmcp_server.py`]);
  return behind('fastmcp', server, { dev: await anyToken(server) });
}

/** The sample listens on a port that only the log tells, of the first request that gets so far. */
async function sample() {
  const gateway = await dev();
  const token = gateway.token();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' };
  await fetch(gateway.url, { method: 'POST', headers, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' });
  const ports = [...gateway.log().matchAll(/connected to 127\.0\.0\.1:(\d+)/g)].map(([, port]) => port);
  const port = ports.find((found) => found !== new URL(gateway.url).port);
  if (port === undefined) throw new Error('the log does not tell where the sample is');
  const direct = `http://127.0.0.1:${port}/mcp`;
  return { name: 'sample', direct, ways: { dev: { url: gateway.url, token } }, stop: gateway.stop };
}

function behind(name, server, ways) {
  const stop = async () => {
    for (const way of Object.values(ways)) await way.stop();
    await server.stop();
  };
  return { name, direct: server.url, ways, stop };
}

/** `portcullis dev`, where any valid token may ask for anything. */
async function anyToken(server) {
  const { url, token, stop } = await dev('--upstream', server.url);
  return { url, token: token(), stop };
}

/** `portcullis serve`, where each thing that the suite asks for is allowed by a rule, and nothing else is. */
async function rules(server) {
  const issuer = await anIssuer();
  const port = await freePort();
  const url = `http://localhost:${port}/mcp`;
  const toml = `
    listen = "127.0.0.1:${port}"
    [[resource]]
    identifier = "${url}"
    upstream = "${server.url}"
    required_scopes = ["conformance"]
    ${issuer.toml}
  `;
  const files = { 'rules.toml': toml + readFileSync(`${import.meta.dirname}/rules.toml`, 'utf8') };
  const gateway = await serveFrom(port, ['--config', 'rules.toml'], files);
  const exp = Math.floor(Date.now() / 1000) + LIFETIME;
  const token = issuer.token({ sub: 'suite', aud: url, exp, scope: 'conformance suite:admin', org: 'acme' });
  const stop = async () => {
    await gateway.stop();
    issuer.close();
  };
  return { url, token, hidden: HIDDEN, stop };
}
