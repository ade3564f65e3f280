"""Nights, events and acts at the same moment: nothing is lost, doubled or locked up."""

import contextlib
import random
import threading
import time
from datetime import date

import pytest
from django.db import connection, transaction

from portal.card.models import BenefitAccount, InsuranceUse
from tasks import acts, sweep
from tasks.models import Status, Sweep, Task, TaskEvent
from tasks.reconcile import keep_loads_out, reconcile_people, reconcile_range
from tests.at_once import at_once
from tests.factories import BenefitAccountFactory, InsuranceUseFactory, ResidentFactory
from tests.tasks.changed_rules import change, other_code

TODAY = date(2027, 4, 1)
PATIENCE = 120  # seconds

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("municipalities"),
]


def wait_for_somebody_who_waits():
    """Return once another connection to this database waits for an advisory lock."""
    for _ in range(PATIENCE * 100):
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """
            )
            [waiting] = cursor.fetchone()
        if waiting:
            return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


@pytest.fixture
def person():
    person = ResidentFactory(acts_from=date(1990, 4, 1))
    InsuranceUseFactory(resident=person)
    BenefitAccountFactory(resident=person)
    return person


def statuses():
    return sorted(Task.objects.values_list("status", flat=True))


def report(model, person, status):
    """What a source's report does: the fact, and the person's inbox, in one transaction."""
    with transaction.atomic():
        model.objects.filter(resident=person).update(status=status)
        reconcile_people([person.pk], today=TODAY)


def test_two_reports_about_one_person_at_once_lose_neither_ending(person):
    reconcile_people([person.pk], today=TODAY)
    for _ in range(15):
        at_once(
            lambda: report(InsuranceUse, person, "registered"),
            lambda: report(BenefitAccount, person, "registered"),
        )
        assert not Task.objects.live().exists()
        at_once(
            lambda: report(InsuranceUse, person, "not-registered"),
            lambda: report(BenefitAccount, person, "not-registered"),
        )
        assert Task.objects.live().count() == 2


def test_a_report_that_waits_for_another_sees_what_the_other_wrote(person):
    """The second reconciliation must not work from facts read before the first ended."""
    reconcile_people([person.pk], today=TODAY)
    first_has_reconciled, first_may_end = threading.Event(), threading.Event()

    def first():
        with transaction.atomic():
            report(InsuranceUse, person, "registered")
            first_has_reconciled.set()
            first_may_end.wait(PATIENCE)

    def second():
        first_has_reconciled.wait(PATIENCE)
        threading.Timer(0.3, first_may_end.set).start()
        report(BenefitAccount, person, "registered")

    at_once(first, second)

    assert statuses() == [Status.DONE, Status.DONE]


def test_nights_events_and_acts_at_once_leave_one_live_task_a_key():
    people = [ResidentFactory(acts_from=date(1990, 4, 1)) for _ in range(12)]
    for one in people:
        InsuranceUseFactory(resident=one)
        BenefitAccountFactory(resident=one)
    ids = [one.pk for one in people]

    def nights():
        for _ in range(12):
            reconcile_range(today=TODAY, low=min(ids), high=max(ids) + 1)

    def events(seed):
        chance = random.Random(seed)

        def run():
            for _ in range(20):
                with transaction.atomic():
                    some = sorted(chance.sample(ids, 3))
                    status = chance.choice(["registered", "not-registered"])
                    list(
                        InsuranceUse.objects.select_for_update().filter(pk__in=some).order_by("pk")
                    )
                    InsuranceUse.objects.filter(pk__in=some).update(status=status)
                    reconcile_people(some, today=TODAY)

        return run

    def resident_acts():
        chance = random.Random(3)
        for _ in range(20):
            resident = chance.choice(people)
            task = Task.objects.live().filter(resident=resident).first()
            if task:
                act = chance.choice([acts.dismiss, acts.report_done, acts.undo])
                # It may have ended in the meantime, or another act come first.
                with contextlib.suppress(acts.Refused):
                    act(resident=resident, task_id=task.pk, by=None, today=TODAY)

    at_once(nights, nights, events(1), events(2), resident_acts)

    expected = {
        *InsuranceUse.objects.filter(status="not-registered").values_list("resident", flat=True)
    }
    live = Task.objects.live().filter(rule__key="card.insurance-use")
    assert sorted(live.values_list("resident", flat=True)) == sorted(expected)
    assert Task.objects.live().filter(rule__key="card.benefit-account").count() == len(people)
    assert reconcile_range(today=TODAY, low=min(ids), high=max(ids) + 1).closed == 0


def test_fifty_acts_at_once_have_one_effect(person):
    reconcile_people([person.pk], today=TODAY)
    task = Task.objects.filter(rule__key="card.insurance-use").get()

    def dismiss():
        for _ in range(5):
            acts.dismiss(resident=person, task_id=task.pk, by=None, today=TODAY)

    at_once(*[dismiss] * 10)

    assert Task.objects.get(pk=task.pk).status == Status.DISMISSED
    assert TaskEvent.objects.filter(task=task).count() == 1


@pytest.fixture
def word_of_a_family():
    """Let a resident's word end the task about the insurance; return whose it was, each time."""
    said = []

    def record_report(*, task, by, today):
        said.append(task.about_id)
        InsuranceUse.objects.filter(resident=task.about_id).update(status="registered")

    with other_code():
        change("card.insurance-use", record_report=record_report)
        yield said


