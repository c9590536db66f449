from core import PW, PW2, scenario


@scenario("rate_limits/login_failed", "limits", client="both")
def _(c, u):
    e = c.user(u)
    v = c.client()
    for _i in range(4):
        c.login(v, e, PW2)
    c.login(v, e, PW)
    f = c.email()
    c.login(v, f, PW)
