"""Settings profiles. Each profile runs on its own server.

Names and meaning are those of Django and django-allauth, except for two:

CONFORMANCE_SIGNUP_OPEN     the result of the account adapter's is_open_for_signup()
CONFORMANCE_WITHOUT_APPS    Django apps that are not installed, such as allauth.mfa
"""
import json

FRONTEND = "https://app.example.test"
OIDC = "@OIDC@"  # replaced by the URL of the fake identity provider

BASE = {
    "HEADLESS_ONLY": True,
    "HEADLESS_CLIENTS": ["browser", "app"],
    "HEADLESS_SERVE_SPECIFICATION": True,
    "HEADLESS_FRONTEND_URLS": {
        "account_confirm_email": FRONTEND + "/verify-email/{key}",
        "account_reset_password": FRONTEND + "/password/reset",
        "account_reset_password_from_key": FRONTEND + "/password/reset/{key}",
        "account_signup": FRONTEND + "/signup",
        "socialaccount_login_error": FRONTEND + "/social/error",
    },
    "ACCOUNT_LOGIN_METHODS": ["email"],
    "ACCOUNT_SIGNUP_FIELDS": ["email*", "password1*"],
    "ACCOUNT_USER_MODEL_USERNAME_FIELD": None,
    "ACCOUNT_EMAIL_VERIFICATION": "optional",
    "ACCOUNT_RATE_LIMITS": False,
    "MFA_RATE_LIMITS": False,
    "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
    "MFA_TOTP_TOLERANCE": 2,
    "MFA_REAUTHENTICATION_REQUIRED": False,
    "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": True,
}
CODE = {
    "ACCOUNT_EMAIL_VERIFICATION": "mandatory",
    "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED": True,
}
USERNAME = {"ACCOUNT_USER_MODEL_USERNAME_FIELD": "username"}


def oidc(*ids, **settings):
    return {
        "SOCIALACCOUNT_PROVIDERS": {
            "openid_connect": {
                "APPS": [
                    {
                        "provider_id": i,
                        "name": {"conf-oidc": "Conformance OIDC", "other-oidc": "Other OIDC"}[i],
                        "client_id": {"conf-oidc": "conf-client", "other-oidc": "other-client"}[i],
                        "secret": "conf-secret",
                        "settings": {"server_url": OIDC, **settings},
                    }
                    for i in ids
                ]
            }
        }
    }


# A private key that is generated for each run.
def _throw_away_key() -> str:
    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(ser.Encoding.PEM, ser.PrivateFormat.PKCS8, ser.NoEncryption()).decode()


JWT_KEY = _throw_away_key()
JWT = {
    "HEADLESS_TOKEN_STRATEGY": "allauth.headless.tokens.strategies.jwt.JWTTokenStrategy",
    "HEADLESS_JWT_PRIVATE_KEY": JWT_KEY,
}

PROFILES = {
    # email + password, verification by link
    "optional": {},
    "mandatory": {"ACCOUNT_EMAIL_VERIFICATION": "mandatory"},
    "mandatory_autologin": {
        "ACCOUNT_EMAIL_VERIFICATION": "mandatory",
        "ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION": True,
        "ACCOUNT_LOGIN_ON_PASSWORD_RESET": True,
    },
    "closed": {"CONFORMANCE_SIGNUP_OPEN": False},
    # verification by code
    "code": {
        **CODE,
        "ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND": True,
        "ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE": True,
    },
    # usernames
    "username": {
        **USERNAME,
        "ACCOUNT_LOGIN_METHODS": ["username"],
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "email", "password1*"],
        "ACCOUNT_USERNAME_BLACKLIST": ["admin", "root"],
        "ACCOUNT_USERNAME_MIN_LENGTH": 3,
    },
    "both": {
        **USERNAME,
        "ACCOUNT_LOGIN_METHODS": ["email", "username"],
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "email*", "password1*"],
        "ACCOUNT_PRESERVE_USERNAME_CASING": False,
    },
    # login by code, password reset by code
    "login_code": {"ACCOUNT_LOGIN_BY_CODE_ENABLED": True, "ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND": True},
    "login_code_optional_password": {
        "ACCOUNT_LOGIN_BY_CODE_ENABLED": True,
        "ACCOUNT_SIGNUP_FIELDS": ["email*"],
        **CODE,
    },
    "login_code_required": {"ACCOUNT_LOGIN_BY_CODE_REQUIRED": True, "ACCOUNT_EMAIL_VERIFICATION": "none"},
    "reset_code": {"ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED": True},
    # reauthentication, sessions, email management
    "reauth": {
        "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
        "MFA_REAUTHENTICATION_REQUIRED": True,
        "ACCOUNT_REAUTHENTICATION_TIMEOUT": 3600,
    },
    "track": {"USERSESSIONS_TRACK_ACTIVITY": True},
    "change_email": {"ACCOUNT_CHANGE_EMAIL": True},
    "max_emails": {"ACCOUNT_MAX_EMAIL_ADDRESSES": 2},
    # phones
    "phone": {
        "ACCOUNT_LOGIN_METHODS": ["phone"],
        "ACCOUNT_SIGNUP_FIELDS": ["phone*", "password1*"],
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND": True,
        "ACCOUNT_PHONE_VERIFICATION_SUPPORTS_CHANGE": True,
    },
    "phone_code": {
        "ACCOUNT_LOGIN_METHODS": ["phone", "email"],
        "ACCOUNT_SIGNUP_FIELDS": ["phone*", "email*"],
        "ACCOUNT_LOGIN_BY_CODE_ENABLED": True,
        **CODE,
    },
    # multi-factor
    "mfa_trust": {"MFA_TRUST_ENABLED": True},
    "mfa_digits": {
        "MFA_TOTP_ISSUER": "Conformance Inc", "MFA_ALLOW_UNVERIFIED_EMAIL": True,
        "MFA_SUPPORTED_TYPES": ["totp"],
    },
    "passkey": {
        **CODE,
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_PASSKEY_SIGNUP_ENABLED": True,
    },
    # social
    "social": {**oidc("conf-oidc", "other-oidc")},
    "social_only": {
        **oidc("conf-oidc"),
        "SOCIALACCOUNT_ONLY": True,
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "CONFORMANCE_WITHOUT_APPS": ["allauth.mfa"],
    },
    # tokens
    "jwt": {**JWT},
    "jwt_norotate": {**JWT, "HEADLESS_JWT_ROTATE_REFRESH_TOKEN": False, "HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN": 1},
    # clients
    "app_only": {"HEADLESS_CLIENTS": ["app"]},
    # rate limits (values per key or user, so that scenarios do not disturb each other)
    "limits": {
        "ACCOUNT_RATE_LIMITS": {
            "login_failed": "3/5m/key", "login": "1000/m/ip", "signup": "1000/m/ip",
            "change_password": "2/m/user", "manage_email": "3/m/user", "reset_password": "2/m/key",
            "reauthenticate": "2/m/user", "reset_password_from_key": "1000/m/ip",
            "request_login_code": "2/m/key", "confirm_email": "1/3m/key", "change_phone": "1/m/user",
            "verify_phone": "1/30s/key",
        },
        "ACCOUNT_LOGIN_BY_CODE_ENABLED": True,
        "ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND": True,
    },
}


def settings(name: str, oidc_url: str = "") -> dict:
    return json.loads(json.dumps({**BASE, **PROFILES[name]}).replace(OIDC, oidc_url))


def probe(name: str) -> str:
    clients = settings(name)["HEADLESS_CLIENTS"]
    return f"/_allauth/{clients[0]}/v1/config"
