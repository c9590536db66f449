from core import PW, PW2, PW3, scenario

KEY = "X-Password-Reset-Key"


def _request(c, u, e):
    u.post("auth/password/request", {"email": e})
    return c.mail(e)


@scenario("password_reset/link", client="both")
def _(c, u):
    e = c.user(u)
    v = c.client()
    key = _request(c, v, e).key
    v.get("auth/password/reset", headers={KEY: key})
    v.post("auth/password/reset", {"key": key, "password": PW2})
    v.get("auth/session")
    c.login(v, e, PW)
    c.login(v, e, PW2)


@scenario("password_reset/link_unknown_email", client="both")
def _(c, u):
    e = c.email()
    u.post("auth/password/request", {"email": e})
    c.mail(e)


@scenario("password_reset/link_bad_keys", client="both")
def _(c, u):
    e = c.user(u)
    v = c.client()
    key = _request(c, v, e).key
    v.get("auth/password/reset", headers={KEY: "bad"})
    v.get("auth/password/reset", headers={KEY: "1-bad-bad"})
    v.get("auth/password/reset")
    v.post("auth/password/reset", {"key": "bad", "password": PW2})
    v.post("auth/password/reset", {"key": key[:-1] + ("a" if key[-1] != "a" else "b"), "password": PW2})
    v.post("auth/password/reset", {"password": PW2})
    v.post("auth/password/reset", {"key": key})
    v.post("auth/password/reset", {})


@scenario("password_reset/link_reuse", client="app")
def _(c, u):
    e = c.user(u)
    v = c.client()
    key = _request(c, v, e).key
    v.post("auth/password/reset", {"key": key, "password": PW2})
    v.post("auth/password/reset", {"key": key, "password": PW3})
    v.get("auth/password/reset", headers={KEY: key})


@scenario("password_reset/code", "reset_code", client="both")
def _(c, u):
    e = c.user(u)
    v = c.client()
    code = _request(c, v, e).code
    v.get("auth/session")
    v.get("auth/password/reset", headers={KEY: code})
    v.post("auth/password/reset", {"key": code, "password": PW2})
    v.get("auth/session")
    c.login(v, e, PW2)
