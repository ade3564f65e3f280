"""One installation of the portal, all its own, so that any part of it may be killed.

Nothing here imports Django. What runs of the portal runs in processes of its own, which may end
at any moment, and what came of it is looked at from outside.
"""

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from multiprocessing import forkserver
from pathlib import Path

import psycopg
import redis
from psycopg.rows import namedtuple_row

from portal import local_servers
from portal.demo.processes import Child
from portal.local_servers import CHECKOUT
from portal.residents.locks import BLOCK, LOCK_OF_BLOCK
from tests.faults import child
from tests.ports import free_port

LEASE_SECONDS = 2
PATIENCE = 180  # seconds until a test takes a process for stuck


class PostgresToKill(local_servers.Postgres):
    # Processes are killed here and not the machine, so the kernel keeps what was written.
    settings = local_servers.Postgres.settings | {
        "fsync": "off",
        "shared_buffers": "64MB",
        "autovacuum": "off",
    }

    def kill(self):
        """Stop it "immediate": all its processes leave at once, and the next start recovers."""
        self.place.run(self._program("pg_ctl"), "-D", self.data, "-m", "immediate", "stop")

    def address_of(self, database):
        return self._url(database)


class ValkeyToKill(local_servers.Valkey):
    def kill(self):
        """Kill it outright. It keeps nothing on disk, so every message is gone."""
        with self.client() as valkey:
            pid = valkey.info("server")["process_id"]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not self._answers(), "Valkey is gone")

    def client(self):
        return redis.Redis(unix_socket_path=str(self.socket))


