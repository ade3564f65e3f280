import errno
import fcntl
import json
import logging
import os
import shutil
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error, connection
from django.utils import timezone, translation

from portal import clock, health, local_servers
from portal.demo import data, mails, walk
from portal.demo.cases import make_cases
from portal.demo.figures import make_figures
from portal.demo.opinions import make_opinions
from portal.demo.people import PEOPLE, STAFF, Person
from portal.demo.processes import (
    CannotRun,
    Child,
    StopSignals,
    end_all,
    reserve_any_port,
    reserve_port,
)
from portal.demo.sandbox import files as sandbox_files
from portal.demo.sandbox import open_sandbox
from portal.demo.use import make_use

RUN_DIR = settings.RUN_DIR
NOTE = RUN_DIR / "demo.json"
LOCK = RUN_DIR / "demo.lock"
LOGS = RUN_DIR / "logs"
FACTS = RUN_DIR / "demo-facts.ndjson"
PASSWORD = RUN_DIR / "demo-password"

READY_WITHIN = 180  # seconds, from the start of the children; a slow, busy machine takes a minute
LOOKS_EVERY = 2  # seconds between two looks at /healthz and at the servers
CHILDREN_EVERY = 0.2  # seconds between two looks at the children
FULL = 32 * 1024 * 1024  # bytes free below which a failing database is put down to the disk


class Command(BaseCommand):
    help = (
        "Run the portal with invented residents: web server, worker and beat, until Ctrl-C. "
        "The data stay for the next time."
    )

    def add_arguments(self, parser):
        parser.add_argument("--reset", action="store_true", help="delete the demo's data instead")
        parser.add_argument(
            "--yes", action="store_true", help="with --reset: also in a database of your own"
        )

    def handle(self, *, reset, yes, **options):
        signals = StopSignals()
        try:
            with translation.override("en"), only_one():
                self.reset(yes) if reset else self.run(signals)
        except KeyboardInterrupt:
            self.say("Stopped. The data stay for the next `make demo`.")
        except (CannotRun, local_servers.LocalServerError) as error:
            sys.exit(str(error))
        except (OSError, Error, psycopg.Error) as error:  # psycopg's own, while it copies
            sys.exit(in_words(error) or raise_again(error))
        finally:
            signals.from_now_on_only_count()

    def say(self, text=""):
        with suppress(OSError):  # the terminal has been closed
            self.stdout.write(text)
            self.stdout.flush()

    # ---- running
    def run(self, signals: StopSignals):
        residents = number_of_residents()
        port = os.environ.get("PORT") or "8000"
        with reserve_port(port) as web_socket, own_mail_server() as mail_socket:
            password = self.prepare(residents)
            url = f"http://127.0.0.1:{port}"
            mails_url = f"{url}/demo/mails/" if mail_socket else None
            children = []
            try:
                start_children(children, url, web_socket, mail_socket)
                wait_until_well(children, url)
                api = open_sandbox(url=url, folder=RUN_DIR)
                connection.close()
                NOTE.touch(mode=0o600)
                NOTE.write_text(note(url, mails_url, password, api))
                self.say(announcement(url, mails_url, password))
                self.watch(children, url)
            finally:
                signals.from_now_on_only_count()
                self.say("\nStopping …")
                NOTE.unlink(missing_ok=True)
                end_all(children, signals)

    def prepare(self, residents: int) -> str:
        """Bring the database up to date, with the data in it, and return everybody's password."""
        started = time.monotonic()
        logging.disable(logging.INFO)  # the terminal has the progress bars
        NOTE.unlink(missing_ok=True)  # left by a demo that was killed
        data.migrate()
        password = data.own_password(PASSWORD)
        walk.end()  # left by a demo that was stopped on the way
        if data.is_there():
            if not data.password_stands(password):
                data.let_sign_in(password)
            self.say("The residents of an earlier run are there; `make demo-reset` deletes them.")
        else:
            if "DATABASE_URL" not in local_servers.provided:
                data.refuse_strangers()
            walk.forget()
            today = clock.today()
            lines = data.write_facts(FACTS, residents=residents, today=today)
            self.say(f"Loading {lines:,} facts from {FACTS} …")
            data.load(FACTS, today=today)
            data.let_sign_in(password)
            data.enter_handbook(today=today)
        make_cases(today=clock.today())  # once, also for the residents of an earlier run
        make_opinions(today=clock.today())
        make_figures(today=clock.today())
        make_use(today=clock.today())
        connection.close()  # the children have their own
        self.say(f"The database is ready after {time.monotonic() - started:.0f} s.")
        return password

    def watch(self, children: list[Child], url: str):
        """Stay, start again what has ended, and say it when a part is not well."""
        known, looked = [], time.monotonic()
        while True:
            for child in children:
                if ended := child.has_ended():
                    child.start_again()
                    self.tell(f"{ended} and is started again. Its log: {child.log}")
            if time.monotonic() - looked >= LOOKS_EVERY:
                for server in local_servers.ended():
                    self.tell(f"{server.name} has ended by itself and is started again.")
                    local_servers.start_again(server)
                ill = unwell_parts(url)
                if ill != known:
                    self.tell(f"not well: {', '.join(ill)}" if ill else "all is well again")
                known, looked = ill, time.monotonic()
            time.sleep(CHILDREN_EVERY)

    def tell(self, what: str):
        self.say(f"{timezone.localtime():%H:%M:%S} {what}")

    # ---- resetting
    def reset(self, yes: bool):
        if os.environ.get("DATABASE_URL"):
            where = f'"{connection.settings_dict["NAME"]}" on {connection.settings_dict["HOST"]}'
            if not yes:
                raise CannotRun(
                    f"DATABASE_URL names a database of your own, {where}, so nothing was deleted. "
                    f"To drop every table in it: .venv/bin/python manage.py demo --reset --yes"
                )
            data.delete_everything()
        else:
            local_servers.erase()
        walk.forget()
        for path in (NOTE, FACTS, PASSWORD, *sandbox_files(RUN_DIR)):
            path.unlink(missing_ok=True)
        for folder in (LOGS, mails.folder()):
            shutil.rmtree(folder, ignore_errors=True)
        self.say("The demo's data are deleted. `make demo` makes new ones.")


