"""The engine's part of a benchmark, one phase a process: `python bench/engine.py PHASE`.

From the environment:
  BENCH_DSN        libpq's connection string of a database that the phase `load` may fill
  BENCH_FACTS      folder of resident.csv (id, certificate expires, insurance linked, account
                   registered), child.csv (id, resident, dose from, dose to), changed.csv (resident)
  BENCH_RESIDENTS  how many residents there are
  BENCH_TODAY      the day that the rules are asked

The last line is JSON: {"seconds": the median of what was timed, "rows": tasks written, ...}, or
{"skipped": true} for a phase that is not built yet. `--guardians` makes the children residents
with a guardian; without it a dose's row goes by the parent.
"""

import argparse
import contextlib
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a file, not a module

import django
import psutil
import psycopg
from django.db import connection, transaction

from bench.databases import database_url
from bench.ingest import busy_seconds
from bench.limit import REPEATS, event_count

FACTS = Path(os.environ["BENCH_FACTS"])
RESIDENTS = int(os.environ["BENCH_RESIDENTS"])
TODAY = date.fromisoformat(os.environ["BENCH_TODAY"])


def sql(text: str, *params) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, params or None)


# ---- load: the facts as the portal stores them
GIVEN = """
CREATE TEMPORARY TABLE given_resident (
    id bigint, expires date, insurance_linked boolean, account_registered boolean);
CREATE TEMPORARY TABLE given_child (id bigint, resident bigint, dose_from date, dose_to date);
"""

# Checked yesterday, good for a year: every fact is known. All adults were born on one day.
STORED = """
INSERT INTO residents_source (key) VALUES ('bench');
CREATE TEMPORARY TABLE said AS SELECT id AS source_id, date '{today}' - 1 AS checked_at,
    date '{today}' + 365 AS stale_on FROM residents_source;
INSERT INTO residents_resident (id, ref, municipality_id, name, name_kana, born, email, language,
        state, merged_into, acts_from, source_id, checked_at, stale_on)
    SELECT given.id, 'R' || given.id, '131016', '山田 花子', 'ヤマダ ハナコ', '1985-04-01', '',
        'ja', 'active', '', '2003-04-01', said.* FROM given_resident given, said ORDER BY given.id;
INSERT INTO card_certificate (resident_id, type, serial, expires_on, known_since, current,
        source_id, checked_at, stale_on)
    SELECT given.id, 'user-authentication', 'S' || given.id, given.expires, date '{today}' - 1,
        true, said.* FROM given_resident given, said ORDER BY given.id;
INSERT INTO card_insuranceuse (resident_id, status, source_id, checked_at, stale_on)
    SELECT given.id, CASE WHEN insurance_linked THEN 'registered' ELSE 'not-registered' END,
        said.* FROM given_resident given, said ORDER BY given.id;
INSERT INTO card_benefitaccount (resident_id, status, source_id, checked_at, stale_on)
    SELECT given.id, CASE WHEN account_registered THEN 'registered' ELSE 'not-registered' END,
        said.* FROM given_resident given, said ORDER BY given.id;
"""

DOSES_OF_PARENTS = """
INSERT INTO bench_dosewindow (id, resident_id, opens_on, dose_to, source_id, checked_at, stale_on)
    SELECT given.id, given.resident, given.dose_from - 30, given.dose_to, said.*
    FROM given_child given, said ORDER BY given.id;
"""

# The children's ids follow the residents', in the order of their parents.
DOSES_OF_CHILDREN = """
CREATE TEMPORARY TABLE child AS SELECT given.*, {residents} + row_number() OVER (ORDER BY id)
    AS child_id FROM given_child given;
INSERT INTO residents_resident (id, ref, municipality_id, name, name_kana, born, email, language,
        state, merged_into, acts_from, source_id, checked_at, stale_on)
    SELECT child_id, 'R' || child_id, '131016', '山田 太郎', 'ヤマダ タロウ', date '{today}' - 400,
        '', 'ja', 'active', '', (date '{today}' - 400 + interval '18 years')::date, said.*
    FROM child, said ORDER BY child_id;
INSERT INTO residents_guardianship (child_id, guardian_id, starts_on, ends_on, source_id,
        checked_at, stale_on)
    SELECT child_id, resident, date '{today}' - 400,
        (date '{today}' - 400 + interval '18 years')::date, said.*
    FROM child, said ORDER BY child_id;
INSERT INTO bench_dosewindow (id, resident_id, opens_on, dose_to, source_id, checked_at, stale_on)
    SELECT id, child_id, dose_from - 30, dose_to, said.* FROM child, said ORDER BY child_id;
"""


