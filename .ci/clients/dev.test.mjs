// `portcullis dev`, as each client meets it: 401 → metadata → registration → PKCE → token → tools/list → tools/call.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { UnauthorizedError } from '@modelcontextprotocol/client';
import { inspector, sdkV1, sdkV2 } from './clients.mjs';
import { dev } from './servers.mjs';

let server;
before(async () => { server = await dev(); });
after(() => server.stop());

const TOOLS = ['create_todo', 'delete_todo', 'greet_user', 'list_todos'];
const MODERN = { pin: '2026-07-28' };

/** Every decision so far that let a request through, as the server recorded it. */
const admitted = () => server.log().split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
  .filter((event) => event.decision === 'admitted');

for (const [name, opening, connect] of [
  ['TypeScript SDK v1, legacy era', 'initialize', () => sdkV1(server.url)],
  ['TypeScript SDK v2, legacy era', 'initialize', () => sdkV2(server.url, 'legacy')],
  ['TypeScript SDK v2, modern era', 'server/discover', () => sdkV2(server.url, MODERN)],
  ['TypeScript SDK v2, which finds out', 'server/discover', () => sdkV2(server.url, 'auto')],
  ['Inspector, legacy era', 'initialize', () => inspector(server.url, 'legacy')],
  ['Inspector, modern era', 'server/discover', () => inspector(server.url, 'modern')],
]) {
  test(name, async () => {
    const before = admitted().length;
    const client = await connect();
    assert.deepEqual(await client.tools(), TOOLS);
    assert.match(await client.call('greet_user', { name: 'Ada' }), /^Hello, Ada!/);
    assert.match(await client.call('create_todo', { title: 'tea' }), /^Added/);
    await client.close();
    const methods = admitted().slice(before).flatMap((event) => event.operations.map((asked) => asked.method));
    assert.equal(methods[0], opening, 'the era that was asked for');
  });
}

test('a client that may only read is sent to sign in again, for more, and then writes', async () => {
  const client = await sdkV2(server.url, MODERN, 'todo:read');
  assert.match(await client.call('list_todos'), /tea/);
  await assert.rejects(client.call('create_todo', { title: 'milk' }), UnauthorizedError);
  assert.equal(client.provider.signIns, 2);
  await client.finish();
  assert.match(await client.call('create_todo', { title: 'milk' }), /^Added/);
  await client.close();
});
