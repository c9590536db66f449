from core import scenario

R = "tokens/refresh"


def _bearer(c, u, tok, scheme="Bearer"):
    """A client that only has an access token."""
    v = c.client("app")
    v.send_token = False
    c.norm.add(tok, "<access_token>")
    v.extra["Authorization"] = f"{scheme} {tok}"
    return v


@scenario("tokens/jwt_on_signup_and_login", "jwt", client="app")
def _(c, u):
    e = c.user(u)
    u.get("auth/session")
    v = c.client()
    c.login(v, e)


@scenario("tokens/jwt_access_token_authenticates", "jwt", client="app")
def _(c, u):
    e = c.user(u)
    m = c.login(c.client(), e).meta
    v = _bearer(c, u, m["access_token"])
    v.get("auth/session")
    v.get("account/email")
    v.get("account/authenticators")


@scenario("tokens/refresh", "jwt", client="app")
def _(c, u):
    e = c.user(u)
    m = c.login(u2 := c.client(), e).meta
    v = c.client()
    r = v.post(R, {"refresh_token": m["refresh_token"]})
    c.fact("new access token", r.data["access_token"] != m["access_token"])
    _bearer(c, u, r.data["access_token"]).get("auth/session")
    v.post(R, {"refresh_token": r.data["refresh_token"]})


@scenario("tokens/refresh_without_rotation", "jwt_norotate", client="app")
def _(c, u):
    e = c.user(u)
    m = c.login(c.client(), e).meta
    v = c.client()
    v.post(R, {"refresh_token": m["refresh_token"]})
    v.post(R, {"refresh_token": m["refresh_token"]})


@scenario("tokens/refresh_errors", "jwt", client="app")
def _(c, u):
    e = c.user(u)
    m = c.login(c.client(), e).meta
    v = c.client()
    v.post(R, {})
    v.post(R, {"refresh_token": ""})
    v.post(R, {"refresh_token": "garbage"})
    v.post(R, {"refresh_token": m["access_token"]})
    v.post(R)
    v.get(R)
