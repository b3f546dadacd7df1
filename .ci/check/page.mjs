// The page of what was found: requirements by servers, and clients by servers.
import { BEHIND } from './known.mjs';

const MARKS = { passed: '✓', failed: '✗', warned: '!', not_applicable: '–' };

/** What each of them is called at which step of a client. */
const STEPS = {
  call: 'the first request',
  'resource-metadata': "the resource's metadata",
  resource: "the resource's name",
  'server-metadata': "the authorization server's metadata",
  issuer: 'the issuer',
  pkce: 'PKCE',
  registration: 'registration',
  scopes: 'the scopes',
};

export function page(looked, date) {
  const names = looked.map(({ name, version }) => `${name} ${version}`);
  const [first] = looked;
  const parts = first.report.groups.map((group) => {
    const rows = group.findings.map(({ row, level, asks }, index) => {
      const marks = looked.map(({ report, isRmcp }) => {
        const { outcome } = report.groups.find(({ name }) => name === group.name).findings[index];
        const isBehind = isRmcp && outcome === 'failed' && row in BEHIND;
        return `${MARKS[outcome]}${isBehind ? '*' : ''}`;
      });
      return [row, level, asks, ...marks];
    });
    return `## ${group.name}\n\n${table(['row', 'level', 'asks', ...names], rows)}`;
  });
  const clients = first.report.clients.map(({ id, name, version }) => {
    const reports = looked.map(({ report }) => report.clients.find((client) => client.id === id));
    return [name, version, ...reports.map(({ stops }) => (stops ? `stops at ${STEPS[stops.at]}` : '✓'))];
  });
  return `# What \`portcullis check\` finds

Every server here is protected as its own guide has it, behind one authorization server on loopback, and was looked at on
${date}, with a good token and with others: for another server, of another issuer, expired, of another kind, with other scopes,
of another user (to the gateway, which has an authorization server of its own, the last alone). The SDKs for TypeScript and Python
leave the verifying of a token to a function; here it is jose's \`jwtVerify\` and PyJWT's \`decode\`, told issuer, audience and
algorithm.

✓ is met, ✗ must be met and is not, ! should be met and is not, – could not be judged there. The rows are those of
[requirements.md](requirements.md).

\\* is of the server behind, whoever protects it: ${Object.values(BEHIND).join(' ')}

This page is written by \`.ci/check/run --renew\`; try any server with \`portcullis check URL --token TOKEN\`.

${parts.join('\n')}
## clients

Which would reach the sign-in page, and where the others stop.

${table(['client', 'looked at', ...names], clients)}`;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => `${cell}`.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}
