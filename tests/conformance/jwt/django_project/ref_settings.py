"""Settings of the reference project, as `jwt-allauth startproject` writes them, with DEBUG off.

Every setting of JWT_ALLAUTH_*, ACCOUNT_* and so on comes from an environment variable of the same name, as plain text or JSON.
Durations are in seconds.
"""
import json
import os
from datetime import timedelta
from pathlib import Path

_DATA = Path(os.environ["REF_DATA"])
SECRET_KEY = "conformance-django-secret-key-not-the-jwt-one"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "ref_urls"
USE_TZ = True
LANGUAGE_CODE = "en-us"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
    "django.contrib.sessions", "django.contrib.messages",
    "jwt_allauth", "rest_framework", "rest_framework.authtoken",
    "allauth", "allauth.account", "allauth.mfa",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [], "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages"]},
}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(_DATA / "db.sqlite3"),
                         "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"}}}
AUTH_USER_MODEL = "jwt_allauth.JAUser"
ACCOUNT_ADAPTER = "jwt_allauth.adapter.JWTAllAuthAdapter"
AUTHENTICATION_BACKENDS = (
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
)
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": (
    "jwt_allauth.authentication.JWTAllAuthAuthentication",)}
AUTH_PASSWORD_VALIDATORS = [{"NAME": "django.contrib.auth.password_validation." + n} for n in (
    "UserAttributeSimilarityValidator", "MinimumLengthValidator",
    "CommonPasswordValidator", "NumericPasswordValidator")]
# The API does not show which hash is used. A cheap one keeps the scenarios fast.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "ref_email.EmlBackend"
EMAIL_FILE_PATH = os.environ.get("REF_OUTBOX", str(_DATA / "outbox"))
LOGGING = {"version": 1, "disable_existing_loggers": False,
           "handlers": {"c": {"class": "logging.StreamHandler"}},
           "loggers": {"django.request": {"handlers": ["c"], "level": "ERROR", "propagate": False}}}

_DURATIONS = {"JWT_ALLAUTH_ACCESS_TOKEN_LIFETIME", "JWT_ALLAUTH_REFRESH_TOKEN_LIFETIME",
              "JWT_ALLAUTH_SESSION_LIFETIME"}
_PREFIXES = ("JWT_ALLAUTH_", "EMAIL_VERIF", "PASSWORD_RESET_", "PASSWORD_SET_", "OLD_PASSWORD_",
             "LOGOUT_ON_", "ACCOUNT_", "MFA_", "DEFAULT_FROM_EMAIL", "JWT_ALLAUTH_TEMPLATES")
for _k, _v in list(os.environ.items()):
    if _k.startswith(_PREFIXES):
        try:
            _x = json.loads(_v)
        except ValueError:
            _x = _v
        if _k in _DURATIONS and isinstance(_x, (int, float)):
            _x = timedelta(seconds=_x)
        globals()[_k] = _x
MIGRATION_MODULES = {"jwt_allauth": "ref_migrations"}  # the package contains no migrations; `startproject` makes them
