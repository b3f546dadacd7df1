// A server that greets whoever the gateway says is calling: `node server.mjs PORT GATEWAY ISSUER AUDIENCE`.
import { createServer } from 'node:http';
import { identityOf } from './identity.mjs';

const [port, gateway, issuer, audience] = process.argv.slice(2);
const identity = identityOf({ gateway, issuer, audience });

createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  try {
    const { sub } = await identity(request);
    const result = { content: [{ type: 'text', text: `Hello, ${sub}!` }] };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(body).id, result }));
  } catch (error) {
    console.error(error.code ?? error.name); // and nothing of the token
    response.writeHead(401).end();
  }
}).listen(Number(port), '127.0.0.1', () => console.log('listening'));
