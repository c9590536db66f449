"""Runs the examples of the Python package's page against the flat API, in Python and in JavaScript.

The code here and in flat_examples.mjs is the same as on that page. Requests add the host, and replace the placeholders in the
examples, such as "verification_key_from_email". Usage: flat_examples.py BINARY
"""

import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

PORT = 5581
# Signup refuses this common password, so the service is started with the account.
ACCOUNTS = [{"email": "user@example.com", "password": "password123"}]

SETTINGS = """
# In Django settings.py
# Enable headless mode
INSTALLED_APPS = [
    # ...
    'allauth.headless',
]

# Headless-specific settings
HEADLESS_ENABLED = True
HEADLESS_ONLY = False # Set to True to disable traditional views

# Token authentication settings
HEADLESS_TOKEN_STRATEGY = 'allauth.headless.tokens.SessionTokenStrategy'
HEADLESS_TOKEN_LIFETIME = 3600 # 1 hour

# CORS settings for API access
CORS_ALLOWED_ORIGINS = [
    "http://localhost:3000", # React dev server
    "https://myapp.com",
]

# URL configuration
urlpatterns = [
    path('auth/', include('allauth.headless.urls')),
]
"""

LOGIN = """
# Login via API
login_data = {
    'email': 'user@example.com',
    'password': 'password123'
}
response = requests.post('/auth/login/', json=login_data)
if response.status_code == 200:
    data = response.json()
    access_token = data['access_token']
    user_id = data['user']['id']
    print(f"Logged in as user {user_id}")

# Use authentication token for subsequent requests
headers = {'Authorization': f'Bearer {access_token}'}
profile_response = requests.get('/auth/user/', headers=headers)
"""

SIGNUP = """
# Signup via API
signup_data = {
    'email': 'newuser@example.com',
    'password': 'securepassword123',
    'username': 'newuser'
}
response = requests.post('/auth/signup/', json=signup_data)
if response.status_code == 200:
    data = response.json()
    if data.get('verification_sent'):
        print("Verification email sent")

# Verify email
verify_data = {
    'key': 'verification_key_from_email'
}
verify_response = requests.post('/auth/email/verify/', json=verify_data)
"""

PROVIDERS = """
# Get social providers
providers_response = requests.get('/auth/providers/')
providers = providers_response.json()['providers']

# Initiate Google OAuth flow
google_response = requests.post('/auth/providers/google/redirect/')
redirect_url = google_response.json()['redirect_url']

# After user completes OAuth, handle callback
callback_data = {
    'code': 'oauth_code_from_callback',
    'state': 'oauth_state_from_callback'
}
auth_response = requests.post('/auth/providers/google/callback/', json=callback_data)

# Or authenticate with existing access token
token_data = {
    'access_token': 'google_access_token'
}
token_response = requests.post('/auth/providers/google/token/', json=token_data)
"""

MFA_LOGIN = """
# Login triggers MFA if enabled
login_response = requests.post('/auth/login/', json=login_data)
if login_response.json().get('flow') == 'mfa_authenticate':
    mfa_token = login_response.json()['mfa_token']

    # Complete MFA authentication
    mfa_data = {
        'token': mfa_token,
        'code': '123456' # TOTP code
    }
    mfa_response = requests.post('/auth/mfa/authenticate/', json=mfa_data)
    if mfa_response.status_code == 200:
        access_token = mfa_response.json()['access_token']
"""

MFA_SETUP = """
# Add TOTP authenticator
totp_setup_response = requests.post('/auth/mfa/totp/add/')
secret = totp_setup_response.json()['secret']
qr_code = totp_setup_response.json()['qr_code']

# Confirm TOTP setup
confirm_data = {
    'secret': secret,
    'code': '123456' # Code from authenticator app
}
confirm_response = requests.post('/auth/mfa/totp/confirm/', json=confirm_data)
"""

PASSWORDS = """
# Request password reset
reset_data = {
    'email': 'user@example.com'
}
reset_response = requests.post('/auth/password/reset/', json=reset_data)

# Confirm password reset with key from email
confirm_data = {
    'key': 'reset_key_from_email',
    'password': 'newpassword123'
}
confirm_response = requests.post('/auth/password/reset/confirm/', json=confirm_data)

# Change password (authenticated user)
change_data = {
    'current_password': 'oldpassword123',
    'new_password': 'newpassword123'
}
headers = {'Authorization': f'Bearer {access_token}'}
change_response = requests.post('/auth/password/change/', json=change_data, headers=headers)
"""

passed = 0


def check(what, holds):
    global passed
    if not holds:
        sys.exit(f"flat examples: failed: {what}")
    passed += 1


