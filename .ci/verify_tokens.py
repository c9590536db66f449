"""Checks that other services can verify Latchkey's tokens with the published keys, and that Latchkey refuses invalid tokens.

PyJWT represents an API behind Latchkey. Usage: verify_tokens.py BINARY
"""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PASSWORD = "correct-Horse-42-battery"
passed = 0


def check(what, holds):
    global passed
    if not holds:
        sys.exit(f"tokens: failed: {what}")
    passed += 1


class Service:
    """The local service with these settings."""

    def __init__(self, binary, port, **settings):
        self.url = f"http://localhost:{port}"
        self.folder = tempfile.TemporaryDirectory()
        environment = {
            "HEADLESS_TOKEN_STRATEGY": "jwt",
            "ACCOUNT_EMAIL_VERIFICATION": "none",
            "ACCOUNT_RATE_LIMITS": "false",
            "PATH": os.environ["PATH"],
            **settings,
        }
        command = [binary, "--listen", f"127.0.0.1:{port}", "--data", ":memory:", "--outbox", self.folder.name]
        self.process = subprocess.Popen(command, env=environment)
        for _ in range(200):
            try:
                self.call("GET", "/_allauth/app/v1/config")
                return
            except urllib.error.URLError:
                time.sleep(0.05)
        sys.exit("tokens: the service does not start")

    def call(self, method, path, body=None, **headers):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def tokens(self):
        body = {"email": f"{uuid.uuid4()}@example.com", "password": PASSWORD}
        status, answer = self.call("POST", "/_allauth/app/v1/auth/signup", body)
        check("a signup gives tokens", status == 200)
        return answer["meta"]["access_token"], answer["meta"]["refresh_token"]

    def session(self, token):
        return self.call("GET", "/_allauth/app/v1/auth/session", Authorization=f"Bearer {token}")[0]

    def refresh(self, token):
        return self.call("POST", "/_allauth/app/v1/tokens/refresh", {"refresh_token": token})[0]

    def stop(self):
        self.process.terminate()
        self.process.wait()


def others_verify(service):
    """Verifies a token with only the issuer, like API Gateway's JWT authorizer."""
    access, refresh = service.tokens()
    document = service.call("GET", "/.well-known/openid-configuration")[1]
    check("the issuer is exact", document["issuer"] == service.url)
    keys = jwt.PyJWKClient(document["jwks_uri"])
    key = keys.get_signing_key_from_jwt(access)
    claims = jwt.decode(access, key, algorithms=["RS256"], audience=service.url, issuer=service.url,
                        options={"require": ["exp", "nbf", "iat", "iss", "aud", "sub"]})
    check("it is an access token", claims["token_use"] == "access" and uuid.UUID(claims["sub"]))
    try:
        keys.get_signing_key_from_jwt(refresh)
        check("no API takes a refresh token", False)
    except jwt.PyJWKClientError:
        check("no API takes a refresh token", True)


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


def we_refuse(service, key):
    """Checks that the service refuses tokens with a single fault, even if they are signed with its key."""
    access, refresh = service.tokens()
    header, claims = jwt.get_unverified_header(access), jwt.decode(access, options={"verify_signature": False})
    now = int(time.time())

    def made(header=header, key=key, algorithm="RS256", **changes):
        return jwt.encode({**claims, **changes}, key, algorithm=algorithm, headers=header)

    check("an unchanged token is accepted", service.session(made()) == 200)
    foreign = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with_hmac = part({**header, "alg": "HS256"}) + b"." + part(claims)
    signature = base64.urlsafe_b64encode(hmac.digest(public, with_hmac, hashlib.sha256)).rstrip(b"=")
    unsigned = part({**header, "alg": "none"}) + b"." + part(claims) + b"."
    wrong = {
        "no signature": unsigned.decode(),
        "HS256 with the public key": (with_hmac + b"." + signature).decode(),
        "another key with the same key id": made(key=foreign),
        "another key id": made(header={**header, "kid": "another"}),
        "a refresh token": refresh,
        "another use": made(token_use="refresh"),
        "an unknown use": made(token_use="id"),
        "another audience": made(aud="https://elsewhere.example"),
        "another issuer": made(iss="https://elsewhere.example"),
        "expired": made(exp=now - 1),
        "not yet valid": made(nbf=now + 60, iat=now + 60),
        "another user": made(sub=str(uuid.uuid4())),
        "a key in the header": made(header={**header, "jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}),
    }
    for what, token in wrong.items():
        check(what, service.session(token) in (401, 410))
    forged = jwt.encode(jwt.decode(refresh, options={"verify_signature": False}), key, algorithm="RS256", headers=header)
    check("a refresh token of the key that signs access tokens", service.refresh(forged) == 400)
    check("the refresh token is accepted", service.refresh(refresh) == 200)


def main(binary):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                            serialization.NoEncryption()).decode()
    for port, settings in [(5561, {}), (5562, {"HEADLESS_JWT_PRIVATE_KEY": pem})]:
        service = Service(binary, port, **settings)
        try:
            others_verify(service)
            if settings:
                we_refuse(service, key)
        finally:
            service.stop()
    print(f"tokens: {passed} passed, 0 failed")


main(sys.argv[1])
