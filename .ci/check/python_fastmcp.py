"""A FastMCP server that verifies tokens as its guide has it: a JWT verifier, and the metadata with it. Prints its address."""

import json
import socket
import sys

import uvicorn
from fastmcp import FastMCP
from fastmcp.server.auth import RemoteAuthProvider
from fastmcp.server.auth.providers.jwt import JWTVerifier

issuer = sys.argv[1]
listener = socket.create_server(("127.0.0.1", 0))
base = f"http://127.0.0.1:{listener.getsockname()[1]}"
verifier = JWTVerifier(
    jwks_uri=f"{issuer}/keys",
    issuer=issuer,
    audience=f"{base}/mcp",
    algorithm="ES256",
    required_scopes=["todo:read"],
)
server = FastMCP("todo", auth=RemoteAuthProvider(verifier, authorization_servers=[issuer], base_url=base))


@server.tool
def list_todos() -> list[str]:
    """What is to be done."""
    return ["look at it"]


print(json.dumps({"url": f"{base}/mcp"}), flush=True)
app = server.http_app(path="/mcp")
config = uvicorn.Config(app, lifespan="on", log_level="warning", timeout_graceful_shutdown=1)
uvicorn.Server(config).run(sockets=[listener])
