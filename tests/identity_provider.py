"""An OpenID provider that runs beside the tests: discovery, keys, a sign-in that always says yes, tokens it signs."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

CLIENT, SECRET = "obhut-at-the-provider", "a-secret-between-the-two"


class Provider(ThreadingHTTPServer):
    """Whoever comes to it is `person`; `key` signs, while `published` is what it says its key is."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.key = self.published = generate_private_key(65537, 2048)
        self.person: dict[str, Any] = {}
        self.about: dict[str, Any] = {}
        self.asked: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}

    def token(self) -> str:
        """What it says about the person, signed."""
        at = int(time.time())
        says = {"iss": self.url, "aud": CLIENT, "iat": at, "exp": at + 300, **self.person}
        return jwt.encode(says, self.key, "RS256", headers={"kid": "one"})

    def jwks(self) -> dict[str, Any]:
        """Its published key."""
        public: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self.published.public_key()))
        return {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}

    def other_key(self) -> RSAPrivateKey:
        """A key that somebody else might sign with."""
        return generate_private_key(65537, 2048)


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Provider

    def do_GET(self) -> None:
        """The pages of the provider."""
        page = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(page.query).items()}
        site = self.server
        if page.path == "/.well-known/openid-configuration":
            pages = {
                "authorization_endpoint": "ask",
                "token_endpoint": "token",
                "userinfo_endpoint": "about",
                "jwks_uri": "keys",
            }
            self._say({"issuer": site.url, **{name: f"{site.url}/{path}" for name, path in pages.items()}})
        elif page.path == "/keys":
            self._say(site.jwks())
        elif page.path == "/about":
            self._say({"sub": site.person["sub"], **site.about}, known=self.headers["Authorization"] == "Bearer opens")
        elif page.path == "/ask":
            site.asked.append(asked)
            code = f"code-{len(site.asked)}"
            site.codes[code] = asked
            back = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            self.send_response(302)
            self.send_header("Location", back)
            self.end_headers()

    def do_POST(self) -> None:
        """The exchange of a code for tokens; a code works once, for its client, with the proof that it asked (PKCE)."""
        sent = {
            name: v[0] for name, v in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
        }
        asked = self.server.codes.pop(sent["code"])
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        known = (sent["client_id"], sent["client_secret"], proof) == (CLIENT, SECRET, asked["code_challenge"])
        self._say({"access_token": "opens", "token_type": "Bearer", "id_token": self.server.token()}, known=known)

    def _say(self, what: dict[str, Any], *, known: bool = True) -> None:
        body = json.dumps(what if known else {"error": "invalid_client"}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Say nothing to the terminal."""


@contextmanager
def running() -> Iterator[Provider]:
    """The provider, listening on a port of its own."""
    with Provider() as site:
        thread = Thread(target=site.serve_forever, daemon=True)
        thread.start()
        yield site
        site.shutdown()
        thread.join()