class Site:
    """PostgreSQL and Valkey in a folder of their own, and the portal's processes on them."""

    def __init__(self, *, sink_port: int):
        self.folder = Path(tempfile.mkdtemp(prefix="annai-faults-"))
        self.place = local_servers.Place(self.folder)
        self.postgres, self.valkey = PostgresToKill(self.place), ValkeyToKill(self.place)
        self.run_folder = self.folder / "run"
        self.run_folder.mkdir(mode=0o700)
        self.children = []
        self.environment = {
            "ANNAI_ENV": "development",
            "ANNAI_RUN_DIR": str(self.run_folder),
            "DATABASE_URL": self.postgres.url,
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "EMAIL_URL": f"smtp://127.0.0.1:{sink_port}",
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "PYTHONPATH": str(CHECKOUT),
            "REDIS_URL": self.valkey.url,
        }

    def __enter__(self):
        try:
            self.start_servers()
            self._start_fork_server()
        except BaseException:
            self.erase()
            raise
        return self

    def __exit__(self, *exception):
        self.erase()

    def start_servers(self):
        self.postgres.bring_up()
        self.valkey.bring_up()

    def _start_fork_server(self):
        """Start the process from which deeds are forked: it has loaded Django, and so have they."""
        before = dict(os.environ)
        os.environ.update(self.environment)
        try:
            forkserver.set_forkserver_preload(
                ["tests.faults.ready", "tests.faults.deeds", "portal.urls"]
            )
            forkserver.ensure_running()
        finally:
            os.environ.clear()
            os.environ.update(before)

    def erase(self):
        self.stop_children()
        local_servers.erase(self.folder)
        shutil.rmtree(self.folder)

    # ---- processes of the portal
    def start(self, deed: str, *, crash_at: str | None = None, **options) -> "Deed":
        """Fork a process that does a deed (tests/faults/deeds.py), or dies at `crash_at`."""
        return Deed(self.run_folder, deed, crash_at, options)

    def do(self, deed: str, **options) -> str:
        """Do a deed to its end, in a process of its own; return what it printed."""
        return self.start(deed, **options).finish()

    def start_command(self, name: str, *arguments, crash_at: str | None = None) -> "Deed":
        options = {"name": name, "arguments": [str(one) for one in arguments]}
        return self.start("command", crash_at=crash_at, **options)

    def command(self, name: str, *arguments) -> str:
        """Run a command to its end; return what it printed."""
        return self.start_command(name, *arguments).finish()

    def start_worker(self, name: str = "worker", **environment) -> Child:
        options = ["--concurrency", "2", "--without-mingle", "--without-gossip", "-n", name]
        celery = ["celery", "--app", "portal", "--quiet", "worker", "-l", "INFO"]
        return self._start_child(name, [*celery, *options], environment)

    def start_beat(self, **environment) -> Child:
        celery = ["celery", "--app", "portal", "--quiet", "beat", "-l", "INFO"]
        return self._start_child("beat", [*celery, "--pidfile="], environment)

    def start_web(self, **environment) -> Child:
        """Start gunicorn and wait until it listens; its address is in `web`."""
        port = free_port()
        gunicorn = ["gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
        gunicorn += ["--threads", "8", "--no-control-socket"]
        web = self._start_child("web", gunicorn, environment)
        wait_until(lambda: listens(port), "gunicorn listens")
        self.web = f"http://127.0.0.1:{port}"
        return web

    def _start_child(self, name, arguments, environment):
        log = self.run_folder / f"{name}.log"
        started = Child(name, arguments, log=log, environment=self.environment | environment)
        self.children.append(started)
        return started

    def supervise(self) -> None:
        """Start again what has ended by itself, as whoever runs the portal must (operations.md).

        Celery's worker does end where Valkey goes while it holds messages that it has not read.
        """
        for one in self.children:
            if one.has_ended():
                one.start_again()

    def kill(self, one: Child):
        """Kill a process with all that it has started, outright."""
        one.send(signal.SIGKILL)
        one.process.wait()
        self.children.remove(one)

    def stop_children(self, *, but=()):
        for one in [one for one in self.children if one not in but]:
            self.kill(one)

    # ---- what there is
    def query(self, sql: str, *values, **named) -> list[tuple]:
        address = self.postgres.url
        with psycopg.connect(address, autocommit=True, row_factory=namedtuple_row) as connection:
            return connection.execute(sql, values or named or None).fetchall()

    def value(self, sql: str, *values):
        [(value,)] = self.query(sql, *values)
        return value

    def change(self, sql: str, *values) -> None:
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute(sql, values or None)

    def inbox(self) -> str:
        return self.command("dump_inbox")

    def ledger(self) -> str:
        return self.command("dump_reminders")

    def messages(self) -> list[bytes]:
        """Return the messages that wait in the queue, as they stand there."""
        with self.valkey.client() as valkey:
            queues = [key for key in valkey.keys("celery*") if valkey.type(key) == b"list"]
            return [message for key in queues for message in valkey.lrange(key, 0, -1)]

    def put_back(self, messages: list[bytes]) -> None:
        """Put messages into the queue once more, as a broker does that has lost count."""
        with self.valkey.client() as valkey:
            valkey.lpush("celery", *messages)

    def unread(self) -> int:
        """Return how many messages wait, or are with a worker that has not said that it is done."""
        with self.valkey.client() as valkey:
            return len(self.messages()) + valkey.hlen("unacked")

    def jobs(self, name: str) -> tuple[int, int]:
        """Return how often workers have received a job, and how many jobs they are at just now."""
        found = json.loads(self.do("inspect_worker"))
        return found["received"].get(f"tasks.jobs.{name}", 0), found["active"]

    @contextlib.contextmanager
    def nobody_is_reconciled(self):
        """Hold everybody's lock, so that whoever reconciles stands still in the midst of it."""
        blocks = self.query("SELECT DISTINCT (id / %s)::int FROM residents_resident", BLOCK)
        with contextlib.closing(psycopg.connect(self.postgres.url)) as connection:
            for [block] in blocks:
                connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_OF_BLOCK, block])
            yield

    def waiting_for_locks(self) -> int:
        return self.value(
            """SELECT count(*) FROM pg_stat_activity
            WHERE wait_event_type = 'Lock' AND datname = current_database()"""
        )

    # ---- copies of the database, to begin again from
    def keep_as(self, name: str) -> None:
        """Keep the database as it is now, under a name."""
        self._as_superuser(f"CREATE DATABASE {name} TEMPLATE annai")

    def go_back_to(self, name: str) -> None:
        """Make the database as it was when it was kept; whoever is connected is thrown out."""
        self._as_superuser(
            "DROP DATABASE IF EXISTS annai WITH (FORCE)", f"CREATE DATABASE annai TEMPLATE {name}"
        )
        with self.valkey.client() as valkey:
            valkey.flushall()

    def drop(self, name: str) -> None:
        self._as_superuser(f"DROP DATABASE {name}")

    def _as_superuser(self, *statements):
        with psycopg.connect(self.postgres.address_of("postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


class Deed:
    """A forked process that does one thing, and the file that it prints into."""

    count = 0

    def __init__(self, folder: Path, deed: str, crash_at: str | None, options: dict):
        Deed.count += 1
        self.output = folder / f"deed-{Deed.count}.out"
        forking = multiprocessing.get_context("forkserver")
        self.process = forking.Process(
            target=child.run, args=(deed, str(self.output), crash_at, options), daemon=True
        )
        self.process.start()

    def kill(self) -> None:
        self.process.kill()

    def runs(self) -> bool:
        return self.process.is_alive()

    def wait(self) -> int:
        """Wait for the end; return the exit code, or the signal's number below zero."""
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            raise AssertionError(f"stuck for {PATIENCE} s:\n{self.printed()}")
        return self.process.exitcode

    def finish(self) -> str:
        """Wait for the end, which must be a good one; return what it printed."""
        code = self.wait()
        assert code == 0, f"ended with {code}:\n{self.printed()}"
        return self.printed()

    def printed(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    def counts(self) -> dict:
        return json.loads(self.printed().splitlines()[-1])


def wait_until(holds, what: str, *, seconds: float = PATIENCE) -> float:
    """Ask until it holds; return how many seconds that took. Fails after `seconds`."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - began


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Browser:
    """Somebody who is signed in, as far as cookies go."""

    def __init__(self, url: str, session: str = ""):
        self.url, self.session = url, session

    def get(self, path: str) -> "Page":
        return self._send(urllib.request.Request(self.url + path))

    def post(self, path: str, **fields) -> "Page":
        token = "a" * 32
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        request = urllib.request.Request(self.url + path, body)
        request.add_header("Cookie", f"csrftoken={token}")
        return self._send(request)

    def _send(self, request) -> "Page":
        began = time.monotonic()
        cookies = [request.get_header("Cookie", ""), f"annai_session={self.session}"]
        request.add_header("Cookie", "; ".join(filter(None, cookies)))
        try:
            with DIRECT.open(request, timeout=PATIENCE) as answer:
                return Page(answer.status, answer.headers, answer.read().decode(), began)
        except urllib.error.HTTPError as error:
            with error:
                return Page(error.code, error.headers, error.read().decode(), began)


class StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


DIRECT = urllib.request.build_opener(StayHere, urllib.request.ProxyHandler({}))


class Page:
    def __init__(self, status, headers, text, began):
        self.status, self.headers, self.text = status, headers, text
        self.seconds = time.monotonic() - began