def test_fifty_words_at_once_are_one_fact_and_one_ending(person, word_of_a_family):
    reconcile_people([person.pk], today=TODAY)
    task = Task.objects.filter(rule__key="card.insurance-use").get()

    def say():
        for _ in range(5):
            acts.report_done(resident=person, task_id=task.pk, by=None, today=TODAY)

    at_once(*[say] * 10)

    assert word_of_a_family == [person.pk]
    assert Task.objects.get(pk=task.pk).status == Status.DONE
    assert TaskEvent.objects.filter(task=task).count() == 2


def test_a_word_waits_for_a_load_and_neither_waits_for_ever(person, word_of_a_family):
    """A load holds its facts first, then the people that it reconciles."""
    reconcile_people([person.pk], today=TODAY)
    task = Task.objects.filter(rule__key="card.insurance-use").get()
    loading = threading.Event()

    def load():
        with transaction.atomic():
            keep_loads_out([person.pk])
            loading.set()
            wait_for_somebody_who_waits()
            report(BenefitAccount, person, "registered")
            assert word_of_a_family == []

    def say():
        loading.wait(PATIENCE)
        acts.report_done(resident=person, task_id=task.pk, by=None, today=TODAY)

    at_once(load, say)

    assert statuses() == [Status.DONE, Status.DONE]


def test_ranges_beside_each_other_are_done_at_once():
    def reconcile_the_next():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        reconcile_range(today=TODAY, low=sweep.RANGE_SIZE, high=2 * sweep.RANGE_SIZE)

    with transaction.atomic():
        reconcile_range(today=TODAY, low=0, high=sweep.RANGE_SIZE)
        at_once(reconcile_the_next)


def test_a_range_that_two_workers_take_is_done_by_one(person):
    one, _new = sweep.start_sweep(day=TODAY, started_by=Sweep.StartedBy.COMMAND)
    [range_id] = one.ranges.values_list("pk", flat=True)
    done = []

    at_once(
        *[lambda: done.append(sweep.work_on(range_id, worker="test", steal=True))] * 3,
        *[lambda: done.append(sweep.work_on(range_id, worker="test"))] * 2,
    )

    assert [one.opened for one in done if one] == [2]


def test_a_schedule_that_fires_many_times_at_once_starts_one_night(person):
    started = []

    at_once(
        *[lambda: started.append(sweep.start_sweep(day=TODAY, started_by=Sweep.StartedBy.BEAT))] * 5
    )

    assert sorted(new for _sweep, new in started) == [False] * 4 + [True]
    assert Sweep.objects.count() == 1
