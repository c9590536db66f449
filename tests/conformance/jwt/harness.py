"""The context of a scenario: a server process on loopback, an HTTP client, the mails, the clock and the record."""
import base64
import email
import email.policy
import email.utils
import hashlib
import hmac
import http.client
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from normalise import jwt_parts, norm_body, norm_cookies, norm_link, norm_location

HERE = Path(__file__).resolve().parent
JWT_KEY = "conformance-shared-jwt-secret-key-0123456789abcdef"
FAKETIME = next((p for p in ("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
                             "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1") if os.path.exists(p)), None)
PW = "Tr0ub4dor-Xq7!"
PW2 = "New-0range-Kite-55"


class Skip(Exception):
    pass


class TargetError(Exception):
    pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_dynamic_elf(path):
    try:
        with open(path, "rb") as f:
            return b"/ld-linux" in f.read(8192)
    except OSError:
        return False


class Target:
    def __init__(self, kind, prefix, clock_mode):
        self.kind, self.prefix = kind, prefix
        if kind == "django":
            self.cmd = [os.environ.get("CONF_PYTHON", sys.executable), "-W", "ignore", str(HERE / "django_project" / "serve.py")]
        else:
            debug = HERE.parents[2] / "target" / "debug" / "latchkey"
            self.cmd = os.environ.get("TARGET_BIN", str(debug)).split()
        self.clock = clock_mode or ("faketime" if FAKETIME and is_dynamic_elf(self.cmd[0]) else "none")
        self.template = None

    def prepare(self, tmp):
        if self.kind == "django":
            d = Path(tmp) / "template"
            subprocess.run(self.cmd + ["--listen", "127.0.0.1:9", "--data", str(d), "--outbox", str(d / "o"),
                                       "--migrate-only"], check=True, timeout=120,
                           env={**os.environ, "URL_PREFIX": self.prefix})
            self.template = str(d / "db.sqlite3")


class Resp:
    def __init__(self, status, headers, raw, elapsed):
        self.status, self.headers, self.raw, self.elapsed = status, headers, raw, elapsed
        self.set_cookie = [v for k, v in headers if k.lower() == "set-cookie"]
        try:
            self.json = json.loads(raw) if raw else None
        except ValueError:
            self.json = None

    def h(self, name):
        return next((v for k, v in self.headers if k.lower() == name), None)

    def cookie(self, name):
        for h in self.set_cookie:
            n, _, v = h.strip().split(";")[0].partition("=")
            if n == name:
                return v.strip('"')
        return None

    def get(self, *path):
        v = self.json
        for p in path:
            try:
                v = v[p]
            except (KeyError, IndexError, TypeError):
                return None
        return v


