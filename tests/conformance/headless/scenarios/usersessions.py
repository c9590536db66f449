from core import scenario

S = "auth/sessions"


@scenario("usersessions/list", client="both")
def _(c, u):
    c.user(u)
    u.get(S)


@scenario("usersessions/two_sessions", client="both")
def _(c, u):
    e = c.user(u)
    v = c.client("app" if u.kind == "browser" else "browser")
    c.login(v, e)
    u.get(S)
    v.get(S)


def _other(c, reply):
    for s in reply.data:
        if not s["is_current"]:
            return s["id"]
    c.need(False, "no other session listed")


def _current(c, reply):
    for s in reply.data:
        if s["is_current"]:
            return s["id"]
    c.need(False, "current session not listed")


@scenario("usersessions/delete_other", client="both")
def _(c, u):
    e = c.user(u)
    v = c.client()
    c.login(v, e)
    r = u.get(S)
    u.delete(S, {"sessions": [_other(c, r)]})
    u.get(S)
    v.get("auth/session")


@scenario("usersessions/delete_current", client="both")
def _(c, u):
    c.user(u)
    r = u.get(S)
    u.delete(S, {"sessions": [_current(c, r)]})
    u.get("auth/session")


@scenario("usersessions/track_activity", "track", client="both")
def _(c, u):
    c.user(u)
    u.get(S)
    u.get("auth/session", headers={"User-Agent": "changed/2"})
    u.get(S)
