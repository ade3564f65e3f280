"""What does counting use cost a request? The same pages with the counter and without, in turns.

`python -m bench.use`. In one process: a request without, one with, one with Valkey gone, and again,
so that whatever else runs on the machine falls on all alike. Each ratio is that of two medians. The
pages answer through all of the portal's middleware and are read to their end; no network but that
to PostgreSQL and Valkey.

From the environment: BENCH_REQUESTS (1500, of each kind); DATABASE_URL and REDIS_URL for servers
of one's own.
"""

import json
import logging
import os
import tempfile
import time
from dataclasses import dataclass, field
from statistics import median, quantiles

import django
from tqdm import tqdm

from bench.databases import database_url, throw_away_database
from bench.page import HOME, HOMES, run
from portal import local_servers

COUNTER = "portal.insights.middleware.UseMiddleware"
SUMS, PLACES = "annai:bench:use", "annai:bench:uses"  # never among those of a demo
WITHOUT, WITH, GONE = "without", "with", "with, Valkey gone"
AT_MOST = 1.02  # times the processor time without


@dataclass
class Taken:
    """Seconds of each request: of processor time in this process, and until it was answered."""

    work: list[float] = field(default_factory=list)
    time: list[float] = field(default_factory=list)


class Handlers:
    """The portal's WSGI application, with the counter and without."""

    def __init__(self):
        from django.conf import settings
        from django.core.handlers.wsgi import WSGIHandler
        from django.test import override_settings

        from portal.insights import counter, middleware

        counter.minute_key, counter.MINUTES = lambda minute: SUMS, PLACES
        self.middleware, self.counters = (
            middleware,
            {
                WITH: counter.Counter(),
                GONE: counter.Counter(),
            },
        )
        self.there, self.settings = settings.REDIS_URL, settings
        self.of = {WITH: WSGIHandler(), GONE: WSGIHandler()}
        less = [one for one in settings.MIDDLEWARE if one != COUNTER]
        with override_settings(MIDDLEWARE=less):
            self.of[WITHOUT] = WSGIHandler()

    def ask(self, kind: str, path: str, cookie: str, taken: Taken) -> None:
        from django.test import RequestFactory

        environ = RequestFactory(SERVER_NAME="127.0.0.1").get(path, HTTP_COOKIE=cookie).environ
        self.settings.REDIS_URL = "unix:///nowhere/valkey.sock" if kind == GONE else self.there
        self.middleware.counter = self.counters.get(kind)
        statuses = []
        work, began = time.process_time(), time.perf_counter()
        response = self.of[kind](environ, lambda status, headers: statuses.append(status))
        b"".join(response)
        response.close()
        taken.work.append(time.process_time() - work)
        taken.time.append(time.perf_counter() - began)
        self.settings.REDIS_URL = self.there
        if statuses != ["200 OK"]:
            raise SystemExit(f"{path} ({kind}) was answered {statuses}.")


def measured(pages: dict[str, tuple[str, str]], requests: int) -> dict[str, dict[str, Taken]]:
    """Return what each kind of request to each page took. `pages`: name to path and cookie."""
    handlers = Handlers()
    found = {}
    for name, (path, cookie) in pages.items():
        for kind in (WITHOUT, WITH, GONE) * 20:  # what a process does once
            handlers.ask(kind, path, cookie, Taken())
        found[name] = {kind: Taken() for kind in (WITHOUT, WITH, GONE)}
        for _ in tqdm(range(requests), desc=name, disable=None, unit="turn"):
            for kind, taken in found[name].items():
                handlers.ask(kind, path, cookie, taken)
    return found


def hand_overs(times: int = 300) -> Taken:
    """Return what handing over 20 sums takes, which one request a second does in each process."""
    from django.conf import settings

    from portal.insights import counter

    taken, sums = Taken(), {(0, f"page|route-{number}|ja"): 1 for number in range(20)}
    for _ in range(times):
        work, began = time.process_time(), time.perf_counter()
        counter.add(sums)
        taken.work.append(time.process_time() - work)
        taken.time.append(time.perf_counter() - began)
    counter.valkey(settings.REDIS_URL).delete(SUMS, PLACES)
    return taken


def print_table(found: dict[str, dict[str, Taken]], handed_over: Taken) -> None:
    print("\nCounting use: times the same page without it, a request at a time")
    print(f"  {'':42} {'processor':>9} {'until answered':>14} {'its 95th':>9}")
    worst = 0.0
    for name, kinds in found.items():
        less = kinds[WITHOUT]
        for kind in (WITH, GONE):
            taken = kinds[kind]
            work = median(taken.work) / median(less.work)
            until = median(taken.time) / median(less.time)
            late = quantiles(taken.time, n=20)[-1] / quantiles(less.time, n=20)[-1]
            worst = max(worst, work)
            print(f"  {f'{name}, {kind}':42} {work:9.3f} {until:14.3f} {late:9.3f}")
        more = (median(kinds[WITH].work) - median(less.work)) * 1e3
        print(f"  {'':42} {more:.3f} ms more, of {median(less.work) * 1e3:.2f} ms")
    work, until = median(handed_over.work) * 1e3, median(handed_over.time) * 1e3
    print(f"  Once a second and process: {work:.2f} ms of processor time, {until:.2f} ms in all.")
    verdict = "met" if worst <= AT_MOST else "NOT MET"
    print(f"  P16  at most {AT_MOST} times the processor time {'':16} {worst:16.3f}  {verdict}")


def main() -> None:
    local_servers.ensure()
    with (
        tempfile.TemporaryDirectory(prefix="annai-bench-") as folder,
        throw_away_database("use") as dsn,
    ):
        os.environ |= {
            "ANNAI_ENV": "demo",
            "ANNAI_RUN_DIR": folder,
            "DATABASE_URL": database_url(dsn),
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }
        cookies = json.loads(run("bench.visitors"))
        django.setup()
        logging.disable(logging.WARNING)  # a line for each request would hide the table
        from django.db import connection

        pages = {HOME: ("/", cookies[HOMES[HOME]]), "sign-in page": ("/account/sign-in/", "")}
        found = measured(pages, int(os.environ.get("BENCH_REQUESTS", "1500")))
        print_table(found, hand_overs())
        connection.close()


if __name__ == "__main__":
    main()
