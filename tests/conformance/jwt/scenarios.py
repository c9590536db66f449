"""The scenarios. Each runs on a new server process with an empty database."""

from harness import PW, PW2

ALL = []
ANN, BOB = "ann@example.test", "bob@example.test"
MAND = {"EMAIL_VERIFICATION": True}
BODY = {"JWT_ALLAUTH_REFRESH_TOKEN_AS_COOKIE": False}
ADMIN0 = {"JWT_ALLAUTH_ADMIN_MANAGED_REGISTRATION": True, "EMAIL_VERIFICATION": True}
ADMIN = {**ADMIN0, "PASSWORD_SET_REDIRECT": "/app/welcome"}
MFA = {"JWT_ALLAUTH_MFA_TOTP_MODE": "optional"}
MFAR = {"JWT_ALLAUTH_MFA_TOTP_MODE": "required"}
STAFF = {"email": "boss@example.test", "password": PW, "is_staff": True, "role": 1000, "verified": True}


class Scenario:
    def __init__(self, fn, settings, seed, clock):
        self.fn, self.settings, self.seed, self.clock = fn, settings, seed, clock
        self.name, self.doc = fn.__name__, (fn.__doc__ or "").strip().split("\n")[0]


def sc(settings=None, seed=None, clock=False):
    """Registers a scenario. seed: accounts that exist at the start. clock: the scenario moves time."""
    def deco(fn):
        ALL.append(Scenario(fn, settings or {}, seed, clock))
        return fn
    return deco


# ---- helpers -----------------------------------------------------------------
def reg(c, email=ANN, pw=PW, pw2=None, first="Ann", last="Lee", **kw):
    return c.post("/registration/", {"email": email, "password1": pw, "password2": pw2 or pw,
                                     "first_name": first, "last_name": last}, **kw)


def login(c, email=ANN, pw=PW, **kw):
    return c.post("/login/", {"email": email, "password": pw}, **kw)


def toks(r):
    return r.get("access"), r.cookie("refresh_token") or r.get("refresh")


def refresh(c, tok, **kw):
    return c.post("/refresh/", cookies={"refresh_token": tok}, **kw)


def me(c, access, **kw):
    return c.get_("/user/", auth=access, **kw)


def session(c, email=ANN, pw=PW):
    reg(c, email, pw)
    return toks(login(c, email, pw))


def reset_caps(c, email=ANN):
    """Asks for a reset and follows the link. Returns the two cookies."""
    c.post("/password/reset/", {"email": email})
    r = c.get_(c.link())
    return {"password_reset_access_token": r.cookie("password_reset_access_token"),
            "csrftoken": r.cookie("csrftoken")}


def set_new(c, caps, pw=PW2, pw2=None, csrf=True, path="/password/reset/set-new/", **kw):
    h = {"X-CSRFToken": caps.get("csrftoken")} if csrf and caps.get("csrftoken") else {}
    return c.post(path, {"new_password1": pw, "new_password2": pw2 or pw},
                  cookies={k: v for k, v in caps.items() if v}, headers=h, **kw)


def enrol(c, access, activate=True):
    s = c.post("/mfa/setup/", auth=access).get("secret")
    a = c.post("/mfa/activate/", {"code": c.totp(s)}, auth=access) if activate else None
    return s, (a.get("recovery_codes") if a else None) or []


def mfa_user(c, email=ANN):
    """Registers and enrolls a user, and moves to a new TOTP period. Returns the secret and the recovery codes."""
    reg(c, email)
    access, _ = toks(login(c, email))
    s, codes = enrol(c, access)
    c.next_totp_step()
    return s, codes


def challenge(c, email=ANN):
    return login(c, email).get("challenge_id") or "none"


def verify(c, ch, code, **kw):
    return c.post("/mfa/verify/", {"challenge_id": ch, "code": code}, **kw)


def recover(c, ch, code, **kw):
    return c.post("/mfa/verify-recovery/", {"challenge_id": ch, "recovery_code": code}, **kw)


def invite(c, access, email="new@example.test", role=0, **extra):
    return c.post("/registration/user-register/", {"email": email, "role": role, **extra}, auth=access)


# ---- login -------------------------------------------------------------------
@sc()
def login_ok(c):
    """tokens, claims, lifetimes and cookie flags of a plain login"""
    reg(c)
    a, r = toks(login(c))
    A, R = c.claims(a), c.claims(r)
    c.check("same_session", A["session"] == R["session"])
    c.check("same_user", A["user_id"] == R["user_id"])
    c.check("jti_differs", A["jti"] != R["jti"])
    c.check("session_iat_is_iat", abs(R["session_iat"] - R["iat"]) <= 1)
    me(c, a)


