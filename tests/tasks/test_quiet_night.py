"""A night on which nothing has changed leaves no trace in the tables or the server's log."""

from datetime import date

import pytest
from django.db import connection

from tasks.reconcile import Reconciled, reconcile_range
from tests.tasks.crowd import make_crowd

TODAY = date(2027, 4, 1)


@pytest.mark.serial  # the log is everybody's
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("municipalities")
def test_a_quiet_night_over_20000_people_writes_no_row_and_no_log_to_speak_of():
    ids = make_crowd(20_000)
    ranges = [(low, min(low + 5000, ids.stop)) for low in range(ids.start, ids.stop, 5000)]
    first = sum_of(ranges)
    assert first.opened > 10_000
    execute("VACUUM ANALYZE")
    execute("CHECKPOINT")
    sum_of(ranges)  # sets what hints are left to set on the pages
    numbers = sequence_values()

    nights = [logged(ranges) for _night in range(3)]

    assert {done for done, _bytes in nights} == {Reconciled()}
    assert sequence_values() == numbers
    # The log is the whole server's, whose own upkeep may write to it during one night or another.
    assert min(written for _done, written in nights) < 64 * 1024


def logged(ranges):
    """Return what a night over these ranges did, and the bytes of log written meanwhile."""
    before = execute("SELECT pg_current_wal_insert_lsn()")
    done = sum_of(ranges)
    return done, execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", before)


def sum_of(ranges):
    return sum(
        (reconcile_range(today=TODAY, low=low, high=high) for low, high in ranges), Reconciled()
    )


def execute(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0] if cursor.description else None


def sequence_values():
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
        return cursor.fetchall()
