// The suite's results as data: scenario → check → statuses, in the order in which they were given.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What was sent and received, without a verdict; how much there is of it, is chance. */
const PROTOCOL = ['outgoing-request', 'incoming-response', 'incoming-sse-event', 'stream-closed'];

/** From the folder that `-o` names. */
export function checksIn(folder) {
  const scenarios = {};
  for (const run of readdirSync(folder).sort()) {
    const scenario = run.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[-\d]+Z$/, '');
    const checks = (scenarios[scenario] ??= {});
    // A scenario that broke down leaves none: its checks are not there.
    const file = join(folder, run, 'checks.json');
    for (const { id, status, errorMessage } of existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []) {
      if (!PROTOCOL.includes(id)) (checks[id] ??= []).push({ status, why: errorMessage });
    }
  }
  return scenarios;
}

/** Every check with its place: an id occurs more than once in some scenarios. */
export function* each(scenarios) {
  for (const [scenario, checks] of Object.entries(scenarios)) {
    for (const [id, verdicts] of Object.entries(checks)) {
      for (const [index, verdict] of verdicts.entries()) yield { scenario, id, index, ...verdict };
    }
  }
}

export const find = (scenarios, { scenario, id, index }) => scenarios[scenario]?.[id]?.[index];
