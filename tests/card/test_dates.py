"""The law's dates about the card, at their edges."""

from datetime import date, timedelta

import pytest

from portal.card.models import Certificate
from tasks.models import Priority, Status, Task
from tasks.reconcile import reconcile_people
from tests.factories import (
    BenefitAccountFactory,
    CertificateFactory,
    GuardianshipFactory,
    InsuranceUseFactory,
    ResidentFactory,
)
from tests.tasks.model import months_later, renewal_opens

pytestmark = pytest.mark.django_db

LIVE = [Status.OPEN]


def inbox_on(today, *people):
    """Reconcile the people on `today`; return all live tasks as (rule, who acts)."""
    reconcile_people([person.pk for person in people], today=today)
    tasks = Task.objects.live().select_related("rule").order_by("rule__key", "resident")
    return [(task.rule.key.removeprefix("card."), task.resident) for task in tasks]


@pytest.mark.parametrize(
    ("expires_on", "opens_on"),
    [
        (date(2027, 5, 20), date(2027, 2, 21)),
        (date(2027, 5, 31), date(2027, 3, 1)),
        (date(2027, 5, 29), date(2027, 3, 1)),
        (date(2027, 5, 28), date(2027, 3, 1)),
        (date(2027, 5, 27), date(2027, 2, 28)),
        (date(2028, 5, 29), date(2028, 3, 1)),
        (date(2028, 5, 28), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2027, 11, 30)),
        (date(2027, 2, 28), date(2026, 11, 29)),
        (date(2027, 12, 31), date(2027, 10, 1)),
        (date(2027, 1, 31), date(2026, 11, 1)),
        (date(2027, 3, 30), date(2026, 12, 31)),
    ],
)
def test_renewal_opens_the_day_after_three_months_before_the_expiry(expires_on, opens_on):
    certificate = CertificateFactory(expires_on=expires_on)
    certificate.refresh_from_db()

    assert certificate.renewal_opens_on == opens_on == renewal_opens(expires_on)
    assert inbox_on(opens_on - timedelta(1), certificate.resident) == []
    assert len(inbox_on(opens_on, certificate.resident)) == 1


@pytest.mark.parametrize(
    ("expires_on", "until"),
    [
        (date(2025, 11, 10), date(2026, 2, 10)),
        (date(2025, 11, 30), date(2026, 2, 28)),
        (date(2027, 11, 30), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 5, 29)),
    ],
)
def test_the_card_proves_the_insurance_for_three_months_after_the_expiry(expires_on, until):
    certificate = CertificateFactory(expires_on=expires_on)
    certificate.refresh_from_db()

    assert certificate.insurance_proof_until == until


def test_the_database_counts_months_as_the_model_does_for_every_day_of_five_years():
    holder = ResidentFactory()
    first = CertificateFactory(resident=holder)
    days = [date(2026, 1, 1) + timedelta(days) for days in range(5 * 366)]
    Certificate.objects.bulk_create(
        Certificate(
            resident=holder,
            source=first.source,
            checked_at=first.checked_at,
            stale_on=first.stale_on,
            type="card",
            serial=f"C{number}",
            expires_on=day,
            known_since=day,
        )
        for number, day in enumerate(days)
    )

    stored = Certificate.objects.card().values_list(
        "expires_on", "renewal_opens_on", "insurance_proof_until"
    )

    assert set(stored) == {(day, renewal_opens(day), months_later(day, 3)) for day in days}


@pytest.mark.parametrize(
    ("days_left", "priority"),
    [(31, Priority.NORMAL), (30, Priority.URGENT), (0, Priority.URGENT), (-1, Priority.URGENT)],
)
@pytest.mark.parametrize("kind", Certificate.Type.values)
def test_a_renewal_is_urgent_from_30_days_before_the_expiry_and_stays_after(
    kind, days_left, priority
):
    certificate = CertificateFactory(type=kind)

    reconcile_people([certificate.resident_id], today=certificate.expires_on - timedelta(days_left))

    task = Task.objects.get()
    assert (task.status, task.due_on) == (Status.OPEN, certificate.expires_on)
    assert task.priority == priority


def test_a_task_that_becomes_urgent_overnight_is_the_same_task():
    certificate = CertificateFactory()
    reconcile_people([certificate.resident_id], today=certificate.expires_on - timedelta(31))
    before = Task.objects.get()

    done = reconcile_people([certificate.resident_id], today=certificate.expires_on - timedelta(30))

    assert (done.opened, done.updated, done.closed) == (0, 1, 0)
    assert Task.objects.get().pk == before.pk
    assert [event.what for event in before.events.all()] == ["updated"]


