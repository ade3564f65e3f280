"""The benchmark: `make bench`, or `python -m bench`. Prints ratios of one run.

From the environment: BENCH_RESIDENTS (100000; several by commas), BENCH_PEER_RESIDENTS (2000: how
many the slow ways go through; their time is then taken by the resident), and DATABASE_URL and
REDIS_URL for servers of one's own. The databases are made for the run and dropped after it.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from tqdm import tqdm

from bench import limit
from bench.databases import throw_away_database
from portal import local_servers

RANGE = 50_000
ENGINE_PHASES = ["load", "first", "noop", "change", "changed", "dirty", "event", "messages"]
PEERS = ["get_or_create", "get_or_create quiet", "bulk_create", "bulk_create quiet", "jobs"]
LIMITS = ["load", "first", "first in ranges", "noop", "noop in ranges", "changed", "dirty", "event"]


@dataclass
class Run:
    """The measurements of one size: what each step took, in seconds by the resident."""

    residents: int
    peer_residents: int
    folder: Path
    limit_dsn: str
    engine_dsn: str
    limit: dict = field(default_factory=dict)
    engine: dict = field(default_factory=dict)
    peers: dict = field(default_factory=dict)

    def steps(self):
        """Yield what is to be done, as (name, function)."""
        for name in LIMITS:
            yield f"plain SQL: {name}", lambda name=name: self.measure_limit(name)
        for phase in ENGINE_PHASES:
            yield f"engine: {phase}", lambda phase=phase: self.measure_engine(phase)
        for way in PEERS:
            yield f"usual way: {way}", lambda way=way: self.measure_peer(way)

    # ---- plain SQL
    def measure_limit(self, name: str) -> None:
        with psycopg.connect(self.limit_dsn, autocommit=True) as db:
            measure = getattr(self, "limit_" + name.replace(" ", "_"))
            self.limit[name] = measure(db)

    def limit_load(self, db):
        limit.load(db, self.residents)
        limit.write_facts(db, self.folder)
        self.changed = list(range(7, self.residents + 1, 100))
        (self.folder / "changed.csv").write_text("\n".join(map(str, self.changed)))
        limit.mark_dirty(db, self.changed)

    def limit_first(self, db):
        return limit.timed(
            db, lambda: limit.first_night(db, self.everyone()), before=lambda: limit.empty(db)
        )

    def limit_first_in_ranges(self, db):
        seconds = limit.timed(
            db, lambda: limit.first_night(db, self.ranges()), before=lambda: limit.empty(db)
        )
        db.execute("VACUUM ANALYZE task")
        return seconds

    def limit_noop(self, db):
        return limit.timed(db, lambda: limit.night(db, self.everyone()))

    def limit_noop_in_ranges(self, db):
        return limit.timed(db, lambda: limit.night(db, self.ranges()))

    def limit_changed(self, db):
        return self.limit_after_change(db, self.everyone())

    def limit_dirty(self, db):
        return self.limit_after_change(db, [limit.OF_DIRTY])

    def limit_after_change(self, db, parts):
        return limit.timed(
            db,
            lambda: limit.night(db, parts),
            before=lambda: limit.turn_round(db, self.changed),
        )

    def limit_event(self, db):
        return limit.events(db, self.residents)

    def everyone(self):
        return limit.ranges(self.residents, self.residents)

    def ranges(self):
        return limit.ranges(self.residents, RANGE)

    # ---- the engine and the usual ways, each in a process of its own
    def measure_engine(self, phase: str) -> None:
        self.engine[phase] = self.process("bench.engine", phase, BENCH_DSN=self.engine_dsn)

    def measure_peer(self, name: str) -> None:
        way, _space, quiet = name.partition(" ")
        if not quiet:
            with psycopg.connect(self.limit_dsn, autocommit=True) as db:
                limit.empty(db)
        done = self.process(
            "bench.peers",
            way,
            BENCH_DSN=self.limit_dsn,
            BENCH_RESIDENTS=str(self.peer_residents),
            BENCH_BROKER=local_servers.celery_broker_url(os.environ["REDIS_URL"]),
            BENCH_QUEUE="bench-peers",
        )
        self.peers[name] = done["seconds"] / self.peer_residents * self.residents

    def process(self, module: str, argument: str, **environment) -> dict:
        done = subprocess.run(
            [sys.executable, "-m", module, argument],
            env={
                **os.environ,
                "BENCH_FACTS": str(self.folder),
                "BENCH_RESIDENTS": str(self.residents),
                "BENCH_TODAY": limit.TODAY.isoformat(),
                **environment,
            },
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return json.loads(done.stdout.splitlines()[-1])


def measured(residents: int, progress: tqdm) -> Run:
    with (
        tempfile.TemporaryDirectory(prefix="annai-bench-") as folder,
        throw_away_database("limit") as limit_dsn,
        throw_away_database("engine") as engine_dsn,
    ):
        peers = min(residents, int(os.environ.get("BENCH_PEER_RESIDENTS", "2000")))
        run = Run(residents, peers, Path(folder), limit_dsn, engine_dsn)
        for name, step in run.steps():
            progress.set_description(f"{residents:,} residents, {name}")
            step()
            progress.update()
        return run


# ---- what it comes to
def ratios(run: Run) -> list[tuple[str, float]]:
    """Return each step's time as a multiple of the plain SQL of its kind."""
    first, quiet = run.limit["first"], run.limit["noop"]
    return [
        ("first night: plain SQL, one statement", 1.0),
        ("  plain SQL, in ranges of 50,000", run.limit["first in ranges"] / first),
        ("  Annai", run.engine["first"]["seconds"] / first),
        ("  bulk_create, 1,000 at a time *", run.peers["bulk_create"] / first),
        ("  get_or_create by the row *", run.peers["get_or_create"] / first),
        ("  a Celery job a resident, get_or_create *", run.peers["jobs"] / first),
        ("quiet night: plain SQL, two statements", 1.0),
        ("  plain SQL, in ranges of 50,000", run.limit["noop in ranges"] / quiet),
        ("  Annai", run.engine["noop"]["seconds"] / quiet),
        ("  bulk_create, ignoring conflicts *", run.peers["bulk_create quiet"] / quiet),
        ("  get_or_create by the row *", run.peers["get_or_create quiet"] / quiet),
        ("one in a hundred changed: plain SQL, everyone", 1.0),
        ("  plain SQL, only whom it concerns", run.limit["dirty"] / run.limit["changed"]),
        ("  Annai, everyone", run.engine["changed"]["seconds"] / run.limit["changed"]),
        ("  Annai, only whom it concerns", run.engine["dirty"]["seconds"] / run.limit["changed"]),
        ("one resident at an event: plain SQL, 95th of 100", 1.0),
        ("  Annai, 95th of 100", run.engine["event"]["p95"] / run.limit["event"]),
    ]


