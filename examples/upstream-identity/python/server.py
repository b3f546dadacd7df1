"""A server that greets whoever the gateway says is calling: `python server.py PORT GATEWAY ISSUER AUDIENCE`."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from identity import Identity

port, gateway, issuer, audience = sys.argv[1:]
identity = Identity(gateway, issuer, audience)


class Greeter(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            caller = identity.of(self.headers)
        except jwt.PyJWTError as error:
            print(type(error).__name__, file=sys.stderr)  # and nothing of the token
            return self.answer(401, b"")
        result = {"content": [{"type": "text", "text": f"Hello, {caller['sub']}!"}]}
        answer = {"jsonrpc": "2.0", "id": json.loads(body)["id"], "result": result}
        self.answer(200, json.dumps(answer).encode())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1", int(port)), Greeter)
print("listening", flush=True)
server.serve_forever()
