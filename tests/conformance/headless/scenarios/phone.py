from core import PW, PW2, scenario

V = "auth/phone/verify"
P = "account/phone"


def _signup(c, u, p=None, **kw):
    p = p or c.phone()
    u.post("auth/signup", {"phone": p, "password": PW, **kw})
    return p


def _user(c, u):
    p = _signup(c, u)
    r = u.post(V, {"code": c.sms(p).code})
    c.need(r.authenticated, "not logged in")
    return p


@scenario("phone/signup_and_verify", "phone", client="both")
def _(c, u):
    p = _signup(c, u)
    code = c.sms(p).code
    u.get("auth/session")
    u.post(V, {"code": code})
    u.get("auth/session")
    u.get(P)


@scenario("phone/signup_errors", "phone", client="both")
def _(c, u):
    u.post("auth/signup", {"password": PW})
    for bad in ("0612345678", "+31", "abc", "+0123456789", "+31612345678901234", ""):
        u.post("auth/signup", {"phone": bad, "password": PW})


@scenario("phone/resend", "phone", client="both")
def _(c, u):
    p = _signup(c, u)
    first = c.sms(p).code
    u.post(V + "/resend")
    second = c.sms(p).code
    u.post(V, {"code": first})
    u.post(V, {"code": second})


@scenario("phone/login", "phone", client="both")
def _(c, u):
    p = _user(c, u)
    v = c.client()
    v.post("auth/login", {"phone": p, "password": PW})
    c.client().post("auth/login", {"phone": p, "password": PW2})
    c.client().post("auth/login", {"phone": c.phone(), "password": PW})
    c.client().post("auth/login", {"phone": "0612345678", "password": PW})
    c.client().post("auth/login", {"password": PW})


@scenario("phone/change_when_logged_in", "phone", client="both")
def _(c, u):
    _user(c, u)
    q = c.phone()
    u.post(P, {"phone": q})
    u.get(P)
    code = c.sms(q).code
    u.post(V, {"code": code})
    u.get(P)
    c.client().post("auth/login", {"phone": q, "password": PW})


@scenario("phone/none_set", client="both")
def _(c, u):
    c.user(u)
    u.get(P)
    u.delete(P)
