from core import scenario


@scenario("session/anonymous", client="both")
def _(c, u):
    u.get("auth/session")


def anonymous_flows(name, profile, client="both"):
    @scenario(f"session/anonymous_flows_{name}", profile, client=client)
    def _(c, u):
        u.get("auth/session")


anonymous_flows("login_by_code", "login_code")
anonymous_flows("reset_by_code", "reset_code")
anonymous_flows("passkey", "passkey")
anonymous_flows("social", "social")
anonymous_flows("social_only", "social_only", client="browser")
anonymous_flows("closed", "closed", client="app")


@scenario("session/get_and_logout", client="both")
def _(c, u):
    c.user(u)
    u.get("auth/session")
    u.delete("auth/session")
    u.get("auth/session")
    if u.kind == "app":
        c.fact("token dropped after 410", u.token is None)


@scenario("session/delete_when_anonymous", client="both")
def _(c, u):
    u.delete("auth/session")
    u.get("auth/session")


@scenario("session/stale_token_after_logout", client="app")
def _(c, u):
    c.user(u)
    old = u.token
    u.delete("auth/session")
    v = c.client()
    v.token = old
    v.get("auth/session")
    v.get("auth/session")


@scenario("session/browser_cookies", client="browser")
def _(c, u):
    u.get("config")
    c.fact("after config", sorted(u.cookies))
    c.user(u)
    c.fact("after login", sorted(u.cookies))
    c.logout(u)
    c.fact("after logout", sorted(u.cookies))
