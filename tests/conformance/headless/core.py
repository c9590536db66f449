"""Scenario registry and the context that a scenario works with."""
from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from urllib.parse import unquote

from authenticator import Authenticator
from client import KINDS
from normalise import Normaliser, shape

PW = "correct-Horse-42-battery"
PW2 = "another-Zebra-77-staple"
PW3 = "third-Walrus-91-clamps"
FRONTEND = "https://app.example.test"
SCENARIOS: dict[str, "Scenario"] = {}


class Scenario:
    def __init__(self, name, profile, fn, kind):
        self.name, self.profile, self.fn, self.kind = name, profile, fn, kind
        self.area = name.split("/")[0]


def scenario(name: str, profile: str = "optional", client: str = "browser"):
    """Registers a scenario. With client="both" it becomes two scenarios: one for browsers and one for apps."""

    def deco(fn):
        kinds = ["browser", "app"] if client == "both" else [client]
        for k in kinds:
            full = f"{name}[{k}]" if client == "both" else name
            assert full not in SCENARIOS, full
            SCENARIOS[full] = Scenario(full, profile, fn, k)
        return fn

    return deco


class ScenarioFailed(Exception):
    """Raised if the scenario cannot continue against this target."""


class Mail:
    def __init__(self, msg) -> None:
        self.msg = msg
        urls = re.findall(r"https?://[^\s<>\"']+", msg.body)
        self.urls = [u.rstrip(".,)") for u in urls if u.startswith(FRONTEND)]
        m = re.search(r"(?m)^\s*([A-Z0-9]{3,5}(?:-[A-Z0-9]{3,5}){1,2}|\d{4,12}|[BCDFGHJKLMNPQRSTVWXZ]{6,12})\s*$", msg.body)
        self.code = m.group(1) if m else None

    @property
    def key(self) -> str:
        for u in self.urls:
            for prefix in ("/verify-email/", "/password/reset/"):
                if u.startswith(FRONTEND + prefix):
                    return unquote(u[len(FRONTEND + prefix):])  # the key comes URL-quoted in the link
        raise ScenarioFailed(f"no key in the mail to {self.msg.to}")


