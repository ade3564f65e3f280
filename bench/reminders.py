"""How many reminders a second one process sends: claimed, rendered, handed to a mail server.

`python -m bench.reminders`. The mail server is one of our own that takes all and keeps nothing
(bench/null_smtp.py). Fewer people have something due than there are: BENCH_REMINDED (40000)
residents make some thousand messages.
"""

import json
import os
import sys
import tempfile
import time
from datetime import datetime
from datetime import time as clock_time
from pathlib import Path

import django
import psutil

from bench import limit
from bench.databases import database_url, throw_away_database
from bench.page import process, run, used, write_facts
from portal import local_servers
from portal.demo.processes import reserve_any_port

A_CORE = 500  # the goal: messages for each second of processor time, here and in the database


def send() -> dict:
    """Reconcile everyone, promise the morning's reminders, and send them; return the figures."""
    from django.db import connection
    from django.utils import timezone

    from bench.engine import TODAY, night, sql, value
    from tasks.models import Sweep
    from tasks.reminders.promise import start_round
    from tasks.reminders.send import send_due

    sql("UPDATE residents_resident SET email = 'resident-' || id || '@example.jp'")
    night()
    sql("VACUUM ANALYZE")
    morning = timezone.make_aware(datetime.combine(TODAY, clock_time(8, 30)))
    start = time.perf_counter()
    day, _new = start_round(at=morning, started_by=Sweep.StartedBy.COMMAND)
    promising = time.perf_counter() - start
    sql("VACUUM ANALYZE")
    database = psutil.Process(value("SELECT pg_backend_pid()"))
    work = [used(database), used(psutil.Process())]
    start = time.perf_counter()
    done = send_due(clock=lambda: morning)
    seconds = time.perf_counter() - start
    work = [used(database) - work[0], used(psutil.Process()) - work[1]]
    connection.close()
    return {
        "promised": day.promised,
        "promising": promising,
        "messages": done.messages,
        "seconds": seconds,
        "database": work[0],
        "process": work[1],
    }


def print_table(found: dict) -> None:
    messages = found["messages"]
    whole, here, there = (
        found[name] / messages * 1000 for name in ("seconds", "process", "database")
    )
    a_core = 1000 / (here + there)
    print(f"\n{messages:,} messages of {found['promised']:,} reminders, by one process")
    print(f"  promising them all took {found['promising']:.2f} s")
    print(f"  a message took {whole:.2f} ms, {1000 / whole:.0f} a second; processor time of")
    print(f"  that: {here:.2f} ms in the process and {there:.2f} ms in the database")
    holds = "met" if a_core >= A_CORE else "NOT MET"
    what = f"messages a second of a core's time, at least {A_CORE}"
    print(f"  P14  {what:62} {a_core:>16.0f}  {holds}")


def main() -> None:
    local_servers.ensure()
    residents = int(os.environ.get("BENCH_REMINDED", "40000"))
    with (
        tempfile.TemporaryDirectory(prefix="annai-bench-") as name,
        throw_away_database("reminders") as dsn,
        reserve_any_port() as port,
    ):
        folder, number = Path(name), port.fileno()
        environment = {
            "BENCH_DSN": dsn,
            "BENCH_FACTS": name,
            "BENCH_RESIDENTS": str(residents),
            "BENCH_TODAY": limit.TODAY.isoformat(),
            "EMAIL_URL": "smtp://{}:{}".format(*port.getsockname()),
            "REMINDERS_PER_HOUR": str(10**9),  # the cap is not what is measured
        }
        write_facts(folder, residents)
        run("bench.engine", "load", **environment)
        sink = process("bench.null_smtp", str(number), log=folder / "smtp.log", keep_open=[number])
        with sink:
            print_table(json.loads(run("bench.reminders", "send", **environment)))


if __name__ == "__main__":
    if sys.argv[1:] == ["send"]:
        os.environ["DATABASE_URL"] = database_url(os.environ["BENCH_DSN"])
        os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
        django.setup()
        print(json.dumps(send()))
    else:
        main()
