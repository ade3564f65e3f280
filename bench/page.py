"""How fast is a resident's home page? Beside the least Django page, in one run: `make bench`.

Both are served by gunicorn as the demo is, on loopback, and asked in turns; each ratio is the
median of those of a turn. Then the home page while nights run on another database of the same
server, and a night by one worker beside one by two.

From the environment: BENCH_RESIDENTS (100000; of several by commas the most: who the nights are
for), BENCH_SECONDS (3, how long a page is asked in a turn), BENCH_TURNS (5); DATABASE_URL and
REDIS_URL for servers of one's own.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict
from tqdm import tqdm

from bench import limit
from bench.databases import database_url, throw_away_database
from bench.load import Lap, lap
from portal import local_servers
from portal.demo.processes import end_with_parent, reserve_any_port

FEW, MANY = 2, 16  # connections
SERVED = ["--no-control-socket", "--workers", "2", "--threads", "4"]  # as the demo is
FLOOR, KEPT = "least page", "least page, template kept"
HOMES = {
    "home, 3 to do": "hanako@example.jp",
    "home, 4 children": "yoshino@example.jp",
    "home, nothing to do": "akiko@example.jp",
}
HOME = "home, 3 to do"


def run(module: str, *arguments: str, **environment: str) -> str:
    """Run a module of the benchmark and return the last line that it prints."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


@contextlib.contextmanager
def process(*arguments: str, log: Path, keep_open=(), **environment: str):
    """Run a module until the end of the block; if this process is killed, it ends too."""
    with open(log, "wb") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=keep_open,
            preexec_fn=end_with_parent,
        )
    try:
        yield started
    finally:
        started.terminate()
        started.wait(20)


@contextlib.contextmanager
def served(application: str, *, log: Path, config: Path | None, path: str, **environment: str):
    """Serve a WSGI application by gunicorn until the end of the block.

    Yield the page's address and the process.
    """
    with reserve_any_port() as port:
        address = "http://{}:{}".format(*port.getsockname()) + path
        number = port.fileno()
        gunicorn = ["gunicorn", application, "--config", str(config or os.devnull)]
        arguments = [*gunicorn, "--bind", f"fd://{number}", *SERVED]
        with process(*arguments, log=log, keep_open=[number], **environment) as server:
            wait_until_it_answers(address, server, log)
            yield address, server


