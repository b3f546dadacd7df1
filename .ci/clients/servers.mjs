// The processes under test. What they say on standard error goes to files where secrets are looked for afterwards.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secret } from './secrets.mjs';

const { PORTCULLIS_BINARY, SCALEKIT_BINARY, PORTCULLIS_TRACE } = process.env;
let started = 0;

/** `portcullis dev` with a state folder of its own. */
export async function dev(...parameters) {
  const port = await freePort();
  const command = ['dev', '--port', `${port}`];
  const server = await start(PORTCULLIS_BINARY, [...command, ...parameters], {}, (out) => out.includes('Ctrl-C'));
  const token = (...which) => {
    const printed = execFileSync(PORTCULLIS_BINARY, [...command, '--print-token', ...which], { env: server.env, encoding: 'utf8' });
    secret(printed.trim());
    return printed.trim();
  };
  return { ...server, url: `http://localhost:${port}/mcp`, token };
}

/** Scalekit's stand-in and an MCP server; `serverUrl` is what was typed into the dashboard. */
export const scalekit = (serverUrl) => example(SCALEKIT_BINARY, [serverUrl]);

/** A program that says its addresses in one line of JSON. */
export async function example(program, parameters = []) {
  const server = await start(program, parameters, {}, (out) => out.includes('\n'));
  return { ...server, ...JSON.parse(server.out()) };
}

/** `portcullis serve`, from a `.env` in its folder and nothing else but the upstream. */
export function serve(port, variables, upstream) {
  const env = Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`).join('');
  return serveFrom(port, ['--upstream', upstream], { '.env': env });
}

/** `portcullis serve`, from what these files in its folder say. */
export async function serveFrom(port, parameters, files) {
  const server = await start(PORTCULLIS_BINARY, ['serve', ...parameters], files);
  await until(server, async () => (await fetch(`http://localhost:${port}/ready`)).ok);
  const stop = async () => {
    await server.stop();
    // Decisions are data here, and nothing secret either; of `dev` it is a token that was asked for.
    if (PORTCULLIS_TRACE) writeFileSync(join(PORTCULLIS_TRACE, `log-decisions-${port}`), server.out());
  };
  return { ...server, stop };
}

export async function freePort() {
  const listener = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const { port } = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

export async function start(program, parameters, files, isUp = () => true) {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const log = join(PORTCULLIS_TRACE ?? folder, `log-server-${process.pid}-${(started += 1)}`);
  const env = { PATH: process.env.PATH, XDG_STATE_HOME: folder, PORTCULLIS_LOG: 'trace' };
  // Standard input stays open as long as we live: the stand-in ends with it.
  const child = spawn(program, parameters, { cwd: folder, env, stdio: ['pipe', 'pipe', openSync(log, 'w')] });
  let out = '';
  child.stdout.on('data', (data) => { out += data; });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const server = {
    env,
    out: () => out,
    log: () => readFileSync(log, 'utf8'),
    ended: () => child.exitCode !== null,
    stop: async () => {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
  await until(server, async () => isUp(out));
  return server;
}

export async function until(server, isTrue) {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (server.ended()) break;
    if (await isTrue().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it did not come up:\n${server.out()}\n${server.log().slice(-2000)}`);
}
