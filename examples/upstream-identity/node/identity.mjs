// Who calls, as Portcullis says it: verifies the identity token of a request, by the gateway's published keys.
import { createRemoteJWKSet, jwtVerify } from 'jose';

/**
 * `gateway`: where the gateway is reached from here, such as `http://127.0.0.1:3002`. `issuer`: the resource's identifier.
 * `audience`: this server's URL as the gateway's configuration has it, or the `audience` written there.
 */
export function identityOf({ gateway, issuer, audience }) {
  const keys = createRemoteJWKSet(new URL('/.well-known/portcullis/jwks.json', gateway));
  return async (request) => {
    const token = request.headers['x-portcullis-identity'] ?? '';
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      typ: 'portcullis-identity+jwt',
      algorithms: ['ES256', 'EdDSA'],
      requiredClaims: ['exp', 'iat', 'sub', 'orig_iss'],
    });
    return payload; // a user is `orig_iss` and `sub` together
  };
}
