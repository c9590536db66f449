from core import PW, PW2, scenario


@scenario("login/email", client="both")
def _(c, u):
    e = c.user(u)
    v = c.client()
    v.post("auth/login", {"email": e, "password": PW})
    v.get("auth/session")


@scenario("login/wrong_password", client="both")
def _(c, u):
    e = c.user(u)
    v = c.client()
    v.post("auth/login", {"email": e, "password": PW2})
    v.get("auth/session")


@scenario("login/unknown_email", client="both")
def _(c, u):
    u.post("auth/login", {"email": c.email(), "password": PW})


@scenario("login/missing_fields", client="both")
def _(c, u):
    u.post("auth/login", {})
    u.post("auth/login", {"email": c.email()})
    u.post("auth/login", {"password": PW})
    u.post("auth/login", {"email": "not-an-email", "password": PW})
    u.post("auth/login", {"username": "someone", "password": PW})
    u.post("auth/login")


@scenario("login/username", "username", client="both")
def _(c, u):
    n = c.username()
    u.post("auth/signup", {"username": n, "password": PW})
    c.client().post("auth/login", {"username": n, "password": PW})
    c.client().post("auth/login", {"username": n, "password": PW2})
    c.client().post("auth/login", {"username": n.upper(), "password": PW})
    c.client().post("auth/login", {"email": n, "password": PW})
    c.client().post("auth/login", {"username": "nobody-here", "password": PW})


@scenario("login/unverified_mandatory", "mandatory", client="both")
def _(c, u):
    e = c.email()
    u.post("auth/signup", {"email": e, "password": PW})
    c.mail(e)
    v = c.client()
    v.post("auth/login", {"email": e, "password": PW})
    v.get("auth/session")
    c.mail(e)


@scenario("login/unverified_code", "code", client="both")
def _(c, u):
    e = c.email()
    u.post("auth/signup", {"email": e, "password": PW})
    c.mail(e)
    v = c.client()
    v.post("auth/login", {"email": e, "password": PW})
    m = c.mail(e)
    v.post("auth/email/verify", {"key": m.code})
    v.get("auth/session")


@scenario("login/already_logged_in", client="both")
def _(c, u):
    e = c.user(u)
    u.post("auth/login", {"email": e, "password": PW})
    u.post("auth/login", {"email": e, "password": PW2})
    u.post("auth/login", {})
