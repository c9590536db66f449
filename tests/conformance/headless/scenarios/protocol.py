from core import PW, scenario


@scenario("protocol/csrf_missing", client="browser")
def _(c, u):
    u.get("config")
    u.post("auth/login", {"email": c.email(), "password": PW}, headers={"X-CSRFToken": None})


@scenario("protocol/csrf_not_needed_by_app", client="app")
def _(c, u):
    u.post("auth/login", {"email": c.email(), "password": PW}, headers={"Origin": "https://evil.example"})


@scenario("protocol/protected_endpoints_anonymous", client="both")
def _(c, u):
    for p in ("account/email", "account/phone", "account/providers", "account/authenticators",
              "account/authenticators/totp", "account/authenticators/recovery-codes",
              "account/authenticators/webauthn", "auth/sessions"):
        u.get(p)
    u.post("account/password/change", {"new_password": PW})
    u.post("auth/reauthenticate", {"password": PW})
    u.post("auth/2fa/reauthenticate", {"code": "123456"})
    u.post("auth/2fa/authenticate", {"code": "123456"})
    u.get("auth/webauthn/authenticate")
    u.get("auth/webauthn/reauthenticate")


def _spec(c, u, path):
    r = u.get(path, record=False)
    c.add({"method": "GET", "path": path, "status": r.status,
           "content_type": (r.headers.get("Content-Type") or "").split(";")[0].strip()})
    return r


@scenario("protocol/spec_json", client="app")
def _(c, u):
    r = _spec(c, u, "/_allauth/openapi.json")
    c.need(r.json, "no JSON")
    c.fact("openapi major", str(r.json.get("openapi", ""))[:1])
    c.fact("paths", sorted(r.json["paths"]))
    for p in sorted(r.json["paths"]):
        c.fact(f"methods of {p}", sorted(m for m in r.json["paths"][p] if m in ("get", "post", "put", "patch", "delete")))
