"""Who calls, as Portcullis says it: verifies an identity token by the gateway's published keys."""

import jwt

TYP = "portcullis-identity+jwt"


class Identity:
    """`gateway`: where the gateway is reached from here, such as `http://127.0.0.1:3002`. `issuer`: the resource's
    identifier. `audience`: this server's URL as the gateway's configuration has it, or the `audience` written there."""

    def __init__(self, gateway: str, issuer: str, audience: str):
        self._keys = jwt.PyJWKClient(gateway.rstrip("/") + "/.well-known/portcullis/jwks.json")
        self._issuer, self._audience = issuer, audience

    def of(self, headers) -> dict:
        """The claims of the request with these headers; a user is `orig_iss` and `sub` together.

        Raises `jwt.PyJWTError` for everything but a good token."""
        token = headers.get("x-portcullis-identity", "")
        if jwt.get_unverified_header(token).get("typ") != TYP:
            raise jwt.InvalidTokenError("not an identity token")
        key = self._keys.get_signing_key_from_jwt(token)
        return jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],  # the key says what signs, not the token
            issuer=self._issuer,
            audience=self._audience,
            options={"require": ["exp", "iat", "iss", "aud", "sub", "orig_iss"]},
        )
