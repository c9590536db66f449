from core import PW, scenario


def _signup(c, u, e=None):
    e = e or c.email()
    u.post("auth/signup", {"email": e, "password": PW})
    return e


@scenario("email_verification/link", "mandatory", client="both")
def _(c, u):
    e = _signup(c, u)
    key = c.mail(e).key
    u.get("auth/email/verify", headers={"X-Email-Verification-Key": key})
    u.post("auth/email/verify", {"key": key})
    u.get("auth/session")
    u.post("auth/login", {"email": e, "password": PW})


@scenario("email_verification/link_autologin", "mandatory_autologin", client="both")
def _(c, u):
    e = _signup(c, u)
    key = c.mail(e).key
    u.post("auth/email/verify", {"key": key})
    u.get("auth/session")
    u.get("account/email")


@scenario("email_verification/link_when_logged_in", "optional", client="both")
def _(c, u):
    e = _signup(c, u)
    u.get("account/email")
    key = c.mail(e).key
    u.get("auth/email/verify", headers={"X-Email-Verification-Key": key})
    u.post("auth/email/verify", {"key": key})
    u.get("account/email")


@scenario("email_verification/link_bad_keys", "mandatory", client="both")
def _(c, u):
    e = _signup(c, u)
    key = c.mail(e).key
    u.get("auth/email/verify", headers={"X-Email-Verification-Key": "bad"})
    u.get("auth/email/verify")
    u.post("auth/email/verify", {"key": "bad"})
    u.post("auth/email/verify", {"key": key[:-1] + ("A" if key[-1] != "A" else "B")})
    u.post("auth/email/verify", {})
    u.post("auth/email/verify", {"key": ""})
    u.get("auth/session")


@scenario("email_verification/code", "code", client="both")
def _(c, u):
    e = _signup(c, u)
    m = c.mail(e)
    u.get("auth/email/verify", headers={"X-Email-Verification-Key": m.code})
    u.post("auth/email/verify", {"key": m.code})
    u.get("auth/session")
    u.get("account/email")


@scenario("email_verification/code_resend", "code", client="both")
def _(c, u):
    e = _signup(c, u)
    first = c.mail(e).code
    u.post("auth/email/verify/resend")
    second = c.mail(e).code
    u.post("auth/email/verify", {"key": first})
    u.post("auth/email/verify", {"key": second})
