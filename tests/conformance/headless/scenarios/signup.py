from core import PW, scenario


@scenario("signup/email", client="both")
def _(c, u):
    e = c.email()
    u.post("auth/signup", {"email": e, "password": PW})
    u.get("auth/session")
    c.mail(e)


@scenario("signup/mandatory_verification", "mandatory", client="both")
def _(c, u):
    e = c.email()
    u.post("auth/signup", {"email": e, "password": PW})
    c.mail(e)
    u.get("auth/session")


@scenario("signup/verification_by_code", "code", client="both")
def _(c, u):
    e = c.email()
    u.post("auth/signup", {"email": e, "password": PW})
    c.mail(e)
    u.get("auth/session")


@scenario("signup/username", "username", client="both")
def _(c, u):
    u.post("auth/signup", {"username": c.username(), "password": PW})
    u.get("auth/session")
    u.get("account/email")


@scenario("signup/missing_fields", client="both")
def _(c, u):
    u.post("auth/signup", {})
    u.post("auth/signup", {"email": c.email()})
    u.post("auth/signup", {"password": PW})
    u.post("auth/signup", {"email": "", "password": ""})
    u.post("auth/signup", {"email": None, "password": None})


@scenario("signup/invalid_email", client="app")
def _(c, u):
    for bad in ("not-an-email", "a@b", "a@@b.com", "a b@c.com", "@example.com", "x" * 250 + "@example.com"):
        u.post("auth/signup", {"email": bad, "password": PW})


@scenario("signup/weak_passwords", client="app")
def _(c, u):
    u.post("auth/signup", {"email": c.email(), "password": "short"})
    u.post("auth/signup", {"email": c.email(), "password": "password123"})
    u.post("auth/signup", {"email": c.email(), "password": "83649275109"})
    u.post("auth/signup", {"email": c.email(), "password": "12345"})
    u.post("auth/signup", {"email": c.email(), "password": "1"})


@scenario("signup/closed", "closed", client="both")
def _(c, u):
    u.get("auth/session")
    u.post("auth/signup", {"email": c.email(), "password": PW})
    u.post("auth/signup", {"email": "bad", "password": PW})


@scenario("signup/already_logged_in", client="both")
def _(c, u):
    c.user(u)
    u.post("auth/signup", {"email": c.email(), "password": PW})
    u.post("auth/signup", {"email": "bad", "password": PW})
    u.get("auth/session")
