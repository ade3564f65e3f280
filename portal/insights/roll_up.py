"""The figures for everyone: one statement sums by week what happened, however much there is.

What happened late corrects its week, as far back as LOOKED_BACK; older weeks stay as they are, so
that what is deleted after years does not change what was published.
"""

from collections import defaultdict
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from portal.database import run
from portal.insights.models import Week, WeekFigure
from portal.insights.suppress import hidden

LOOKED_BACK = 53  # weeks
LOCK = 5_090_001  # of PostgreSQL: two counts never run at once

# Of all that happened in the weeks: the week, what is counted, the office, the procedure.
COUNT = """
    WITH bounds AS (
        SELECT %(first)s::date AS first, %(after)s::date AS after,
            %(first)s::date::timestamp AT TIME ZONE 'Asia/Tokyo' AS since,
            %(after)s::date::timestamp AT TIME ZONE 'Asia/Tokyo' AS until),
    happened (at, measure, municipality, procedure) AS (
        SELECT (sent_at AT TIME ZONE 'Asia/Tokyo')::date, 'applications', municipality_id,
            procedure_key
        FROM applications_application, bounds
        WHERE version_id IS NOT NULL AND sent_at >= since AND sent_at < until
        UNION ALL
        SELECT (decided_at AT TIME ZONE 'Asia/Tokyo')::date, 'decided', municipality_id,
            procedure_key
        FROM applications_application, bounds
        WHERE version_id IS NOT NULL AND decided_at >= since AND decided_at < until
        UNION ALL
        SELECT (state_since AT TIME ZONE 'Asia/Tokyo')::date, 'completed', municipality_id,
            procedure_key
        FROM applications_application, bounds
        WHERE version_id IS NOT NULL AND state = 'completed'
            AND state_since >= since AND state_since < until
        UNION ALL
        SELECT ended_on, CASE WHEN t.status = 'done' AND ended_on <= due_on
                THEN 'tasks-in-time' ELSE 'tasks-late' END, r.municipality_id, ''
        FROM tasks_task t JOIN residents_resident r ON r.id = t.resident_id, bounds
        WHERE t.status IN ('done', 'expired') AND due_on IS NOT NULL
            AND ended_on >= first AND ended_on < after
        UNION ALL
        SELECT day, 'reminders-promised', r.municipality_id, ''
        FROM reminders_reminder m JOIN residents_resident r ON r.id = m.resident_id, bounds
        WHERE m.message_id IS NOT NULL AND day >= first AND day < after
        UNION ALL
        SELECT day, 'reminders-sent', r.municipality_id, ''
        FROM reminders_reminder m JOIN residents_resident r ON r.id = m.resident_id, bounds
        WHERE m.outcome = 'sent' AND day >= first AND day < after
        UNION ALL
        SELECT (given_at AT TIME ZONE 'Asia/Tokyo')::date,
            CASE WHEN clear THEN 'clear' ELSE 'not-clear' END, municipality_id, ''
        FROM feedback_opinion, bounds
        WHERE kind = 'clear' AND clear IS NOT NULL AND given_at >= since AND given_at < until),
    counted AS (
        SELECT monday, measure,
            CASE WHEN grouping(municipality) = 1 THEN '*' ELSE municipality END AS municipality,
            CASE WHEN grouping(procedure) = 1 THEN '*' ELSE procedure END AS procedure,
            count(*) AS value
        FROM (SELECT date_trunc('week', at::timestamp)::date AS monday, measure,
                coalesce(municipality, '') AS municipality, procedure FROM happened) one
        GROUP BY monday, measure, CUBE (municipality, procedure)),
    written AS (
        INSERT INTO insights_weekfigure AS k
            (monday, measure, municipality, procedure, value, shown)
        SELECT monday, measure, municipality, procedure, value, false FROM counted
        ON CONFLICT (monday, measure, municipality, procedure) DO UPDATE
            SET value = excluded.value, shown = false WHERE k.value <> excluded.value
        RETURNING monday, measure),
    gone AS (
        UPDATE insights_weekfigure k SET value = 0, shown = false
        FROM bounds
        WHERE k.monday >= first AND k.monday < after AND k.value <> 0 AND NOT EXISTS (
            SELECT 1 FROM counted c
            WHERE (c.monday, c.measure, c.municipality, c.procedure)
                = (k.monday, k.measure, k.municipality, k.procedure))
        RETURNING k.monday, k.measure)
    SELECT monday, measure FROM written UNION SELECT monday, measure FROM gone"""


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def roll_up(*, today: date, weeks: int = LOOKED_BACK) -> int:
    """Bring the last weeks up to date; return how many sums' weeks changed. Done again, none.

    The running week is one of them. A week that is over is also judged: what of it may be shown.
    """
    running = monday_of(today)
    first = running - timedelta(weeks=weeks - 1)
    with transaction.atomic():
        run("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": LOCK})
        after = running + timedelta(weeks=1)
        changed = set(run(COUNT, {"first": first, "after": after}))
        note_weeks(changed, first=first, running=running)
    return len(changed)


def note_weeks(changed: set[tuple[date, str]], *, first: date, running: date) -> None:
    """Write down which weeks were counted and corrected, and judge what is over."""
    now = timezone.now()
    known = Week.objects.in_bulk(field_name="monday")
    mondays = [first + timedelta(weeks=number) for number in range((running - first).days // 7 + 1)]
    differs = {monday for monday, _measure in changed}
    rows = []
    for monday in mondays:
        before = known.get(monday)
        corrected_at = before.corrected_at if before else None
        if before and before.closed and monday in differs:
            corrected_at = now
        rows.append(
            Week(monday=monday, closed=monday < running, counted_at=now, corrected_at=corrected_at)
        )
    Week.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["monday"],
        update_fields=["closed", "counted_at", "corrected_at"],
    )
    over = {monday for monday in mondays if monday < running}
    new = {monday for monday in over if not (known.get(monday) and known[monday].closed)}
    judge((over & differs) | new)


def judge(mondays: set[date]) -> None:
    """Say of each sum of these weeks whether it may be shown; week by week, to hold little."""
    for monday in sorted(mondays):
        figures = WeekFigure.objects.filter(monday=monday)
        tables = defaultdict(dict)
        for figure in figures.iterator(chunk_size=5000):
            tables[figure.measure][figure.municipality, figure.procedure] = figure.value
        figures.update(shown=True)
        for measure, cells in tables.items():
            hide(monday, measure, hidden(cells))


def hide(monday: date, measure: str, keys: set[tuple[str, str]]) -> None:
    if keys:
        municipalities, procedures = zip(*sorted(keys), strict=True)
        run(
            "UPDATE insights_weekfigure k SET shown = false"
            " FROM unnest(%(municipalities)s::text[], %(procedures)s::text[]) h (m, p)"
            " WHERE k.monday = %(monday)s AND k.measure = %(measure)s"
            " AND k.municipality = h.m AND k.procedure = h.p",
            {
                "monday": monday,
                "measure": measure,
                "municipalities": list(municipalities),
                "procedures": list(procedures),
            },
        )
