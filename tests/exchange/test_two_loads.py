"""Two loads at once, on connections of their own, end like one after the other."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from portal.exchange.models import QuarantinedLine
from portal.residents.models import FactReport, Resident, ResidentRef
from tests.exchange.facts import (
    account,
    certificate,
    guardianship,
    insurance,
    load_lines,
    resident,
    what_stands,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("municipalities"),
    pytest.mark.serial,
]


def at_once(*loads):
    """Run the loads, each a list of lists of lines, in threads that start together."""
    start, failures = Barrier(len(loads)), []

    def run(files):
        try:
            for lines in files:
                start.wait()
                load_lines(*lines)
        except Exception as error:
            failures.append(error)
            start.abort()
        finally:
            connection.close()

    threads = [Thread(target=run, args=[files]) for files in loads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_same_people_and_facts_from_two_sides_are_there_once():
    lines = []
    for n in range(60):
        lines += [
            resident(f"R{n}", born="2019-05-05" if n % 2 else "1990-04-01"),
            account(f"R{n}"),
            insurance(f"R{n}"),
            certificate(f"R{n}"),
        ]
        if n % 2:
            lines.append(guardianship(f"R{n}", f"R{n - 1}"))
    newer = [{**line, "checked_at": "2026-11-10T00:00:00Z"} for line in lines]

    at_once([lines, newer], [newer[::-1], lines[::-1]])

    assert Resident.objects.count() == ResidentRef.objects.count() == 60
    assert FactReport.objects.count() == 2 * len(lines)
    with connection.cursor() as cursor:
        together = what_stands(cursor)
    load_lines(*lines, *newer)
    with connection.cursor() as cursor:
        assert what_stands(cursor) == together


def test_no_line_is_left_waiting_for_a_person_whom_the_other_load_makes():
    rounds = range(8)

    at_once(
        [[resident(f"R{n}")] for n in rounds],
        [[insurance(f"R{n}")] for n in rounds],
    )

    assert not QuarantinedLine.objects.filter(resolved_at=None).exists()
    assert FactReport.objects.filter(kind="insurance").count() == len(rounds)