def load(guardians: bool) -> dict:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)  # last, since its table names others
    sql(GIVEN)
    for name in ("resident", "child"):
        copy(f"given_{name}", FACTS / f"{name}.csv")
    doses = DOSES_OF_CHILDREN if guardians else DOSES_OF_PARENTS
    sql((STORED + doses).format(today=TODAY, residents=RESIDENTS))
    sql("VACUUM ANALYZE")
    return {}


def copy(table: str, path: Path) -> None:
    with (
        open(path, "rb") as file,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)") as into,
    ):
        while block := file.read(1 << 18):
            into.write(block)


# ---- nights
def night():
    from tasks.sweep import run_sweep

    return run_sweep(day=TODAY, worker="bench")


def timed(work: Callable, *, before: Callable = lambda: None) -> dict:
    """Do `work` a few times, each after `before` and a checkpoint; tell the median of them."""
    seconds, wal = [], []
    at_start = psutil.Process().memory_info().rss
    for _ in range(REPEATS):
        before()
        sql("CHECKPOINT")
        numbers, log = value(LAST_NUMBER), value(LOG)
        start = time.perf_counter()
        done = work()
        seconds.append(time.perf_counter() - start)
        wal.append(float(value(LOG) - log))
        numbers = value(LAST_NUMBER) - numbers
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "seconds": statistics.median(seconds),
        "rows": done.opened + done.updated + done.closed,
        "wal_mib": statistics.median(wal) / 2**20,
        "numbers_used": numbers,
        "memory_mib": max(0, peak - at_start) / 2**20,
    }


LOG = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
LAST_NUMBER = (
    "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('tasks_task', 'id')), 0)"
)


def value(query: str, *params):
    with connection.cursor() as cursor:
        cursor.execute(query, params or None)
        return cursor.fetchone()[0]


def first() -> dict:
    """Everyone's tasks into an empty table."""
    result = timed(night, before=lambda: sql("TRUNCATE tasks_task CASCADE"))
    sql("VACUUM ANALYZE tasks_task")
    return result


def noop() -> dict:
    """A night after which nothing is different."""
    return timed(night)


def changed_residents() -> list[int]:
    return [int(line) for line in (FACTS / "changed.csv").read_text().split()]


def turn_round(residents: list[int]) -> None:
    """Who has an account registered has none, and the other way round."""
    sql(
        """UPDATE card_benefitaccount SET status = CASE status WHEN 'registered'
        THEN 'not-registered' ELSE 'registered' END WHERE resident_id = ANY(%s)""",
        residents,
    )


def change() -> dict:
    turn_round(changed_residents())
    return {}


def changed() -> dict:
    """A night after some facts have changed, the first time by the phase `change`."""
    repeats = iter(range(REPEATS))
    return timed(night, before=lambda: next(repeats) and change())


def dirty() -> dict:
    """The same change, reconciled only for those whom it concerns."""
    from tasks.reconcile import reconcile_people

    people = changed_residents()
    return timed(lambda: reconcile_people(people, today=TODAY), before=lambda: turn_round(people))


def event() -> dict:
    """One resident at a time, as at an event; every second one after a change of the account."""
    from tasks.reconcile import reconcile_people

    laps, rows, most = [], 0, 0
    for lap in range(event_count(RESIDENTS)):
        person = lap * 7919 % RESIDENTS + 1
        if lap % 2:
            turn_round([person])
        with counted() as statements:
            start = time.perf_counter()
            with transaction.atomic():
                done = reconcile_people([person], today=TODAY)
            laps.append(time.perf_counter() - start)
        most = max(most, len(statements))
        rows += done.opened + done.updated + done.closed
    return {
        "seconds": statistics.median(laps),
        "rows": rows,
        "p95": statistics.quantiles(laps, n=20)[-1],
        "statements": most,
    }


