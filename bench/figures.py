"""What the figures for everyone cost at the size of Japan: 1,741 municipalities, 30 procedures.

`python -m bench.figures`. The page with one year of weeks and with five is read anew, past what is
kept between two visitors; the ratio is of the best of nine readings, since what else runs on the
machine only adds. Then a week of 470,888 applications is judged, and judged again after a
correction, and BENCH_APPLICATIONS (100000) of six weeks are counted. At last they are spread over
five years, with as many to-dos, for what is counted each hour.
"""

import os
import time
from datetime import date, timedelta

import django
from psycopg.conninfo import conninfo_to_dict

from bench.cases import CASES
from bench.databases import throw_away_database
from portal import local_servers

TODAY, LAST = date(2026, 11, 24), date(2026, 11, 16)
SUNDAY = date(2026, 3, 29)  # of the last whole week in which bench.cases has any sent
MUNICIPALITIES, PROCEDURES = 1741, 30
APPLICATIONS = 470_888  # of a week, the brief's number
# All sums of two weeks; of the weeks before those by procedure or place alone.
FILL = """
    INSERT INTO insights_week (monday, closed, counted_at)
        SELECT %(last)s::date - 7 * w, true, now() FROM generate_series(%(after)s, %(until)s) w;
    INSERT INTO insights_weekfigure (monday, measure, municipality, procedure, value, shown)
        WITH cells AS (SELECT m, p FROM generate_series(0, %(municipalities)s) m,
                generate_series(0, %(procedures)s) p),
            margins AS (SELECT m, p FROM cells WHERE m = 0 OR p = 0),
            weeks AS (SELECT generate_series(%(after)s, %(until)s) AS w),
            codes AS (SELECT array_agg(code ORDER BY code) AS codes FROM residents_municipality)
        SELECT %(last)s::date - 7 * w, measure, CASE m WHEN 0 THEN '*' ELSE codes[m] END,
            CASE p WHEN 0 THEN '*' ELSE 'procedure-' || p END, 100 + (w + m + p) %% 50, true
        FROM (SELECT w, m, p FROM weeks, cells WHERE w < 2
                UNION ALL SELECT w, m, p FROM weeks, margins WHERE w >= 2) one, codes,
            unnest(ARRAY['applications', 'decided', 'completed']) measure
        WHERE w < 2 OR measure = 'applications' OR m = p"""
# Few places have many: the n-th of all has about as many as one by n.
SPREAD = """
    UPDATE applications_application SET procedure_key = 'procedure-' || 1 + id % 30,
        municipality_id = places.codes[1 + floor(power(1741, (id * 7919 % 100003) / 100004.0))]
    FROM (SELECT array_agg(code ORDER BY code) AS codes FROM residents_municipality) places"""

# As many to-dos as there are applications, and all over five years.
OVER_YEARS = """
    UPDATE applications_application SET started_at = started_at - id % 1800 * interval '1 day',
        sent_at = sent_at - id % 1800 * interval '1 day',
        decided_at = decided_at - id % 1800 * interval '1 day',
        state_since = state_since - id % 1800 * interval '1 day';
    INSERT INTO tasks_task (resident_id, about_id, rule_id, subject, status, priority, opened_on,
            ended_on, due_on)
        SELECT resident_id, resident_id, rule.id, one.id, 'done', 1, started_on, started_on + 5,
            started_on + 30
        FROM applications_application one,
            (SELECT id FROM tasks_rulerecord ORDER BY id LIMIT 1) rule"""


def fill(*, after: int, until: int) -> None:
    """Fill the weeks so many weeks ago."""
    from django.db import connection

    values = {"last": LAST, "municipalities": MUNICIPALITIES, "procedures": PROCEDURES}
    with connection.cursor() as cursor:
        cursor.execute(FILL, {**values, "after": after, "until": until})
        cursor.execute("ANALYZE insights_weekfigure")


def best_and_statements() -> tuple[float, int]:
    """Return the seconds and the statements of one reading of all that the page shows."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from portal.insights.published import read

    times = []
    with CaptureQueriesContext(connection) as statements:
        read()
    for _time in range(9):
        started = time.perf_counter()
        read()
        times.append(time.perf_counter() - started)
    return min(times), len(statements)


def a_week() -> dict[tuple[str, str], int]:
    """Return a week's applications by place and procedure, with the margins."""
    weights = {
        (f"{place:06}", f"procedure-{procedure}"): 1 / place / (1 + procedure)
        for place in range(1, MUNICIPALITIES + 1)
        for procedure in range(PROCEDURES)
    }
    per_weight, cells = APPLICATIONS / sum(weights.values()), {}
    for (place, procedure), weight in weights.items():
        if number := round(weight * per_weight):
            for key in [(place, procedure), (place, "*"), ("*", procedure), ("*", "*")]:
                cells[key] = cells.get(key, 0) + number
    return cells


