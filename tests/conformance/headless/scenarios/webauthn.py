from core import scenario

A = "account/authenticators"
W = A + "/webauthn"


@scenario("webauthn/add", client="both")
def _(c, u):
    c.user(u)
    a = c.authenticator()
    r = u.get(W)
    u.post(W, {"name": "My key", "credential": a.create(r.data["creation_options"], rk=False)})
    u.get(A)
    u.get(A + "/recovery-codes")


@scenario("webauthn/rename", client="both")
def _(c, u):
    c.user(u)
    i = c.passkey_on(u, c.authenticator())
    u.put(W, {"id": i, "name": "Renamed"})
    u.get(A)
    u.put(W, {"id": i, "name": ""})
    u.put(W, {"id": i})
    u.put(W, {"name": "x"})
    u.put(W, {"id": "99999999", "name": "x"})
    u.put(W, {"id": i, "name": "y" * 101})


@scenario("webauthn/delete", client="both")
def _(c, u):
    c.user(u)
    i = c.passkey_on(u, c.authenticator(), "One")
    j = c.passkey_on(u, c.authenticator(), "Two")
    u.delete(W, {"authenticators": [i]})
    u.get(A)
    u.delete(W, {"authenticators": [j]})
    u.get(A)


@scenario("webauthn/second_factor", client="both")
def _(c, u):
    e = c.user(u)
    a = c.authenticator()
    c.passkey_on(u, a)
    v = c.client()
    c.login(v, e)
    r = v.get("auth/webauthn/authenticate")
    v.post("auth/webauthn/authenticate", {"credential": a.get(r.data["request_options"])})
    v.get("auth/session")
    v.get(A)


@scenario("webauthn/passkey_login", "passkey", client="both")
def _(c, u):
    c.user(u)
    a = c.authenticator()
    c.passkey_on(u, a, passwordless=True)
    u.get(A)
    v = c.client()
    r = v.get("auth/webauthn/login")
    v.post("auth/webauthn/login", {"credential": a.get(r.data["request_options"])})
    v.get("auth/session")


@scenario("webauthn/passkey_signup", "passkey", client="both")
def _(c, u):
    e = c.email()
    a = c.authenticator()
    u.post("auth/webauthn/signup", {"email": e})
    u.post("auth/email/verify", {"key": c.mail(e).code})
    r = u.get("auth/webauthn/signup")
    u.put("auth/webauthn/signup", {"name": "Signup key", "credential": a.create(r.data["creation_options"])})
    u.get("auth/session")
    u.get(A)
    c.logout(u)
    r = u.get("auth/webauthn/login")
    u.post("auth/webauthn/login", {"credential": a.get(r.data["request_options"])})
