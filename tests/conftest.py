"""Real servers and a real browser for the tests.

pytest-django reads the settings as soon as it knows their name, before any conftest. So the name
is not in pyproject.toml but here, after the servers run and the settings can find them; and
Django is set up at once, since a conftest further down may import models.
"""

import os
import shutil
from importlib import import_module

import django
import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import expect

from portal import local_servers

NO_BROWSER = (
    "no Chromium found; install it (Debian: apt install chromium) or set CHROMIUM to its path"
)
CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",  # Chromium's own sandbox does not start for root, as in most CI
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",  # a test should not talk to anybody else
    "--disable-component-update",
    "--disable-sync",
]


def start_servers():
    """Set DATABASE_URL and REDIS_URL; our own Valkey gives each xdist worker a database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")  # "gw0"; a worker has its parent's environment
    if worker:
        if url := os.environ.get("ANNAI_TEST_VALKEY"):
            os.environ["REDIS_URL"] = f"{url}?db={2 + int(worker[2:]) % 14}"
    elif not os.environ.get("REDIS_URL"):
        local_servers.ensure()
        os.environ["ANNAI_TEST_VALKEY"] = os.environ["REDIS_URL"]
        os.environ["REDIS_URL"] += "?db=1"  # 0 is the demo's
    local_servers.ensure()


try:
    start_servers()
except local_servers.LocalServerError as error:
    pytest.exit(str(error), returncode=1)
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
# Playwright keeps an event loop in the main thread, so Django would take every test after the
# first browser test for asynchronous code and refuse it the database. None of ours is.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
django.setup()

from portal.applications import called  # noqa: E402 - models need the settings

# A password's hash is slow on purpose, and most tests sign somebody in.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# On a busy machine what is there may take longer than the portal waits for it. The tests of what
# is silent say themselves how long they wait.
settings.MAIL_TAKES_AT_MOST = settings.PUSH_TAKES_AT_MOST = settings.WEBHOOK_TAKES_AT_MOST = 120
settings.CACHES["default"]["OPTIONS"] = {"socket_timeout": 120, "socket_connect_timeout": 120}
for room in ("valkey", "exchange.uploads.merging", "exchange.merges.one_person"):
    import_module(f"portal.{room}").PATIENCE = 120

# What holds must hold again tomorrow and elsewhere, so a run draws the same examples as the one
# before, with CI=true too; and a busy machine is no mistake.
# By hand, with others: pytest tests/tasks --hypothesis-profile=long
slow_is_fine = {"deadline": None, "suppress_health_check": list(HealthCheck)}
hypothesis_settings.register_profile(
    "quick",
    max_examples=80,
    stateful_step_count=12,
    derandomize=True,
    database=None,
    **slow_is_fine,
)
hypothesis_settings.register_profile(
    "long", max_examples=3000, stateful_step_count=30, **slow_is_fine
)
# None was named on the command line; "ci" is Hypothesis's own where it finds CI=true.
if hypothesis_settings.get_current_profile_name() in ("default", "ci"):
    hypothesis_settings.load_profile("quick")

# Milliseconds until what is waited for in a browser is taken for missing, on a busy machine.
# Playwright's own five seconds are fewer than a page may take there.
expect.set_options(timeout=60_000)


def pytest_configure(config):
    """Let xdist's workers know their own Valkey before they know the settings.

    They get this process's environment, and with a name of settings in it pytest-django reads them
    before any conftest: then all workers share one Valkey, and one test empties another's.
    """
    if config.getoption("dist", "no") != "no" and not os.environ.get("PYTEST_XDIST_WORKER"):
        del os.environ["DJANGO_SETTINGS_MODULE"]


def find_chromium():
    """Return the path of Chromium, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def browser_is_required():
    return os.environ.get("CI") == "true"


@pytest.hookimpl(tryfirst=True)  # before `-m browser` selects
def pytest_collection_modifyitems(items):
    skip = not find_chromium() and not browser_is_required()
    for item in items:
        if "browser" in item.fixturenames:
            item.add_marker(pytest.mark.browser)
            if skip:
                item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


def pytest_terminal_summary(terminalreporter):
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    if count := sum(NO_BROWSER in reason for reason in reasons):
        terminalreporter.write_line(f"{count} browser tests skipped: {NO_BROWSER}", yellow=True)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Launch the system's Chromium; Playwright's own is a download that nobody needs."""
    chromium = find_chromium()
    if not chromium:
        pytest.fail(f"Browser tests are required with CI=true: {NO_BROWSER}.", pytrace=False)
    return {
        **browser_type_launch_args,
        "executable_path": chromium,
        "args": CHROMIUM_ARGUMENTS,
    }


@pytest.fixture(autouse=True)
def portal_language():
    """Begin in the portal's own language, whatever a page of the test before was in."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def fresh_names():
    """Begin without the names of procedures, which a process keeps for a minute."""
    called._names.cache_clear()


@pytest.fixture
def municipalities(transactional_db):
    """Load again what a migration loads: tests that commit begin with empty tables."""
    from portal.residents.models import Municipality

    if not Municipality.objects.exists():
        import_module("portal.residents.migrations.0003_municipalities").load(apps, None)


@pytest.fixture
def queue():
    """The queue that a worker would read, empty."""
    from portal.celery import app

    with app.connection_for_read() as connection:
        queue = connection.SimpleQueue("celery")
        queue.clear()
        yield queue
        queue.clear()


@pytest.fixture
def statements(monkeypatch):
    """Every statement that this process sends: Django's and psycopg's cursors alike."""
    sent = []
    execute = psycopg.Cursor.execute

    def record(self, query, *args, **kwargs):
        sent.append(query.decode() if isinstance(query, bytes) else str(query))
        return execute(self, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Cursor, "execute", record)
    return sent


@pytest.fixture
def next_code(time_machine):
    """The morning of 1 April 2027; what a test changes in the rules is the code from then on."""
    from tests.tasks.changed_rules import other_code

    time_machine.move_to("2027-04-01T10:00+09:00", tick=False)
    with other_code():
        yield
