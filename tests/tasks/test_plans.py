"""A range reads what concerns its own people, however many others there are."""

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from tasks import dry_run
from tasks.compile import IDS, RANGE
from tasks.models import Task
from tasks.reconcile import no_nested_loops, reconcile_range, statements
from tasks.rules import registry
from tests.tasks.crowd import analyze, make_crowd
from tests.tasks.plans import people_tables, plan_of

TODAY = date(2027, 4, 1)


@pytest.fixture(scope="module")
def crowd(django_db_setup, django_db_blocker):
    """20,000 people whose tasks stand and of whom the planner knows; gone after the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        ids = make_crowd(20_000)
        analyze()
        reconcile_range(today=TODAY, low=ids.start, high=ids.stop)
        analyze()
        connection.check_constraints()  # once, not at the end of each test
        yield ids
        transaction.set_rollback(True)


@pytest.mark.parametrize("size", [1, 7, 500, 2000])
@pytest.mark.parametrize("today", [TODAY, TODAY + timedelta(1), TODAY + timedelta(400)])
def test_a_range_reads_its_own_people_only(crowd, db, size, today):
    """No table of the people is scanned whole, and what is read depends on the range alone."""
    low = crowd.start + 9000

    with no_nested_loops():
        nodes = plan_of(statements(RANGE).open_and_update, today=today, low=low, high=low + size)

    tables = people_tables(nodes)
    assert {table for _kind, table, _rows in tables} >= {"tasks_task", "residents_resident"}
    assert [node for node in tables if node[0] == "Seq Scan"] == []
    assert max(rows for _kind, _table, rows in tables) <= 10 * size


# Of a crowd so small, reading all of a table is at times the cheaper way from some 200 people on.
@pytest.mark.parametrize("people", [1, 50])
def test_an_event_reads_its_own_people_only(crowd, db, people):
    ids = list(crowd)[9000 : 9000 + people]
    live = list(Task.objects.live().filter(about__in=ids).values_list("pk", "about"))
    tasks = [task for task, _about in live]
    # The tasks of one person may be looked at once for each of them: whose of the crowd have how
    # many depends on their ids, which go on from test to test.
    pairs = sum(n * (n + 1) / 2 for n in Counter(about for _task, about in live).values())

    nodes = plan_of(statements(IDS).open_and_update, today=TODAY + timedelta(1), ids=ids)
    nodes += plan_of(statements(IDS).close, today=TODAY, ids=ids, unwanted=tasks)

    tables = people_tables(nodes)
    assert [node for node in tables if node[0] == "Seq Scan"] == []
    assert max(rows for _kind, _table, rows in tables) <= max(30 * people, pairs)


@pytest.mark.parametrize("key", [*registry, None])
@pytest.mark.parametrize("size", [7, 2000])
def test_a_dry_run_reads_its_own_people_only(crowd, db, key, size):
    """A rule as it stands, and (None) one that is taken away."""
    low = crowd.start + 9000
    number = registry[key or "card.benefit-account"].id
    opening, closing = dry_run.in_sql(registry.get(key), number, by_opening=True)
    live = Task.objects.live().filter(rule=number, about__gte=low, about__lt=low + size)
    tasks = dict(live.values_list("pk", "about"))

    with no_nested_loops():
        nodes = plan_of(opening, today=TODAY, low=low, high=low + size)
    nodes += plan_of(closing, today=TODAY, ids=[*tasks.values()], unwanted=[*tasks])

    tables = people_tables(nodes)
    assert [node for node in tables if node[0] == "Seq Scan"] == []
    assert max(rows for _kind, _table, rows in tables) <= 10 * size