@contextlib.contextmanager
def counted():
    """Collect the statements of psycopg's cursors, which are Django's too; not BEGIN and COMMIT."""
    statements, execute = [], psycopg.Cursor.execute

    def noting(cursor, query, *args, **kwargs):
        statements.append(query)
        return execute(cursor, query, *args, **kwargs)

    psycopg.Cursor.execute = noting
    try:
        yield statements
    finally:
        psycopg.Cursor.execute = execute


def messages() -> dict:
    """Count what reaches the broker in a night that the schedule starts and a worker does."""
    import redis
    from django.conf import settings

    from portal.celery import app
    from tasks import jobs
    from tasks.models import Sweep

    queue = settings.CELERY_TASK_DEFAULT_QUEUE
    valkey = redis.Redis.from_url(settings.REDIS_URL)
    app.control.purge()
    started = time.perf_counter()
    with valkey.monitor() as seen, worker():
        jobs.start_night.delay()
        while not Sweep.objects.filter(started_by="beat", finished_at__isnull=False).exists():
            time.sleep(0.1)
        valkey.echo("the night is over")
        pushed = 0
        while "the night is over" not in (command := seen.next_command()["command"]):
            pushed += command.lower().startswith(f"lpush {queue}")  # and a priority, for some
    [night] = Sweep.objects.filter(started_by="beat")
    return {
        "seconds": time.perf_counter() - started,
        "rows": 0,
        "messages": pushed,
        "ranges": night.ranges.count(),
    }


@contextlib.contextmanager
def worker():
    """A Celery worker of the portal, in a process of its own."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", "-A", "portal", "worker", "--loglevel", "ERROR"),
            *("--pool", "solo", "--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


# ---- states of applications, from a file
SENDS = """
INSERT INTO residents_source (key) VALUES ('bench-statuses') ON CONFLICT DO NOTHING;
INSERT INTO residents_residentref (ref, resident_id)
    SELECT ref, id FROM residents_resident ON CONFLICT DO NOTHING;