def with_late(cells: dict, place: str, procedure: str, number: int) -> dict:
    late = dict(cells)
    for key in [(place, procedure), (place, "*"), ("*", procedure), ("*", "*")]:
        late[key] = late.get(key, 0) + number
    return late


def seconds_of(deed) -> float:
    started = time.perf_counter()
    deed()
    return time.perf_counter() - started


def judge_a_week() -> None:
    """Say how long it takes to find what to hide, without the database."""
    from portal.insights.suppress import corrected, hidden

    cells = a_week()
    gone = hidden(cells)
    first = seconds_of(lambda: hidden(cells))
    few, many = (with_late(cells, "000009", "procedure-3", number) for number in (1, 500))
    held = seconds_of(lambda: corrected(cells, few, was_hidden=gone))
    told = seconds_of(lambda: corrected(cells, many, was_hidden=gone))
    print(f"A week of {cells['*', '*']:,} applications, {len(cells):,} sums: {len(gone):,} hidden,")
    print(f"found in {first:.2f} s; corrected by 1 in {held:.2f} s, by 500 in {told:.2f} s.")


def count_weeks(applications: int) -> None:
    """Say how long the night's count takes: the first time, with nothing new, with one late."""
    from django.db import connection

    from portal.accounts.models import User
    from portal.applications.models import Application
    from portal.insights.roll_up import roll_up

    User.objects.create(email="bench@example.jp")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE insights_week, insights_weekfigure")
        cursor.execute(CASES.format(cases=applications))
        cursor.execute(SPREAD)
        cursor.execute("VACUUM ANALYZE applications_application")
    first = seconds_of(lambda: roll_up(today=TODAY))
    again = seconds_of(lambda: roll_up(today=TODAY))
    Application.objects.filter(state="completed").first().delete()
    week = Application.objects.filter(
        sent_at__date__range=(SUNDAY - timedelta(days=6), SUNDAY)
    ).count()
    late = seconds_of(lambda: roll_up(today=TODAY))
    print(f"{applications:,} applications of six weeks are counted, a year back, in {first:.1f} s;")
    print(f"again with nothing new in {again:.1f} s, with one changed in {late:.1f} s;")
    hour = seconds_of(lambda: roll_up(today=SUNDAY, weeks=1))
    print(f"the running week alone, once it has {week:,} of them, in {hour:.2f} s.")


def count_hours() -> None:
    """Say how long the hours' counts take once five years stand before the running week."""
    from django.db import connection

    from portal.insights.events import count_events
    from portal.insights.models import UseDay
    from portal.insights.roll_up import roll_up
    from tasks.models import RuleRecord, Task

    RuleRecord.objects.get_or_create(id=1, defaults={"key": "bench"})
    with connection.cursor() as cursor:
        cursor.execute(OVER_YEARS)
        cursor.execute("TRUNCATE insights_week, insights_weekfigure")
        for table in ("applications_application", "tasks_task"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    UseDay.objects.create(day=SUNDAY, measure="task-opened", about="", times=1)  # it has run before
    hour = seconds_of(lambda: roll_up(today=SUNDAY, weeks=1))
    events = seconds_of(lambda: count_events(today=SUNDAY))
    print(f"Each hour, after five years with {Task.objects.count():,} applications and to-dos:")
    print(f"the running week in {hour:.3f} s, the last days' events in {events:.3f} s.")


def main() -> None:
    local_servers.ensure()
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from portal.insights.models import WeekFigure

    judge_a_week()
    with throw_away_database("figures") as dsn:
        connection.settings_dict["NAME"] = conninfo_to_dict(dsn)["dbname"]
        call_command("migrate", verbosity=0)
        fill(after=0, until=51)
        year, _few = best_and_statements()
        fill(after=52, until=259)
        five, statements = best_and_statements()
        verdict = "" if statements <= 4 else ", above 4"
        print(f"The page with five years, {WeekFigure.objects.count():,} sums: ", end="")
        print(f"{five / year:.2f} times one year, {statements} statements{verdict};", end=" ")
        print(f"{five * 1000:.1f} ms.", flush=True)
        count_weeks(int(os.environ.get("BENCH_APPLICATIONS", "100000")))
        count_hours()
        connection.close()


if __name__ == "__main__":
    main()
