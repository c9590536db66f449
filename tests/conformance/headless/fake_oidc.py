"""A small OpenID Connect provider on loopback. `next_user` is the user who logs in next."""
from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlparse

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET = "conf-client", "conf-secret"


def _b64(n: int) -> str:
    return base64.urlsafe_b64encode(n.to_bytes((n.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


class FakeOIDC:
    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.rogue = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.next_user: dict = {}
        self.deny: str | None = None
        self.codes: dict[str, tuple[dict, dict]] = {}
        self.tokens: dict[str, dict] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *a):
                pass

            def reply(self, status, body=b"", **headers):
                if not isinstance(body, bytes):
                    body = json.dumps(body).encode()
                    headers.setdefault("Content_Type", "application/json")
                self.send_response(status)
                for k, v in headers.items():
                    self.send_header(k.replace("_", "-"), v)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                u = urlparse(self.path)
                q = {k: v[0] for k, v in parse_qs(u.query).items()}
                if u.path == "/.well-known/openid-configuration":
                    self.reply(200, outer.discovery())
                elif u.path == "/jwks":
                    self.reply(200, {"keys": [outer.jwk()]})
                elif u.path == "/authorize":
                    p = {"state": q.get("state", "")}
                    if outer.deny:
                        p["error"] = outer.deny
                    else:
                        p["code"] = secrets.token_urlsafe(12)
                        outer.codes[p["code"]] = (dict(outer.next_user), q)
                    self.reply(302, Location=q["redirect_uri"] + "?" + urlencode(p))
                elif u.path == "/userinfo":
                    t = self.headers.get("Authorization", "").removeprefix("Bearer ")
                    user = outer.tokens.get(t)
                    self.reply(200, user) if user else self.reply(401, {"error": "invalid_token"})
                else:
                    self.reply(404, {})

            def do_POST(self):
                n = int(self.headers.get("Content-Length") or 0)
                form = {k: v[0] for k, v in parse_qs(self.rfile.read(n).decode()).items()}
                entry = outer.codes.pop(form.get("code", ""), None)
                if self.path != "/token" or entry is None:
                    return self.reply(400, {"error": "invalid_grant"})
                user, q = entry
                at = secrets.token_urlsafe(16)
                outer.tokens[at] = user
                extra = {"nonce": q["nonce"]} if "nonce" in q else {}
                self.reply(200, {
                    "access_token": at, "token_type": "Bearer", "expires_in": 3600,
                    "id_token": outer.id_token(user, **extra),
                })

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()

    def discovery(self):
        return {
            "issuer": self.url,
            "authorization_endpoint": self.url + "/authorize",
            "token_endpoint": self.url + "/token",
            "userinfo_endpoint": self.url + "/userinfo",
            "jwks_uri": self.url + "/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile", "email"],
        }

    def jwk(self):
        n = self.key.public_key().public_numbers()
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "conf-1", "n": _b64(n.n), "e": _b64(n.e)}

    def id_token(self, user: dict, rogue: bool = False, **over) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now - 5, "exp": now + 3600, **user, **over}
        return jwt.encode(claims, self.rogue if rogue else self.key, algorithm="RS256", headers={"kid": "conf-1"})
