"""One night, two nights, nights cut anyhow: the same inbox, byte for byte."""

import io
import json
import os
import random
import signal
import subprocess
import sys
from datetime import date
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from tasks import sweep
from tasks.models import Status, Sweep, Task
from tasks.reconcile import reconcile_people
from tests.factories import BenefitAccountFactory, InsuranceUseFactory, ResidentFactory
from tests.tasks.crowd import make_crowd

PEOPLE = 3000
TODAY = date(2027, 4, 1)

pytestmark = pytest.mark.django_db


def printed(command, **options):
    out = io.StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue()


def night(*, range_size=sweep.RANGE_SIZE, day=TODAY):
    return json.loads(printed("reconcile", today=day, range_size=range_size))


def one_nights_dump():
    """What an undisturbed night leaves; the tables are as before."""
    night()
    dump = printed("dump_inbox")
    forget_nights()
    return dump


def forget_nights():
    with connection.cursor() as cursor:
        for table in ("tasks_taskevent", "tasks_task", "tasks_sweeprange", "tasks_sweep"):
            cursor.execute(f"DELETE FROM {table}")


def test_the_dump_names_people_rules_and_dates_and_no_ids_or_times():
    child = ResidentFactory(ref="R2", born=date(2010, 4, 1), acts_from=date(2010, 4, 1))
    parent = ResidentFactory(ref="R1")
    InsuranceUseFactory(resident=child)
    BenefitAccountFactory(resident=parent)
    night()

    lines = [json.loads(line) for line in printed("dump_inbox").splitlines()]

    common = {"status": "open", "opens_on": None, "due_on": None, "priority": "priority"}
    assert lines == [
        {"resident": "R1", "rule": "card.benefit-account", "subject": "R1", "about": "R1"} | common,
        {"resident": "R2", "rule": "card.insurance-use", "subject": "R2", "about": "R2"} | common,
    ]


def test_the_command_reconcile_says_what_it_did():
    make_crowd(100)

    first, second = night(), night()

    assert first.keys() == {"residents", "opened", "updated", "closed", "seconds"}
    assert first["residents"] == 100
    assert first["opened"] == Task.objects.count() > 50
    assert (second["opened"], second["updated"], second["closed"]) == (0, 0, 0)


def test_reconcile_of_one_resident_brings_the_children_along():
    ids = make_crowd(20)
    everyones = one_nights_dump()
    refs = [f"C{number:07d}" for number in range(1, 21)]

    for ref in random.Random(5).sample(refs, len(ids)):
        printed("reconcile", today=TODAY, resident=[ref])

    assert printed("dump_inbox") == everyones


@pytest.mark.parametrize("range_size", [7, 50_000])
def test_a_second_night_in_ranges_of_any_size_leaves_the_same_inbox(range_size):
    make_crowd(PEOPLE if range_size > 7 else 300)
    once = one_nights_dump()

    night(range_size=range_size)
    first = printed("dump_inbox")
    again = night(range_size=range_size)

    assert first == printed("dump_inbox") == once
    assert (again["opened"], again["updated"], again["closed"]) == (0, 0, 0)


def test_ranges_in_any_order_some_twice_leave_the_same_inbox():
    make_crowd(PEOPLE)
    once = one_nights_dump()
    one, _new = sweep.start_sweep(
        day=TODAY, started_by=Sweep.StartedBy.COMMAND, range_size=PEOPLE // 20
    )
    ranges = list(one.ranges.values_list("pk", flat=True))
    chance = random.Random(7)

    for range_id in [*chance.sample(ranges, len(ranges)), *chance.choices(ranges, k=5)]:
        sweep.work_on(range_id, worker="test", steal=True)

    one.refresh_from_db()
    assert one.finished_at
    assert printed("dump_inbox") == once


def test_events_and_a_night_leave_the_same_inbox_as_a_night():
    ids = list(make_crowd(300))
    once = one_nights_dump()
    random.Random(3).shuffle(ids)

    for start in range(0, 150, 10):
        reconcile_people(ids[start : start + 10], today=TODAY)
    night(range_size=7)

    assert printed("dump_inbox") == once


# ---- a reader who leaves; who is killed: tests/faults
def start(*command, stdout=subprocess.DEVNULL):
    """Start a command in a process of its own on this test's database."""
    address = urlsplit(os.environ["DATABASE_URL"])
    ours = address._replace(path="/" + connection.settings_dict["NAME"])
    return subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": urlunsplit(ours)},
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("people", [1, 1000], ids=["less than a buffer", "more than a buffer"])
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("municipalities")
def test_a_reader_who_stops_early_ends_the_dump_in_silence(people):
    InsuranceUseFactory.create_batch(people)
    night()
    read, write = os.pipe()
    os.close(read)

    dump = start("dump_inbox", stdout=write)
    os.close(write)

    assert dump.communicate()[1] == b""
    assert dump.returncode == 128 + signal.SIGPIPE


def test_whatever_residents_did_is_in_the_dump():
    insurance = InsuranceUseFactory(resident__ref="R1")
    night()
    Task.objects.filter(resident=insurance.resident).update(status=Status.DISMISSED)

    [line] = printed("dump_inbox").splitlines()

    assert json.loads(line)["status"] == "dismissed"
