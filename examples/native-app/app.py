#!/usr/bin/env python3
"""The calls of a native app: sign up, verify the address by a code, ask for the session, log out, log in again.

Start the service with verification by code, and run this in the same folder:

    ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED=true cargo run
    python3 examples/native-app/app.py

An app has no cookies. It keeps one session token and sends it in the header `X-Session-Token`. Each
response can contain a new token.
"""

import argparse
import email
import email.policy
import json
import re
import secrets
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path


class App:
    """A client of the headless API that keeps its session token, as an app would keep it in the keychain of its system."""

    def __init__(self, url):
        self.base = f"{url}/_allauth/app/v1/"
        self.token = None

    def call(self, method, path, body=None):
        """Sends a request. Returns the status and the body of the response."""
        headers = {"Content-Type": "application/json", "User-Agent": "latchkey-example/1.0"}
        if self.token:
            headers["X-Session-Token"] = self.token
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                status, answer = answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            status, answer = error.code, json.load(error)
        # A new token replaces the old one. 410 means that the session has ended.
        self.token = answer.get("meta", {}).get("session_token", self.token)
        if status == 410:
            self.token = None
        return status, answer


def pending(answer):
    """Returns the step that the login waits for, such as `verify_email`. `None` if it does not wait."""
    return next((flow["id"] for flow in answer["data"]["flows"] if flow.get("is_pending")), None)


def code_of_newest_mail(outbox, address, since):
    """Returns the code in the newest mail to an address. The local service writes each mail into a file of this folder."""
    for path in sorted(outbox.glob("*.eml"), reverse=True):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if address in message["To"] and path.stat().st_mtime >= since:
            text = message.get_body(("plain",)).get_content()
            # The code is alone on its line.
            return re.search(r"^\s*([A-Z0-9-]{6,})\s*$", text, re.MULTILINE).group(1)
    sys.exit(f"no mail to {address} is in {outbox}")


def expect(step, status, wanted):
    """Prints a step. Ends the program if the status is not the expected one."""
    print(f"{step}: {status}")
    if status != wanted:
        sys.exit(f"{step}: expected {wanted}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--url", default="http://localhost:8000", help="the URL of the service")
    arguments.add_argument("--outbox", type=Path, default=Path(".latchkey/outbox"), help="the folder of its mails")
    options = arguments.parse_args()

    app = App(options.url)
    address = f"ada-{secrets.token_hex(4)}@example.com"
    password = "correct-Horse-42"
    # The file system can round file times down to whole seconds.
    since = time.time() - 2

    # 401 means "not logged in yet". The response contains the pending step.
    status, answer = app.call("POST", "auth/signup", {"email": address, "password": password})
    expect("sign up", status, 401)
    if pending(answer) != "verify_email":
        sys.exit(f"the sign-up waits for {pending(answer)}")

    code = code_of_newest_mail(options.outbox, address, since)
    status, answer = app.call("POST", "auth/email/verify", {"key": code})
    expect("verify the address", status, 200)

    status, answer = app.call("GET", "auth/session")
    expect("session", status, 200)
    print(f"logged in as {answer['data']['user']['email']}")

    status, answer = app.call("DELETE", "auth/session")
    expect("log out", status, 401)

    # The first request with the token of an ended session gets 410, so that the app can inform its user.
    status, answer = app.call("GET", "auth/session")
    expect("session after the logout", status, 410)

    status, answer = app.call("POST", "auth/login", {"email": address, "password": "wrong"})
    expect("log in with a wrong password", status, 400)
    print(f"refused: {answer['errors'][0]['code']}")

    status, answer = app.call("POST", "auth/login", {"email": address, "password": password})
    expect("log in", status, 200)

    status, answer = app.call("GET", "auth/session")
    expect("session", status, 200)

    status, answer = app.call("DELETE", "auth/session")
    expect("log out", status, 401)
    print("done")


if __name__ == "__main__":
    main()
