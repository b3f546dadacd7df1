// `portcullis check` against every server, compared with what is expected of it; with `--renew` that is written anew.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { anIssuer } from '../clients/issuer.mjs';
import { differences, findings, lines } from './lines.mjs';
import { BEHIND, KNOWN } from './known.mjs';
import { page } from './page.mjs';
import { servers } from './servers.mjs';

const isRenewed = process.argv.includes('--renew');
const here = import.meta.dirname;
const wrong = ['failed', 'warned'];

const issuer = await anIssuer();
const looked = [];
const complaints = [];
for (const server of servers(issuer)) {
  const report = await look(server);
  const said = lines(report);
  looked.push({ ...server, report });
  for (const { row, outcome } of findings(report).filter(({ outcome }) => server.isOurs && wrong.includes(outcome))) {
    if (!(row in BEHIND)) complaints.push(`${server.id}: ${row} ${outcome}, and it is ours`);
  }
  const behind = server.isRmcp ? Object.entries(BEHIND) : [];
  for (const [row, defect] of [...(KNOWN[server.id] ?? []), ...behind]) {
    const isFound = findings(report).some((finding) => finding.row === row && wrong.includes(finding.outcome));
    if (!isFound) complaints.push(`${server.id}: ${row} is not found, though ${defect}`);
  }
  const file = `${here}/expected/${server.id}.txt`;
  if (isRenewed) writeFileSync(file, `${said.join('\n')}\n`);
  const expected = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  complaints.push(...differences(expected, said).map((difference) => `${server.id}: ${difference}`));
  const count = (outcome) => findings(report).filter((finding) => finding.outcome === outcome).length;
  const reach = report.clients.filter((client) => client.reaches_sign_in).length;
  console.log(`${server.id.padEnd(30)} ${count('failed')} failed, ${count('warned')} warned, ${count('passed')} passed, `
    + `${count('not_applicable')} not judged; ${reach} of ${report.clients.length} clients reach the sign-in page`);
}
issuer.close();
if (isRenewed) writeFileSync(`${here}/../../docs/conformance.md`, page(looked, new Date().toISOString().slice(0, 10)));
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;

async function look(server) {
  const { url, tokens = tokensFor(url), stop } = await server.start();
  const others = Object.entries(tokens.others)
    .flatMap(([what, all]) => all.flatMap((token) => ['--other-token', `${what}=${token}`]));
  const env = { ...process.env, PORTCULLIS_TOKEN: tokens.good };
  try {
    return JSON.parse(await execute(process.env.PORTCULLIS_BINARY, ['check', url, '--json', ...others], env));
  } finally {
    await stop();
  }
}

/** A token that a server takes, and others that it must not take, or not for everything. */
function tokensFor(aud) {
  const now = Math.floor(Date.now() / 1000);
  const good = { sub: 'somebody', aud, scope: 'todo:read' };
  const signed = (claims, header) => issuer.token({ ...good, ...claims }, header);
  const others = {
    audience: [signed({ aud: 'https://other.example/mcp' }), signed({ aud: `${aud}/other` })],
    issuer: [signed({ iss: 'https://other.example' })],
    expired: [signed({ iat: now - 7200, exp: now - 3600 })],
    kind: [signed({}, { typ: 'logout+jwt' }), signed({ nonce: 'n', at_hash: 'h', scope: undefined }, { typ: 'JWT' })],
    scope: [signed({ scope: 'other:read' })],
    user: [signed({ sub: 'somebody-else' })],
  };
  return { good: signed({}), others };
}

/** What it printed; that something is wrong there is no error here. */
async function execute(program, parameters, env) {
  try {
    return (await promisify(execFile)(program, parameters, { env, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    if (error.code === 1) return error.stdout;
    throw error;
  }
}
