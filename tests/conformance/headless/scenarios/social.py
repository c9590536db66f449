from core import scenario

P = "account/providers"


@scenario("social/token_signup_and_login", "social", client="both")
def _(c, u):
    who = c.oidc_user("a", email=c.email(), email_verified=True, name="Ann")
    c.token(u, who)
    u.get("auth/session")
    u.get("account/email")
    u.get(P)
    v = c.client()
    c.token(v, who)
    v.get("auth/session")


@scenario("social/token_no_email_signup", "social", client="both")
def _(c, u):
    who = c.oidc_user("a", name="No Mail")
    c.token(u, who)
    u.get("auth/session")
    u.get("auth/provider/signup")
    u.post("auth/provider/signup", {"email": "bad"})
    u.post("auth/provider/signup", {})
    u.post("auth/provider/signup", {"email": c.email()})
    u.get("auth/session")
    u.get(P)
    v = c.client()
    c.token(v, who)


@scenario("social/email_conflict", "social", client="both")
def _(c, u):
    e = c.user(u)
    v = c.client()
    c.token(v, c.oidc_user("a", email=e, email_verified=True))
    v.get("auth/session")
    v.get("auth/provider/signup")
    v.post("auth/provider/signup", {"email": e})
    v.post("auth/provider/signup", {"email": c.email()})


@scenario("social/token_errors", "social", client="both")
def _(c, u):
    who = c.oidc_user("a", email=c.email(), email_verified=True)
    c.token(u, who, provider="unknown")
    c.token(u, who, client_id="wrong")
    c.token(u, who, token={"client_id": "conf-client"})
    c.token(u, who, token={"client_id": "conf-client", "id_token": "garbage"})
    c.token(u, who, token={"id_token": "garbage"})
    c.token(u, who, token="text")
    c.token(u, who, token={})
    c.token(u, who, process="redirect")
    u.post("auth/provider/token", {})
    u.post("auth/provider/token", {"provider": "conf-oidc"})


@scenario("social/token_connect", "social", client="both")
def _(c, u):
    c.user(u)
    who = c.oidc_user("a", email=c.email(), email_verified=True)
    c.token(u, who, process="connect")
    u.get(P)
    u.get("account/email")
    v = c.client()
    c.token(v, who)


@scenario("social/connect_someone_elses", "social", client="both")
def _(c, u):
    who = c.oidc_user("a", email=c.email(), email_verified=True)
    c.token(u, who)
    v = c.client()
    c.user(v)
    c.token(v, who, process="connect")
    v.get(P)


@scenario("social/disconnect", "social", client="both")
def _(c, u):
    c.user(u)
    who = c.oidc_user("a")
    c.token(u, who, process="connect")
    u.delete(P, {"provider": "conf-oidc", "account": who["sub"]})
    u.get(P)
    v = c.client()
    c.token(v, who)


@scenario("social/redirect_signup_and_login", "social")
def _(c, u):
    who = c.oidc_user("a", email=c.email(), email_verified=True)
    c.redirect(u, who)
    u.get("auth/session")
    u.get(P)
    v = c.client()
    c.redirect(v, who)
    v.get("auth/session")
