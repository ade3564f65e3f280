"""Settings, all from the environment.

ANNAI_ENV says where this process runs:
  production   what `portal.wsgi` takes unless told otherwise; every secret must be given
  demo         what `make demo` sets: one-click sign-in of made-up people, on loopback only
  development  what `manage.py` takes; a secret is made once and kept in `.run/`
"""

import base64
import contextlib
import os
import secrets
from datetime import time
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import dj_database_url
from celery.schedules import crontab
from cryptography.hazmat.primitives.asymmetric import ec
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from portal.local_servers import celery_broker_url
from portal.logs import json_lines, readable_lines

BASE_DIR = Path(__file__).resolve().parent.parent
RUN_DIR = Path(os.environ.get("ANNAI_RUN_DIR") or BASE_DIR / ".run")

ENVIRONMENT = os.environ.get("ANNAI_ENV", "development")
if ENVIRONMENT not in {"production", "demo", "development"}:
    raise ImproperlyConfigured(
        f'ANNAI_ENV is "{ENVIRONMENT}". Set it to production, demo or development.'
    )
PRODUCTION = ENVIRONMENT == "production"
DEMO = ENVIRONMENT == "demo"


def required(name, how):
    """Return the environment variable `name`; in production its absence stops the start."""
    if value := os.environ.get(name):
        return value
    raise ImproperlyConfigured(f"{name} is not set. {how}")


def whole_number(name, default):
    """Return the environment variable `name` as a number, 0 or more."""
    text = os.environ.get(name) or default
    if not (text.isascii() and text.isdigit()):
        raise ImproperlyConfigured(f'{name} is "{text}" and must be a whole number, 0 or more.')
    return int(text)


