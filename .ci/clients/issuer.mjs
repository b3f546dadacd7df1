// An issuer of access tokens on loopback: its metadata, its keys, and tokens with the claims that a test needs. Nobody signs in
// there.
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { secret } from './secrets.mjs';

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function anIssuer() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' };
  const server = createServer((request, response) => {
    const document = documents[request.url];
    response.statusCode = document === undefined ? 404 : 200;
    response.setHeader('content-type', 'application/json');
    if (document !== undefined) response.setHeader('access-control-allow-origin', '*');
    response.end(JSON.stringify(document ?? { error: 'not_found' }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const metadata = {
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    registration_endpoint: `${url}/register`,
    jwks_uri: `${url}/keys`,
    scopes_supported: ['todo:read'],
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: ['none'],
    code_challenge_methods_supported: ['S256'],
    client_id_metadata_document_supported: true,
    authorization_response_iss_parameter_supported: true,
  };
  const documents = { '/keys': { keys: [key] }, '/.well-known/oauth-authorization-server': metadata };
  const token = (claims, header = {}) => {
    const iat = Math.floor(Date.now() / 1000);
    const said = { iss: url, client_id: 'client', iat, exp: iat + 300, jti: claims.sub, ...claims };
    const signed = `${encoded({ alg: 'ES256', typ: 'at+jwt', kid: 'one', ...header })}.${encoded(said)}`;
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
