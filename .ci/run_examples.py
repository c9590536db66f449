#!/usr/bin/env python3
"""Runs the examples of this repository against a running service.

Usage: run_examples.py LATCHKEY

LATCHKEY is the binary of the local service. The React page must be built first (`npm ci && npm run build`).
"""

import contextlib
import http.cookiejar
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
PASSWORD = "correct-Horse-42"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(command, url, **options):
    """Runs a server until the block ends. Waits until it answers at a URL."""
    process = subprocess.Popen(command, **options)
    try:
        end = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    sys.exit(f"{command[0]} does not answer at {url}")
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def service(binary, **settings):
    """Runs the local service in a new folder. Yields its URL and the folder of its mails."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = [binary, "--listen", f"127.0.0.1:{port}", "--data", folder]
        with running(command, f"{url}/_allauth/app/v1/config", env=settings, stdout=subprocess.DEVNULL):
            yield url, Path(folder) / "outbox"


def native_app(binary):
    with service(binary, ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED="true") as (url, outbox):
        app = [sys.executable, EXAMPLES / "native-app/app.py", "--url", url, "--outbox", outbox]
        printed = subprocess.run(app, check=True, capture_output=True, text=True).stdout
        assert printed.endswith("log out: 401\ndone\n"), printed


class Browser:
    """Sends the requests of the React page: from the same origin, with cookies and the CSRF token."""

    def __init__(self, page):
        self.page = page
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def call(self, method, path, body=None):
        headers = {"Content-Type": "application/json", "Origin": self.page}
        headers |= {"X-CSRFToken": cookie.value for cookie in self.jar if cookie.name == "csrftoken"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.page}/_allauth/browser/v1/{path}", data, headers, method=method)
        try:
            with self.opener.open(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def react(binary):
    """Serves the built page, and checks that all steps from signup to logout work through the page's origin."""
    port = free_port()
    page = f"http://localhost:{port}"
    with service(binary, PUBLIC_URL=page) as (url, outbox):
        preview = ["npx", "vite", "preview", "--port", str(port)]
        environment = os.environ | {"LATCHKEY": url}
        with running(preview, page, cwd=EXAMPLES / "react", env=environment, stdout=subprocess.DEVNULL):
            index = get(page)
            script = re.search(r'<script[^>]* src="([^"]+)"', index).group(1)
            assert "auth/session" in get(page + script), "the page does not contain the built script"

            browser, account = Browser(page), {"email": "ada@example.com", "password": PASSWORD}
            assert browser.call("GET", "auth/session")[0] == 401
            status, answer = browser.call("POST", "auth/signup", account)
            assert status == 401 and {"id": "verify_email", "is_pending": True} in answer["data"]["flows"], answer
            mail = next(outbox.glob("*.eml")).read_text().replace("=\n", "")
            link = re.search(rf"{page}/accounts/confirm-email/([^/\s]+)/", mail)
            assert get(link.group(0)) == index, "the link of the mail does not lead to the page"
            status, answer = browser.call("POST", "auth/email/verify", {"key": link.group(1)})
            assert status == 401, answer
            status, answer = browser.call("POST", "auth/login", account)
            assert status == 200, answer
            status, answer = browser.call("GET", "auth/session")
            assert status == 200 and answer["data"]["user"]["email"] == "ada@example.com", answer
            assert browser.call("DELETE", "auth/session")[0] == 401


def main():
    binary = str(Path(sys.argv[1]).resolve())
    examples = [native_app, react]
    for example in examples:
        example(binary)
        print(f"{example.__name__}: runs")
    print(f"examples: {len(examples)} passed, 0 failed")


if __name__ == "__main__":
    main()
