// Secrets that the clients see, noted where the run's last stage looks for them in everything that was said.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.PORTCULLIS_TRACE;
const shortest = 16;

/** Notes a secret: of a token its claims and its signature, of anything else all of it. */
export function secret(text) {
  if (!folder || !text) return;
  const parts = text.split('.');
  for (const part of parts.length === 3 ? parts.slice(1) : [text]) {
    if (part.length >= shortest) appendFileSync(join(folder, 'secrets-clients'), `${part}\n`);
  }
}

/** Every member of this name, however deep. */
export function secretsIn(value, names) {
  if (value === null || typeof value !== 'object') return 0;
  let found = 0;
  for (const [name, member] of Object.entries(value)) {
    if (names.includes(name) && typeof member === 'string') {
      secret(member);
      found += 1;
    }
    found += secretsIn(member, names);
  }
  return found;
}