def local_secret(name="secret-key", make=lambda: secrets.token_urlsafe(64)):
    """Return this checkout's own secret, made at the first start and kept in `.run/`."""
    path = RUN_DIR / name
    if not path.exists():
        RUN_DIR.mkdir(mode=0o700, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(make())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # only the first of several starts at once makes it
        draft.unlink()
    return path.read_text()


def make_vapid_key():
    """Return a new key for signing notifications: 32 bytes, as a URL can carry them."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64.urlsafe_b64encode(number.to_bytes(32)).rstrip(b"=").decode()


if PRODUCTION:
    SECRET_KEY = required(
        "SECRET_KEY",
        "Make one with `python -c 'import secrets; print(secrets.token_urlsafe(64))'`, keep it "
        "out of the repository, and give it to every process of this installation.",
    )
    ALLOWED_HOSTS = required(
        "ALLOWED_HOSTS", "Name the portal's hosts, by commas: ALLOWED_HOSTS=annai.example.jp"
    ).split(",")
    ALLOWED_HOSTS = [host.strip() for host in ALLOWED_HOSTS]
    if not all(host.strip("*.") for host in ALLOWED_HOSTS):
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS allows every host. Name the portal's hosts, by commas: links in its "
            "mails would else lead to wherever somebody says that it is."
        )
    required("DATABASE_URL", "Say where PostgreSQL is: postgresql://user:password@host/annai")
    required("REDIS_URL", "Say where Valkey or Redis is: redis://host:6379/0")
    if os.environ.get("CRASH_AT"):
        raise ImproperlyConfigured(
            "CRASH_AT is set, which kills processes on purpose, for tests. Unset it."
        )
else:
    SECRET_KEY = os.environ.get("SECRET_KEY") or local_secret()
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

# With it the log of who looked at whose record is chained (portal/residents/access_log.py). Its own
# key, so that SECRET_KEY can be changed and the chains still be checked.
ACCESS_LOG_KEY = os.environ.get("ACCESS_LOG_KEY") or SECRET_KEY

DEBUG = not PRODUCTION and os.environ.get("DEBUG") == "1"

INSTALLED_APPS = [
    "portal.apps.StaffPagesConfig",  # django.contrib.admin as the staff pages
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.idp.oidc",  # its clients and tokens only: portal/exchange/api/oauth.py
    "csp",
    "django_htmx",
    "template_partials",
    "portal.accounts",
    "portal.residents",
    "tasks",
    "tasks.reminders",
    "portal.card",
    "childcare",
    "portal.applications",
    "feedback",
    "portal.exchange",
    "portal.insights",
]
if not PRODUCTION:
    # The made-up people and their one-click sign-in do not exist in production at all.
    INSTALLED_APPS.append("portal.demo")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.WatchMiddleware",
    # Calls of sources go no further than this: they have no cookies, sessions or pages.
    "portal.exchange.api.middleware.ApiMiddleware",
    "portal.insights.middleware.UseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.accounts.middleware.PersonLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["portal.addresses"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    }
]

if not PRODUCTION:
    TEMPLATES[0]["OPTIONS"]["context_processors"].append("portal.demo.context_processors.demo")

DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("DATABASE_URL", "postgresql:///annai"),
        conn_max_age=600,
        conn_health_checks=True,
    )
}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
# psycopg's own default, which Django turns off for connection poolers that cannot prepare
# (PgBouncer before 1.21). What one resident's event asks of every rule takes longer to plan
# than to run.
DATABASES["default"]["OPTIONS"].setdefault("prepare_threshold", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "annai",
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    },
    # Parts of a page that are the same on every page, in each process. Never of one person.
    "fragments": {
        "BACKEND": "django.core.cache.backends."
        + ("dummy.DummyCache" if DEBUG else "locmem.LocMemCache"),
        "LOCATION": "fragments",
        "TIMEOUT": None,
    },
}

# ---- people and sign-in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["portal.residents.backend.ResidentBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTH_PASSWORD_VALIDATORS[1]["OPTIONS"] = {"min_length": 10}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "tasks:home"
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to whoever is typed in
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "login": "portal.accounts.forms.SignInForm",
    "change_password": "portal.accounts.forms.ChangePasswordForm",
    "reset_password": "portal.accounts.forms.ForgottenPasswordForm",
    "reset_password_from_key": "portal.accounts.forms.NewPasswordForm",
}
ACCOUNT_RATE_LIMITS = {
    # Failed sign-ins: 20 a minute from one network address, 5 in 5 minutes for one e-mail address.
    "login_failed": "20/m/ip,5/5m/key",
    # Opinions: so many a minute from one network address, of a large office or a school too.
    "opinion": "60/m/ip",
    # Tokens for systems of sources: each asks once an hour, and a secret is slow to check.
    "api_token": "60/m/ip",
}
# How many proxies of ours stand before this server: the limits go by the address before them.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXY_COUNT", "0"))
PASSWORD_RESET_TIMEOUT = 60 * 60
SESSION_ENGINE = "portal.accounts.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_NAME = "annai_session"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# ---- mail: smtp://user:password@host:587?tls=1 for STARTTLS, smtps:// for TLS from the start
if EMAIL_URL := os.environ.get("EMAIL_URL"):
    try:
        mail_server = urlsplit(EMAIL_URL)
        mail_tls = parse_qs(mail_server.query, strict_parsing=bool(mail_server.query))
        EMAIL_USE_SSL = {"smtp": False, "smtps": True}[mail_server.scheme]
        EMAIL_USE_TLS = {"1": True, "0": False}[mail_tls.get("tls", ["0"])[0]]
        EMAIL_HOST, EMAIL_PORT = mail_server.hostname, mail_server.port
    except (ValueError, KeyError):
        EMAIL_HOST = None
    if not EMAIL_HOST or (EMAIL_USE_SSL and EMAIL_USE_TLS):
        raise ImproperlyConfigured(
            "EMAIL_URL is not the address of a mail server. Write smtp://host:25, "
            "smtp://user:password@host:587?tls=1, or smtps://user:password@host:465."
        )
    EMAIL_BACKEND = "portal.smtp.EmailBackend"
    EMAIL_PORT = EMAIL_PORT or (465 if EMAIL_USE_SSL else 25)
    EMAIL_HOST_USER = unquote(mail_server.username or "")
    EMAIL_HOST_PASSWORD = unquote(mail_server.password or "")
elif PRODUCTION:
    required("EMAIL_URL", "Say where mail goes out: smtp://user:password@host:587?tls=1")
else:
    EMAIL_BACKEND = "portal.demo.mails.KeepingBackend"
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM", f"annai@{ALLOWED_HOSTS[0].lstrip('.')}")
DEMO_KEEPS_MAILS = os.environ.get("DEMO_KEEPS_MAILS") == "1"  # set by `make demo` for its children
MAIL_DOMAIN = parseaddr(DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
EMAIL_TIMEOUT = 5  # seconds without a byte from the server while a connection is opened
MAIL_TAKES_AT_MOST = 10  # seconds for a connection, or for one mail, in all
PUSH_TAKES_AT_MOST = 10  # seconds for the notifications of one reminder, in all

# ---- reminders: when, how many, and from where their links lead back
REMINDERS_FROM, REMINDERS_UNTIL = time(8), time(21)  # in Japan; the night is quiet
REMINDERS_PER_HOUR = whole_number("REMINDERS_PER_HOUR", "20000")
PORTAL_URL = os.environ.get("PORTAL_URL") or (
    f"https://{ALLOWED_HOSTS[0].lstrip('.')}"
    if PRODUCTION
    else f"http://127.0.0.1:{os.environ.get('PORT') or '8000'}"
)
# Notifications on devices: signed with this key (VAPID, RFC 8292), and sent to the browsers' own
# push services only, since it is a browser that says where to. Without a key none are offered.
VAPID_PRIVATE_KEY = os.environ.get("VAPID_PRIVATE_KEY") or (
    "" if PRODUCTION else local_secret("vapid-key", make_vapid_key)
)
VAPID_CONTACT = f"mailto:{parseaddr(DEFAULT_FROM_EMAIL)[1]}"
PUSH_SERVICES = [
    "https://fcm.googleapis.com",
    "https://*.push.services.mozilla.com",
    "https://*.push.apple.com",
    "https://*.notify.windows.com",
]

# ---- webhooks: what agencies' systems are told by themselves (docs/exchange.md)
# The secrets that sign them are made of this. A key of its own lets SECRET_KEY be changed without
# giving every receiver a new secret.
WEBHOOK_KEY = os.environ.get("WEBHOOK_KEY") or SECRET_KEY
WEBHOOK_TAKES_AT_MOST = 10  # seconds for one message, in all
WEBHOOKS_TO_LOOPBACK = DEMO  # elsewhere they go by https to public addresses only

# ---- attached files: outside all that is served; scanned by clamd where one is named
ATTACHMENTS_DIR = Path(os.environ.get("ATTACHMENTS_DIR") or RUN_DIR / "attachments")
CLAMD_URL = os.environ.get("CLAMD_URL", "")  # tcp://host:3310 or unix:///run/clamav/clamd.ctl
if CLAMD_URL and urlsplit(CLAMD_URL).scheme not in ("tcp", "unix"):
    raise ImproperlyConfigured(
        "CLAMD_URL is not the address of clamd. Write tcp://host:3310 or "
        "unix:///run/clamav/clamd.ctl."
    )

# ---- facts by the API: how large a body may be, unpacked, and how long it may take to come
EXCHANGE_BODY_BYTES = whole_number("EXCHANGE_BODY_BYTES", str(2 * 1024**3))
EXCHANGE_DAY_BYTES = whole_number("EXCHANGE_DAY_BYTES", str(20 * 1024**3))  # of one connection
EXCHANGE_BODY_SECONDS = whole_number("EXCHANGE_BODY_SECONDS", "600")
EXCHANGE_BODY_RATE = 1024  # bytes a second, at least
EXCHANGE_BODY_RATIO = 200  # times as much as came packed, at most

# ---- language and time
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("Japanese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "annai_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Tokyo"

# ---- static files
STATIC_URL = "/static/"
STATIC_ROOT = RUN_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# ---- what a browser may load: our own files only, and nothing inline
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
        "worker-src": [SELF],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_SSL_REDIRECT = os.environ.get("SECURE_SSL_REDIRECT", "1") == "1"
    SECURE_REDIRECT_EXEMPT = [r"^(livez|healthz|metrics)$"]  # asked from nearby, past the proxy
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
else:
    # Demo and development speak plain HTTP, on loopback. What `check --deploy` would say of that
    # is asked of production, by `make test`.
    SILENCED_SYSTEM_CHECKS = [f"security.{check}" for check in ("W004", "W008", "W012", "W016")]

# ---- jobs
CELERY_BROKER_URL = celery_broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # else a worker ends after an hour without Valkey
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
NIGHT_STARTS_AT = time(2, 0)
# What a killed process or a lost message left undone is taken up within five minutes: its lease
# runs out after four, and every minute a job looks for such work.
LEASE_SECONDS = float(os.environ.get("LEASE_SECONDS", "240"))
SWEEPER_SECONDS = LEASE_SECONDS / 4
# Keeps no file of when it last did what: a beat killed while it wrote that would leave one with
# which none starts. What was missed meanwhile is seen in the database (tasks.jobs).
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "night": {
        "task": "tasks.jobs.start_night",
        "schedule": crontab(hour=NIGHT_STARTS_AT.hour, minute=NIGHT_STARTS_AT.minute),
    },
    "sweeper": {
        "task": "tasks.jobs.take_up_lost_work",
        "schedule": SWEEPER_SECONDS,
        # Else a day without a worker leaves as many, and each wakes workers for the same work.
        "options": {"expires": SWEEPER_SECONDS},
    },
    # At 08:00 the day's reminders are promised; until 21:00 whatever waits is sent on.
    "reminders": {
        "task": "tasks.reminders.jobs.remind",
        "schedule": crontab(minute="*", hour=f"{REMINDERS_FROM.hour}-{REMINDERS_UNTIL.hour - 1}"),
        "options": {"expires": 60},
    },
    "application-mails": {
        "task": "portal.applications.jobs.send_mails",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "access-answer-mails": {
        "task": "tasks.jobs.tell_answers",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "opinion-answers": {
        "task": "feedback.jobs.send_replies",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "opinion-words": {
        "task": "feedback.jobs.read_words",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "opinion-rising": {
        "task": "feedback.jobs.find_rising",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "opinion-alert-mails": {
        "task": "feedback.jobs.tell_owners",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    # The first of a day looks; the others are there for the day on which its message was lost.
    "opinion-alerts": {
        "task": "feedback.jobs.find_alerts",
        "schedule": crontab(minute=10, hour=f"{REMINDERS_FROM.hour}-{REMINDERS_UNTIL.hour - 1}"),
        "options": {"expires": 3600},
    },
    "access-log": {
        "task": "portal.residents.jobs.check_access_log",
        "schedule": crontab(hour=4, minute=30),
    },
    "application-files-scan": {
        "task": "portal.applications.jobs.scan_files",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 300},
    },
    "application-files-tidy": {
        "task": "portal.applications.jobs.tidy_files",
        "schedule": crontab(hour=4, minute=15),
    },
    "durations": {
        "task": "portal.applications.jobs.count_usual_durations",
        "schedule": crontab(hour=4, minute=0),
    },
    "use": {
        "task": "portal.insights.jobs.write_use",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "use-events": {
        "task": "portal.insights.jobs.count_use_events",
        "schedule": crontab(minute=20),
        "options": {"expires": 3600},
    },
    "use-forget": {
        "task": "portal.insights.jobs.forget_use",
        "schedule": crontab(hour=4, minute=45),
    },
    "figures": {
        "task": "portal.insights.jobs.count_figures",
        "schedule": crontab(hour=4, minute=50),
    },
    "figures-running-week": {
        "task": "portal.insights.jobs.count_running_week",
        "schedule": crontab(minute=5),
        "options": {"expires": 3600},
    },
    "api-tokens": {
        "task": "portal.exchange.jobs.forget_tokens",
        "schedule": crontab(minute=35),
        "options": {"expires": 3600},
    },
    "changes": {
        "task": "portal.exchange.jobs.tell_changes",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "changes-forget": {
        "task": "portal.exchange.jobs.forget_old_changes",
        "schedule": crontab(hour=4, minute=40),
    },
    "versions": {
        "task": "tasks.jobs.weigh_waiting_versions",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 300},
    },
    # Uploads that wait, or whose worker was killed: their messages may be lost.
    "uploads": {
        "task": "portal.exchange.jobs.take_up_uploads",
        "schedule": SWEEPER_SECONDS,
        "options": {"expires": SWEEPER_SECONDS},
    },
    "uploads-tidy": {
        "task": "portal.exchange.jobs.tidy_uploads",
        "schedule": crontab(minute=25),
        "options": {"expires": 3600},
    },
    "uploads-forget": {
        "task": "portal.exchange.jobs.forget_empty_uploads",
        "schedule": crontab(hour=4, minute=55),
    },
    "heartbeat": {
        "task": "tasks.jobs.heartbeat",
        "schedule": 10.0,
        # Ahead of a night's ranges; and where no worker is, they do not pile up.
        "options": {"priority": 0, "expires": 20},
    },
}
CELERY_TASK_DEFAULT_PRIORITY = 6  # with Valkey as broker, 0 goes first
CRASH_AT = os.environ.get("CRASH_AT")  # for tests: portal/crash_points.py

# ---- figures for everyone
# Under which licence they may be used: its name and address. The municipality's to choose.
FIGURES_LICENCE = os.environ.get("FIGURES_LICENCE", "CC BY 4.0")
FIGURES_LICENCE_URL = os.environ.get(
    "FIGURES_LICENCE_URL", "https://creativecommons.org/licenses/by/4.0/"
)

# ---- watching
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")  # who shows it may read /metrics
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": json_lines if PRODUCTION else readable_lines}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO" if not DEBUG else "DEBUG"},
    "loggers": {
        "django.db.backends": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},  # what came to be is in the line of each request
        "celery.app.trace": {"level": "WARNING"},  # and in that of each job
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "gunicorn.error": {"handlers": ["console"], "propagate": False},
    },
}
