"""A server of the Python SDK that verifies tokens as its guide has it: a token verifier, and AuthSettings. Prints its address."""

import json
import socket
import sys

import jwt
import uvicorn
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer

issuer = sys.argv[1]
listener = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
keys = jwt.PyJWKClient(f"{issuer}/keys")


class Verifier(TokenVerifier):
    """What PyJWT says of a token."""

    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            key = keys.get_signing_key_from_jwt(token)
            claims = jwt.decode(token, key, algorithms=["ES256"], audience=url, issuer=issuer)
        except jwt.PyJWTError:
            return None
        return AccessToken(
            token=token,
            client_id=claims["client_id"],
            subject=claims["sub"],
            scopes=claims.get("scope", "").split(),
            expires_at=claims["exp"],
            resource=url,
            claims=claims,
        )


settings = AuthSettings(issuer_url=issuer, resource_server_url=url, required_scopes=["todo:read"])
server = MCPServer("todo", token_verifier=Verifier(), auth=settings)


@server.tool()
def list_todos() -> list[str]:
    """What is to be done."""
    return ["look at it"]


print(json.dumps({"url": url}), flush=True)
config = uvicorn.Config(server.streamable_http_app(), lifespan="on", log_level="warning", timeout_graceful_shutdown=1)
uvicorn.Server(config).run(sockets=[listener])
