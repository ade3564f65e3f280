"""The figures for everyone: one statement sums by week what happened, however much there is.

What happened late corrects its week, as far back as LOOKED_BACK; older weeks stay as they are, so
that what is deleted after years does not change what was published. The sum of everything is
corrected at once. The sums by municipality and procedure stay as they were published until they can
be corrected without telling a small number to who kept the old ones (suppress.corrected).
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from feedback.alerts import beginning_of
from portal.database import run
from portal.insights.models import ALL, Week, WeekFigure
from portal.insights.suppress import LEAST, corrected, hidden

LOOKED_BACK = 53  # weeks
TOTAL = (ALL, ALL)
LOCK = 5_090_001  # of PostgreSQL: two counts never run at once

# Of all that happened in the weeks: the week, what is counted, the office, the procedure. Each is
# found by an index on when it happened, for which the bounds stand there as values.
COUNT = """
    WITH happened (at, measure, municipality, procedure) AS (
        SELECT (sent_at AT TIME ZONE 'Asia/Tokyo')::date, 'applications', municipality_id,
            procedure_key
        FROM applications_application
        WHERE version_id IS NOT NULL AND sent_at >= %(since)s AND sent_at < %(until)s
        UNION ALL
        SELECT (decided_at AT TIME ZONE 'Asia/Tokyo')::date, 'decided', municipality_id,
            procedure_key
        FROM applications_application
        WHERE version_id IS NOT NULL AND decided_at >= %(since)s AND decided_at < %(until)s
        UNION ALL
        SELECT (state_since AT TIME ZONE 'Asia/Tokyo')::date, 'completed', municipality_id,
            procedure_key
        FROM applications_application
        WHERE version_id IS NOT NULL AND state = 'completed'
            AND state_since >= %(since)s AND state_since < %(until)s
        UNION ALL
        SELECT ended_on, CASE WHEN t.status = 'done' AND ended_on <= due_on
                THEN 'tasks-in-time' ELSE 'tasks-late' END, r.municipality_id, ''
        FROM tasks_task t JOIN residents_resident r ON r.id = t.resident_id
        WHERE t.status IN ('done', 'expired') AND due_on IS NOT NULL
            AND ended_on >= %(first)s AND ended_on < %(after)s
        UNION ALL
        SELECT day, 'reminders-promised', r.municipality_id, ''
        FROM reminders_reminder m JOIN residents_resident r ON r.id = m.resident_id
        WHERE m.message_id IS NOT NULL AND day >= %(first)s AND day < %(after)s
        UNION ALL
        SELECT day, 'reminders-sent', r.municipality_id, ''
        FROM reminders_reminder m JOIN residents_resident r ON r.id = m.resident_id
        WHERE m.outcome = 'sent' AND day >= %(first)s AND day < %(after)s
        UNION ALL
        SELECT (given_at AT TIME ZONE 'Asia/Tokyo')::date,
            CASE WHEN clear THEN 'clear' ELSE 'not-clear' END, municipality_id, ''
        FROM feedback_opinion
        WHERE kind = 'clear' AND clear IS NOT NULL
            AND given_at >= %(since)s AND given_at < %(until)s),
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
            (monday, measure, municipality, procedure, value, shown, held_at)
        SELECT monday, measure, municipality, procedure, value, false,
            CASE WHEN closed THEN 0 END
        FROM counted LEFT JOIN insights_week USING (monday)
        ON CONFLICT (monday, measure, municipality, procedure) DO UPDATE
            SET value = excluded.value,
                held_at = CASE WHEN excluded.held_at = 0 THEN coalesce(k.held_at, k.value) END
            WHERE k.value <> excluded.value
        RETURNING monday, measure),
    gone AS (
        UPDATE insights_weekfigure k SET value = 0, held_at = CASE
            WHEN (SELECT closed FROM insights_week w WHERE w.monday = k.monday)
                THEN coalesce(k.held_at, k.value) END
        WHERE k.monday >= %(first)s AND k.monday < %(after)s AND k.value <> 0 AND NOT EXISTS (
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
        changed = set(run(COUNT, bounds(first, after), prepare=False))  # by a plan for these weeks
        note_weeks(changed, first=first, running=running)
    return len(changed)


def bounds(first: date, after: date) -> dict:
    """Return the days from `first` until before `after`, and the moments at which both begin."""
    moments = {"since": beginning_of(first), "until": beginning_of(after)}
    return {"first": first, "after": after, **moments}


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
    judge(new, first=True)
    judge((over & differs) - new)


def judge(mondays: set[date], *, first: bool = False) -> None:
    """Say of each sum of these weeks whether it may be shown; week by week, to hold little.

    The `first` time all is new. Later what was published is corrected, or held as it is.
    """
    for monday in sorted(mondays):
        tables = defaultdict(list)
        for figure in WeekFigure.objects.filter(monday=monday).iterator(chunk_size=5000):
            tables[figure.measure].append(figure)
        for figures in tables.values():
            after = {place(one): one.value for one in figures if one.value or one.held_at != 0}
            if first:
                show(figures, hide=hidden(after))
            else:
                correct(figures, after)


def correct(figures: list[WeekFigure], after: dict) -> None:
    """Publish what `after` says instead of what was published, or the sum of everything alone."""
    published = {place(one): one for one in figures if one.held_at != 0}
    before = {
        key: one.value if one.held_at is None else one.held_at for key, one in published.items()
    }
    was_hidden = {key for key, one in published.items() if not one.shown}
    # It may have been corrected before, while what it is the sum of was held.
    before[TOTAL] = sum(value for (row, _), value in before.items() if row == ALL) - before.get(
        TOTAL, 0
    )
    if before[TOTAL] < LEAST:
        was_hidden.discard(TOTAL)  # it was hidden for being small, not to hide another
    gone = corrected(before, after, was_hidden=was_hidden)
    if gone is not None:
        show(figures, hide=gone)
    else:
        small = {TOTAL} if after[TOTAL] < LEAST else set()
        total = (one for one in figures if place(one) == TOTAL)
        show(total, hide=small | (was_hidden & {TOTAL}))


def place(figure: WeekFigure) -> tuple[str, str]:
    return figure.municipality, figure.procedure


def show(figures: Iterable[WeekFigure], *, hide: set[tuple[str, str]]) -> None:
    """Publish these sums as they were counted, but those to hide."""
    changed = []
    for one in figures:
        shown = one.value > 0 and place(one) not in hide
        held_at = 0 if one.value == one.held_at == 0 else None  # it came and went, unpublished
        if (shown, held_at) != (one.shown, one.held_at):
            changed.append((one.pk, shown, held_at))
    if changed:
        ids, shown, held_at = map(list, zip(*changed, strict=True))
        run(
            "UPDATE insights_weekfigure k SET shown = one.shown, held_at = one.held_at"
            " FROM unnest(%(ids)s::bigint[], %(shown)s::bool[], %(held_at)s::bigint[])"
            " one (id, shown, held_at) WHERE k.id = one.id",
            {"ids": ids, "shown": shown, "held_at": held_at},
        )
