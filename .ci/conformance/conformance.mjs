// The conformance suite, directly and on each way through the gateway, side by side. See `run`.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge, readBaseline, stale, writeBaseline } from './compare.mjs';
import { checksIn } from './checks.mjs';
import { wronglyListed } from './lists.mjs';
import { upstreams } from './upstreams.mjs';

const SUITES = [
  { name: '0.1.16, 2025-11-25', suite: 'conformance-0.1', asked: ['--suite', 'all', '--spec-version', '2025-11-25'] },
  { name: '0.2.0-alpha.12, 2025-11-25', suite: 'conformance-0.2', asked: ['--requirements', '2025-11-25'] },
  { name: '0.2.0-alpha.12, 2026-07-28', suite: 'conformance-0.2', asked: ['--requirements', '2026-07-28'] },
];

/** Longer than any run takes, so that a hang is a failure. */
const PATIENCE = 300_000;
const isRenewed = process.argv.includes('--renew');
const runs = [];
let failures = 0;
const complain = (complaints) => {
  for (const complaint of complaints) console.log(`  ${complaint}`);
  failures += complaints.length;
};

for (const start of upstreams(process.argv.includes('--long'))) {
  const upstream = await start();
  try {
    for (const [way, through] of Object.entries(upstream.ways)) {
      if (through.hidden) complain(await wronglyListed(upstream.direct, way, through));
    }
    for (const { name, suite, asked } of SUITES) {
      const direct = await checks(suite, [...asked, '--url', upstream.direct]);
      const through = {};
      for (const [way, { url, token }] of Object.entries(upstream.ways)) {
        through[way] = await checks(suite, [...asked, '--url', url], {
          NODE_OPTIONS: `--import ${new URL('bearer.mjs', import.meta.url)}`,
          BEARER_ORIGIN: new URL(url).origin,
          BEARER_TOKEN: token,
        });
      }
      const run = `${upstream.name}, ${name}`;
      if (isRenewed) writeBaseline(run, direct);
      const { table, complaints } = judge({ run, direct, through, baseline: readBaseline(run) });
      console.log(table);
      complain(complaints);
      runs.push(run);
    }
  } finally {
    await upstream.stop();
  }
}
complain(stale(runs));
process.exitCode = failures === 0 ? 0 : 1;

/** One run of one suite: scenario → check → statuses. What the suite itself thinks of them is not asked. */
async function checks(suite, parameters, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  const program = join(import.meta.dirname, 'node_modules', suite, 'dist', 'index.js');
  const options = { env: { PATH: process.env.PATH, ...env }, timeout: PATIENCE, maxBuffer: 64 * 1024 * 1024 };
  try {
    await new Promise((resolve, reject) => {
      execFile(process.execPath, [program, 'server', ...parameters, '-o', folder], options, (error, out, err) => {
        // It ends with 1 when a check fails; by a signal only when it hangs.
        if (error?.killed) reject(new Error(`the suite hung:\n${out.slice(-2000)}\n${err.slice(-2000)}`));
        else resolve();
      });
    });
    return checksIn(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