class Ctx:
    def __init__(self, target, settings, seed=None, needs_clock=False):
        self.t, self.settings, self.seed = target, settings, seed
        self.prefix = target.prefix
        self.dir = tempfile.mkdtemp(prefix="confjwt-")
        self.data, self.outbox = self.dir + "/data", self.dir + "/outbox"
        os.makedirs(self.outbox)
        self.offset, self.needs_clock = 0, needs_clock
        self.steps, self.checks, self.seen_mail = [], {}, set()
        self.proc = None
        self.start()

    # ---- process -------------------------------------------------------
    def start(self):
        self.port = free_port()
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("JWT_ALLAUTH", "EMAIL_VERIF", "PASSWORD_", "ACCOUNT_", "MFA_", "OLD_PASSWORD",
                                    "LOGOUT_ON", "FAKETIME", "LD_PRELOAD"))}
        s = {"JWT_ALLAUTH_SECRET_KEY": JWT_KEY, "DEFAULT_FROM_EMAIL": "noreply@example.test", **self.settings}
        for k, v in s.items():
            env[k] = v if isinstance(v, str) else json.dumps(v)
        if self.t.kind != "django" and "EMAIL_VERIFICATION" not in s:
            env["EMAIL_VERIFICATION"] = "false"     # the default of the reference, which differs from that of Latchkey
        env["URL_PREFIX"] = env["JWT_ALLAUTH_PREFIX"] = self.prefix
        env["PUBLIC_URL"] = f"http://127.0.0.1:{self.port}"
        argv = self.t.cmd + ["--listen", f"127.0.0.1:{self.port}", "--data", self.data, "--outbox", self.outbox]
        if self.seed and self.t.kind == "django":
            env["SEED_USERS"] = json.dumps(self.seed)
        elif self.seed:  # accounts to create at the start if they do not exist yet
            Path(self.dir, "users.json").write_text(json.dumps(self.seed))
            argv += ["--users", self.dir + "/users.json"]
        if self.t.template:
            env["REF_TEMPLATE_DB"] = self.t.template
        if self.needs_clock:
            self.write_clock()
            if self.t.clock == "faketime":
                env.update(LD_PRELOAD=FAKETIME, FAKETIME_TIMESTAMP_FILE=self.dir + "/faketimerc",
                           FAKETIME_NO_CACHE="1")
        self.log = open(self.dir + "/server.log", "ab")
        self.proc = subprocess.Popen(
            argv, env=env, stdout=self.log, stderr=self.log, start_new_session=True)
        end = time.time() + 60
        while time.time() < end:
            if self.proc.poll() is not None:
                raise TargetError("target exited: " + self.tail())
            try:
                self._http("GET", self.prefix + "/user/", {}, None)
                return
            except OSError:
                time.sleep(0.03)
        raise TargetError("target not ready: " + self.tail())

    def tail(self):
        return Path(self.dir, "server.log").read_bytes()[-1500:].decode("utf8", "replace")

    def stop(self, keep=False):
        if self.proc and self.proc.poll() is None:
            self.proc.terminate()
            try:
                self.proc.wait(5)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()
        self.log.close()
        if not keep:
            shutil.rmtree(self.dir, ignore_errors=True)

    def restart(self):
        """Starts a new process on the same data."""
        self.stop(keep=True)
        self.start()
        self.steps.append({"event": "restart"})

    # ---- clock ---------------------------------------------------------
    def write_clock(self):
        p = Path(self.dir, "faketimerc")
        Path(str(p) + ".n").write_text("%+d\n" % self.offset)
        os.replace(str(p) + ".n", p)

    def now(self):
        return time.time() + self.offset

    def advance(self, seconds):
        assert self.needs_clock, "scenario must be declared clock=True"
        self.steps.append({"event": f"clock +{seconds}s"})
        if self.t.clock == "none":
            if seconds > 35:
                raise Skip("no clock control")
            time.sleep(seconds)
            return
        self.offset += seconds
        self.write_clock()

    def next_totp_step(self):
        """Moves to the middle of the next TOTP period. Codes are accepted once per period."""
        self.advance(int(30 - self.now() % 30) + 3)
        self.steps[-1] = {"event": "clock: next TOTP period"}

    def settle_totp(self):
        """Makes sure that no TOTP period ends between the computation of a code and its check by the server."""
        left = 30 - self.now() % 30
        if left < 4:
            if self.needs_clock and self.t.clock != "none":
                self.offset += 5
                self.write_clock()
            else:
                time.sleep(left + 0.5)

    def totp(self, secret, step=0):
        if step == 0:
            self.settle_totp()
        key = base64.b32decode(secret)
        c = struct.pack(">Q", int(self.now() // 30) + step)
        d = hmac.new(key, c, hashlib.sha1).digest()
        o = d[-1] & 15
        return "%06d" % ((struct.unpack(">I", d[o:o + 4])[0] & 0x7FFFFFFF) % 10 ** 6)

    @staticmethod
    def wrong_code(*avoid):
        return next(c for c in ("000000", "111111", "222222", "333333", "444444") if c not in avoid)

    # ---- HTTP ----------------------------------------------------------
    def _http(self, method, path, headers, body):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        t = time.time()
        try:
            c.request(method, path, body, headers)
            r = c.getresponse()
            raw = r.read()
            return Resp(r.status, r.getheaders(), raw, time.time() - t)
        finally:
            c.close()

    def http(self, method, path, json_body=None, auth=None, cookies=None, headers=None, raw=None,
             ctype="application/json", note=None, accept_status=None, absolute=False, status_only=False):
        """Sends a request and records it with its answer. `path` is relative to the prefix."""
        hd = {"Accept": "application/json"}
        body = None
        if raw is not None:
            body, hd["Content-Type"] = raw, ctype
        elif json_body is not None:
            body, hd["Content-Type"] = json.dumps(json_body), "application/json"
        elif method in ("POST", "PUT", "PATCH", "DELETE"):
            body = ""
        if auth is not None:
            hd["Authorization"] = auth if " " in auth or auth == "" else "Bearer " + auth
        if cookies:
            hd["Cookie"] = "; ".join(f"{k}={v}" for k, v in cookies.items())
        hd.update(headers or {})
        base = f"http://127.0.0.1:{self.port}"
        r = self._http(method, path if absolute else self.prefix + path, hd, body)
        if self.needs_clock and self.t.clock != "none" and r.h("date"):
            srv = email.utils.parsedate_to_datetime(r.h("date")).timestamp()
            if abs(srv - self.now()) > 20:
                raise TargetError(f"clock control has no effect on the target (off by {srv - self.now():.0f}s)")
        ct = (r.h("content-type") or "").split(";")[0].strip() or None
        ck, soft = norm_cookies(r.set_cookie)
        if r.status >= 500 and self.t.kind == "django" and not accept_status:
            raise TargetError(f"reference answered {r.status} to {method} {path}: {self.tail()[-700:]}")
        rec = {"status": r.status}
        if r.status == 405:
            rec["allow"] = ",".join(sorted(x.strip() for x in (r.h("allow") or "").split(",")))
        if r.h("www-authenticate"):
            rec["www_authenticate"] = r.h("www-authenticate")
        if r.h("location"):
            rec["location"] = norm_location(r.h("location"), base, self.prefix)
        if r.h("retry-after"):
            rec["retry_after"] = "<int>" if r.h("retry-after").isdigit() else "<other>"
        rec["cookies"] = ck
        if soft:
            rec["incidental_cookies"] = soft
        if r.json is not None:
            rec["body"] = norm_body(r.json, None, r.status)
        elif r.raw and ct == "text/html":
            m = re.search(rb"<title>(.*?)</title>", r.raw, re.S)
            rec["body"] = {"$html": True, "title": m.group(1).decode().strip() if m else None}
        elif r.raw:
            rec["body"] = {"$other": ct}
        if status_only or r.status in (404, 301, 302) and ct != "application/json":
            rec.pop("body", None)
        if accept_status:
            rec = {"status": "one of %s" % sorted(accept_status) if r.status in accept_status else r.status,
                   "recorded_status": None}
            rec.pop("recorded_status")
        req = {"method": method, "path": norm_link("{prefix}" + path if not absolute else path)}
        if json_body is not None:
            req["json"] = norm_body(json_body)
        if raw is not None:
            req["raw"], req["content_type"] = raw, ctype
        if auth is not None:
            a = hd["Authorization"]
            tok = a.split(" ")[-1]
            req["authorization"] = a.replace(tok, "<jwt>") if jwt_parts(tok) else a
        if cookies:
            req["cookies"] = {k: "<jwt>" if jwt_parts(str(v)) else ("<value>" if len(str(v)) > 24 else v)
                              for k, v in cookies.items()}
        for k, v in (headers or {}).items():
            req.setdefault("headers", {})[k] = "<value>" if len(v) > 24 else v
        if note:
            req["note"] = note
        self.steps.append({"request": req, "response": rec})
        return r

    def burst(self, n, path, json_body=None, cookies=None, headers=None):
        """Sends n identical POST requests at the same moment. Records the number of answers with each status."""
        hd = {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})}
        if cookies:
            hd["Cookie"] = "; ".join(f"{k}={v}" for k, v in cookies.items())
        gate = threading.Barrier(n)

        def one(_):
            gate.wait()
            return self._http("POST", self.prefix + path, hd, json.dumps(json_body or {}))
        with ThreadPoolExecutor(n) as ex:
            rs = list(ex.map(one, range(n)))
        st = {}
        for r in rs:
            st[str(r.status)] = st.get(str(r.status), 0) + 1
        if self.t.kind == "django" and any(r.status >= 500 for r in rs):
            raise TargetError("reference answered 5xx in a burst: " + self.tail()[-700:])
        self.steps.append({"request": {"method": "POST", "path": "{prefix}" + path, "times": n, "note": "at the same time"},
                           "response": {"statuses": dict(sorted(st.items()))}})
        return rs

    def post(self, path, body=None, **kw):
        return self.http("POST", path, {} if body is None and "raw" not in kw else body, **kw)

    def get_(self, path, **kw):
        return self.http("GET", path, **kw)

    def check(self, name, value):
        """Records a relation between values that a normalised record cannot show. It must agree."""
        self.checks[name] = value
        return value

    # ---- mail ----------------------------------------------------------
    def _read_mail(self):
        out = []
        for p in sorted(Path(self.outbox).glob("*.eml")):
            if p.name not in self.seen_mail:
                out.append(p)
        return out

    def mail(self, wait=5.0):
        """Returns the next unread mail. Records its recipient, sender, subject (soft) and links."""
        end = time.time() + wait
        while True:
            ps = self._read_mail()
            if ps or time.time() > end:
                break
            time.sleep(0.02)
        if not ps:
            self.steps.append({"mail": None})
            return None
        p = ps[0]
        self.seen_mail.add(p.name)
        m = email.message_from_bytes(p.read_bytes(), policy=email.policy.default)
        text = "\n".join(x.get_content() for x in m.walk() if x.get_content_maintype() == "text")
        base = f"http://127.0.0.1:{self.port}"
        links = []
        for u in re.findall(r"https?://[^\s\"'<>]+", text):
            if u.startswith(base) and u not in links:
                links.append(u)
        self.steps.append({"mail": {"to": str(m["To"]), "from": str(m["From"]), "subject": {"$text": str(m["Subject"])},
                                    "links": sorted({norm_location(u, base, self.prefix) for u in links})}})
        m.link_paths = [u[len(base) + len(self.prefix):] for u in links]
        return m

    def link(self, wait=5.0):
        m = self.mail(wait)
        return m.link_paths[0] if m and m.link_paths else "/no-link-in-mail/"

    def no_mail(self, name="no_mail", wait=0.4):
        time.sleep(wait)
        self.check(name, len(self._read_mail()) == 0)

    # ---- tokens --------------------------------------------------------
    @staticmethod
    def claims(tok):
        p = jwt_parts(tok or "")
        return p[1] if p else {}

    @staticmethod
    def mint(claims, key=JWT_KEY, alg="HS256"):
        def e(b):
            return base64.urlsafe_b64encode(b).rstrip(b"=").decode()
        h = e(json.dumps({"alg": alg, "typ": "JWT"}).encode()) + "." + e(json.dumps(claims).encode())
        sig = b"" if alg == "none" else hmac.new(key.encode(), h.encode(), hashlib.sha256).digest()
        return h + "." + e(sig)

    @staticmethod
    def hex():
        return uuid.uuid4().hex
