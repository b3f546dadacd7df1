// What the suite is run against: where it is directly, where it is through the gateway, and the token for that.
import { dev, example } from '../clients/servers.mjs';

const { FIXTURE_BINARY, FASTMCP_PYTHON } = process.env;

/** Each to be started in its turn, and stopped. */
export function upstreams(isLong) {
  if (!isLong) return [fixture];
  return FASTMCP_PYTHON ? [fixture, sample, fastmcp] : [fixture, sample];
}

const fixture = async () => behind('fixture', await example(FIXTURE_BINARY));
const fastmcp = async () => behind('fastmcp', await example(FASTMCP_PYTHON, [`${import.meta.dirname}/fastmcp_server.py`]));

/** The sample listens on a port that only the log tells, of the first request that gets so far. */
async function sample() {
  const gateway = await dev();
  const token = gateway.token();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' };
  await fetch(gateway.url, { method: 'POST', headers, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' });
  const ports = [...gateway.log().matchAll(/connected to 127\.0\.0\.1:(\d+)/g)].map(([, port]) => port);
  const port = ports.find((found) => found !== new URL(gateway.url).port);
  if (port === undefined) throw new Error('the log does not tell where the sample is');
  return { name: 'sample', direct: `http://127.0.0.1:${port}/mcp`, through: gateway.url, token, stop: gateway.stop };
}

async function behind(name, server) {
  const gateway = await dev('--upstream', server.url);
  const stop = async () => {
    await gateway.stop();
    await server.stop();
  };
  return { name, direct: server.url, through: gateway.url, token: gateway.token(), stop };
}
