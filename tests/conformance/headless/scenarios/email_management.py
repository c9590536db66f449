from core import scenario

E = "account/email"


def _add_verified(c, u):
    f = c.email()
    u.post(E, {"email": f})
    u.post("auth/email/verify", {"key": c.mail(f).key})
    return f


@scenario("email_management/list", client="both")
def _(c, u):
    c.user(u)
    u.get(E)


@scenario("email_management/add", client="both")
def _(c, u):
    c.user(u)
    f = c.email()
    u.post(E, {"email": f})
    c.mail(f)
    u.get(E)


@scenario("email_management/add_errors", client="both")
def _(c, u):
    e = c.user(u)
    u.post(E, {})
    u.post(E, {"email": ""})
    u.post(E, {"email": "bad"})
    u.post(E, {"email": e})
    u.post(E, {"email": e.upper()})


@scenario("email_management/max_addresses", "max_emails", client="both")
def _(c, u):
    c.user(u)
    u.post(E, {"email": c.email()})
    u.post(E, {"email": c.email()})
    u.get(E)


@scenario("email_management/mark_primary", client="both")
def _(c, u):
    e = c.user(u)
    f = _add_verified(c, u)
    u.patch(E, {"email": f, "primary": True})
    u.get("auth/session")
    c.login(c.client(), e)
    c.login(c.client(), f)


@scenario("email_management/delete", client="both")
def _(c, u):
    c.user(u)
    f = _add_verified(c, u)
    u.delete(E, {"email": f})
    u.get(E)
    c.login(c.client(), f)


@scenario("email_management/resend", client="both")
def _(c, u):
    e = c.user(u, verified=False)
    c.drain(e)
    u.put(E, {"email": e})
    key = c.mail(e).key
    u.post("auth/email/verify", {"key": key})
    u.put(E, {"email": e})


@scenario("email_management/change_email_mode", "change_email", client="both")
def _(c, u):
    e = c.user(u)
    f = c.email()
    u.post(E, {"email": f})
    u.get(E)
    g = c.email()
    u.post(E, {"email": g})
    u.get(E)
    u.post("auth/email/verify", {"key": c.mail(g).key})
    u.get(E)
    u.get("auth/session")
    c.login(c.client(), e)
    c.login(c.client(), g)


@scenario("email_management/add_by_code", "code", client="both")
def _(c, u):
    c.user(u)
    f = c.email()
    u.post(E, {"email": f})
    code = c.mail(f).code
    u.get(E)
    u.get("auth/email/verify", headers={"X-Email-Verification-Key": code})
    u.post("auth/email/verify", {"key": code})
    u.get(E)
