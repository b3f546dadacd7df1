// An issuer of access tokens on loopback: its keys, and tokens with the claims that a test needs.
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { secret } from './secrets.mjs';

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function anIssuer() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' };
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [key] }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const token = (claims) => {
    const iat = Math.floor(Date.now() / 1000);
    const said = { iss: url, client_id: 'client', iat, exp: iat + 300, jti: claims.sub, ...claims };
    const signed = `${encoded({ alg: 'ES256', typ: 'at+jwt', kid: 'one' })}.${encoded(said)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const text = `${signed}.${signature.toString('base64url')}`;
    secret(text);
    return text;
  };
  const toml = `
    [[resource.issuer]]
    issuer = "${url}"
    jwks_uri = "${url}/keys"
  `;
  return { toml, url, token, close: () => server.close() };
}
