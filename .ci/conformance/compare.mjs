// What must hold: directly, no check is worse than in the baseline, and each that does not pass has a reason; on each way
// through the gateway, no check is worse than directly, but for the differences that must be.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { each, find } from './checks.mjs';

/** From bad to good; a check that is not there is worse than any. */
const RANK = ['FAILURE', 'WARNING', 'SKIPPED', 'INFO', 'SUCCESS'];
const rank = (verdict) => RANK.indexOf(verdict?.status);
const is = (status) => (verdict) => verdict.status === status;

/** `gaps`: what the upstream itself does not pass. `differences`: what the gateway must answer otherwise. */
const KNOWN = JSON.parse(readFileSync(new URL('known.json', import.meta.url), 'utf8'));

/** `through`: the way → what was said on it. */
export function judge({ run, direct, through, baseline }) {
  const directly = [...each(direct)];
  const complaints = [];
  for (const check of each(baseline)) {
    const now = find(direct, check);
    if (rank(now) < rank(check)) complaints.push(`directly worse than the baseline: ${said(check, check, now)}`);
  }
  for (const check of directly) {
    const isGap = ['FAILURE', 'WARNING', 'SKIPPED'].includes(check.status);
    if (isGap && !isKnown(KNOWN.gaps, { run, ...check })) {
      complaints.push(`not passed, without a reason: ${said(check, check, check)}`);
    }
    for (const [way, scenarios] of Object.entries(through)) {
      const now = find(scenarios, check);
      if (rank(now) < rank(check) && !isKnown(KNOWN.differences, { run, way, ...check, why: now?.why })) {
        complaints.push(`worse through ${way}: ${said(check, check, now)}`);
      }
    }
  }
  if (directly.length === 0) complaints.push('the suite said nothing');
  const ways = Object.entries(through).map(([way, scenarios]) => `, through ${way} ${counts(scenarios)}`);
  return { table: `${run.padEnd(38)} directly ${counts(direct)}${ways.join('')}`, complaints };
}

function counts(scenarios) {
  const checks = [...each(scenarios)];
  return `${`${checks.filter(is('SUCCESS')).length}`.padStart(4)} of ${checks.filter((check) => !is('INFO')(check)).length}`;
}

const said = ({ scenario, id }, before, now) =>
  `${scenario}, ${id}: ${before.status}${now === before ? '' : ` → ${now?.status ?? 'not there'}`} ${now?.why ?? before.why ?? ''}`;

/** Entries name a run, a way, a scenario, a check and a part of what was said, as far as they need to; `*` is anything. */
function isKnown(entries, { run, way = '', scenario, id, why = '' }) {
  const entry = entries.find((known) => matches(known.run, run) && matches(known.way, way) &&
    matches(known.scenario, scenario) && matches(known.check, id) && why.includes(known.why ?? ''));
  if (entry) entry.isUsed = true;
  return entry !== undefined;
}

/** What is known and was not seen in any of these runs: it is over, and would hide its return. */
export function stale(runs) {
  return [...KNOWN.gaps, ...KNOWN.differences].filter((entry) => !entry.isUsed && runs.some((run) => matches(entry.run, run)))
    .map((entry) => `known, and not seen: ${JSON.stringify(entry)}`);
}

function matches(pattern = '*', text) {
  const [start, ...rest] = pattern.split('*');
  return rest.length === 0 ? start === text : text.startsWith(start) && text.endsWith(rest.at(-1));
}

const file = (run) => new URL(`baseline/${run.replaceAll(', ', '-')}.json`, import.meta.url);

export function readBaseline(run) {
  if (!existsSync(file(run))) throw new Error(`there is no baseline of ${run}; \`--renew\` writes one`);
  const scenarios = JSON.parse(readFileSync(file(run), 'utf8'));
  const verdicts = (statuses) => [statuses].flat().map((status) => ({ status }));
  const typed = ([scenario, checks]) =>
    [scenario, Object.fromEntries(Object.entries(checks).map(([id, statuses]) => [id, verdicts(statuses)]))];
  return Object.fromEntries(Object.entries(scenarios).map(typed));
}

/** One line for each scenario. */
export function writeBaseline(run, direct) {
  const compact = (verdicts) => (verdicts.length === 1 ? verdicts[0].status : verdicts.map(({ status }) => status));
  const lines = Object.entries(direct).map(([scenario, checks]) => {
    const statuses = Object.fromEntries(Object.entries(checks).map(([id, verdicts]) => [id, compact(verdicts)]));
    return `  ${JSON.stringify(scenario)}: ${JSON.stringify(statuses)}`;
  });
  writeFileSync(file(run), `{\n${lines.join(',\n')}\n}\n`);
}
