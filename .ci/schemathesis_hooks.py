"""Credentials for the requests that Schemathesis makes, which `schemathesis.toml` loads.

`schemathesis_run.py` sets the environment: SCHEMATHESIS_URL is the service, and SCHEMATHESIS_CALLER is `user` for somebody who is
logged in, `waiting` for a signup that waits for the address to be verified, or `page` for a page whose browser is not logged in but
has the CSRF token.
"""

import itertools
import os
import re

import requests
import schemathesis
from schemathesis.openapi.checks import IgnoredAuth

URL = os.environ.get("SCHEMATHESIS_URL", "")
CALLER = os.environ.get("SCHEMATHESIS_CALLER")
PASSWORD = "correct-Horse-42-battery"
NUMBERS = itertools.count()
CSRF = "c" * 32
TIMEOUT = 60


class Client:
    """A user of one API. Requests end sessions, so the user logs in again whenever that has happened."""

    def __init__(self, login, check, read, headers=None, cookies=None):
        self.login, self.check, self.read = login, check, read
        self.base = {"headers": headers or {}, "cookies": cookies or {}}
        self.headers, self.cookies = {}, {}

    def is_known(self):
        if not (self.headers or self.cookies):
            return False
        reply = requests.get(URL + self.check, headers=self.headers, cookies=self.cookies, timeout=TIMEOUT)
        return reply.status_code == 200 or is_waiting(reply)

    def log_in(self):
        reply = requests.post(URL + self.login, json=account(), timeout=TIMEOUT, **self.base)
        assert reply.status_code == 200 or is_waiting(reply), reply.text
        headers, cookies = self.read(reply)
        self.headers, self.cookies = {**self.base["headers"], **headers}, {**self.base["cookies"], **cookies}


def account():
    """The account of `schemathesis_run.py`, or a new one, since requests change the address of a signup that waits."""
    if CALLER == "waiting":
        email = f"grace{next(NUMBERS)}@example.com"
        return {"email": email, "email2": email, "password": PASSWORD}
    return {"email": "ada@example.com", "password": PASSWORD}


def is_waiting(reply):
    flows = reply.json().get("data", {}).get("flows", []) if reply.status_code == 401 else []
    return any(flow.get("is_pending") for flow in flows)


def bearer(name):
    return lambda reply: ({"Authorization": f"Bearer {reply.json()[name]}"}, {})


def headless(kind, read, **base):
    entrance = "signup" if CALLER == "waiting" else "login"
    return Client(f"/_allauth/{kind}/v1/auth/{entrance}", f"/_allauth/{kind}/v1/auth/session", read, **base)


BROWSER = headless("browser", lambda reply: ({}, {"sessionid": reply.cookies["sessionid"]}),
                   headers={"X-CSRFToken": CSRF}, cookies={"csrftoken": CSRF})
APP = headless("app", lambda reply: ({"X-Session-Token": reply.json()["meta"]["session_token"]}, {}))
CLIENTS = {
    r"/_\w+/browser/": BROWSER,
    r"/_\w+/app/": APP,
    r"/jwt-allauth/": Client("/jwt-allauth/login/", "/jwt-allauth/user/", bearer("access")),
    r"/auth/": Client("/auth/login/", "/auth/user/", bearer("access_token")),
}


def client_of(case):
    path = case.path.replace("{client}", str((case.path_parameters or {}).get("client")))
    return next((client for pattern, client in CLIENTS.items() if re.match(pattern, path)), None)


if CALLER in ("user", "waiting"):
    @schemathesis.auth(refresh_interval=None)
    class User:
        def get(self, case, _):
            client = client_of(case)
            if client and not client.is_known():
                client.log_in()
            return client

        def set(self, case, client, _):
            case.headers = {**(case.headers or {}), **client.headers}
            case.cookies = {**(case.cookies or {}), **client.cookies}


if CALLER == "page":
    @schemathesis.hook
    def before_call(_, case, kwargs):
        if client_of(case) is BROWSER:
            case.headers = {**(case.headers or {}), **BROWSER.base["headers"]}
            case.cookies = {**(case.cookies or {}), **BROWSER.base["cookies"]}


@schemathesis.hook
def filter_failure(_, failure, case, response):
    """The headless API answers 410 to an invalid session token, as django-allauth does. Schemathesis knows 401 and 403."""
    return not (isinstance(failure, IgnoredAuth) and "got `410 Gone`" in failure.message)