@sc()
def login_wrong_password(c):
    """wrong password and unknown address answer alike"""
    reg(c)
    a = login(c, pw="not-the-password")
    b = login(c, email="nobody@example.test", pw="not-the-password")
    c.check("indistinguishable", (a.status, a.json) == (b.status, b.json))


@sc()
def login_malformed_json(c):
    """parse errors, JSON that is no object, unsupported media type"""
    c.post("/login/", raw='{"email": ')
    c.post("/login/", raw="[]")
    c.post("/login/", raw='"text"')
    c.post("/login/", raw="")
    c.post("/login/", raw="email=a", ctype="text/plain")


@sc(MAND)
def login_unverified_mandatory(c):
    """unverified address is refused (only when the password is right), then admitted"""
    reg(c)
    login(c)
    login(c, pw="not-the-password")
    c.get_(c.link())
    login(c)


@sc()
def login_rate_limit(c):
    """five failures on one address lock that address, even for the right password"""
    reg(c)
    for _ in range(5):
        login(c, pw="wrong")
    login(c, pw="wrong")
    login(c)
    reg(c, BOB)
    login(c, BOB)


@sc(BODY)
def login_body_mode(c):
    """refresh token in the body: login, refresh, logout, cookie ignored"""
    reg(c)
    a, r = toks(login(c))
    x = c.post("/refresh/", {"refresh": r})
    r2 = x.get("refresh")
    c.post("/refresh/", {})
    c.post("/refresh/", cookies={"refresh_token": r2})
    c.post("/logout/", {}, auth=a)
    c.post("/logout/", cookies={"refresh_token": r2}, auth=a)
    c.post("/logout/", {"refresh": "garbage"}, auth=a)
    c.post("/logout/", {"refresh": r2}, auth=a)
    c.post("/refresh/", {"refresh": r2})


@sc({"JWT_ALLAUTH_ACCESS_TOKEN_LIFETIME": 120, "JWT_ALLAUTH_REFRESH_TOKEN_LIFETIME": 7200})
def token_lifetimes(c):
    """token lifetimes and the cookie max-age that follows them"""
    reg(c)
    refresh(c, toks(login(c))[1])


# ---- refresh -----------------------------------------------------------------
@sc()
def refresh_rotation(c):
    """rotation keeps the session, changes the jti, slides the expiry"""
    reg(c)
    a1, r1 = toks(login(c))
    x = refresh(c, r1)
    a2, r2 = toks(x)
    R1, R2, A2 = c.claims(r1), c.claims(r2), c.claims(a2)
    c.check("new_refresh", r1 != r2)
    c.check("new_jti", R1["jti"] != R2["jti"])
    c.check("session_kept", R1["session"] == R2["session"] == A2["session"])
    c.check("session_iat_kept", R1["session_iat"] == R2["session_iat"])
    me(c, a2)
    refresh(c, r2)


@sc()
def refresh_reuse_revokes_session(c):
    """replaying a rotated token kills that session (successor too) and only that one"""
    reg(c)
    a1, r1 = toks(login(c))
    _, other = toks(login(c))
    a2, r2 = toks(refresh(c, r1))
    refresh(c, r1)
    refresh(c, r2, note="the successor dies with the session")
    me(c, a2, note="the access token of the dead session")
    refresh(c, other, note="another session of the same user")
    login(c)


@sc()
def refresh_missing_token(c):
    """no cookie; body ignored in cookie mode; empty cookie"""
    reg(c)
    _, r = toks(login(c))
    c.post("/refresh/")
    c.post("/refresh/", {"refresh": r})
    c.post("/refresh/", cookies={"refresh_token": ""})
    refresh(c, r)


@sc(clock=True)
def access_expired(c):
    """access token past its 30 minutes; a refresh gives a new one"""
    reg(c)
    a, r = toks(login(c))
    c.advance(1790)
    me(c, a)
    c.advance(30)
    me(c, a)
    a2, _ = toks(refresh(c, r))
    me(c, a2)


@sc()
def refresh_concurrent(c):
    """the same refresh token eight times at once: one winner, and the session dies as replayed"""
    _, r = session(c)
    rs = c.burst(8, "/refresh/", cookies={"refresh_token": r})
    won = [x.cookie("refresh_token") for x in rs if x.status == 200]
    refresh(c, won[0] if won else "none", note="the winner's token")
    login(c)


