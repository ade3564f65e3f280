"""What the database refuses about tasks, whoever writes it."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from tasks.models import ENDED, LIVE, Status, Sweep, SweepRange, Task, TaskEvent
from tasks.rules import registry
from tests.factories import GuardianshipFactory, ResidentFactory

DAY = date(2027, 4, 1)
RULE = registry["card.insurance-use"].id

pytestmark = pytest.mark.django_db


def task(resident, about=None, **fields):
    fields = {"rule_id": RULE, "subject": "S", "opened_on": DAY} | fields
    return Task.objects.create(resident=resident, about=about or resident, **fields)


def refused(constraint):
    return pytest.raises(IntegrityError, match=constraint)


@pytest.mark.parametrize("first", LIVE)
@pytest.mark.parametrize("second", LIVE)
def test_there_is_one_live_task_for_a_rule_and_subject(first, second):
    resident = ResidentFactory()
    wakes = {Status.SNOOZED: DAY, Status.REPORTED: DAY}
    task(resident, status=first, wake_on=wakes.get(first))

    with refused("task_one_live"), transaction.atomic():
        task(resident, status=second, wake_on=wakes.get(second))


@pytest.mark.parametrize("status", ENDED)
def test_beside_a_live_task_any_number_may_have_ended(status):
    resident = ResidentFactory()
    for _ in range(2):
        task(resident, status=status, ended_on=DAY)

    assert task(resident).status == Status.OPEN


def test_each_sibling_may_have_a_task_of_the_same_subject():
    one = GuardianshipFactory()
    other = GuardianshipFactory(guardian=one.guardian)

    task(one.guardian, one.child)
    task(one.guardian, other.child)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        *[({"status": status}, "task_ended_or_live") for status in ENDED],
        ({"status": "open", "ended_on": DAY}, "task_ended_or_live"),
        ({"status": "dismissed", "ended_on": DAY}, "task_ended_or_live"),
        ({"status": "lost"}, "task_ended_or_live"),
        ({"status": "snoozed"}, "task_wakes_if_asleep"),
        ({"status": "reported"}, "task_wakes_if_asleep"),
        ({"status": "open", "wake_on": DAY}, "task_wakes_if_asleep"),
        ({"status": "dismissed", "wake_on": DAY}, "task_wakes_if_asleep"),
        ({"status": "done", "ended_on": DAY, "wake_on": DAY}, "task_wakes_if_asleep"),
        ({"priority": -1}, "priority"),
    ],
)
def test_a_task_that_cannot_be_is_refused(fields, constraint):
    with refused(constraint), transaction.atomic():
        task(ResidentFactory(), **fields)


def test_an_event_belongs_to_a_task_of_the_same_resident():
    mine, anothers = task(ResidentFactory()), ResidentFactory()

    with refused("task_event_of_task"), transaction.atomic():
        TaskEvent.objects.create(resident=anothers, task=mine, what="done", day=DAY)


def test_a_night_has_each_range_once_and_none_empty():
    night = Sweep.objects.create(day=DAY, started_by="command", range_size=7)
    SweepRange.objects.create(sweep=night, low=0, high=7)

    with refused("sweep_range_once"), transaction.atomic():
        SweepRange.objects.create(sweep=night, low=0, high=8)
    with refused("sweep_range_not_empty"), transaction.atomic():
        SweepRange.objects.create(sweep=night, low=7, high=7)
    with refused("sweep_day_run"), transaction.atomic():
        Sweep.objects.create(day=DAY, started_by="staff", range_size=7)
