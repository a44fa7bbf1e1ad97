"""All settings, from the environment; `.env` beside manage.py is read when it exists.

No secret has a default in production: with DEBUG off a missing or weak one stops the start and names its variable. The
periods the policy promises are not settings; they are in `config/policy`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import environ
from csp.constants import NONCE, SELF
from django.utils.translation import gettext_lazy as _

from config.environment import SECRET_LENGTH, group_roles, identity_provider, secret, versioned_keys

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
env.read_env(str(BASE_DIR / ".env"))

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = secret("SECRET_KEY", env("SECRET_KEY", default=""), debug=DEBUG, length=SECRET_LENGTH)
SECRET_KEY_FALLBACKS = [
    secret("SECRET_KEY_FALLBACKS", one, debug=DEBUG, length=SECRET_LENGTH)
    for one in env.list("SECRET_KEY_FALLBACKS", default=[])
]
HMAC_KEYS = versioned_keys("HMAC_KEYS", env("HMAC_KEYS", default=""), debug=DEBUG)
EXPORT_KEY = secret("EXPORT_KEY", env("EXPORT_KEY", default=""), debug=DEBUG)
BASE_URL = env("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if DEBUG else [])
JOURNAL_PATH = Path(env("JOURNAL_PATH", default=str(VAR_DIR / "journal")))
UPLOAD_DIR = VAR_DIR / "uploads"

# Applications, the ground floor first ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "contacts",
    "consent",
    "retention",
    "dsar",
    "config.admin_site.apps.ObhutAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_filters",
    "django_countries",
    "csp",
]
AUTH_USER_MODEL = "config.User"
AUTHENTICATION_BACKENDS = ["config.permissions.RolesBackend"]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.language.account_language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.sign_in.gate.Gate",
    "config.read_log.ReadLog",  # the innermost: nothing that a page shows gets past it
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Database ---------------------------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'obhut.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction that will write takes the lock at its start, so it waits instead of failing half way.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 60,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-64000;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    # Compiling a rule to machine code costs more than it saves on these queries. What the server expects the reading of
    # a single page to cost is true of turning disks: it would read whole tables to find a few thousand rows.
    # The few plans that are kept (consent/prepared.py) are used again.
    DATABASES["default"]["OPTIONS"] = {
        "options": "-c jit=off -c random_page_cost=1.1 -c plan_cache_mode=force_generic_plan"
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Tasks: the database is the queue of record, a message only says "go and look" --------------------------------------

CELERY_BROKER_URL = env("CELERY_BROKER_URL", default="")
VISIBILITY_TIMEOUT = 3600

# Counters of attempts, and the codes that were used: where several processes serve, they must share them.
CACHES: dict[str, dict[str, Any]] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if CELERY_BROKER_URL.startswith(("redis://", "rediss://")):
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CELERY_BROKER_URL,
        "KEY_PREFIX": "obhut",
    }

# Languages and time -------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("de", _("German")), ("en", _("English")), ("fi", _("Finnish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_TZ = True
CONTROLLER_TZ = env("CONTROLLER_TZ", default="Europe/Helsinki")
CONTROLLER_ZONE = ZoneInfo(CONTROLLER_TZ)
TIME_ZONE = CONTROLLER_TZ

# Static files, uploads, mail ------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEBUG
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
# While developing, mails are files: the console would cut the tokens out of their links, as every log does.
globals().update(env.email_url("EMAIL_URL", default=f"filemail://{VAR_DIR}/mail" if DEBUG else "consolemail://"))

# Security ----------------------------------------------------------------------------------------------------------

_HTTPS = BASE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [BASE_URL] if _HTTPS else []
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": [SELF],
        "frame-ancestors": ["'none'"],
    }
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Signing in (docs/decisions/0026-signing-in.md) ---------------------------------------------------------------------

REQUIRE_MFA = env.bool("REQUIRE_MFA") if env("REQUIRE_MFA", default="") else not DEBUG
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_ADAPTER = "config.sign_in.adapters.Accounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False  # the cookie ends with the browser; config/sign_in/gate.py ends the session
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_METHODS = {"password", "mfa"}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _HTTPS else "http"
MFA_ADAPTER = "config.sign_in.adapters.Factors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are nobody's way in, so nobody verifies them
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1
SOCIALACCOUNT_ADAPTER = "config.sign_in.provider.IdentityProvider"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a link: the CSP lets no form lead to another site, and the state protects the way
OIDC_SERVER_URL = env("OIDC_SERVER_URL", default="")
OIDC_NAME = env("OIDC_NAME", default="") or _("the company account")
OIDC_GROUPS_CLAIM = env("OIDC_GROUPS_CLAIM", default="") or "groups"
OIDC_ROLES = group_roles("OIDC_ROLES", env("OIDC_ROLES", default=""))
SOCIALACCOUNT_PROVIDERS = identity_provider(
    OIDC_SERVER_URL, env("OIDC_CLIENT_ID", default=""), env("OIDC_CLIENT_SECRET", default="")
)

# Logs carry ids and counts, never names or addresses
# --------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no tokens": {"()": "config.logs.HideTokens"}},
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["no tokens"]}},
    # The embedded broker has no host, and kombu warns of it whenever it connects.
    "loggers": {"kombu.connection": {"level": "ERROR"}, "fido2": {"level": "WARNING"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
