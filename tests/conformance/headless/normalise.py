"""Normalises a response, so that the responses of two servers can be compared.

Kept: status, structure, keys and their presence, values, error codes and params.
Replaced by typed placeholders: ids, timestamps, tokens, secrets, challenges, codes, hosts.
Sorted, because Django returns them in set or database order: flows, errors, types, providers, the lists of
methods in /config, credential lists and top-level `data` lists.
Reported but not counted: error message texts. `is_authenticated: null` counts as false.
"""
from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl, quote, urlsplit

TIMES = {"at", "created_at", "last_used_at", "last_seen_at"}
TOKENS = {"session_token", "access_token", "refresh_token"}
UNORDERED = {
    "flows", "errors", "types", "providers", "login_methods", "supported_types",
    "allowCredentials", "excludeCredentials", "transports",
}
# Strings that are names rather than generated identifiers.
NAMES = {
    "login", "login_by_code", "mfa_authenticate", "mfa_login_webauthn", "mfa_reauthenticate",
    "mfa_signup_webauthn", "mfa_trust", "password_reset_by_code", "provider_redirect",
    "provider_signup", "provider_token", "reauthenticate", "signup", "verify_email", "verify_phone",
    "conf-oidc", "other-oidc", "localhost",
}


def shape(s: str) -> str:
    """Replaces letters by A and digits by 9: BCDF-GHJK becomes AAAA-AAAA."""
    return re.sub(r"[0-9]", "9", re.sub(r"[A-Za-z]", "A", s))


def placeholder_time(v):
    if v is None:
        return None
    return "<timestamp>" if isinstance(v, (int, float)) and not isinstance(v, bool) else f"<timestamp:{type(v).__name__}>"


def placeholder_token(v):
    if not isinstance(v, str):
        return v
    return "<jwt>" if re.fullmatch(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", v) else "<token>"


class Normaliser:
    def __init__(self, base_url: str, oidc_url: str | None) -> None:
        self.repl: list[tuple[str, str]] = []
        if oidc_url:
            self.add(oidc_url, "<oidc>")
        self.add(base_url, "<base>")
        host = urlsplit(base_url).netloc
        self.add(host, "<host>")
        self.add(quote(host, safe=""), "<host>")

    def add(self, raw: str, name: str) -> None:
        if raw:
            self.repl.append((raw, name))

    def text(self, s: str) -> str:
        for raw, name in self.repl:
            if raw in s:
                s = s.replace(raw, name)
        return s

    def value(self, v, key: str = "", top: bool = False):
        if key in TIMES:
            return placeholder_time(v)
        if key in TOKENS:
            return placeholder_token(v)
        if key == "is_authenticated" and v is None:
            return False  # the OpenAPI spec says boolean, Django says null on 410 and some 401s (soft class)
        if isinstance(v, dict):
            if key in ("creation_options", "request_options"):
                return self.webauthn(v)
            if "code" in v and "message" in v:
                v = {k: x for k, x in v.items() if k != "message"}
            if key == "credential" and "rawId" in v:
                return "<credential>"
            return {k: self.value(x, k, top and k == "data") for k, x in v.items()}
        if isinstance(v, list):
            if key == "unused_codes":
                return [f"<code:{shape(str(x))}>" for x in v]
            if key in ("sessions", "authenticators") and not any(isinstance(x, dict) for x in v):
                return ["<id>" for _ in v]
            out = [self.value(x) for x in v]
            if key in UNORDERED or (key == "data" and top):
                out.sort(key=lambda x: json.dumps(x, sort_keys=True))
            return out
        if key == "id" and (isinstance(v, int) or (isinstance(v, str) and v not in NAMES)):
            return "<id>"
        if key == "ip":
            return "<ip>"
        if key == "secret" and isinstance(v, str):
            return f"<totp_secret:{len(v)}>"
        if key == "totp_url" and isinstance(v, str):
            u = urlsplit(v)
            q = {k: ("<totp_secret>" if k == "secret" else self.text(x)) for k, x in parse_qsl(u.query)}
            return {"scheme": u.scheme, "kind": u.netloc, "label": self.text(u.path), "query": q}
        return self.text(v) if isinstance(v, str) else v

    def webauthn(self, v: dict):
        pk = v.get("publicKey")
        if not isinstance(pk, dict):
            return v
        pk = dict(pk)
        if "challenge" in pk:
            pk["challenge"] = "<challenge>"
        if isinstance(pk.get("user"), dict):
            pk["user"] = {k: "<user_handle>" if k == "id" else self.text(x) for k, x in pk["user"].items()}
        if isinstance(pk.get("rp"), dict):
            pk["rp"] = {k: self.text(x) for k, x in pk["rp"].items()}
        if "pubKeyCredParams" in pk:  # each server chooses the algorithms in addition to ES256
            pk["pubKeyCredParams"] = {"ES256": {"type": "public-key", "alg": -7} in pk["pubKeyCredParams"]}
        for k in ("allowCredentials", "excludeCredentials"):
            if isinstance(pk.get(k), list):
                pk[k] = [{a: ("<credential_id>" if a == "id" else b) for a, b in c.items()} for c in pk[k]]
        return {**v, "publicKey": pk}


def error_texts(body) -> list[str]:
    errs = body.get("errors") if isinstance(body, dict) else None
    return sorted(
        f"{e.get('param', '')}:{e.get('code', '')}:{e.get('message', '')}" for e in errs or [] if isinstance(e, dict)
    )
