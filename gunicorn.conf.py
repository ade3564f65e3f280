"""How gunicorn serves the portal. It reads this file by itself when started in this folder.

Only what does not depend on the machine; the address and the number of workers are given on the
command line (`--bind`, `--workers`). Nothing of the portal is imported here, in the process that
starts the workers: what it had imported would stay old when it is told to reload them.
"""

import os
import socket
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

from gunicorn import util
from gunicorn.workers import gthread
from structlog.processors import JSONRenderer, TimeStamper
from structlog.stdlib import ProcessorFormatter, add_log_level, add_logger_name

RUN_DIR = Path(os.environ.get("ANNAI_RUN_DIR") or Path(__file__).resolve().parent / ".run")

# Set before any worker imports prometheus_client, which looks only once.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(RUN_DIR / "metrics"))


def on_starting(server):
    """Begin with no counts: those that are there belong to workers that are gone."""
    RUN_DIR.mkdir(mode=0o700, exist_ok=True)
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    folder.mkdir(mode=0o700, exist_ok=True)
    for counts in folder.glob("*.db"):
        counts.unlink()


# Until a request's line and headers have to be there.
HEAD_SECONDS = float(os.environ.get("HEAD_SECONDS") or 20)
LOOKED_AT = 64  # bytes of a request, by which a call is known


class WebWorker(gthread.ThreadWorker):
    """gunicorn's worker with threads, with an end to slow requests and errors as the API has them.

    gunicorn's own waits for the rest of a head for good, so a few senders of half a one would hold
    all threads. How slow a body may be is up to whoever reads it.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.heads = {}  # connection: until when its request's head has to be there
        self.too_slow = set()
        self.now_at = threading.local()

    def notify(self):
        """Say that this process lives, as it does each second; and end what is late."""
        super().notify()
        for connection, until in self.heads.copy().items():
            if until < time.monotonic() and self.heads.pop(connection, None):
                self.too_slow.add(connection)
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RD)

    def handle(self, conn):
        if not conn.initialized and not conn.wait_for_data(gthread.DEFAULT_WORKER_DATA_TIMEOUT):
            return gthread._DEFER  # it holds no thread until something comes
        self.now_at.a_call = is_a_call(conn.sock)
        self.heads[conn] = time.monotonic() + HEAD_SECONDS
        try:
            return super().handle(conn)
        finally:
            self.heads.pop(conn, None)
            if conn in self.too_slow:
                self.too_slow.remove(conn)
                self.say(conn.sock, 408)

    def handle_request(self, req, conn):
        self.heads.pop(conn, None)  # the head is there
        return super().handle_request(req, conn)

    def handle_error(self, req, client, addr, exc):
        if not self.now_at.a_call:
            super().handle_error(req, client, addr, exc)
            return
        caught = Caught()
        super().handle_error(req, caught, addr, exc)
        self.say(client, int(caught.answer.split()[1]))

    def say(self, client, status):
        """Answer what could not be read: a call with a problem document."""
        with suppress(OSError):
            if self.now_at.a_call:
                util.write_nonblock(client, problem(status))
            else:
                util.write_error(client, status, HTTPStatus(status).phrase, "")


class Caught:
    """Stands for a sender while gunicorn writes its own answer."""

    def gettimeout(self):
        return 0.0

    def sendall(self, answer):
        self.answer = answer


def is_a_call(client) -> bool:
    """Tell whether a request begins as one of the API does; nothing of it is taken."""
    try:
        beginning = client.recv(LOOKED_AT, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except (OSError, ValueError):  # nothing there, or not to be looked at (TLS)
        return False
    return b" /api/v1/" in beginning


def problem(status) -> bytes:
    """Return an answer, in the process of a worker, which has the portal in it."""
    from portal.exchange.api.problems import unread

    answer = unread(status)
    answer.headers["Connection"] = "close"
    answer.headers["Content-Length"] = str(len(answer.content))
    begins = f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}\r\n"
    return begins.encode() + answer.serialize_headers() + b"\r\n\r\n" + answer.content


worker_class = WebWorker
threads = 8  # of each worker, unless `--threads` says otherwise


if os.environ.get("ANNAI_ENV", "production") == "production":
    # The lines of the process that starts the workers. The workers' own: portal/logs.py.
    logconfig_dict = {
        "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["error_console"]}},
        "formatters": {
            "generic": {
                "()": ProcessorFormatter,
                "foreign_pre_chain": [
                    add_log_level,
                    add_logger_name,
                    TimeStamper(fmt="iso", key="at"),
                ],
                "processors": [ProcessorFormatter.remove_processors_meta, JSONRenderer()],
            }
        },
    }