class Context:
    def __init__(self, sc: Scenario, target, oidc) -> None:
        self.sc, self.target, self.oidc = sc, target, oidc
        self.base_url = target.base_url
        self.norm = Normaliser(target.base_url, oidc.url if oidc else None)
        self.steps: list[dict] = []
        self.soft: list[dict] = []
        self.counts: dict[str, int] = {}
        self.taken: set[str] = set()
        h = hashlib.sha256(sc.name.encode()).hexdigest()
        self.slug = re.sub(r"[^a-z]+", "", sc.name.split("/")[-1].lower())[:14] + "x" + re.sub(r"\d", "", h)[:6]
        self.num = int(h[:7], 16) % 10_000_000

    # -- transcript --------------------------------------------------------
    def add(self, step: dict, soft: dict | None = None) -> None:
        self.steps.append({"n": len(self.steps) + 1, **step})
        self.soft.append(soft or {})

    def fact(self, name: str, value) -> None:
        """Records an observation that is not a single response."""
        self.add({"method": "FACT", "path": name, "value": value})

    # -- fresh things ------------------------------------------------------
    def _n(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1
        return self.counts[what]

    def client(self, kind: str | None = None):
        kind = kind or self.sc.kind
        return KINDS[kind](self, f"{kind}{self._n('client')}")

    def email(self) -> str:
        return f"{self.slug}{'abcdefgh'[self._n('email') - 1]}@example.com"

    def username(self) -> str:
        return f"u{self.slug}{'abcdefgh'[self._n('username') - 1]}"

    def phone(self) -> str:
        return f"+316{self.num:07d}{self._n('phone')}"

    # -- outbox ------------------------------------------------------------
    def _new(self, to: str) -> list:
        to = to.lower()
        return [m for m in self.target.outbox() if m.to.lower() == to and m.name not in self.taken]

    def mail(self, to: str, timeout: float = 4.0) -> Mail:
        """Returns the next message to this address and records it as a step. Text and subject are not compared."""
        end = time.time() + timeout
        while not (new := self._new(to)):
            if time.time() > end:
                self.add({"method": "MAIL", "path": to, "kind": None})
                raise ScenarioFailed(f"no message to {to}")
            time.sleep(0.05)
        m = Mail(new[0])
        self.taken.add(new[0].name)
        links = []
        for u in m.urls:
            for prefix in ("/verify-email/", "/password/reset/"):
                if u.startswith(FRONTEND + prefix):
                    self.norm.add(u[len(FRONTEND + prefix):], "<key>")
                    self.norm.add(unquote(u[len(FRONTEND + prefix):]), "<key>")
                    u = FRONTEND + prefix + "<key>"
            links.append(u)
        if m.code:
            self.norm.add(m.code, "<code>")
        self.add(
            {"method": "MAIL", "path": to, "kind": m.msg.kind, "links": sorted(set(links)),
             "code": shape(m.code) if m.code else None},
            {"texts": [self.norm.text(m.msg.subject)] if m.msg.subject else []},
        )
        return m

    sms = mail

    def no_mail(self, to: str, wait: float = 0.15) -> None:
        time.sleep(wait)
        self.add({"method": "NOMAIL", "path": to, "value": len(self._new(to))})

    def drain(self, to: str) -> None:
        """Ignores the messages sent so far."""
        for m in self._new(to):
            self.taken.add(m.name)

    # -- building blocks ---------------------------------------------------
    def need(self, cond, why: str) -> None:
        if not cond:
            raise ScenarioFailed(why)

    def user(self, u, email: str | None = None, password: str = PW, verified: bool = True, login: bool = True, **extra):
        """Signs up, verifies the email address and logs in. Returns the email address."""
        email = email or self.email()
        r = u.post("auth/signup", {"email": email, "password": password, **extra})
        self.need(r.status in (200, 401), f"signup answered {r.status}")
        if r.status == 401 and r.pending() == "verify_email" or (r.status == 200 and verified and self._new(email)):
            m = self.mail(email)
            key = m.code or m.key
            r = u.post("auth/email/verify", {"key": key})
            self.need(r.status in (200, 401), f"verify answered {r.status}")
        if login and not r.authenticated:
            r = u.post("auth/login", {"email": email, "password": password})
            self.need(r.authenticated, f"login answered {r.status}")
        return email

    def logout(self, u) -> None:
        u.delete("auth/session")
        if u.kind == "app":  # as a real app would; otherwise the next call is answered with 410
            u.token = None

    def login(self, u, email, password=PW):
        return u.post("auth/login", {"email": email, "password": password})

    def totp(self, secret: str, offset: int = 0) -> str:
        counter = int(time.time()) // 30 + offset
        digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
        o = digest[-1] & 15
        code = f"{(struct.unpack('>I', digest[o:o + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"
        self.norm.add(code, "<totp_code>")
        return code

    def bad_totp(self, secret: str) -> str:
        good = {self.totp(secret, i) for i in range(-4, 5)}
        return next(c for c in ("111111", "222222", "333333", "444444", "555555", "666666",
                                "777777", "888888", "999999", "123123") if c not in good)

    def wrong_code(self, like: str) -> str:
        """Returns a different code of the same shape."""
        swap = {"B": "C"}
        out = "".join("-" if ch == "-" else (str((int(ch) + 1) % 10) if ch.isdigit() else ("C" if ch == "B" else "B")) for ch in like)
        self.norm.add(out, "<wrong_code>")
        return out

    def totp_on(self, u) -> str:
        r = u.get("account/authenticators/totp")
        self.need(r.status == 404 and "secret" in r.meta, f"totp GET answered {r.status}")
        secret = r.meta["secret"]
        r = u.post("account/authenticators/totp", {"code": self.totp(secret, -1)})
        self.need(r.status == 200, f"totp activation answered {r.status}")
        return secret

    def authenticator(self) -> Authenticator:
        return Authenticator(self.base_url)

    def passkey_on(self, u, auth, name="Key", passwordless=False):
        r = u.get("account/authenticators/webauthn" + ("?passwordless" if passwordless else ""))
        self.need(r.status == 200, f"webauthn GET answered {r.status}")
        cred = auth.create(r.data["creation_options"], rk=passwordless)
        r = u.post("account/authenticators/webauthn", {"name": name, "credential": cred})
        self.need(r.status == 200, f"webauthn POST answered {r.status}")
        return r.data["id"]

    def recovery_codes(self, u) -> list[str]:
        r = u.get("account/authenticators/recovery-codes")
        self.need(r.status == 200, f"recovery codes answered {r.status}")
        codes = r.data["unused_codes"]
        for c in codes:
            self.norm.add(c, "<recovery_code>")
        return codes

    # -- social ------------------------------------------------------------
    def oidc_user(self, sub: str, **claims) -> dict:
        return {"sub": f"{self.slug}-{sub}", **claims}

    def token(self, u, user: dict, process="login", rogue=False, provider="conf-oidc", over=None, token=None, client_id="conf-client"):
        tok = token if token is not None else {
            "client_id": client_id, "id_token": self.oidc.id_token(user, rogue=rogue, **(over or {})),
        }
        if isinstance(tok, dict) and isinstance(tok.get("id_token"), str):
            self.norm.add(tok["id_token"], "<id_token>")
        return u.post("auth/provider/token", {"provider": provider, "process": process, "token": tok})

    def redirect(self, u, user: dict | None, process="login", provider="conf-oidc", callback=None, deny=None):
        """Runs the redirect flow up to and including the provider callback."""
        form = {"provider": provider, "process": process, "callback_url": callback or "/spa/callback"}
        r = u.post("auth/provider/redirect", form=form)
        if r.status != 302 or not r.location.startswith(self.oidc.url):
            return r
        self.oidc.next_user, self.oidc.deny = user or {}, deny
        import requests
        back = requests.get(r.location, allow_redirects=False, timeout=10).headers["Location"]
        self.oidc.deny = None
        return u.call("GET", back, as_path="<callback>")


def load_all() -> None:
    import importlib
    import pkgutil

    import scenarios

    for m in sorted(x.name for x in pkgutil.iter_modules(scenarios.__path__)):
        importlib.import_module(f"scenarios.{m}")
