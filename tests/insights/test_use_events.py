"""What happened to tasks and applications, counted from their own tables."""

from datetime import date, datetime, timedelta, timezone

import pytest

from portal.insights.events import count_events
from portal.insights.models import UseDay
from tasks.models import RuleRecord, Task
from tests.applications.factories import ApplicationFactory, SentApplicationFactory
from tests.factories import ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db

JAPAN = timezone(timedelta(hours=9))
TODAY = date(2026, 11, 20)


def task(subject, *, opened_on=TODAY, **more):
    resident = ResidentFactory()
    rule, _ = RuleRecord.objects.get_or_create(id=1, key="a-rule")
    return Task.objects.create(
        resident=resident, about=resident, rule=rule, subject=subject, opened_on=opened_on, **more
    )


def counted():
    return {(row.day, row.measure, row.about): row.times for row in UseDay.objects.all()}


def test_tasks_are_counted_as_opened_and_as_done_by_rule():
    task("1")
    task("2", opened_on=TODAY - timedelta(days=2), status="done", ended_on=TODAY)
    task("3", opened_on=TODAY - timedelta(days=2), status="withdrawn", ended_on=TODAY)

    count_events(today=TODAY)

    assert counted() == {
        (TODAY, "task-opened", "a-rule"): 1,
        (TODAY - timedelta(days=2), "task-opened", "a-rule"): 2,
        (TODAY, "task-done", "a-rule"): 1,
    }


def test_applications_are_counted_as_begun_sent_and_decided_by_procedure():
    begun = datetime(2026, 11, 18, 23, 59, tzinfo=JAPAN)
    sent = datetime(2026, 11, 19, 0, 1, tzinfo=JAPAN)
    common = {"version__procedure__key": "child-allowance", "started_at": begun}
    ApplicationFactory(**common)
    SentApplicationFactory(
        resident=ResidentFactory(),
        version__procedure__key="birth-grant",
        started_at=begun,
        sent_at=sent,
        state="granted",
        turn="nobody",
        outcome="granted",
        decided_at=datetime(2026, 11, 20, 9, tzinfo=JAPAN),
        decided_by=UserFactory(),
    )

    count_events(today=TODAY)

    assert counted() == {
        (date(2026, 11, 18), "application-started", "child-allowance"): 1,
        (date(2026, 11, 18), "application-started", "birth-grant"): 1,
        (date(2026, 11, 19), "application-sent", "birth-grant"): 1,
        (date(2026, 11, 20), "application-decided", "birth-grant"): 1,
    }


def test_what_a_source_reports_was_not_begun_here():
    ApplicationFactory(version=None, ref="S-1", seq=1, state="received", turn="office")

    count_events(today=TODAY)

    assert counted() == {}


def test_a_second_run_changes_nothing_and_a_later_one_only_what_is_new():
    task("1")
    assert count_events(today=TODAY) == 1
    assert count_events(today=TODAY) == 0

    task("2")
    assert count_events(today=TODAY) == 1
    assert counted() == {(TODAY, "task-opened", "a-rule"): 2}


def test_what_is_deleted_later_stays_counted():
    gone = task("1")
    task("2")
    count_events(today=TODAY)

    gone.delete()
    count_events(today=TODAY)

    assert counted() == {(TODAY, "task-opened", "a-rule"): 2}


@pytest.mark.parametrize("days", [4, 30])
def test_runs_that_were_missed_are_made_up_for(days):
    task("1", opened_on=TODAY - timedelta(days=days))
    count_events(today=TODAY - timedelta(days=days))
    task("2", opened_on=TODAY - timedelta(days=days - 1))
    task("3", opened_on=TODAY - timedelta(days=days))  # after the run, on its day

    count_events(today=TODAY)

    assert counted() == {
        (TODAY - timedelta(days=days), "task-opened", "a-rule"): 2,
        (TODAY - timedelta(days=days - 1), "task-opened", "a-rule"): 1,
    }


def test_pages_counted_today_do_not_hide_events_of_the_days_before():
    UseDay.objects.create(day=TODAY, measure="page", about="tasks:home", language="ja", times=5)
    task("1", opened_on=TODAY - timedelta(days=40))

    count_events(today=TODAY)

    assert counted()[TODAY - timedelta(days=40), "task-opened", "a-rule"] == 1


@pytest.mark.parametrize("many", [1, 30])
def test_it_asks_for_the_last_day_and_counts_in_one_statement(statements, many):
    for number in range(many):
        task(str(number))
    statements.clear()

    count_events(today=TODAY)

    assert len(statements) == 2
