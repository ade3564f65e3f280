"""How fast are children's plans worked out anew, as on the night of a new schedule?

`python -m bench.childcare`. Each child has the doses of its age, as an average record has; the
ages are spread over 18 years. Two sizes, so that it shows whether the time grows with the children
alone and the memory not at all: BENCH_PLANS (5000,20000). All times are of the processor, here and
in the database, so that what else runs on the machine is not measured.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable

import django
import psutil

from bench import limit
from bench.databases import database_url, throw_away_database
from bench.reminders import used
from portal import local_servers

A_RANGE = 4096
FEW = 2000  # children of the breakdown
TIMES = 20  # so often all are looked at in vain: once is over too soon to be measured
MORE_SLOWLY, MORE_MEMORY = 1.3, 100  # times; MiB
# Each dose and the age (days) at which most children have it.
USUAL = """
    ('HEPB', 61), ('HEPB', 92), ('HEPB', 230), ('ROTA_RV1', 61), ('ROTA_RV1', 92),
    ('DPT_IPV_HIB', 61), ('DPT_IPV_HIB', 92), ('DPT_IPV_HIB', 122), ('DPT_IPV_HIB', 400),
    ('PCV', 61), ('PCV', 92), ('PCV', 122), ('PCV', 400), ('BCG', 160), ('MR', 370), ('MR', 2200),
    ('VAR', 370), ('VAR', 580), ('JE', 1110), ('JE', 1131), ('JE', 1500), ('JE', 3400),
    ('DT', 4100), ('HPV9', 4500), ('HPV9', 4700)"""
CHILDREN = f"""
    INSERT INTO residents_source (key) VALUES ('bench');
    CREATE TEMPORARY TABLE said AS SELECT id AS source_id, date '{limit.TODAY}' - 1 AS checked_at,
        date '{limit.TODAY}' + 365 AS stale_on FROM residents_source WHERE key = 'bench';
    INSERT INTO residents_resident (id, ref, municipality_id, name, name_kana, born, email,
            language, state, merged_into, acts_from, source_id, checked_at, stale_on)
        SELECT n, 'R' || n, '131016', '山田 太郎', 'ヤマダ タロウ', born, '', 'ja', 'active', '',
            born, said.*
        FROM (SELECT n, date '{limit.TODAY}' - 30 - (n::bigint * 7919 % 6500)::int AS born
            FROM generate_series(1, {{children}}) n) child, said ORDER BY n;
    INSERT INTO childcare_birth (resident_id, born, sex, place, withdrawn, source_id, checked_at,
            stale_on)
        SELECT id, born, CASE WHEN id % 2 = 0 THEN 'F' ELSE 'M' END, '', false, said.*
        FROM residents_resident, said;
    INSERT INTO childcare_vaccination (resident_id, record, vaccine, "on", lot, clinic, withdrawn,
            source_id, checked_at, stale_on)
        SELECT child.id, vaccine || ' ' || child.born + age, vaccine, child.born + age, 'AB123',
            '', false, said.*
        FROM residents_resident child, (VALUES {USUAL}) usual(vaccine, age), said
        WHERE child.born + age < date '{limit.TODAY}' AND (vaccine <> 'HPV9' OR child.id % 2 = 0)
        ORDER BY child.id"""


def everyone(children: int) -> int:
    """Go through all children in ranges, as a night does; return how many plans changed."""
    from django.db import transaction

    from childcare.plan import refresh

    changed = 0
    for low in range(1, children + 1, A_RANGE):
        with transaction.atomic():
            changed += len(refresh(low, low + A_RANGE, limit.TODAY))
    return changed


class Clock:
    """The processor time that a piece of work takes, in this process and in the database."""

    def __init__(self):
        from django.db import connection

        database = connection.connection.info.backend_pid
        self.processes = [psutil.Process(), psutil.Process(database)]

    def __call__(self, work: Callable[[], object]) -> list[float]:
        """Do the work; return the seconds here and in the database."""
        before = [used(process) for process in self.processes]
        work()
        return [
            used(process) - earlier for process, earlier in zip(self.processes, before, strict=True)
        ]


def measure(children: int) -> dict:
    """Fill the database, work out every plan, and again; return the figures."""
    from django.core.management import call_command
    from django.db import connection

    from childcare.models import DueDose, Vaccination, VaccinationForecast
    from childcare.plan import refresh

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(CHILDREN.format(children=children))
        cursor.execute("VACUUM ANALYZE")
    refresh(1, 2, limit.TODAY)  # reads what is read once a process
    memory, timed = peak(), Clock()
    first = timed(lambda: everyone(children))
    quiet = timed(lambda: [everyone(children) for _time in range(TIMES)])
    VaccinationForecast.objects.update(edition="of last year")
    again = timed(lambda: everyone(children))
    return {
        "children": children,
        "given": Vaccination.objects.count() / children,
        "rows": DueDose.objects.count() / children,
        "first": first,
        "quiet": [seconds / TIMES for seconds in quiet],
        "again": again,
        "memory_mib": peak() - memory,
        "steps": breakdown(min(children, FEW)),
    }


def breakdown(children: int) -> dict:
    """Return the microseconds a child that each step takes of this process's time."""
    import msgspec

    from childcare.plan import dose_rows, forecast_of, forecast_row
    from childcare.record import records_of

    records, found, rows = [], [], []
    steps = {
        "read": lambda: records.extend(records_of(range(1, children + 1)).values()),
        "forecast": lambda: found.extend(forecast_of(one, today=limit.TODAY) for one in records),
        "rows": lambda: rows.extend(
            (forecast_row(one, of, limit.TODAY), dose_rows(one, of, limit.TODAY))
            for one, of in zip(records, found, strict=True)
        ),
        "JSON": lambda: msgspec.json.encode(rows),
    }
    took = {}
    for name, step in steps.items():
        start = time.process_time()
        step()
        took[name] = (time.process_time() - start) / children * 1e6
    return took


