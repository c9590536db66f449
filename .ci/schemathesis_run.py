"""Tests the local service by the description of its APIs, with Schemathesis: every API and every feature, with and without
a session. `schemathesis.toml` says how.

Usage: schemathesis_run.py BINARY [ARGUMENTS OF `schemathesis run`], for example `--max-examples 500`.
"""

import concurrent.futures
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

FOLDER = pathlib.Path(__file__).parent
ADA = {"email": "ada@example.com", "password": "correct-Horse-42-battery", "verified": True}
ACCOUNTS = [{**ADA, "is_staff": True, "is_superuser": True}]
# Every API and every feature, with codes.
CODES = {
    "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED": True,
    "ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE": True,
    "ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND": True,
    "ACCOUNT_LOGIN_BY_CODE_ENABLED": True,
    "ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND": True,
    "ACCOUNT_LOGIN_METHODS": ["email", "username", "phone"],
    "ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED": True,
    "ACCOUNT_PHONE_VERIFICATION_SUPPORTS_CHANGE": True,
    "ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND": True,
    "ACCOUNT_RATE_LIMITS": False,
    "ACCOUNT_SIGNUP_FIELDS": ["email*", "email2", "username", "phone", "password1*"],
    "ACCOUNT_USER_MODEL_USERNAME_FIELD": "username",
    "HEADLESS_SERVE_SPECIFICATION": True,
    "HEADLESS_TOKEN_STRATEGY": "jwt",
    # Without this, an access token works at some endpoints after its session is over.
    "JWT_ALLAUTH_ACCESS_TOKEN_SESSION_CHECK": True,
    "JWT_ALLAUTH_INVITATIONS": True,
    "JWT_ALLAUTH_MFA_TOTP_MODE": "optional",
    "JWT_ALLAUTH_USER_PUT_ENABLED": True,
    "LATCHKEY_DEVICE_COOKIE": True,
    "LATCHKEY_WEBAUTHN_TOP_ORIGINS": ["https://example.com"],
    "MFA_PASSKEY_LOGIN_ENABLED": True,
    "MFA_PASSKEY_SIGNUP_ENABLED": True,
    "MFA_RATE_LIMITS": False,
    "MFA_REAUTHENTICATION_REQUIRED": False,
    "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes", "webauthn"],
    "MFA_TRUST_ENABLED": True,
    "MFA_WEBAUTHN_ANDROID_APPS": {"com.example.app": [":".join(["00"] * 32)]},
    "MFA_WEBAUTHN_APPLE_APPS": ["ABCDE12345.com.example.app"],
    "SOCIALACCOUNT_PROVIDERS": {"dummy": {}},
    "USERSESSIONS_TRACK_ACTIVITY": True,
}
# The same with links, refresh tokens in bodies, and answers that tell which accounts exist.
LINKS = {
    **CODES,
    "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED": False,
    "ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE": False,
    "ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND": False,
    "ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED": False,
    "ACCOUNT_PREVENT_ENUMERATION": False,
    "JWT_ALLAUTH_REFRESH_TOKEN_AS_COOKIE": False,
    "LATCHKEY_LINKS_ASK_FIRST": True,
    "MFA_PASSKEY_SIGNUP_ENABLED": False,
}
# The default limits.
LIMITS = {name: value for name, value in CODES.items() if not name.endswith("RATE_LIMITS")}
# A run's settings, who calls, and further arguments. Runs with one kind of client leave out the other APIs.
ONE_API = ["--include-path-regex", "^/_(allauth|latchkey)/(app|browser)/"]
WAITING = ["--include-path-regex", "^/_allauth/app/", "--phases", "coverage"]
RUNS = {
    "app": ({**CODES, "HEADLESS_CLIENTS": ["app"]}, "user", ONE_API),
    "browser": ({**CODES, "HEADLESS_CLIENTS": ["browser"], "MFA_REAUTHENTICATION_REQUIRED": True}, "user", ONE_API),
    "waiting": ({**CODES, "HEADLESS_CLIENTS": ["app"]}, "waiting", WAITING),
    "tokens": (CODES, "user", ["--exclude-path-regex", "^/_allauth/"]),
    "nobody": (LINKS, "page", []),
    "limits": (LIMITS, "", ["--phases", "fuzzing"]),
}


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def run(binary, name, arguments):
    """Runs Schemathesis on a new service. Returns its exit status and output."""
    settings, caller, more = RUNS[name]
    text = lambda value: value if isinstance(value, str) else json.dumps(value)
    settings = {name: text(value) for name, value in settings.items()}
    port = free_port()
    url = f"http://localhost:{port}"
    with tempfile.TemporaryDirectory() as folder:
        accounts = pathlib.Path(folder, "accounts.json")
        accounts.write_text(json.dumps(ACCOUNTS))
        command = [binary, "--listen", f"127.0.0.1:{port}", "--data", ":memory:", "--outbox", folder, "--users", accounts]
        quiet = {"PATH": os.environ["PATH"], "RUST_LOG": "error"}
        service = subprocess.Popen(command, env={**quiet, **settings}, stdout=subprocess.DEVNULL)
        try:
            description = f"{url}/_latchkey/openapi.json"
            wait_for(description)
            environment = {**os.environ, "SCHEMATHESIS_URL": url, "SCHEMATHESIS_CALLER": caller}
            command = ["schemathesis", "run", description, *more, *arguments]
            done = subprocess.run(command, cwd=FOLDER.parent, env=environment, capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr
        finally:
            service.terminate()
            service.wait()


def wait_for(url):
    for _ in range(400):
        try:
            urllib.request.urlopen(url, timeout=30)
            return
        except urllib.error.URLError:
            time.sleep(0.05)
    sys.exit("schemathesis: the service does not start")


def main(binary, *arguments):
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        runs = {name: pool.submit(run, os.path.abspath(binary), name, arguments) for name in RUNS}
        for name, result in runs.items():
            status, output = result.result()
            last = output.strip().splitlines()[-1].strip("= ")
            print(f"schemathesis {name}: {last}" if status == 0 else f"schemathesis {name}:\n{output}", flush=True)
            failed += status != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