"""
STATES = ["received", "under-review", "correction", "granted", "completed"]


def statuses() -> Path:
    """Return the file of statuses: as it is there, or written anew from one in another form."""
    path, other = FACTS / "statuses.ndjson", FACTS / "applications.ndjson"
    if not path.exists() and other.exists():
        with open(other) as lines, open(path, "w") as file:
            for line in map(json.loads, lines):
                line |= {"kind": "application-status", "source": "bench-statuses"}
                line |= {"resident": f"R{line['resident']}", "status": STATES[line["status"]]}
                file.write(json.dumps({**line, "procedure": "child-allowance"}) + "\n")
    return path


def connected():
    """Return a connection that may send statuses of Chiyoda's residents, as the API's has it."""
    from portal.exchange.models import Connection
    from portal.residents.models import Source

    sql(SENDS)
    source = Source.objects.get(key="bench-statuses")
    of_source, _new = Connection.objects.get_or_create(
        source=source, defaults={"kinds": ["application-status"], "municipality_id": "131016"}
    )
    return of_source


def ingest() -> dict:
    """The whole file, from bytes to facts and tasks."""
    from portal.exchange.loading import load as exchange

    path, of_source = statuses(), connected()
    if not path.exists():
        return {"skipped": True}
    sql("VACUUM ANALYZE")
    sql("CHECKPOINT")
    log, at_start = value(LOG), psutil.Process().memory_info().rss
    steps = timed_steps(exchange.Load)
    server = psutil.Process(value("SELECT pg_backend_pid()"))
    start, busy = time.perf_counter(), busy_seconds(server)
    with open(path, "rb") as file:
        done = exchange.load([("statuses", file)], connection=of_source, today=TODAY)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "seconds": seconds,
        "busy": busy_seconds(server) - busy,
        "rows": done.changed,
        "wal_mib": float(value(LOG) - log) / 2**20,
        "memory_mib": max(0, peak - at_start) / 2**20,
        "steps": {name: round(seconds, 2) for name, seconds in steps.items()},
    }


def small() -> dict:
    """One status after the other, each an upload of its own as by the API, without HTTP."""
    from portal.exchange.uploads import merging, receive

    of_source, count = connected(), 300
    lines = itertools.islice(statuses().read_bytes().splitlines(keepends=True), count)
    lines = [line.replace(b'"seq":1', b'"seq":2') for line in lines]
    server = psutil.Process(value("SELECT pg_backend_pid()"))
    catalogue = value("SELECT pg_total_relation_size('pg_attribute')")
    start, busy = time.perf_counter(), busy_seconds(server)
    for line in lines:
        upload, _lines = receive.receive([line], connection=of_source)
        merging.merge(upload)
    return {
        "seconds": (time.perf_counter() - start) / count,
        "busy": (busy_seconds(server) - busy) / count,
        "rows": count,
        "catalogue_kib": (value("SELECT pg_total_relation_size('pg_attribute')") - catalogue)
        / 1024,
        "kept_bytes": value(KEPT) / count,
    }


KEPT = """SELECT pg_total_relation_size('exchange_upload')
    + pg_total_relation_size('exchange_uploadpart')"""


# What a file of statuses has written, each table with the condition of its rows.
OF_APPLICATIONS = """(SELECT t.id FROM tasks_task t JOIN tasks_rulerecord r ON r.id = t.rule_id
    WHERE r.key LIKE 'applications.%')"""
WRITTEN = {
    "residents_factreport": "kind = 'application-status'",
    "applications_applicationref": "true",
    "applications_application": "true",
    "tasks_task": f"id IN {OF_APPLICATIONS}",
    "tasks_taskevent": f"task_id IN {OF_APPLICATIONS}",
}
COLUMNS = """SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"""


def same_rows() -> dict:
    """What the same rows cost where nobody looks: the file read into one column, the rows copied.

    The least that any way can take that keeps the history, the number's owner, the application and
    its tasks in these tables, with their indexes and foreign keys.
    """
    columns = {table: value(COLUMNS, table) for table in WRITTEN}
    for table, which in WRITTEN.items():
        sql(f"CREATE UNLOGGED TABLE same_{table} AS SELECT * FROM {table} WHERE {which}")
    with transaction.atomic():
        for table in reversed(WRITTEN):
            sql(f"DELETE FROM {table} t USING same_{table} s WHERE t.id = s.id")
    sql("CREATE UNLOGGED TABLE staging_raw (line jsonb)")
    sql("VACUUM ANALYZE")
    sql("CHECKPOINT")
    server = psutil.Process(value("SELECT pg_backend_pid()"))
    log, start, busy = value(LOG), time.perf_counter(), busy_seconds(server)
    with transaction.atomic():
        read_whole(statuses())
        rows = 0
        for table, names in columns.items():
            with connection.cursor() as cursor:
                cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM same_{table}")
                rows += cursor.rowcount
    return {
        "seconds": time.perf_counter() - start,
        "busy": busy_seconds(server) - busy,
        "rows": rows,
        "wal_mib": float(value(LOG) - log) / 2**20,
    }


def read_whole(path: Path) -> None:
    with (
        open(path, "rb") as lines,
        connection.cursor() as cursor,
        cursor.copy("COPY staging_raw FROM STDIN") as copy,
    ):
        while block := lines.read(1 << 18):
            copy.write(block.replace(b"\\", b"\\\\"))


def timed_steps(one: type) -> dict:
    """Let the steps of a load tell how long they took; the dictionary fills as they run."""
    steps = {}

    def timed(name, step):
        def run(*args, **kwargs):
            start = time.perf_counter()
            try:
                return step(*args, **kwargs)
            finally:
                steps[name] = steps.get(name, 0) + time.perf_counter() - start

        return run

    for name in ("stage", "admit", "merge_chunk"):
        setattr(one, name, timed(name, getattr(one, name)))
    return steps


PHASES = {
    "first": first,
    "noop": noop,
    "change": change,
    "changed": changed,
    "dirty": dirty,
    "event": event,
    "messages": messages,
    "ingest": ingest,
    "replay": ingest,  # the same file again
    "small": small,
    "same": same_rows,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("phase", choices=["load", *PHASES])
    parser.add_argument("--guardians", action="store_true", help="children are residents too")
    arguments = parser.parse_args()
    os.environ["DATABASE_URL"] = database_url(os.environ["BENCH_DSN"])
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    django.setup()
    phase = arguments.phase
    print(json.dumps(load(arguments.guardians) if phase == "load" else PHASES[phase]()))


if __name__ == "__main__":
    main()
