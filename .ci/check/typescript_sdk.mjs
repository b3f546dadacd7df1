// A server of the TypeScript SDK that verifies tokens as its guide has it: requireBearerAuth, and the metadata that goes with it.
// Prints its address.
import { getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const issuer = process.argv[2];
const app = createMcpExpressApp();
const listener = app.listen(0, '127.0.0.1', async () => {
  const url = new URL(`http://127.0.0.1:${listener.address().port}/mcp`);
  const keys = createRemoteJWKSet(new URL(`${issuer}/keys`));
  const verifier = {
    async verifyAccessToken(token) {
      try {
        const { payload } = await jwtVerify(token, keys, { issuer, audience: url.href });
        const { client_id: clientId, scope = '', exp: expiresAt } = payload;
        return { token, clientId, scopes: scope.split(' '), expiresAt, resource: url };
      } catch {
        throw new InvalidTokenError('that is not good');
      }
    },
  };
  const oauthMetadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json();
  app.use(mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl: url, scopesSupported: ['todo:read'] }));
  const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(url);
  app.use('/mcp', requireBearerAuth({ verifier, requiredScopes: ['todo:read'], resourceMetadataUrl, expectedResource: url.href }));
  // Without sessions, as its example of a stateless server: a server and a transport a request.
  app.post('/mcp', async (request, response) => {
    const server = new McpServer({ name: 'todo', version: '1.0.0' });
    const todos = { content: [{ type: 'text', text: 'look at it' }] };
    server.registerTool('list_todos', { description: 'What is to be done.' }, () => todos);
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    response.on('close', () => transport.close());
    await server.connect(transport);
    await transport.handleRequest(request, response, request.body);
  });
  app.all('/mcp', (_, response) => response.status(405).set('allow', 'POST').end());
  console.log(JSON.stringify({ url: url.href }));
});
