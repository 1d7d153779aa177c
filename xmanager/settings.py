"""Settings, read from the environment (docs/configuration.md lists every variable).

Each variable may also come from a file named in `NAME_FILE`. In sandbox mode all have safe
defaults and secrets are made in the home; live mode refuses to start without real ones.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from urllib.parse import quote, urlsplit

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured

from xmanager.environment import Environment
from xmanager.home import DEFAULT_PORT, ensure_home, home_path, read_instance, stored_secret
from xmanager.live_mode import live_mode_problems

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

XM_HOME = home_path()
ensure_home(XM_HOME)
_instance = read_instance(XM_HOME)

# sandbox: the X server that ships with the project; live: the real X
XM_MODE = env.choice("XM_MODE", ("sandbox", "live"), default=_instance.get("mode", "sandbox"))
LIVE = XM_MODE == "live"
DEBUG = env.bool("XM_DEBUG", default=False)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


_secret_keys = env.list("XM_SECRET_KEY", default=[])
_field_keys = env.list("FIELD_ENCRYPTION_KEY", default=[])
XM_PUBLIC_URL = env.str(
    "XM_PUBLIC_URL", default=f"http://127.0.0.1:{_instance.get('port', DEFAULT_PORT)}"
).rstrip("/")
_sandbox_port = _instance.get("sandbox_port", DEFAULT_PORT + 1)
X_API_BASE_URL = env.str(
    "X_API_BASE_URL",
    default="https://api.x.com" if LIVE else f"http://127.0.0.1:{_sandbox_port}",
).rstrip("/")

_allowed_hosts = env.list("XM_ALLOWED_HOSTS", default=[])

_problems = live_mode_problems(
    live=LIVE,
    debug=DEBUG,
    secret_keys=_secret_keys,
    field_keys=_field_keys,
    public_url=XM_PUBLIC_URL,
    x_base_url=X_API_BASE_URL,
    allowed_hosts=_allowed_hosts,
    home=XM_HOME,
)
if _problems:
    raise ImproperlyConfigured("\n".join(["X Manager can't start:", *_problems]))

if not _secret_keys:
    _secret_keys = [stored_secret(XM_HOME, "secret_key")]
if not _field_keys:
    _field_keys = stored_secret(XM_HOME, "field_encryption_key", _fernet_key).split(",")
SECRET_KEY, *SECRET_KEY_FALLBACKS = _secret_keys
FIELD_ENCRYPTION_KEY = _field_keys  # newest first; the first one writes

_public = urlsplit(XM_PUBLIC_URL)
_loopback = {"127.0.0.1", "localhost", "[::1]"}
ALLOWED_HOSTS = _allowed_hosts or sorted({_public.hostname or "localhost", *_loopback})
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]

INSTALLED_APPS = [
    "xmanager",
    "xmanager.admin_config.OpsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_filters",
    "django_q",
    "encrypted_model_fields",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "policy",
    "execution",
    "publishing",
    "engagement",
    "campaigns",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "xmanager.urls"
WSGI_APPLICATION = "xmanager.wsgi.application"
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
    },
]

DATABASES = {
    "default": env.database("DATABASE_URL", f"sqlite:///{quote(str(XM_HOME))}/xmanager.sqlite3")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # One writer at a time: every atomic block takes the write lock at once (no deadlocks by
    # upgrade), waits for it, and is on disk when it is committed (an attempt must survive a
    # power failure).
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    # Tests with threads and processes need a file; an in-memory database is one connection's.
    DATABASES["default"]["TEST"] = {"NAME": str(XM_HOME / "test.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

XM_BROKER_URL = env.str("XM_BROKER_URL", default="")
if XM_BROKER_URL and urlsplit(XM_BROKER_URL).scheme not in ("redis", "rediss", "unix"):
    raise ImproperlyConfigured(
        "XM_BROKER_URL must be a redis:// URL; leave it out to use the database as the queue."
    )
Q_CLUSTER = {
    "name": "xmanager",
    "workers": 2,
    # A drain gives its place back after some seconds (execution/engine/drain.py), so this
    # only ever ends one that hangs. `retry` counts from the prefetch: keep it well above.
    "timeout": 120,
    "retry": 480,
    "ack_failures": True,
    "max_attempts": 1,
    "catch_up": False,
    "save_limit": -1,
    "queue_limit": 2,
    "bulk": 1,
    "poll": 0.2,
    "log_level": "WARNING",
    **({"redis": XM_BROKER_URL} if XM_BROKER_URL else {"orm": "default"}),
}
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": XM_BROKER_URL}
        if XM_BROKER_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = XM_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = XM_HOME / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

_https = _public.scheme == "https"
SECURE_SSL_REDIRECT = _https
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SESSION_COOKIE_NAME = f"xm_session_{_public.port or 443}"  # two homes on one host: two sign-ins
CSRF_COOKIE_NAME = f"xm_csrf_{_public.port or 443}"
SESSION_COOKIE_AGE = 14 * 24 * 3600
X_FRAME_OPTIONS = "DENY"
# The transport checks of `check --deploy` don't apply to an address on this machine only.
SILENCED_SYSTEM_CHECKS = (
    [] if _https else ["security.W004", "security.W008", "security.W012", "security.W016"]
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.AgentTokenAuthentication",
        "accounts.api.authentication.OperatorSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.api.parsers.StrictJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": [
        "accounts.api.throttling.PrincipalThrottle",
        "accounts.api.throttling.AddressThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "principal": env.rate("XM_API_RATE", default="3000/min"),
        "address": env.rate("XM_API_ANONYMOUS_RATE", default="120/min"),
    },
    "DEFAULT_PAGINATION_CLASS": "accounts.api.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "xmanager.api.schema.XManagerSchema",
    "EXCEPTION_HANDLER": "xmanager.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "X Manager API",
    "DESCRIPTION": "Operate X accounts: posts, threads, media, imports; every effect once.",
    "VERSION": "1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "PostStatusEnum": "publishing.states.PostStatus",
        "NewPostStatusEnum": "publishing.api.serializers.NEW_STATUSES",
        "ChangedPostStatusEnum": "publishing.api.serializers.CHANGED_STATUSES",
        "HealthStatusEnum": "accounts.api.account_serializers.HEALTH_STATUSES",
        "PartStateEnum": "publishing.api.serializers.PART_STATES",
        "ImportStatusEnum": "publishing.states.ImportStatus",
    },
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

XM_LOG_LEVEL = env.choice(
    "XM_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), default="INFO"
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"secrets": {"()": "accounts.log_filter.SecretsFilter"}},
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["secrets"],
        }
    },
    "root": {"handlers": ["console"], "level": XM_LOG_LEVEL},
    "loggers": {"django_q": {"level": "WARNING"}},
}

# How the engine waits, gives up and looks again (seconds; docs/engine.md explains each).
XM_LANES_PER_WORKER = env.positive("XM_LANES_PER_WORKER", default=8)
XM_LEASE_SECONDS = env.positive("XM_LEASE_SECONDS", default=60)
XM_CALL_DEADLINE_SECONDS = env.positive("XM_CALL_DEADLINE_SECONDS", default=30)
XM_RECONCILE_DELAYS = env.list(
    "XM_RECONCILE_DELAYS",
    cast=float,
    # X's reads lag behind its writes; the sandbox's only where a test says so.
    default=[20.0, 120.0, 600.0] if LIVE else [5.0, 20.0, 60.0],
)
XM_IDEMPOTENCY_HOURS = env.positive("XM_IDEMPOTENCY_HOURS", default=24)
XM_CATCH_UP_SECONDS = env.positive("XM_CATCH_UP_SECONDS", default=60)
