// A certified authorization server on loopback, as a company would have it: dynamic registration, resource indicators, signed
// access tokens, refresh tokens that rotate. Whoever comes is alice, and she allows what is asked for, but for what `denied` has.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { secret, secretsIn } from '../clients/secrets.mjs';

const SCOPES = 'todo:read todo:write';

export async function aProvider(resource) {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const issuer = `http://localhost:${server.address().port}`;
  const denied = new Set();
  const provider = new Provider(issuer, {
    scopes: SCOPES.split(' '),
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    ttl: { AccessToken: 600, Grant: 3600, Interaction: 600, RefreshToken: 3600, Session: 3600 },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, asked) => {
          if (asked !== resource) throw new Error(`${asked} is not protected here`);
          return { scope: SCOPES, audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: 600 };
        },
      },
    },
  });
  const answers = provider.callback();
  const isAsked = (prompt) => (prompt.name === 'login' ? { login: { accountId: 'alice' } } : undefined);
  server.on('request', async (request, response) => {
    if (!request.url.startsWith('/interaction/')) return answers(request, response);
    try {
      const details = await provider.interactionDetails(request, response);
      const result = isAsked(details.prompt) ?? { consent: { grantId: await consent(details) } };
      await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    } catch (error) {
      response.writeHead(500).end(error.message);
    }
  });

  async function consent({ prompt, session, params, grantId }) {
    const found = grantId && await provider.Grant.find(grantId);
    const grant = found || new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope((prompt.details.missingOIDCScope ?? []).join(' '));
    for (const [indicator, scopes] of Object.entries(prompt.details.missingResourceScopes ?? {})) {
      const refused = scopes.filter((scope) => denied.has(scope));
      grant.addResourceScope(indicator, scopes.filter((scope) => !denied.has(scope)).join(' '));
      if (refused.length > 0) grant.rejectResourceScope(indicator, refused.join(' '));
    }
    return grant.save();
  }

  const requests = [];
  provider.on('grant.success', ({ oidc, body }) => {
    requests.push(oidc.params.grant_type);
    secretsIn(body, ['access_token', 'refresh_token', 'id_token']);
    for (const name of ['code', 'code_verifier', 'refresh_token']) secret(oidc.params[name]);
  });
  return { issuer, denied, requests, close: () => server.close() };
}
