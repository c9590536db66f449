from core import PW, PW2, scenario


@scenario("reauthentication/password", "reauth", client="both")
def _(c, u):
    c.user(u)
    f = c.email()
    u.post("account/email", {"email": f})
    u.post("auth/reauthenticate", {"password": PW})
    u.post("account/email", {"email": f})
    u.get("auth/session")


@scenario("reauthentication/wrong_password", "reauth", client="both")
def _(c, u):
    c.user(u)
    u.post("auth/reauthenticate", {"password": PW2})
    u.post("auth/reauthenticate", {})
    u.post("auth/reauthenticate", {"password": ""})
    u.post("account/email", {"email": c.email()})


@scenario("reauthentication/with_totp", "reauth", client="both")
def _(c, u):
    e = c.user(u)
    u.post("auth/reauthenticate", {"password": PW})
    secret = c.totp_on(u)
    v = c.client()
    c.login(v, e)
    v.post("auth/2fa/authenticate", {"code": c.totp(secret, 0)})
    v.delete("account/authenticators/totp")
    v.post("auth/2fa/reauthenticate", {"code": c.bad_totp(secret)})
    v.post("auth/2fa/reauthenticate", {"code": c.totp(secret, 0)})
    v.post("auth/2fa/reauthenticate", {"code": c.totp(secret, 1)})
    v.delete("account/authenticators/totp")
    v.get("account/authenticators")
