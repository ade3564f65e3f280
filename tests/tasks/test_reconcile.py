"""How many statements a reconciliation takes, and what it leaves alone."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import Q

from portal.card.models import InsuranceUse
from tasks import versions
from tasks.models import Priority, Status, Task
from tasks.reconcile import Reconciled, reconcile_people, reconcile_range
from tasks.rules import Condition, Rule, registry
from tests.factories import (
    BenefitAccountFactory,
    CertificateFactory,
    GuardianshipFactory,
    InsuranceUseFactory,
    ResidentFactory,
)
from tests.tasks.changed_rules import change, forget_compiled, other_code

TODAY = date(2027, 4, 1)
AT_MOST_FOR_ONE = 6


@pytest.fixture
def ten_rules_more():
    """Ten more rules over the insurance facts; they hold always, and end as expired."""
    with other_code():
        register_ten_more()
        yield


def register_ten_more():
    for number in range(10):
        condition = Condition(
            name=f"more-{number}",
            test=lambda today: Q(status="not-registered"),
            holds="",
            fails="",
            ends=Status.EXPIRED,
        )
        registry.register(
            Rule(
                key=f"test.more-{number}",
                title="",
                rows=lambda today: InsuranceUse.objects.all(),
                conditions=[condition],
            )
        )
    versions.record()
    forget_compiled()


def family(children):
    """A resident with everything open, and children for whom the resident acts."""
    parent = ResidentFactory()
    CertificateFactory(resident=parent)
    InsuranceUseFactory(resident=parent)
    BenefitAccountFactory(resident=parent)
    wards = [GuardianshipFactory(guardian=parent).child for _ in range(children)]
    for child in wards:
        InsuranceUseFactory(resident=child)
        CertificateFactory(resident=child)
    return [parent, *wards]


def begin_and_end(statement):
    return statement.startswith(("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT"))


# ---- statements
@pytest.mark.django_db
@pytest.mark.parametrize("people", [1, 40])
@pytest.mark.parametrize("night", ["first", "quiet", "closing"])
def test_a_range_takes_the_same_few_statements_for_one_person_or_many(statements, people, night):
    ids = [one.pk for _ in range(people) for one in family(children=1)]
    if night != "first":
        reconcile_range(today=TODAY, low=min(ids), high=max(ids) + 1)
    if night == "closing":
        InsuranceUse.objects.update(status="registered")
    statements.clear()

    done = reconcile_range(today=TODAY, low=min(ids), high=max(ids) + 1)

    assert bool(done.opened) == (night == "first") and bool(done.closed) == (night == "closing")
    within = [one for one in statements if not begin_and_end(one)]
    assert len(within) == (5 if night == "closing" else 4)


@pytest.mark.django_db
@pytest.mark.parametrize("children", [0, 5])
def test_an_event_takes_at_most_six_statements_however_many_children(statements, children):
    people = [one.pk for one in family(children)]
    reconcile_people(people, today=TODAY)
    InsuranceUse.objects.update(status="registered")
    statements.clear()

    done = reconcile_people(people, today=TODAY)

    assert done.closed == 1 + children
    assert len(statements) <= AT_MOST_FOR_ONE


@pytest.mark.django_db
def test_ten_rules_more_take_no_statement_more(ten_rules_more, statements):
    people = [one.pk for one in family(children=2)]
    statements.clear()

    first = reconcile_people(people, today=TODAY)
    opening = len(statements)
    InsuranceUse.objects.update(status="registered")
    statements.clear()
    done = reconcile_people(people, today=TODAY)

    assert (first.opened, done.closed) == (7 + 30, 3 + 30)
    assert opening <= AT_MOST_FOR_ONE and len(statements) <= AT_MOST_FOR_ONE
    assert Task.objects.filter(status=Status.EXPIRED).count() == 30


# ---- rows and log
@pytest.mark.django_db
def test_a_second_run_writes_nothing_and_takes_no_number_of_a_sequence():
    people = [one.pk for one in family(children=2)]
    first = reconcile_people(people, today=TODAY)
    before = sequence_values()

    again = reconcile_people(people, today=TODAY)
    again += reconcile_range(today=TODAY, low=min(people), high=max(people) + 1)

    assert first == Reconciled(opened=7)
    assert (again, sequence_values()) == (Reconciled(), before)


def sequence_values():
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
        return cursor.fetchall()


@pytest.mark.django_db
def test_a_dismissed_task_stays_dismissed_however_many_nights_pass():
    insurance = InsuranceUseFactory(stale_on=date(2030, 1, 1))
    reconcile_people([insurance.resident_id], today=TODAY)
    Task.objects.update(status=Status.DISMISSED)

    for days in (0, 1, 31, 365):
        reconcile_people([insurance.resident_id], today=TODAY + timedelta(days))

    assert Task.objects.get().status == Status.DISMISSED


@pytest.mark.django_db
@pytest.mark.parametrize(("days_to_due", "status"), [(1, Status.SNOOZED), (0, Status.OPEN)])
def test_a_task_put_off_is_back_by_its_due_date_even_where_that_was_moved(days_to_due, status):
    certificate = CertificateFactory(expires_on=TODAY + timedelta(60))
    reconcile_people([certificate.resident_id], today=TODAY)
    Task.objects.update(status=Status.SNOOZED, wake_on=TODAY + timedelta(50))

    certificate.expires_on = TODAY + timedelta(days_to_due)
    certificate.save()
    reconcile_people([certificate.resident_id], today=TODAY)

    assert Task.objects.get().status == status


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("until", "day", "priority"),
    [
        (date(2027, 8, 20), date(2027, 7, 20), Priority.PRIORITY),
        (date(2027, 8, 20), date(2027, 7, 21), Priority.URGENT),
        (None, date(2027, 7, 21), Priority.PRIORITY),
    ],
)
def test_a_task_is_urgent_so_many_days_before_the_date_that_its_rule_names(until, day, priority):
    with other_code():
        change("card.insurance-use", urgent_days=30, urgent_until="valid_until")
        versions.record()
        insurance = InsuranceUseFactory(valid_until=until, stale_on=date(2030, 1, 1))
        reconcile_people([insurance.resident_id], today=TODAY)

        reconcile_people([insurance.resident_id], today=day)

        assert Task.objects.get().priority == priority


@pytest.mark.django_db
def test_siblings_with_the_same_serial_have_a_task_each():
    first, second = GuardianshipFactory(), GuardianshipFactory()
    second.guardian = first.guardian
    second.save()
    for ward, expires_on in ((first, date(2027, 5, 20)), (second, date(2027, 5, 21))):
        CertificateFactory(resident=ward.child, serial="same", expires_on=expires_on)
    people = [first.child_id, second.child_id]

    assert reconcile_people(people, today=TODAY) == Reconciled(opened=2)
    assert reconcile_people(people, today=TODAY) == Reconciled()
    assert set(Task.objects.values_list("resident", "about")) == {
        (first.guardian_id, child) for child in people
    }