@contextmanager
def only_one():
    """Hold the lock of the running demo. Raises CannotRun if another process holds it."""
    RUN_DIR.mkdir(mode=0o700, exist_ok=True)
    with open(LOCK, "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with suppress(OSError, ValueError):
                where = json.loads(NOTE.read_text())["url"]
                raise CannotRun(f"A demo runs at {where}. Stop it with Ctrl-C first.") from None
            raise CannotRun("A demo is just starting or stopping. Try again in a moment.") from None
        yield


def number_of_residents() -> int:
    text = os.environ.get("DEMO_RESIDENTS") or "2000"
    if not (text.isascii() and text.isdigit() and int(text) <= 10_000_000):
        raise CannotRun(
            f'DEMO_RESIDENTS is "{text}" and must be a whole number up to 10,000,000. '
            f"Write for example: make demo DEMO_RESIDENTS=500"
        )
    return int(text)


def own_mail_server():
    """Return a socket for the demo's own mail server; within EMAIL_URL's reach, nothing."""
    return nullcontext() if os.environ.get("EMAIL_URL") else reserve_any_port()


def start_children(children: list[Child], url: str, web_socket, mail_socket):
    """Start them all, adding each to `children` at once, so that none is forgotten.

    Without a `mail_socket` mails go out through the server that EMAIL_URL names.
    """
    health.forget()
    LOGS.mkdir(exist_ok=True)
    environment = {
        "ANNAI_ENV": "demo",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PORTAL_URL": url,
    }
    if mail_socket:
        environment |= {
            "EMAIL_URL": "smtp://{}:{}".format(*mail_socket.getsockname()),
            "DEMO_KEEPS_MAILS": "1",
        }

    def start(name, log, arguments, keep_open=()):
        path = LOGS / log
        arguments = [str(argument) for argument in arguments]
        children.append(
            Child(name, arguments, log=path, environment=environment, keep_open=keep_open)
        )

    if mail_socket:
        number = mail_socket.fileno()
        start("mail server", "mail.log", ["portal.demo.sink", number], [number])
    number = web_socket.fileno()
    gunicorn = ["gunicorn", "portal.wsgi", "--config", settings.BASE_DIR / "gunicorn.conf.py"]
    served = ["--bind", f"fd://{number}", "--no-control-socket", "--workers", 2, "--threads", 4]
    start("web server", "web.log", [*gunicorn, *served], [number])
    celery = ["celery", "--app", "portal", "--quiet"]
    worker = ["--concurrency", 2, "-l", "INFO", "--without-mingle", "--without-gossip"]
    start("worker", "worker.log", [*celery, "worker", *worker])
    start("beat", "beat.log", [*celery, "beat", "--pidfile="])


def wait_until_well(children: list[Child], url: str):
    until = time.monotonic() + READY_WITHIN
    while ill := unwell_parts(url):
        for child in children:
            child.check()
        if time.monotonic() > until:
            raise CannotRun(
                f"Not well {READY_WITHIN} seconds after the start: {', '.join(ill)}. "
                f"Look into the logs in {LOGS}, then start again."
            )
        time.sleep(0.1)


def unwell_parts(url: str) -> list[str]:
    """Ask /healthz and return the parts that are not well; of a silent web server, itself."""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=3) as answer:  # noqa: S310 - loopback
            parts = json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code != 503:
            return [f"web server (it answers {error.code})"]
        parts = json.load(error)
    except (OSError, ValueError):
        return ["web server"]
    return [part for part, well in parts.items() if not well and part != "well"]


