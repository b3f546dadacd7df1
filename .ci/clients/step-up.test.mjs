// Scopes that are lacking, with the TypeScript SDK's own step-up: 403, another sign-in for more, the same call again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v2 from '@modelcontextprotocol/client';
import * as v1 from '@modelcontextprotocol/sdk/client/auth.js';
import { sdkV1, sdkV2 } from './clients.mjs';
import { dev } from './servers.mjs';

const MODERN = { pin: '2026-07-28' };
const isUnauthorized = (error) => error instanceof v1.UnauthorizedError || error instanceof v2.UnauthorizedError;

const sdks = [
  ['SDK v1', (url, habits) => sdkV1(url, 'todo:read', { refreshes: false, ...habits })],
  ['SDK v2, legacy era', (url, habits) => sdkV2(url, 'legacy', 'todo:read', habits)],
  ['SDK v2, modern era', (url, habits) => sdkV2(url, MODERN, 'todo:read', habits)],
];

/** Calls a tool, signing in again as often as it takes; how often that was. */
async function signInsFor(client, tool) {
  const before = client.provider.signIns;
  for (;;) {
    try {
      await client.call(tool, { title: 'tea' });
      return client.provider.signIns - before;
    } catch (error) {
      if (!isUnauthorized(error)) throw error;
      await client.finish();
    }
  }
}

// The second generation asks for what it had and for what is needed. The first asks for what the challenge says and nothing
// else, so that each tool costs it the other one, unless the challenge says both.
for (const [mode, name, expected] of [
  ['operation', 'SDK v1', [1, 1, 1]],
  ['operation', 'SDK v2, legacy era', [1, 0, 0]],
  ['operation', 'SDK v2, modern era', [1, 0, 0]],
  ['union', 'SDK v1', [1, 0, 0]],
  ['union', 'SDK v2, legacy era', [1, 0, 0]],
  ['union', 'SDK v2, modern era', [1, 0, 0]],
]) {
  test(`${name} comes back with more, challenged for the ${mode}`, async () => {
    const server = await dev('--challenge-scopes', mode);
    const [, connect] = sdks.find(([one]) => one === name);
    const client = await connect(server.url);
    assert.equal(await signInsFor(client, 'list_todos'), 0);
    const signIns = [];
    for (const tool of ['create_todo', 'list_todos', 'create_todo']) signIns.push(await signInsFor(client, tool));
    assert.deepEqual(signIns, expected);
    await client.close();
    await server.stop();
  });
}

// The first one, and three for more; the first generation gives up by itself when a challenge comes twice.
for (const [name, connect] of sdks) {
  test(`${name} is not sent to sign in for ever where no more is granted`, async () => {
    const server = await dev();
    const client = await connect(server.url, { times: Infinity });
    await assert.rejects(signInsFor(client, 'create_todo'), (error) => /403|access_denied/.test(error.message));
    assert.equal(client.provider.signIns, name === 'SDK v1' ? 2 : 4);
    assert.equal(await signInsFor(client, 'list_todos'), 0, 'what was granted is good');
    await client.close();
    await server.stop();
  });
}
