"""Several processes at one night, as Celery's workers are: `python -m bench.workers`.

Takes the database that bench/engine.py has filled, and its environment. Prints as JSON how many
seconds a first night takes one process and two, in some turns, and how many times as fast two
are: the median of these. `work` is one of these processes; `nights` does one first night after
the other until it is ended.
"""

import json
import os
import subprocess
import sys
import time
from statistics import median

import django

from bench.databases import database_url
from bench.engine import TODAY, sql
from bench.limit import REPEATS


def seconds(workers: int) -> float:
    """Do a first night and return its seconds, from the word to the end of the last process."""
    from tasks.models import Sweep
    from tasks.sweep import start_sweep

    sql("TRUNCATE tasks_task, tasks_sweep CASCADE")
    sql("CHECKPOINT")
    start_sweep(day=TODAY, started_by=Sweep.StartedBy.COMMAND)
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.workers", "work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(workers)
    ]
    for process in processes:
        process.stdout.readline()  # it is ready
    start = time.perf_counter()
    for process in processes:
        process.stdin.close()
    for process in processes:
        process.stdout.readline()  # it has found nothing left to do
    took = time.perf_counter() - start
    for process in processes:
        if process.wait():
            raise SystemExit(f"A process of the night ended with exit code {process.returncode}.")
    return took


def work() -> None:
    from tasks.compile import RANGE
    from tasks.models import Sweep
    from tasks.reconcile import statements
    from tasks.sweep import unfinished, work_on

    statements(RANGE)  # made once a process
    ranges = list(unfinished(Sweep.objects.filter(day=TODAY).first()).values_list("pk", flat=True))
    print("ready", flush=True)
    sys.stdin.read()
    for range_id in ranges:
        work_on(range_id, worker=str(os.getpid()))  # nothing, where another has it
    print("done", flush=True)


def nights() -> None:
    from tasks.sweep import run_sweep

    while True:
        sql("TRUNCATE tasks_task CASCADE")
        run_sweep(day=TODAY, worker="bench")


def compare() -> None:
    turns = [(seconds(1), seconds(2)) for _ in range(REPEATS)]
    print(json.dumps({"turns": turns, "faster": median(one / two for one, two in turns)}))


if __name__ == "__main__":
    os.environ["DATABASE_URL"] = database_url(os.environ["BENCH_DSN"])
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    django.setup()
    {"work": work, "nights": nights, "compare": compare}[(sys.argv[1:] or ["compare"])[0]]()