# ---- logout ------------------------------------------------------------------
@sc()
def logout_ok(c):
    """logout ends the session; the access token lives on; the cookie is not cleared"""
    reg(c)
    a, r = toks(login(c))
    c.post("/logout/", auth=a, cookies={"refresh_token": r})
    refresh(c, r)
    me(c, a)
    c.post("/logout/", auth=a, cookies={"refresh_token": r}, note="second time")


@sc()
def logout_all(c):
    """every session of the user, nobody else's"""
    a, r1 = session(c)
    _, r2 = toks(login(c))
    _, rb = session(c, BOB)
    c.post("/logout-all/")
    c.get_("/logout-all/", auth=a)
    c.post("/logout-all/", auth=a)
    refresh(c, r1)
    refresh(c, r2)
    refresh(c, rb)
    me(c, a)
    c.post("/logout-all/", auth=a, note="again, nothing left")


# ---- user --------------------------------------------------------------------
@sc()
def user_get(c):
    """shape of the user; missing and malformed credentials"""
    a, r = session(c)
    me(c, a)
    c.get_("/user/")
    c.get_("/user/", auth="Bearer garbage")
    c.get_("/user/", auth="Bearer")
    c.get_("/user/", auth="Bearer two parts")
    c.get_("/user/", auth="Token " + a)
    c.get_("/user/", auth="Bearer " + r, note="refresh token as access token")
    c.get_("/user/", auth="bearer " + a, note="lower case scheme")
    c.get_("/user/", cookies={"refresh_token": r})


@sc()
def user_patch(c):
    """names change, e-mail is read-only, unknown fields are ignored"""
    a, _ = session(c)
    c.http("PATCH", "/user/", {"first_name": "Zoë", "last_name": "O'Neil-Smith"}, auth=a)
    c.http("PATCH", "/user/", {"email": "evil@example.test", "role": 1000, "is_staff": True}, auth=a)
    c.http("PATCH", "/user/", {}, auth=a)
    c.http("PATCH", "/user/", {"first_name": ""}, auth=a)
    me(c, a)


@sc()
def user_put_and_others(c):
    """PUT, POST, DELETE are not allowed (the documentation says PUT is)"""
    a, _ = session(c)
    c.http("PUT", "/user/", {"email": ANN, "first_name": "A", "last_name": "B"}, auth=a)
    c.http("POST", "/user/", {}, auth=a)
    c.http("DELETE", "/user/", auth=a)
    c.http("PUT", "/user/", {})


# ---- password change ---------------------------------------------------------
@sc()
def change_ok(c):
    """new session in the answer, every old session revoked, new password in force"""
    a, r1 = session(c)
    _, r2 = toks(login(c))
    x = c.post("/password/change/", {"old_password": PW, "new_password1": PW2, "new_password2": PW2}, auth=a)
    na, nr = toks(x)
    c.check("new_session", c.claims(nr).get("session") != c.claims(r1)["session"])
    refresh(c, r1)
    refresh(c, r2)
    refresh(c, nr)
    me(c, a)
    login(c)
    login(c, pw=PW2)


@sc()
def change_errors(c):
    """wrong old, mismatch, missing fields, no auth, same password"""
    a, r = session(c)

    def ch(body, **kw):
        c.post("/password/change/", body, **kw)
    ch({"old_password": "nope", "new_password1": PW2, "new_password2": PW2}, auth=a)
    ch({"old_password": PW, "new_password1": PW2, "new_password2": PW2 + "x"}, auth=a)
    ch({"old_password": PW}, auth=a)
    ch({}, auth=a)
    ch({"new_password1": PW2, "new_password2": PW2}, auth=a)
    ch({"old_password": PW, "new_password1": PW2, "new_password2": PW2})
    ch({"old_password": PW, "new_password1": "x" * 129, "new_password2": "x" * 129}, auth=a)
    c.get_("/password/change/", auth=a)
    refresh(c, r)


# ---- password reset ----------------------------------------------------------
@sc()
def reset_ok(c):
    """mail, link, cookies and redirect, set-new, old sessions revoked"""
    a, r = session(c)
    caps = reset_caps(c)
    x = set_new(c, caps)
    na, nr = toks(x)
    refresh(c, r)
    me(c, na)
    refresh(c, nr)
    login(c)
    login(c, pw=PW2)


@sc()
def reset_request_errors(c):
    """unknown address answers alike and sends nothing; invalid and missing address"""
    reg(c)
    a = c.post("/password/reset/", {"email": ANN})
    c.mail()
    b = c.post("/password/reset/", {"email": "nobody@example.test"})
    c.check("indistinguishable", (a.status, a.json) == (b.status, b.json))
    c.no_mail()
    c.post("/password/reset/", {"email": "not-an-address"})
    c.post("/password/reset/", {})
    c.post("/password/reset/", raw="{")


