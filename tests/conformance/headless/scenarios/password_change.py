from core import PW, PW2, scenario

P = "account/password/change"


@scenario("password_change/change", client="both")
def _(c, u):
    e = c.user(u)
    u.post(P, {"current_password": PW, "new_password": PW2})
    u.get("auth/session")
    c.login(c.client(), e, PW)
    c.login(c.client(), e, PW2)


@scenario("password_change/wrong_current", client="both")
def _(c, u):
    c.user(u)
    u.post(P, {"current_password": PW2, "new_password": PW2})
    u.post(P, {"current_password": "", "new_password": PW2})
    u.post(P, {"new_password": PW2})
    u.post(P, {"current_password": PW})
    u.post(P, {})


@scenario("password_change/weak_new", client="app")
def _(c, u):
    e = c.user(u)
    u.post(P, {"current_password": PW, "new_password": "short"})
    u.post(P, {"current_password": PW, "new_password": "password123"})
    u.post(P, {"current_password": PW, "new_password": e})
    u.post(P, {"current_password": PW2, "new_password": "1"})


@scenario("password_change/set_when_none", "login_code_optional_password", client="both")
def _(c, u):
    e = c.user(u, password=None, login=False)
    u.post(P, {"new_password": "short"})
    u.post(P, {"new_password": PW})
    u.get("auth/session")
    c.login(c.client(), e, PW)
    u.post(P, {"new_password": PW2})


@scenario("password_change/ends_other_sessions", client="both")
def _(c, u):
    e = c.user(u)
    v = c.client()
    c.login(v, e)
    u.post(P, {"current_password": PW, "new_password": PW2})
    u.get("auth/session")
    v.get("auth/session")
