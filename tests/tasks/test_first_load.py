"""The first reconciliation after a large load, of which the planner knows nothing yet."""

from datetime import date

import pytest
from django.db import connection

from portal.card.models import InsuranceUse
from portal.residents.models import Resident
from tasks.compile import IDS, RANGE
from tasks.models import Task
from tasks.reconcile import no_nested_loops, statements
from tests.tasks.crowd import make_crowd
from tests.tasks.plans import people_tables, plan_of

TODAY = date(2027, 4, 1)


@pytest.mark.django_db
def test_people_that_the_planner_knows_nothing_of_are_read_once_and_not_once_each():
    """Without statistics it takes each table for a row or two."""
    forget_what_is_known()
    ids = make_crowd(1000)
    everyone = {"low": ids.start, "high": ids.stop}

    with no_nested_loops():
        opening = plan_of(statements(RANGE).open_and_update, today=TODAY, **everyone)
    tasks = dict(Task.objects.live().values_list("pk", "about"))
    InsuranceUse.objects.update(status="registered")
    closing = plan_of(statements(IDS).close, today=TODAY, ids=[*tasks.values()], unwanted=[*tasks])

    assert len(tasks) > 500
    assert max(rows for _kind, _table, rows in people_tables(opening)) <= 10 * len(ids)
    assert max(rows for _kind, _table, rows in people_tables(closing)) <= 10 * len(tasks)


def forget_what_is_known():
    """Empty tables are as new ones to the planner; and the server's own upkeep is locked out."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {Resident._meta.db_table} CASCADE")
