from core import PW, scenario


def _request(c, u, e):
    u.post("auth/code/request", {"email": e})
    return c.mail(e).code


@scenario("login_code/confirm", "login_code", client="both")
def _(c, u):
    e = c.user(u)
    v = c.client()
    code = _request(c, v, e)
    v.get("auth/session")
    v.post("auth/code/confirm", {"code": code})
    v.get("auth/session")


@scenario("login_code/wrong_then_right", "login_code", client="both")
def _(c, u):
    e = c.user(u)
    v = c.client()
    code = _request(c, v, e)
    v.post("auth/code/confirm", {"code": c.wrong_code(code)})
    v.post("auth/code/confirm", {"code": c.wrong_code(code)})
    v.post("auth/code/confirm", {"code": code})


@scenario("login_code/unknown_email", "login_code", client="both")
def _(c, u):
    e = c.email()
    u.post("auth/code/request", {"email": e})
    c.mail(e)
    u.get("auth/session")
    u.post("auth/code/confirm", {"code": "BCDF-GHJK"})
    u.post("auth/code/confirm", {"code": "BCDF-GHJK"})
    u.post("auth/code/confirm", {"code": "BCDF-GHJK"})
    u.get("auth/session")


@scenario("login_code/resend", "login_code", client="both")
def _(c, u):
    e = c.user(u)
    v = c.client()
    first = _request(c, v, e)
    v.post("auth/code/resend")
    second = c.mail(e).code
    v.post("auth/code/confirm", {"code": first})
    v.post("auth/code/confirm", {"code": second})


@scenario("login_code/required_after_password", "login_code_required", client="both")
def _(c, u):
    e = c.email()
    u.post("auth/signup", {"email": e, "password": PW})
    code = c.mail(e).code
    u.post("auth/code/confirm", {"code": code})
    v = c.client()
    v.post("auth/login", {"email": e, "password": PW})
    code = c.mail(e).code
    v.get("auth/session")
    v.post("auth/code/confirm", {"code": c.wrong_code(code)})
    v.post("auth/code/confirm", {"code": code})
    v.get("account/email")