@pytest.mark.parametrize(
    ("born", "first_day"),
    [
        (date(2012, 4, 1), date(2027, 4, 1)),
        (date(2012, 2, 29), date(2027, 3, 1)),
        (date(2012, 3, 1), date(2027, 3, 1)),
    ],
)
@pytest.mark.parametrize("lapsed_on", [None, date(2027, 1, 15)])
def test_a_signature_certificate_asks_for_something_only_from_15_on(born, first_day, lapsed_on):
    child = ResidentFactory(born=born, acts_from=born)
    CertificateFactory(
        resident=child, type="signature", expires_on=date(2027, 5, 20), lapsed_on=lapsed_on
    )

    assert inbox_on(first_day - timedelta(1), child) == []
    rule = "signature-reissue" if lapsed_on else "signature-renewal"
    assert inbox_on(first_day, child) == [(rule, child)]


@pytest.mark.parametrize("born", [date(2009, 4, 1), date(2008, 2, 29), date(2009, 12, 31)])
def test_on_the_18th_birthday_the_childs_tasks_go_from_both_guardians_to_the_child(born):
    child = ResidentFactory(born=born)
    one = GuardianshipFactory(child=child).guardian
    other = GuardianshipFactory(child=child).guardian
    InsuranceUseFactory(resident=child, stale_on=date(2030, 1, 1))
    BenefitAccountFactory(resident=child, stale_on=date(2030, 1, 1))
    birthday = child.acts_from

    assert inbox_on(birthday - timedelta(1), child) == [
        ("insurance-use", one),
        ("insurance-use", other),
    ]
    assert inbox_on(birthday, child) == [("benefit-account", child), ("insurance-use", child)]
    assert set(Task.objects.ended().values_list("resident", "status")) == {
        (one.pk, Status.WITHDRAWN),
        (other.pk, Status.WITHDRAWN),
    }


@pytest.mark.parametrize("state", ["moved-away", "deceased"])
def test_who_is_gone_has_no_tasks_and_acts_for_nobody(state):
    parent = ResidentFactory()
    child = GuardianshipFactory(guardian=parent).child
    InsuranceUseFactory(resident=parent)
    InsuranceUseFactory(resident=child)
    today = date(2026, 12, 1)
    assert len(inbox_on(today, parent, child)) == 2

    parent.state, parent.state_since = state, today
    parent.save(update_fields=["state", "state_since"])

    assert inbox_on(today, parent, child) == []
    assert set(Task.objects.values_list("status", flat=True)) == {Status.WITHDRAWN}


def test_one_guardians_report_does_not_end_the_others_task_but_the_fact_ends_both():
    child = ResidentFactory(born=date(2024, 8, 1))
    GuardianshipFactory(child=child)
    GuardianshipFactory(child=child)
    insurance = InsuranceUseFactory(resident=child)
    today = date(2026, 12, 1)
    assert len(inbox_on(today, child)) == 2

    insurance.status = "registered"
    insurance.save()

    assert inbox_on(today, child) == []
    assert list(Task.objects.values_list("status", flat=True)) == [Status.DONE, Status.DONE]


@pytest.mark.parametrize(
    ("status", "valid_until", "open_tasks", "ending"),
    [
        ("registered", None, 0, "done"),
        ("registered", date(2026, 12, 1), 0, "done"),
        ("registered", date(2026, 11, 30), 1, None),
        ("confirmation-certificate", None, 0, "withdrawn"),
        ("confirmation-certificate", date(2026, 12, 1), 0, "withdrawn"),
        ("confirmation-certificate", date(2026, 11, 30), 1, None),
        ("unknown", None, 1, None),
        ("not-registered", date(2026, 11, 30), 1, None),
    ],
)
def test_what_the_insurer_says_next_ends_the_task_or_leaves_it(
    status, valid_until, open_tasks, ending
):
    insurance = InsuranceUseFactory()
    today = date(2026, 12, 1)
    assert len(inbox_on(today, insurance.resident)) == 1

    insurance.status, insurance.valid_until = status, valid_until
    insurance.save()

    assert len(inbox_on(today, insurance.resident)) == open_tasks
    assert list(Task.objects.ended().values_list("status", flat=True)) == [ending][: 1 - open_tasks]


@pytest.mark.parametrize("factory", [InsuranceUseFactory, BenefitAccountFactory])
def test_a_source_that_falls_silent_hides_nothing_and_opens_nothing(factory):
    seen, unseen = factory(), factory()
    assert len(inbox_on(seen.stale_on - timedelta(1), seen.resident)) == 1

    assert len(inbox_on(seen.stale_on, seen.resident, unseen.resident)) == 1


def test_a_new_certificate_ends_the_renewal_and_opens_its_own_in_time():
    old = CertificateFactory(expires_on=date(2027, 5, 20))
    assert len(inbox_on(date(2027, 4, 1), old.resident)) == 1

    Certificate.objects.filter(pk=old.pk).update(current=False)
    CertificateFactory(resident=old.resident, serial="new", expires_on=date(2032, 5, 20))

    assert inbox_on(date(2027, 4, 1), old.resident) == []
    assert Task.objects.get().status == Status.DONE
    assert len(inbox_on(date(2032, 2, 21), old.resident)) == 1
    assert Task.objects.live().get().subject == "new"
