from core import scenario

A = "account/authenticators"
T = A + "/totp"
R = A + "/recovery-codes"


@scenario("mfa/totp_activate", client="both")
def _(c, u):
    c.user(u)
    u.get(A)
    r = u.get(T)
    u.post(T, {"code": c.totp(r.meta["secret"])})
    u.get(T)
    u.get(A)


@scenario("mfa/totp_activate_wrong_code", client="both")
def _(c, u):
    c.user(u)
    r = u.get(T)
    u.post(T, {"code": c.bad_totp(r.meta["secret"])})
    u.post(T, {"code": ""})
    u.post(T, {})
    u.post(T, {"code": "abc"})
    u.get(A)


@scenario("mfa/totp_unverified_email", client="both")
def _(c, u):
    c.user(u, verified=False)
    u.get(T)
    u.post(T, {"code": "123456"})
    u.get(A + "/webauthn")


@scenario("mfa/login_with_totp", client="both")
def _(c, u):
    e = c.user(u)
    secret = c.totp_on(u)
    v = c.client()
    c.login(v, e)
    v.get("auth/session")
    v.post("auth/2fa/authenticate", {"code": c.totp(secret)})
    v.get("auth/session")
    v.get(A)


@scenario("mfa/login_wrong_totp", client="both")
def _(c, u):
    e = c.user(u)
    secret = c.totp_on(u)
    v = c.client()
    c.login(v, e)
    for _i in range(4):
        v.post("auth/2fa/authenticate", {"code": c.bad_totp(secret)})
    v.post("auth/2fa/authenticate", {})
    v.get("auth/session")
    v.post("auth/2fa/authenticate", {"code": c.totp(secret)})


@scenario("mfa/login_with_recovery_code", client="both")
def _(c, u):
    e = c.user(u)
    c.totp_on(u)
    codes = c.recovery_codes(u)
    v = c.client()
    c.login(v, e)
    v.post("auth/2fa/authenticate", {"code": codes[0]})
    v.get(R)
    w = c.client()
    c.login(w, e)
    w.post("auth/2fa/authenticate", {"code": codes[0]})
    w.post("auth/2fa/authenticate", {"code": codes[-1]})


@scenario("mfa/recovery_codes_regenerate", client="both")
def _(c, u):
    e = c.user(u)
    c.totp_on(u)
    codes = c.recovery_codes(u)
    r = u.post(R)
    fresh = r.data["unused_codes"]
    for x in fresh:
        c.norm.add(x, "<recovery_code>")
    c.fact("codes differ", not set(fresh) & set(codes))
    u.get(A)
    v = c.client()
    c.login(v, e)
    v.post("auth/2fa/authenticate", {"code": codes[0]})
    v.post("auth/2fa/authenticate", {"code": fresh[0]})


@scenario("mfa/totp_deactivate", client="both")
def _(c, u):
    e = c.user(u)
    c.totp_on(u)
    u.delete(T)
    u.get(A)
    u.get(R)
    u.delete(T)
    c.login(c.client(), e)


@scenario("mfa/trust_yes", "mfa_trust", client="both")
def _(c, u):
    e = c.user(u)
    secret = c.totp_on(u)
    v = c.client()
    c.login(v, e)
    r = v.post("auth/2fa/authenticate", {"code": c.totp(secret)})
    if r.pending() == "mfa_trust":
        v.get("auth/session")
        v.post("auth/2fa/trust", {"trust": True})
    c.fact("trust cookie", "mfa_trusted" in v.cookies)
    v.get("auth/session")
    c.logout(v)
    c.fact("trust cookie after logout", "mfa_trusted" in v.cookies)
    c.login(v, e)
    v.get("auth/session")