class Requests:
    """Replaces the module `requests` in examples: adds the host to each path, and replaces placeholders.

    The example that sets up an authenticator app has no Authorization header. Like a session of `requests`, this adds it to
    every request.
    """

    def __init__(self, url, bearer=None, **stands_for):
        self.url, self.stands_for = url, stands_for
        self.headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        self.last = None

    def send(self, method, path, json=None, headers=None):
        if json is not None:
            json = {name: self.meant(value, json) for name, value in json.items()}
        headers = {**self.headers, **(headers or {})}
        self.last = requests.request(method, self.url + path, json=json, headers=headers, timeout=30)
        return self.last

    def meant(self, value, body):
        meaning = self.stands_for.get(value, value)
        return meaning(body) if callable(meaning) else meaning

    def get(self, path, **more):
        return self.send("GET", path, **more)

    def post(self, path, **more):
        return self.send("POST", path, **more)


class Google(http.server.BaseHTTPRequestHandler):
    """An OpenID provider on loopback. In the settings of the service, its id is `google`."""

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    person = {"sub": "1", "email": "somebody@example.com", "email_verified": True, "name": "Some Body"}
    asked = {}

    def do_GET(self):
        base = f"http://127.0.0.1:{self.server.server_port}"
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "auth", "token_endpoint": "token", "userinfo_endpoint": "userinfo",
                     "jwks_uri": "keys", "introspection_endpoint": "introspect"}
            self.say({"issuer": base, **{name: f"{base}/{path}" for name, path in names.items()},
                      "token_endpoint_auth_methods_supported": ["client_secret_post"]})
        elif url.path == "/keys":
            key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            self.say({"keys": [{**key, "kid": "one", "use": "sig", "alg": "RS256"}]})
        elif url.path == "/auth":
            # The user consents without a page.
            Google.asked = dict(urllib.parse.parse_qsl(url.query))
            back = urllib.parse.urlencode({"code": "a-code", "state": Google.asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{Google.asked['redirect_uri']}?{back}")
            self.end_headers()
        else:
            self.say(self.person)

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        if form.get("client_secret") != "hush":
            self.say({"error": "invalid_client"}, 401)
        elif self.path == "/introspect":
            is_good = form["token"] == "an-access-token"
            self.say({"active": is_good, "client_id": "latchkey", "sub": self.person["sub"]})
        elif form["code"] != "a-code" or form["redirect_uri"] != Google.asked["redirect_uri"]:
            self.say({"error": "invalid_grant"}, 400)
        else:
            now = int(time.time())
            claims = {**self.person, "iss": f"http://127.0.0.1:{self.server.server_port}", "aud": "latchkey", "iat": now,
                      "exp": now + 600}
            if "nonce" in Google.asked:
                claims["nonce"] = Google.asked["nonce"]
            token = jwt.encode(claims, self.key, "RS256", headers={"kid": "one"})
            self.say({"access_token": "an-access-token", "token_type": "Bearer", "expires_in": 600, "id_token": token})

    def say(self, body, status=200):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def environment(google):
    """Returns the settings of the page's example as environment variables. Its path `auth/` becomes HEADLESS_FLAT_PREFIX."""
    told = {"path": lambda path, _: path, "include": lambda urls: urls}
    exec(SETTINGS, told)
    shown = {name: value for name, value in told.items() if name.isupper() and name != "INSTALLED_APPS"}
    app = {"provider_id": "google", "name": "Google", "client_id": "latchkey", "secret": "hush",
           "settings": {"server_url": google, "oauth_pkce_enabled": True}}
    ours = {"HEADLESS_FLAT_PREFIX": told["urlpatterns"][0],
            "SOCIALACCOUNT_PROVIDERS": {"openid_connect": {"APPS": [app]}}}
    text = lambda value: value if isinstance(value, str) else json.dumps(value)
    return {name: text(value) for name, value in {**shown, **ours}.items()}


class Service:
    """The local service with these settings."""

    def __init__(self, binary, settings):
        self.url = f"http://localhost:{PORT}"
        self.folder = tempfile.TemporaryDirectory()
        accounts = pathlib.Path(self.folder.name, "accounts.json")
        accounts.write_text(json.dumps(ACCOUNTS))
        command = [binary, "--listen", f"127.0.0.1:{PORT}", "--data", ":memory:", "--outbox", self.folder.name,
                   "--users", accounts]
        quiet = {"PATH": os.environ["PATH"], "RUST_LOG": "error"}
        self.process = subprocess.Popen(command, env={**quiet, **settings})
        for _ in range(200):
            try:
                requests.get(self.url + "/auth/user/", timeout=5)
                return
            except requests.ConnectionError:
                time.sleep(0.05)
        sys.exit("flat examples: the service does not start")

    def key(self, to):
        """Returns the key in the link of the latest mail to this address."""
        for path in sorted(pathlib.Path(self.folder.name).glob("*.eml"), reverse=True):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if mail["To"] == to:
                text = mail.get_body(("plain",)).get_content()
                return re.search(r"/(?:confirm-email|password/reset/key)/([^/\s]+)/", text)[1]
        sys.exit(f"flat examples: no mail to {to}")

    def account(self, address, password):
        client = Requests(self.url)
        check("a signup", client.post("/auth/signup/", json={"email": address, "password": password}).status_code == 200)
        check("a verification", client.post("/auth/email/verify/", json={"key": self.key(address)}).status_code == 200)

    def login(self, address, password):
        reply = Requests(self.url).post("/auth/login/", json={"email": address, "password": password})
        return reply.json()["access_token"]


def run(example, client, **names):
    """Runs an example. Returns the variables that it sets."""
    names["requests"] = client
    exec(example, names)
    return names


def code(secret):
    """Returns the current code of an authenticator app (RFC 6238)."""
    digest = hmac.digest(base64.b32decode(secret + "=" * (-len(secret) % 8)), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1)
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start:start + 4])[0] & 0x7fffffff) % 10**6:06}"


