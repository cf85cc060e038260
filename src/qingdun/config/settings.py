"""Django's settings. What an installation may choose comes from the environment; nothing secret is written here."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from qingdun.access.core.proxies import Network, parse
from qingdun.lib import environment
from qingdun.lib.command import Unusable
from qingdun.lib.home import home

HOME = home()
PACKAGE = Path(__file__).resolve().parent.parent


def _secret_key() -> str:
    file = HOME / "secret.key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(64), "ascii")
    return file.read_text("ascii")


def _database(url: str) -> dict[str, Any]:
    """`postgresql://user:password@host:port/name?sslmode=…`, or SQLite inside the installation when empty."""
    if not url:
        options = {
            "transaction_mode": "IMMEDIATE",  # a writer waits at the start, never half-way
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        }
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": HOME / "qingdun.sqlite3", "OPTIONS": options}
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def _proxies(text: str) -> tuple[Network, ...]:
    try:
        return parse(text)
    except ValueError as wrong:
        raise Unusable(
            f"设置 QINGDUN_PROXIES 里的“{wrong}”不是地址或网段；请写反向代理自己的地址，如 10.0.0.5,10.1.0.0/24"
        ) from None


SECRET_KEY = environment.text("QINGDUN_SECRET_KEY") or _secret_key()
DEBUG = False
SAMPLE = (HOME / "sample").exists()  # written by `qingdun up --sample`; such an installation listens on 127.0.0.1 only
ALLOWED_HOSTS = environment.text("QINGDUN_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in environment.text("QINGDUN_ORIGINS").split(",") if origin]
HTTPS = environment.text("QINGDUN_HTTPS") == "1"
PROXIES = _proxies(environment.text("QINGDUN_PROXIES"))
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None  # only a trusted proxy's gets so far

DATABASES = {"default": _database(environment.text("QINGDUN_DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "qingdun.reporting",
    "qingdun.operations",
    "qingdun.detection",
    "qingdun.logs",
    "qingdun.inventory",
    "qingdun.powers",
    "qingdun.web",
    "qingdun.notify",
    "qingdun.access",
    "qingdun.history",
    "qingdun.audit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "lucide",
]

MIDDLEWARE = [
    "qingdun.access.middleware.known_origin",
    "qingdun.web.middleware.strict_csp",  # first, so that even a redirect to HTTPS carries it
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "qingdun.audit.origin.remember_origin",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "qingdun.web.middleware.readable",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "qingdun.web.machine.door.Door",
    "qingdun.access.middleware.SessionRules",
    "qingdun.access.middleware.SignedIn",  # deny by default: a page is public only by saying so
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "qingdun.config.urls"
FORM_RENDERER = "qingdun.web.forms.Renderer"
WSGI_APPLICATION = "qingdun.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "qingdun.web.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django_htmx.templatetags.django_htmx",
                "qingdun.web.templatetags.web",
            ],
        },
    }
]

# Locked by account and address together: a whole bureau sits behind one NAT.
AUTH_USER_MODEL = "access.Account"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "qingdun.access.backend.GrantBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "qingdun.access.passwords.Strength"},
    {"NAME": "qingdun.access.passwords.NotUsedBefore"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "access:login"
LOGIN_REDIRECT_URL = "web:workbench"
LOGOUT_REDIRECT_URL = "access:login"
AXES_FAILURE_LIMIT = "qingdun.access.rules.tries"
AXES_COOLOFF_TIME = "qingdun.access.rules.cool_off"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # "until 10:42" stays true however often one tries
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "current", "new", "again"]
AXES_DISABLE_ACCESS_LOG = True  # the audit chain has it
AXES_LOCKOUT_CALLABLE = "qingdun.access.views.signing.locked_out"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

# django-allauth gives the factors their storage and checks; none of its pages is routed, the door is ours.
ACCOUNT_ADAPTER = "qingdun.access.adapter.Accounts"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_ADAPTER = "qingdun.access.adapter.Factors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # time steps of clock drift; each step's code is spent once all the same

SESSION_ENGINE = "qingdun.access.sessions"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_IDLE = 60 * environment.number("QINGDUN_IDLE_MINUTES", 30, least=1)  # until the security administrator sets it
SESSION_COOKIE_NAME = "qingdun_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "qingdun.web.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

# The machine interface: requests a minute for each token or account, each address, each address without either, and
# refused tokens of an address; the largest JSON body, the largest file.
API_RATE = environment.number("QINGDUN_API_RATE", 600, least=1)
API_RATE_ADDRESS = environment.number("QINGDUN_API_RATE_ADDRESS", 3000, least=1)
API_RATE_NOBODY = environment.number("QINGDUN_API_RATE_NOBODY", 60, least=1)
API_RATE_WRONG = 30
API_MOST_BODY = 1 << 20
API_MOST_FILE = DATA_UPLOAD_MAX_MEMORY_SIZE * 4

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "qingdun_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 31_536_000
TIME_ZONE = environment.zone()
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = (
    PACKAGE.parent.parent / "build" / "static"
    if (PACKAGE.parent.parent / "pyproject.toml").exists()
    else HOME / "static"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": HOME / "files"}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"qingdun": {"level": "INFO"}, "axes": {"level": "ERROR"}},
}