def goals(run: Run, smaller: Run | None) -> list[tuple[str, str, str, bool]]:
    """Return the goals of docs/performance.md: number, what, what was measured, if it holds."""
    first, noop, changed = (run.engine[phase] for phase in ("first", "noop", "changed"))
    event, messages = run.engine["event"], run.engine["messages"]
    to_first = first["seconds"] / run.limit["first"]
    to_quiet = noop["seconds"] / run.limit["noop"]
    over_rows = run.peers["get_or_create"] / first["seconds"]
    over_rows_quiet = run.peers["get_or_create quiet"] / noop["seconds"]
    to_changed = changed["seconds"] / run.limit["changed"]
    to_event = event["p95"] / run.limit["event"]
    wal_allowed = max(1, run.residents / 1_000_000)
    memory = max(run.engine[phase]["memory_mib"] for phase in ("first", "noop", "changed"))
    found = [
        ("P1", "first night at most 1.5 times plain SQL", f"{to_first:.2f}", to_first <= 1.5),
        ("P2", "first night 80 times get_or_create", f"{over_rows:.0f}", over_rows >= 80),
        ("P2", "quiet night 200 times", f"{over_rows_quiet:.0f}", over_rows_quiet >= 200),
        ("P3", "quiet night at most 1.5 times plain SQL", f"{to_quiet:.2f}", to_quiet <= 1.5),
        (
            "P3",
            "  writes no task, uses no number, 1 MiB of log for 1,000,000",
            f"{noop['rows']}, {noop['numbers_used']}, {noop['wal_mib']:.2f} MiB",
            not noop["rows"] and not noop["numbers_used"] and noop["wal_mib"] <= wal_allowed,
        ),
        ("P4", "1% changed at most 1.5 times", f"{to_changed:.2f}", to_changed <= 1.5),
        ("P6", "an event: at most 6 statements", f"{event['statements']}", event["statements"] < 7),
        ("P6", "  at most 5 times plain SQL, 95th of 100", f"{to_event:.2f}", to_event <= 5),
        ("P7", "a sweep takes at most 100 MiB more", f"{memory:.0f} MiB", memory <= 100),
        (
            "P15",
            "messages a night: ranges and 10",
            f"{messages['messages']} for {messages['ranges']}",
            messages["messages"] <= messages["ranges"] + 10,
        ),
    ]
    if smaller:
        for phase, name in (("first", "first night"), ("noop", "quiet night")):
            here, there = (r.engine[phase]["seconds"] / r.residents for r in (run, smaller))
            grown = here / there
            what = f"{name} by the resident, to {smaller.residents:,}: at most 1.3"
            found.append(("P5", what, f"{grown:.2f}", grown <= 1.3))
    return found


def print_tables(run: Run, smaller: Run | None) -> None:
    print(f"\n{run.residents:,} residents: times plain SQL")
    for name, ratio in ratios(run):
        print(f"  {name:52} {ratio:8.2f}")
    print(f"  * on {run.peer_residents:,} residents and taken by the resident\n")
    for number, what, found, holds in goals(run, smaller):
        print(f"  {number:4} {what:62} {found:>16}  {'met' if holds else 'NOT MET'}")
    quiet, changed = run.engine["noop"], run.engine["changed"]
    a_row = (changed["seconds"] - quiet["seconds"]) / changed["rows"]
    print(
        f"  A night costs what a quiet one costs, and for each task changed as much as "
        f"{a_row / (quiet['seconds'] / run.residents):.0f} residents looked at in vain."
    )


def main() -> None:
    local_servers.ensure()
    sizes = [int(size) for size in os.environ.get("BENCH_RESIDENTS", "100000").split(",")]
    steps = len(LIMITS) + len(ENGINE_PHASES) + len(PEERS)
    runs = []
    with tqdm(total=steps * len(sizes), disable=None, unit="step") as progress:
        for residents in sorted(sizes):
            runs.append(measured(residents, progress))
    for run, smaller in zip(runs, [None, *runs], strict=False):
        print_tables(run, smaller)


if __name__ == "__main__":
    main()