def javascript(service, expected):
    script = pathlib.Path(__file__).with_name("flat_examples.mjs")
    told = {**os.environ, "LATCHKEY_URL": service.url, "EXPECTED": expected}
    done = subprocess.run(["node", script], env=told, timeout=120)
    check(f"the example in JavaScript ({expected})", done.returncode == 0)


def main(service):
    login = run(LOGIN, Requests(service.url))
    check("login: 200", login["response"].status_code == 200)
    check("login: the profile", login["profile_response"].json()["user"]["email"] == "user@example.com")
    check("login: the same user", login["profile_response"].json()["user"]["id"] == login["user_id"])
    javascript(service, "user")

    client = Requests(service.url, verification_key_from_email=lambda _: service.key("newuser@example.com"))
    signup = run(SIGNUP, client)
    check("signup: 200", signup["response"].status_code == 200 and signup["data"]["verification_sent"] is True)
    check("signup: verified", signup["verify_response"].status_code == 200)
    check("signup: who signed up logs in", service.login("newuser@example.com", "securepassword123"))

    def came_back(name):
        """Follows the example's `redirect_url` to the provider. Returns a query parameter of the provider's redirect."""
        url = named["google_response"].json()["redirect_url"]
        back = requests.get(url, allow_redirects=False, timeout=30).headers["Location"]
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))[name]

    client = Requests(service.url, google_access_token="an-access-token",
                      oauth_code_from_callback=lambda _: came_back("code"),
                      oauth_state_from_callback=lambda _: came_back("state"))
    named = {"requests": client}
    exec(PROVIDERS, named)
    check("providers: the list", [it["id"] for it in named["providers"]] == ["google"])
    check("providers: logged in by the callback", named["auth_response"].json()["access_token"])
    check("providers: logged in by a token", named["token_response"].json()["access_token"])
    who = [named[name].json()["user"]["email"] for name in ("auth_response", "token_response")]
    check("providers: whom the provider knows", who == [Google.person["email"]] * 2)

    client = Requests(service.url, bearer=login["access_token"], **{"123456": lambda body: code(body["secret"])})
    setup = run(MFA_SETUP, client)
    check("mfa: confirmed", setup["confirm_response"].status_code == 200)
    check("mfa: a picture", setup["qr_code"].endswith("</svg>"))
    # The code that set up the app cannot be used again. Wait for the next 30-second step.
    time.sleep(30 - time.time() % 30 + 1)
    client = Requests(service.url, **{"123456": lambda _: code(setup["secret"])})
    mfa = run(MFA_LOGIN, client, login_data=login["login_data"])
    check("mfa: asked for", mfa["login_response"].json()["flow"] == "mfa_authenticate")
    check("mfa: not let in before", "access_token" not in mfa["login_response"].json())
    headers = {"Authorization": f"Bearer {mfa['access_token']}"}
    check("mfa: let in", client.get("/auth/user/", headers=headers).status_code == 200)
    javascript(service, "mfa")

    service.account("changer@example.com", "oldpassword123")
    client = Requests(service.url, reset_key_from_email=lambda _: service.key("user@example.com"))
    passwords = run(PASSWORDS, client, access_token=service.login("changer@example.com", "oldpassword123"))
    for name in ("reset_response", "confirm_response", "change_response"):
        check(f"passwords: {name}", passwords[name].status_code == 200)
    check("passwords: the changed one", service.login("changer@example.com", "newpassword123"))
    check("passwords: the reset ended the session", client.get("/auth/user/", headers=headers).status_code == 401)


if __name__ == "__main__":
    provider = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Google)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    running = Service(sys.argv[1], environment(f"http://127.0.0.1:{provider.server_port}"))
    try:
        main(running)
    finally:
        running.process.terminate()
        running.process.wait()
    print(f"flat examples: {passed} passed, 0 failed")
