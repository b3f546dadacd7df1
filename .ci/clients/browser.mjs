// What a person does in a browser, without one: follows redirects with a cookie jar, and signs in where a page asks.
// As a command it is the `BROWSER` of a client that opens one; as a module it stops at the client's own address.
import { fileURLToPath } from 'node:url';
import { secret } from './secrets.mjs';

const MOST_STEPS = 10;

/** Walks from `address` to `callback`, and gives back where it was sent. Without `callback` it goes there too. */
export async function signIn(address, callback, user = 'alice') {
  const cookies = new Map();
  let request = new Request(address, { redirect: 'manual' });
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const { origin } = new URL(request.url);
    const jar = cookies.get(origin) ?? new Map();
    cookies.set(origin, jar);
    if (jar.size > 0) request.headers.set('cookie', [...jar].map((pair) => pair.join('=')).join('; '));
    const answer = await fetch(request);
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]*)=([^;]*)/.exec(cookie);
      if (value) jar.set(name, value);
      else jar.delete(name);
    }
    const location = answer.headers.get('location');
    const text = await answer.text();
    if (location) {
      const next = new URL(location, request.url);
      secret(next.searchParams.get('code'));
      if (callback && next.href.startsWith(callback)) return next;
      request = new Request(next, { redirect: 'manual' });
    } else if (text.includes('<form')) {
      request = filledIn(text, request.url, user);
    } else if (callback || !answer.ok) {
      throw new Error(`${answer.status} at ${origin}${new URL(request.url).pathname}: ${text.slice(0, 500)}`);
    } else {
      return new URL(request.url);
    }
  }
  throw new Error('sent round in circles');
}

function filledIn(page, address, user) {
  const attribute = (tag, name) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  const form = new URLSearchParams({ user, decision: 'allow' });
  for (const [tag] of page.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    form.set(attribute(tag, 'name'), attribute(tag, 'value'));
  }
  const action = attribute(/<form[^>]*>/.exec(page)[0], 'action') ?? address;
  // A browser says where a form comes from.
  const headers = { origin: new URL(address).origin };
  return new Request(new URL(action, address), { method: 'POST', body: form, headers, redirect: 'manual' });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await signIn(process.argv[2]);