@sc()
def reset_link_single_use(c):
    """second visit, wrong token, wrong uid"""
    reg(c)
    c.post("/password/reset/", {"email": ANN})
    link = c.link()
    c.get_(link)
    c.get_(link, note="second visit")
    parts = link.strip("/").split("/")
    c.get_("/password/reset/confirm/%s/%s/" % (parts[-2], "c0ffee-00000000000000000000000000000000"))
    c.get_("/password/reset/confirm/%s/%s/" % ("OTk5", parts[-1]))
    c.get_("/password/reset/confirm/%s/%s/" % ("!!", "x"))
    c.http("POST", link, {})


@sc()
def setnew_without_capability(c):
    """no cookie, garbage cookie, login tokens in the cookie, bearer instead of cookie"""
    a, r = session(c)
    set_new(c, {})
    set_new(c, {"password_reset_access_token": "garbage"})
    set_new(c, {"password_reset_access_token": a})
    set_new(c, {"password_reset_access_token": r})
    set_new(c, {}, auth=a)
    c.get_("/password/reset/set-new/")


@sc()
def setnew_csrf(c):
    """the capability cookie needs the csrftoken cookie and header"""
    reg(c)
    caps = reset_caps(c)
    set_new(c, caps, csrf=False)
    set_new(c, {k: v for k, v in caps.items() if k != "csrftoken"}, csrf=False)
    c.post("/password/reset/set-new/", {"new_password1": PW2, "new_password2": PW2}, cookies=caps,
           headers={"X-CSRFToken": "x" * 32})
    set_new(c, caps, note="still good: a refused CSRF check does not burn it")


@sc()
def reset_default_pages(c):
    """built-in HTML pages"""
    reg(c)
    caps = reset_caps(c)
    c.get_("/password/reset/default/", cookies=caps)
    c.get_("/password/reset/default/")
    c.get_("/password/reset/complete/")


# ---- registration ------------------------------------------------------------
@sc()
def register_plain(c):
    """verification off: session at once, no mail"""
    r = reg(c)
    a, t = toks(r)
    c.no_mail()
    me(c, a)
    refresh(c, t)


@sc(MAND)
def register_mandatory(c):
    """no tokens, mail, link, redirect, verified page, login; link again"""
    reg(c)
    link = c.link()
    c.get_(link)
    c.get_("/registration/verified/")
    login(c)
    c.get_(link, note="second visit")
    c.http("POST", link, {})


@sc()
def register_duplicate(c):
    """verification off: the conflict is reported, in any letter case"""
    reg(c)
    reg(c)
    reg(c, email="ANN@EXAMPLE.TEST")
    login(c)


@sc()
def register_errors(c):
    """missing, malformed, mismatched, weak, too long"""
    c.post("/registration/", {})
    reg(c, email="not-an-address")
    reg(c, pw=PW, pw2=PW + "x")
    reg(c, pw="12345678")
    reg(c, pw="short1")
    reg(c, email="x" * 95 + "@example.test")
    c.post("/registration/", {"email": ANN, "password1": PW, "password2": PW})
    reg(c, first="R2D2")
    reg(c, first="")
    reg(c, last="x" * 101)
    c.post("/registration/", raw="{")
    login(c)


# ---- admin-managed registration ----------------------------------------------
@sc(ADMIN, seed=[STAFF])
def invite_ok(c):
    """invite, link, capability, set password, session, login with the role"""
    a, _ = toks(login(c, STAFF["email"]))
    invite(c, a, role=5)
    link = c.link()
    login(c, "new@example.test", pw="")
    r = c.get_(link)
    caps = {k: r.cookie(k) for k in ("set_password_access_token", "csrftoken")}
    x = set_new(c, caps, path="/registration/set-password/")
    me(c, x.get("access"))
    login(c, "new@example.test", PW2)
    c.get_(link, note="after the password is set")


# ---- MFA ---------------------------------------------------------------------
@sc()
def mfa_disabled(c):
    """mode disabled (default): 403 on every endpoint, who asks matters first"""
    a, _ = session(c)
    for p in ("setup", "activate", "verify", "verify-recovery", "deactivate"):
        c.post(f"/mfa/{p}/", auth=a)
        c.post(f"/mfa/{p}/")
    c.get_("/mfa/authenticators/", auth=a)
    c.get_("/mfa/authenticators/")