def wait_until_it_answers(address: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise SystemExit(f"The server of {address} ended at once:\n{log.read_text()[-2000:]}")
        with contextlib.suppress(OSError):
            try:
                urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - loopback
            except urllib.error.HTTPError:
                return
            return
        time.sleep(0.1)
    raise SystemExit(f"The server of {address} does not answer:\n{log.read_text()[-2000:]}")


@dataclass(frozen=True)
class Page:
    url: str
    cookie: str
    server: psutil.Process
    dsn: str

    def work(self) -> float:
        """Return the seconds of processor time its server and database have taken so far."""
        database = conninfo_to_dict(self.dsn)["dbname"]
        everything = psutil.process_iter(["cmdline"])
        sessions = [one for one in everything if database in " ".join(one.info["cmdline"] or [])]
        return sum(used(one) for one in [*self.server.children(), *sessions])


def used(process: psutil.Process) -> float:
    """Return the processor time that a process has taken, in seconds."""
    times = process.cpu_times()
    return times.user + times.system


class Pages:
    """The pages to be asked, by name, and how often and how long that is done."""

    def __init__(self):
        self.pages: dict[str, Page] = {}
        self.seconds = int(os.environ.get("BENCH_SECONDS", "3"))
        self.turns = int(os.environ.get("BENCH_TURNS", "5"))

    def steps(self) -> int:
        """How many laps `main` asks for."""
        return (len(HOMES) + 2) * 2 + 2 * self.turns * (len(HOMES) + 2) + 2 * self.turns

    def ask(self, name: str, connections: int) -> Lap:
        page = self.pages[name]
        before = page.work()
        done = lap(page.url, page.cookie, connections=connections, seconds=self.seconds)
        if done.wrong:
            raise SystemExit(f"{done.wrong} answers of {page.url} ({name}) were none or not 200.")
        return replace(done, work=(page.work() - before) / (done.per_second * self.seconds))

    def in_turns(self, names, connections: int, progress: tqdm) -> dict[str, list[Lap]]:
        laps = {name: [] for name in names}
        for _ in range(self.turns):
            for name in names:
                progress.set_description(f"{name}, {connections} connections")
                laps[name].append(self.ask(name, connections))
                progress.update()
        return laps

    def warm_up(self, progress: tqdm) -> None:
        """So that every worker and thread has met every page: what a process does once."""
        for name, page in self.pages.items():
            progress.set_description(f"{name}, warming up")
            for _ in range(2):
                lap(page.url, page.cookie, connections=MANY, seconds=1)
                progress.update()


def ratio(laps: dict[str, list[Lap]], name: str, of: str, value: str) -> float:
    """Return the median, over the turns, of one page's figure as a multiple of another's."""
    pairs = zip(laps[name], laps[of], strict=True)
    return median(getattr(one, value) / getattr(other, value) for one, other in pairs)


def measured() -> dict:
    """Measure everything; return the laps and the seconds of the nights."""
    sizes = os.environ.get("BENCH_RESIDENTS", "100000").split(",")
    residents = max(int(size) for size in sizes)
    with contextlib.ExitStack() as stack:
        enter, pages = stack.enter_context, Pages()
        progress = enter(tqdm(total=pages.steps() + 4, disable=None, unit="step"))
        folder = Path(enter(tempfile.TemporaryDirectory(prefix="annai-bench-")))
        floor, portal, nights = (
            enter(throw_away_database(name)) for name in ("floor", "portal", "engine")
        )

        progress.set_description("filling databases")
        least = {"BENCH_DSN": floor, "DJANGO_SETTINGS_MODULE": "bench.floor_settings"}
        floor_cookie = run("bench.floor", **least)
        progress.update()
        demo = {
            "ANNAI_ENV": "demo",
            "ANNAI_RUN_DIR": str(folder),
            "DATABASE_URL": database_url(portal),
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }
        cookies = json.loads(run("bench.visitors", **demo))
        progress.update()
        engine = {
            "BENCH_DSN": nights,
            "BENCH_FACTS": str(folder),
            "BENCH_RESIDENTS": str(residents),
            "BENCH_TODAY": limit.TODAY.isoformat(),
        }
        write_facts(folder, residents)
        run("bench.engine", "load", **engine)
        progress.update()

        config = Path("gunicorn.conf.py").resolve()
        for name, cached in ((FLOOR, ""), (KEPT, "1")):
            url, server = enter(
                served(
                    "bench.floor",
                    log=folder / f"floor{cached}.log",
                    config=None,
                    path="/secured",
                    BENCH_CACHED=cached,
                    **least,
                )
            )
            pages.pages[name] = Page(url, floor_cookie, psutil.Process(server.pid), floor)
        log = folder / "portal.log"
        url, server = enter(served("portal.wsgi", log=log, config=config, path="/", **demo))
        server = psutil.Process(server.pid)
        for name, email in HOMES.items():
            pages.pages[name] = Page(url, cookies[email], server, portal)

        pages.warm_up(progress)
        few, many = (pages.in_turns(pages.pages, count, progress) for count in (FEW, MANY))
        night = process("bench.workers", "nights", log=folder / "nights.log", **engine)
        with night as sweeping:
            during = pages.in_turns([FLOOR, HOME], MANY, progress)
            if sweeping.poll() is not None:
                raise SystemExit((folder / "nights.log").read_text()[-2000:])
        progress.set_description("one worker and two")
        workers = json.loads(run("bench.workers", **engine))
        progress.update()
    return {"few": few, "many": many, "during": during, "workers": workers, "residents": residents}


def write_facts(folder: Path, residents: int) -> None:
    with throw_away_database("limit") as dsn, psycopg.connect(dsn, autocommit=True) as db:
        limit.load(db, residents)
        limit.write_facts(db, folder)


def print_tables(found: dict) -> None:
    few, many, during = found["few"], found["many"], found["during"]
    print(
        f"\nPages: times the least page's requests a second ({FEW}, {MANY} connections), 95th of a"
    )
    print("hundred, and processor time of server and database")
    for name in many:
        figures = [
            *(ratio(laps, name, FLOOR, "per_second") for laps in (few, many)),
            ratio(many, name, FLOOR, "p95"),
            ratio(many, name, FLOOR, "work"),
        ]
        print(f"  {name:52} " + " ".join(f"{figure:8.2f}" for figure in figures))
    half = ratio(many, HOME, FLOOR, "per_second")
    least, home = (median(one.work for one in many[name]) * 1000 for name in (FLOOR, HOME))
    calm = ratio(many, HOME, FLOOR, "p95")
    floor_p95 = median(one.p95 for one in many[FLOOR])
    busy = median(one.p95 for one in during[HOME]) / floor_p95
    beside = ratio(during, HOME, FLOOR, "p95")
    faster = found["workers"]["faster"]
    print()
    for number, what, figure, holds in (
        ("P11", "home page at least half of the least page's requests/s", half, half >= 0.5),
        ("P12", f"its p95, {MANY} connections: at most 1.5 times", calm, calm <= 1.5),
        ("P12", "  at most twice while a night runs, to without one", busy, busy <= 2),
        ("P12", "  and to the least page while the night runs, too", beside, beside <= 2),
        ("P13", "a night by two workers: 1.6 times as fast", faster, faster >= 1.6),
    ):
        print(f"  {number:4} {what:62} {figure:>16.2f}  {'met' if holds else 'NOT MET'}")
    print(f"  Processor time: a home page {home:.1f} ms, the least page {least:.1f} ms.")
    print(f"  A night is for {found['residents']:,} residents.")


def main() -> None:
    local_servers.ensure()
    print_tables(measured())


if __name__ == "__main__":
    main()