def peak() -> float:
    """Return the most memory (MiB) that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def a_child(run: dict) -> float:
    return sum(run["first"]) / run["children"]


def print_table(runs: list[dict]) -> None:
    smaller, larger = runs[0], runs[-1]
    print("\nChildren's plans: milliseconds of processor time a child, here and in the database")
    for run in runs:
        children = run["children"]
        print(
            f"  {children:,} children, {run['given']:.0f} doses given, {run['rows']:.0f} rows each"
        )
        for name, what in (
            ("first", "new"),
            ("again", "another edition, and nothing to write"),
            ("quiet", "looked at in vain"),
        ):
            here, there = (seconds / children * 1000 for seconds in run[name])
            print(
                f"    {what:40} {here:8.4f} {there:8.4f}   {1000 / (here + there):10,.0f} a second"
            )
    steps = ", ".join(f"{name} {micro:.0f}" for name, micro in larger["steps"].items())
    print(f"  here a child takes, in microseconds: {steps}")
    grown = a_child(larger) / a_child(smaller)
    more = larger["memory_mib"] - smaller["memory_mib"]
    for what, figure, holds in (
        (
            f"time by the child, to the smaller size: at most {MORE_SLOWLY}",
            grown,
            grown <= MORE_SLOWLY,
        ),
        (f"memory, to the smaller size: at most {MORE_MEMORY} MiB more", more, more <= MORE_MEMORY),
    ):
        print(f"  {what:62} {figure:>16.2f}  {'met' if holds else 'NOT MET'}")


def main() -> None:
    from bench.page import run

    local_servers.ensure()
    runs = []
    for size in sorted(map(int, os.environ.get("BENCH_PLANS", "5000,20000").split(","))):
        with throw_away_database("childcare") as dsn:
            runs.append(json.loads(run("bench.childcare", str(size), BENCH_DSN=dsn)))
    print_table(runs)


if __name__ == "__main__":
    if sys.argv[1:]:
        os.environ["DATABASE_URL"] = database_url(os.environ["BENCH_DSN"])
        os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
        django.setup()
        print(json.dumps(measure(int(sys.argv[1]))))
    else:
        main()