@sc(MFA, clock=True)
def mfa_happy_path(c):
    """setup, activate, list, login challenge, verify, refresh"""
    reg(c)
    a, _ = toks(login(c))
    c.get_("/mfa/authenticators/", auth=a)
    s, codes = enrol(c, a)
    c.check("codes_unique", len(set(codes)) == 10)
    c.get_("/mfa/authenticators/", auth=a)
    c.next_totp_step()
    ch = challenge(c)
    x = verify(c, ch, c.totp(s))
    a, r = toks(x)
    me(c, a)
    refresh(c, r)
    c.get_("/mfa/authenticators/", auth=a)


@sc(MFA)
def mfa_setup_errors(c):
    """activate without setup, wrong code, missing code, wrong length, unauthenticated"""
    a, _ = session(c)
    c.post("/mfa/activate/", {"code": "123456"}, auth=a)
    s, _ = enrol(c, a, activate=False)
    c.post("/mfa/activate/", {"code": c.wrong_code(c.totp(s))}, auth=a)
    c.post("/mfa/activate/", {}, auth=a)
    c.post("/mfa/activate/", {"code": "12345"}, auth=a)
    c.post("/mfa/activate/", {"code": "1234567"}, auth=a)
    c.post("/mfa/setup/")
    c.post("/mfa/activate/", {"code": "123456"})
    c.post("/mfa/setup/", {"setup_challenge_id": "nope"})
    c.post("/mfa/setup/", raw="{")
    c.get_("/mfa/setup/", auth=a)
    c.post("/mfa/activate/", {"code": c.totp(s)}, auth=a, note="the secret survives failed attempts")
    c.post("/mfa/setup/", auth=a, note="already active")
    c.post("/mfa/activate/", {"code": c.totp(s)}, auth=a, note="already active")


@sc(MFA, clock=True)
def mfa_wrong_code(c):
    """wrong code, then the right one on the same challenge; bad and missing challenge"""
    s, _ = mfa_user(c)
    ch = challenge(c)
    good = c.totp(s)
    verify(c, ch, c.wrong_code(good))
    verify(c, "0" * 32, good)
    c.post("/mfa/verify/", {})
    c.post("/mfa/verify/", {"challenge_id": ch, "code": "12"})
    c.post("/mfa/verify/", raw="{")
    verify(c, ch, c.totp(s))
    c.next_totp_step()
    verify(c, ch, c.totp(s), note="challenge already used")


@sc(MFA, clock=True)
def mfa_challenge_expiry(c):
    """the login challenge lives 300 seconds"""
    s, _ = mfa_user(c)
    ch = challenge(c)
    c.advance(285)
    verify(c, ch, c.totp(s))
    ch = challenge(c)
    c.advance(305)
    verify(c, ch, c.totp(s))


@sc(MFA, clock=True)
def mfa_recovery_codes(c):
    """a recovery code is good once; wrong code; missing fields; another code still works"""
    s, codes = mfa_user(c)
    ch = challenge(c)
    recover(c, ch, "00000000")
    c.post("/mfa/verify-recovery/", {"challenge_id": ch})
    recover(c, "0" * 32, codes[0])
    x = recover(c, ch, codes[0])
    me(c, x.get("access"))
    recover(c, challenge(c), codes[0], note="used before")
    recover(c, challenge(c), codes[7])
    verify(c, challenge(c), codes[1][:6], note="recovery code in the TOTP endpoint")


@sc(MFA, clock=True)
def mfa_deactivate(c):
    """wrong password, missing, right; login is plain again; second time; anonymous"""
    reg(c)
    a, _ = toks(login(c))
    enrol(c, a)
    c.post("/mfa/deactivate/", {"password": "wrong"}, auth=a)
    c.post("/mfa/deactivate/", {}, auth=a)
    c.post("/mfa/deactivate/", {"password": PW}, note="anonymous")
    c.post("/mfa/deactivate/", {"password": PW}, auth=a)
    c.get_("/mfa/authenticators/", auth=a)
    login(c)
    c.post("/mfa/deactivate/", {"password": PW}, auth=a)


@sc(MFAR)
def mfa_required_bootstrap(c):
    """required mode: registration and login give a setup challenge, activation the session"""
    r = reg(c)
    login(c)
    ch = login(c).get("setup_challenge_id")
    s = c.post("/mfa/setup/", {"setup_challenge_id": ch}).get("secret")
    c.post("/mfa/activate/", {"setup_challenge_id": ch, "code": c.wrong_code(c.totp(s))})
    x = c.post("/mfa/activate/", {"setup_challenge_id": ch, "code": c.totp(s)})
    a = x.get("access")
    me(c, a)
    c.post("/mfa/setup/", {"setup_challenge_id": ch}, note="challenge is spent")
    c.post("/mfa/deactivate/", {"password": PW}, auth=a)
    login(c)
