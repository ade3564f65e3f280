"""What the portal derives from facts is up to date before the rules are asked in the night."""

import threading
import time
from datetime import date

import pytest
from django.core.management import call_command
from django.db import transaction

from portal.card.models import BenefitAccount, InsuranceUse
from portal.exchange.loading import load
from portal.residents.models import Resident
from tasks import derived, sweep
from tasks.models import Status, Sweep, SweepRange, Task
from tasks.reconcile import Reconciled, keep_loads_out, reconcile_people
from tests.exchange.facts import account, insurance, load_lines, resident
from tests.factories import BenefitAccountFactory, InsuranceUseFactory, ResidentFactory
from tests.tasks.test_at_once import PATIENCE, at_once, wait_for_somebody_who_waits

TODAY = date(2027, 4, 1)


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch):
    """No room derives anything here but what a test registers."""
    monkeypatch.setattr(derived, "refreshes", [])


@pytest.fixture
def accounts_from_insurance():
    """Let the account follow from the insurance; return for whom it was asked."""
    asked = []

    @derived.register_derived
    def refresh(*, low, high, today):
        asked.append((low, high, today))
        for fact in InsuranceUse.objects.filter(resident__gte=low, resident__lt=high):
            BenefitAccount.objects.filter(resident=fact.resident_id).update(status=fact.status)

    return asked


@pytest.fixture
def person():
    person = ResidentFactory()
    InsuranceUseFactory(resident=person)
    BenefitAccountFactory(resident=person, status="registered")
    return person


def a_range():
    night, _new = sweep.start_sweep(day=TODAY, started_by=Sweep.StartedBy.COMMAND)
    return night.ranges.get()


def account_tasks():
    return Task.objects.filter(rule__key="card.benefit-account")


@pytest.mark.django_db
def test_the_night_asks_the_rules_about_what_was_derived_just_before(
    accounts_from_insurance, person
):
    one = a_range()

    sweep.work_on(one.pk, worker="test")

    assert accounts_from_insurance == [(one.low, one.high, TODAY)]
    assert account_tasks().get().status == Status.OPEN


@pytest.mark.django_db
def test_all_that_is_registered_is_called_in_its_order(accounts_from_insurance, person):
    called = []
    for name in ("first", "second"):
        derived.register_derived(lambda *, name=name, **whom: called.append(name))

    sweep.work_on(a_range().pk, worker="test")

    assert (len(accounts_from_insurance), called) == (1, ["first", "second"])


@pytest.mark.django_db
def test_the_seconds_of_a_range_are_those_of_deriving_too(person):
    derived.register_derived(lambda **whom: time.sleep(0.3))

    sweep.work_on(a_range().pk, worker="test")

    assert SweepRange.objects.get().seconds > 0.3


@pytest.mark.django_db
def test_where_deriving_fails_the_range_stays_to_be_done(accounts_from_insurance, person):
    @derived.register_derived
    def fail(**whom):
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        sweep.work_on(a_range().pk, worker="test")

    assert SweepRange.objects.get().finished_at is None
    assert BenefitAccount.objects.get().status == "registered"


@pytest.mark.django_db
def test_with_nothing_derived_a_range_takes_no_statement_more(person, statements, monkeypatch):
    one = a_range()
    statements.clear()
    sweep.work_on(one.pk, worker="test")
    taken = len(statements)
    SweepRange.objects.update(finished_at=None)
    monkeypatch.setattr(sweep, "refresh_range", lambda **whom: None)
    statements.clear()

    sweep.work_on(one.pk, worker="test", steal=True)

    assert len(statements) == taken


@pytest.mark.django_db
def test_reconcile_of_one_resident_derives_before_it_asks(accounts_from_insurance, person):
    call_command("reconcile", today=TODAY, resident=[person.ref])

    assert accounts_from_insurance == [(person.pk, person.pk + 1, TODAY)]
    assert account_tasks().exists()


# ---- beside loads and events, each on a connection of its own
def load_then(deed, person, loading):
    """Do what a load does: hold the facts first, write, then hold the people and reconcile them."""
    with transaction.atomic():
        keep_loads_out([person.pk])
        loading.set()
        deed()
        InsuranceUse.objects.filter(resident=person).update(status="registered")
        reconcile_people([person.pk], today=TODAY)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("municipalities")
def test_a_night_waits_for_a_load_before_it_holds_anybody(accounts_from_insurance, person):
    """Did it hold the people first, each would wait for the other."""
    one, loading = a_range(), threading.Event()

    def night():
        loading.wait(PATIENCE)
        sweep.work_on(one.pk, worker="test")

    at_once(lambda: load_then(wait_for_somebody_who_waits, person, loading), night)

    assert not account_tasks().exists()  # derived from what the load brought


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("municipalities")
def test_an_event_waits_until_what_is_derived_is_there(person):
    """Else the night could write over it what it had derived from older facts."""
    one, deriving, order = a_range(), threading.Event(), []

    @derived.register_derived
    def refresh(**whom):
        deriving.set()
        wait_for_somebody_who_waits()
        order.append("derived")

    def event():
        deriving.wait(PATIENCE)
        reconcile_people([person.pk], today=TODAY)
        order.append("event")

    at_once(lambda: sweep.work_on(one.pk, worker="test"), event)

    assert order == ["derived", "event"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("municipalities")
def test_loads_and_nights_at_once_never_lock_each_other_up(accounts_from_insurance, monkeypatch):
    monkeypatch.setattr(load, "ATTEMPTS", 1)  # else a load would begin again, and say nothing
    refs = [f"R{number}" for number in range(40)]
    load_lines(*map(resident, refs), *map(insurance, refs))

    def loads():
        for turn in range(8):
            status = ["registered", "not-registered"][turn % 2]
            at = f"2026-11-{turn + 1:02}T00:00:00Z"
            load_lines(*(account(ref, status=status, checked_at=at) for ref in refs))

    def nights():
        for _turn in range(8):
            sweep.run_sweep(day=TODAY, worker="test")

    at_once(loads, nights, nights)

    assert Sweep.objects.filter(finished_at=None).count() == 0
    assert len(accounts_from_insurance) >= 8
    ids = [*Resident.objects.values_list("pk", flat=True)]
    assert reconcile_people(ids, today=TODAY) == Reconciled()
