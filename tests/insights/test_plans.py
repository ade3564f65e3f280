"""What counts the figures reads the days it counts, however many years stand before them."""

from datetime import date, datetime, timedelta, timezone

import pytest
from django.db import connection

from portal.insights import events, roll_up
from tasks.models import RuleRecord, Task
from tests.applications.factories import SentApplicationFactory
from tests.factories import ResidentFactory, UserFactory
from tests.tasks.plans import plan_of

JAPAN = timezone(timedelta(hours=9))
TODAY = date(2026, 11, 26)  # a Thursday
A_DAY = 10  # of each kind
DAYS = 1500

# One application and one task are copied, so many a day, backwards from today.
COPIES = """
    INSERT INTO applications_application (resident_id, about_id, municipality_id, version_id,
        procedure_key, ref, receipt_number, state, state_since, turn, step, answers, saved_at,
        started_at, sent_at, outcome, outcome_reason, decided_at, decided_by_id, source_id,
        checked_at, stale_on)
    SELECT resident_id, about_id, municipality_id, version_id, procedure_key, '', 'C-' || n, state,
        at, turn, step, '{}', at, at, at, outcome, '', at, decided_by_id, source_id, checked_at,
        stale_on
    FROM (SELECT *, %(now)s - n * interval '1 day' / %(a_day)s AS at
        FROM applications_application, generate_series(1, %(many)s) n) one;
    INSERT INTO tasks_task (resident_id, about_id, rule_id, subject, status, priority, opened_on,
        ended_on, due_on)
    SELECT resident_id, about_id, rule_id, 'C-' || n, status, priority, opened_on - n / %(a_day)s,
        ended_on - n / %(a_day)s, due_on
    FROM tasks_task, generate_series(1, %(many)s) n;
    ANALYZE applications_application;
    ANALYZE tasks_task"""


@pytest.fixture
def years(db):
    """Applications that were sent, decided and completed, and tasks opened and done, each day."""
    now = datetime.combine(TODAY, datetime.min.time(), tzinfo=JAPAN)
    SentApplicationFactory(
        started_at=now,
        sent_at=now,
        state="completed",
        state_since=now,
        turn="nobody",
        outcome="granted",
        decided_at=now,
        decided_by=UserFactory(),
    )
    resident = ResidentFactory()
    rule, _ = RuleRecord.objects.get_or_create(id=1, key="a-rule")
    days = {"opened_on": TODAY, "ended_on": TODAY, "due_on": TODAY}
    Task.objects.create(
        resident=resident, about=resident, rule=rule, subject="1", status="done", **days
    )
    with connection.cursor() as cursor:
        cursor.execute(COPIES, {"now": now, "a_day": A_DAY, "many": A_DAY * DAYS})


def read_of_the_past(nodes):
    tables = {"applications_application", "tasks_task"}
    return [(kind, table, rows) for kind, table, rows in nodes if table in tables]


def test_the_hours_count_reads_the_running_week_alone(years):
    monday = roll_up.monday_of(TODAY)
    nodes = plan_of(roll_up.COUNT, **roll_up.bounds(monday, monday + timedelta(weeks=1)))

    read = read_of_the_past(nodes)
    assert len(read) == 4  # sent, decided, completed; and to-dos
    assert all(kind != "Seq Scan" and rows <= 7 * A_DAY for kind, _table, rows in read), read


def test_the_count_of_events_reads_the_last_days_alone(years):
    day = TODAY - events.ANEW
    nodes = plan_of(events.COUNT, **events.moments_of(day))

    read = read_of_the_past(nodes)
    assert len(read) == 5
    assert all(kind != "Seq Scan" and rows <= 5 * A_DAY for kind, _table, rows in read), read
