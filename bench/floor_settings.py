"""Settings of the least page: bench/floor.py."""

import os

import dj_database_url

from bench.databases import database_url

PAGE = """<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>Tasks</title></head>
<body><main><h1>Tasks of {{ person }}</h1><ul>{% for task in tasks %}
<li id="t{{ task.id }}"><a href="/task/{{ task.id }}">Kind {{ task.kind }}</a>
<time datetime="{{ task.due|date:'Y-m-d' }}">{{ task.due|date:'j F Y' }}</time></li>{% endfor %}
</ul></main></body></html>"""
LOADER = ("django.template.loaders.locmem.Loader", {"page.html": PAGE})
KEPT = ("django.template.loaders.cached.Loader", [LOADER])

SECRET_KEY = "only-for-the-benchmark"  # noqa: S105
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "bench.floor"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [KEPT if os.environ.get("BENCH_CACHED") else LOADER]},
    }
]
DATABASES = {
    "default": dj_database_url.parse(database_url(os.environ["BENCH_DSN"]), conn_max_age=None)
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
