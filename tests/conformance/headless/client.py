"""The two kinds of headless clients. Every call becomes a step of the scenario's transcript."""
from __future__ import annotations

import json
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from http.cookiejar import DefaultCookiePolicy

from normalise import error_texts

_http = requests.Session()
_http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # cookies are handled below
TIMEOUT = 30


class Reply:
    def __init__(self, resp: requests.Response) -> None:
        self.resp, self.status = resp, resp.status_code
        self.headers, self.text = resp.headers, resp.text
        try:
            self.json = json.loads(resp.content) if resp.content else None
        except ValueError:
            self.json = None

    @property
    def data(self):
        return self.json["data"]

    @property
    def meta(self):
        return self.json["meta"]

    @property
    def authenticated(self) -> bool:
        return self.status == 200 and bool((self.json or {}).get("meta", {}).get("is_authenticated"))

    def pending(self) -> str | None:
        for f in ((self.json or {}).get("data") or {}).get("flows", []):
            if f.get("is_pending"):
                return f["id"]
        return None

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")


class Client:
    kind = "?"

    def __init__(self, ctx, label: str) -> None:
        self.ctx, self.label = ctx, label
        self.cookies: dict[str, str] = {}
        self.extra: dict[str, str] = {}  # headers sent with every request

    # -- verbs -------------------------------------------------------------
    def get(self, path, **kw):
        return self.call("GET", path, **kw)

    def post(self, path, body=None, **kw):
        return self.call("POST", path, body, **kw)

    def put(self, path, body=None, **kw):
        return self.call("PUT", path, body, **kw)

    def patch(self, path, body=None, **kw):
        return self.call("PATCH", path, body, **kw)

    def delete(self, path, body=None, **kw):
        return self.call("DELETE", path, body, **kw)

    def prepare(self, method: str, headers: dict) -> None:
        pass

    def absorb(self, reply: Reply) -> None:
        pass

    def url(self, path: str) -> str:
        if path.startswith(("http://", "https://")):
            return path
        if path.startswith("/"):
            return self.ctx.base_url + path
        return f"{self.ctx.base_url}/_allauth/{self.kind}/v1/{path}"

    def call(self, method, path, body=None, *, headers=None, raw=None, form=None, content_type=None,
             record=True, as_path=None) -> Reply:
        url = self.url(path)
        send = {"User-Agent": f"conformance-{self.kind}/1", "Accept": "application/json"}
        send.update(self.extra)
        payload = None
        if form is not None:
            payload, send["Content-Type"] = urlencode(form).encode(), "application/x-www-form-urlencoded"
        elif raw is not None:
            payload, send["Content-Type"] = raw, "application/json"
        elif body is not None:
            payload, send["Content-Type"] = json.dumps(body).encode(), "application/json"
        if content_type:
            send["Content-Type"] = content_type
        self.prepare(method, send)
        for k, v in (headers or {}).items():
            if v is None:
                send.pop(k, None)
            else:
                send[k] = v
        if self.cookies and "Cookie" not in send:
            send["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        resp = _http.request(method, url, data=payload, headers=send, allow_redirects=False, timeout=TIMEOUT)
        reply = Reply(resp)
        set_cookies = self._cookies(resp)
        self.absorb(reply)
        if record:
            self._record(method, as_path or path, body, raw, form, headers, content_type, reply, set_cookies)
        return reply

    def _cookies(self, resp) -> list[dict]:
        seen = []
        for line in resp.raw.headers.getlist("Set-Cookie"):
            jar = SimpleCookie()
            try:
                jar.load(line)
            except CookieError:
                continue
            for name, m in jar.items():
                gone = m["max-age"] == "0" or m.value == ""
                if gone:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = m.value
                seen.append({
                    "name": name, "deleted": gone, "httponly": bool(m["httponly"]),
                    "secure": bool(m["secure"]), "samesite": (m["samesite"] or "").lower(),
                    "path": m["path"], "persistent": bool(m["max-age"] or m["expires"]) and not gone,
                })
        return sorted(seen, key=lambda c: c["name"])

    def _record(self, method, path, body, raw, form, headers, content_type, reply, set_cookies) -> None:
        n = self.ctx.norm
        if path.startswith(("http://", "https://")) or path.startswith("/"):
            shown = n.text(path)
        else:
            shown = f"{self.kind}/v1/{path}"
        step: dict = {"client": self.label, "method": method, "path": shown}
        if raw is not None:
            step["raw"] = raw if isinstance(raw, str) else raw.decode("latin-1")
        if body is not None:
            step["body"] = n.value(body)
        if form is not None:
            step["form"] = n.value(form)
        if content_type:
            step["content_type_sent"] = content_type
        if headers:
            step["headers"] = {k: (n.text(v) if v is not None else None) for k, v in headers.items()}
        step["status"] = reply.status
        if reply.json is not None:
            step["reply"] = n.value(reply.json, top=True)
        elif reply.status // 100 != 3:
            step["reply"] = None
        if reply.location:
            u = urlsplit(reply.location)
            q = {}
            for k, v in parse_qsl(u.query, keep_blank_values=True):
                if k == "scope":  # a set
                    v = " ".join(sorted(v.split()))
                q[k] = f"<{k}>" if k in ("state", "nonce", "code", "code_challenge") else n.text(v)
            step["location"] = {"url": n.text(u._replace(query="", fragment="").geturl()), "query": q}
        soft = {
            "texts": error_texts(reply.json),
            "cookies": [c["name"] + ("-" if c["deleted"] else "+") for c in set_cookies],
            "flags": set_cookies,
            "content_type": (reply.headers.get("Content-Type") or "").split(";")[0].strip(),
            "null_auth": isinstance(reply.json, dict) and (reply.json.get("meta") or {}).get("is_authenticated", 0) is None,
            "no_store": "no-store" in (reply.headers.get("Cache-Control") or ""),
        }
        self.ctx.add(step, soft)


class BrowserClient(Client):
    kind = "browser"

    def prepare(self, method, headers):
        if method in ("GET", "HEAD", "OPTIONS"):
            return
        if "csrftoken" not in self.cookies and "X-CSRFToken" not in headers:
            self.get("config", record=False)
        if "csrftoken" in self.cookies:
            headers["X-CSRFToken"] = self.cookies["csrftoken"]


class AppClient(Client):
    kind = "app"
    token: str | None = None
    send_token = True
    last_token: str | None = None

    def prepare(self, method, headers):
        if self.token and self.send_token:
            headers["X-Session-Token"] = self.token

    def absorb(self, reply):
        meta = (reply.json or {}).get("meta") if isinstance(reply.json, dict) else None
        if isinstance(meta, dict) and meta.get("session_token"):
            self.token = self.last_token = meta["session_token"]
        if reply.status == 410:
            self.token = None


KINDS = {"browser": BrowserClient, "app": AppClient}
