// `portcullis serve`, started from nothing but the `.env` that people have who follow Scalekit's guides: the clients find
// Scalekit (its stand-in), sign in there, and call tools of a server that knows nothing of OAuth.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspector, sdkV1, sdkV2 } from './clients.mjs';
import { secret } from './secrets.mjs';
import { freePort, scalekit, serve } from './servers.mjs';

const CLIENT_SECRET = 'a-client-secret-that-is-not-even-needed';
secret(CLIENT_SECRET);

const patterns = {
  // FastAPI, FastMCP and Scalekit's SDK: the Server URL is a whole host, the metadata is the dashboard's.
  A: (port, { environment, resource }) => ({
    url: `http://localhost:${port}/`,
    variables: {
      PORT: `${port}`,
      SK_ENV_URL: environment,
      SK_CLIENT_ID: 'skc_1',
      SK_CLIENT_SECRET: CLIENT_SECRET,
      EXPECTED_AUDIENCE: `http://localhost:${port}/`,
      PROTECTED_RESOURCE_METADATA: JSON.stringify({
        authorization_servers: [`${environment}/resources/${resource}`],
        bearer_methods_supported: ['header'],
        resource: `http://localhost:${port}/`,
        resource_documentation: `http://localhost:${port}/docs`,
        scopes_supported: ['todo:read', 'todo:write'],
      }),
    },
  }),
  // FastMCP with its ScalekitProvider: the endpoint is `mcp` under the base URL.
  B: (port, { environment, resource }) => ({
    url: `http://localhost:${port}/mcp`,
    variables: {
      PORT: `${port}`,
      SCALEKIT_ENVIRONMENT_URL: environment,
      SCALEKIT_CLIENT_ID: 'skc_1',
      SCALEKIT_CLIENT_SECRET: CLIENT_SECRET,
      SCALEKIT_RESOURCE_ID: resource,
      MCP_URL: `http://localhost:${port}/`,
    },
  }),
};

for (const [name, pattern] of Object.entries(patterns)) {
  test(`pattern ${name}`, async (it) => {
    const port = await freePort();
    const around = await scalekit(`http://localhost:${port}/`);
    const { url, variables } = pattern(port, around);
    const gateway = await serve(port, variables, around.upstream);
    for (const [who, connect] of [
      ['TypeScript SDK v1, legacy era', () => sdkV1(url)],
      ['TypeScript SDK v2, legacy era', () => sdkV2(url, 'legacy')],
      ['TypeScript SDK v2, modern era', () => sdkV2(url, { pin: '2026-07-28' })],
      ['Inspector, modern era', () => inspector(url, 'modern')],
    ]) {
      await it.test(who, async () => {
        const client = await connect();
        assert.deepEqual(await client.tools(), ['greet_user']);
        assert.equal(await client.call('greet_user', { name: 'Ada' }), 'Hello, Ada!');
        await client.close();
      });
    }
    await gateway.stop();
    await around.stop();
  });
}