def note(url: str, mails_url: str | None, password: str, api: dict) -> str:
    """Return what a running demo tells other programs, as JSON."""

    def entry(one: Person) -> dict:
        return {"email": one.email, "password": password, "about": str(one.about)}

    told = {
        "url": url,
        "mails_url": mails_url,
        "api": api,
        "people": [entry(one) for one in PEOPLE],
        "staff": [entry(one) for one in STAFF],
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def announcement(url: str, mails_url: str | None, password: str) -> str:
    def lines(some: list[Person]) -> str:
        return "\n".join(f"  {one.email:<20} {one.about}" for one in some)

    return f"""
Annai runs at {url}

{lines(PEOPLE)}

Staff pages: {url}/staff/
{lines(STAFF)}

Password of all of them: {password}    With one click: {url}/demo/
Mails: {mails_url or "go out through the server that EMAIL_URL names"}
The demo's clock, to see the reminders of the days to come: {url}/demo/clock/
For systems that send facts: {url}/api/    Their key: "api" in {NOTE}
Logs: {LOGS}    Ctrl-C stops everything; the data stay."""


def in_words(error: Exception) -> str | None:
    """Return what went wrong and what to do, or None where there is no plain sentence for it."""
    cause = error.__cause__ or error
    number = getattr(error, "errno", None)
    full = isinstance(cause, psycopg.errors.DiskFull) or number in (errno.ENOSPC, errno.EDQUOT)
    gone = isinstance(cause, psycopg.OperationalError)
    if full or (gone and disk_is_full()):
        return (
            "The disk is full. Make room and start again; what is there already is kept, and "
            "`make demo-reset` deletes it."
        )
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"{error.filename or RUN_DIR} may not be written by this user. Give it to the user "
            f"who runs the demo, or delete it if it is left over from another one."
        )
    if isinstance(cause, psycopg.errors.InsufficientPrivilege):
        return (
            f"The user of DATABASE_URL has too few rights: {first_line(cause)}. Make it the owner "
            f"of the database, or leave DATABASE_URL out."
        )
    if gone:
        return f"The database cannot be used: {first_line(cause)}. Put that right and start again."
    return None


def first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")


def disk_is_full() -> bool:
    places = {RUN_DIR, (RUN_DIR / "servers-of-root").resolve()}
    return any(shutil.disk_usage(place).free < FULL for place in places if Path(place).exists())


def raise_again(error: Exception):
    raise error
