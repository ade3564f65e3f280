"""What staff see of children: in the record, for a purpose; in two queues, no health facts."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from childcare.models import (
    CheckupCalendar,
    DueDose,
    FamilyStatement,
    NotMine,
    RecordAnswer,
)
from childcare.plan import replan
from portal import clock
from portal.residents.models import RecordAccess
from tests.factories import (
    CHIYODA,
    FamilyVaccinationFactory,
    MunicipalityFactory,
    UserFactory,
    VaccinationFactory,
)
from tests.staff.conftest import open_record

pytestmark = pytest.mark.django_db
QUEUES = ["notmine", "recordanswer"]


@pytest.fixture(autouse=True)
def some_municipality():
    MunicipalityFactory()


@pytest.fixture
def clerk(client):
    """A clerk who may handle what families said."""
    clerk = UserFactory(is_staff=True, language="en", password=None)
    names = [f"{verb}_{model}" for verb in ("view", "change") for model in QUEUES]
    clerk.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(clerk)
    return clerk


@pytest.fixture
def help_desk(client):
    from django.contrib.auth.models import Group

    from portal.exchange.help_desk import GROUP

    user = UserFactory(is_staff=True, language="en", password=None)
    user.groups.add(Group.objects.get(name=GROUP))
    client.force_login(user)
    return user


@pytest.fixture
def municipal():
    return VaccinationFactory(lot="AB-77")


@pytest.fixture
def said(municipal):
    return NotMine.objects.create(
        child=municipal.resident,
        kind="vaccination",
        vaccination=municipal,
        evidence={"vaccine": "PCV", "lot": "AB-77"},
        entered_by=UserFactory(),
    )


def queue(model):
    return reverse(f"admin:childcare_{model}_changelist")


def act(client, model, action, *rows):
    return client.post(
        queue(model), {"action": action, "_selected_action": [row.pk for row in rows]}, follow=True
    ).content.decode()


def given_on(child):
    return DueDose.objects.get(resident=child, subject="PCV-1").given_on


# ---- the record
def test_the_record_shows_both_sides_and_what_the_family_said(client, help_desk, said):
    child = said.child
    FamilyVaccinationFactory(child=child, vaccine="おたふくかぜ", entered_by=said.entered_by)
    FamilyStatement.objects.create(child=child, what="girl", entered_by=said.entered_by)
    replan([child.pk], today=clock.today())

    page = open_record(client, child).content.decode()

    for expected in [
        "AB-77",
        "said not to be this child’s",
        "Mumps",
        "a girl",
        "PCV-1",
        "Record said not to be the child&#x27;s",
    ]:
        assert expected.lower() in page.lower(), expected
    assert RecordAccess.objects.filter(resident=child, by=help_desk).count() == 1


def test_what_the_source_withdrew_is_still_there_for_staff(client, help_desk, municipal):
    type(municipal).objects.update(withdrawn=True)

    page = open_record(client, municipal.resident).content.decode()

    assert "withdrawn by the source" in page


# ---- the queues
@pytest.mark.parametrize("model", QUEUES)
def test_a_queue_shows_whose_row_it_is_and_no_health_facts(client, clerk, said, municipal, model):
    RecordAnswer.objects.create(
        child=said.child, vaccination=municipal, of="PCV", answer="family", entered_by=clerk
    )

    page = client.get(queue(model)).content.decode()

    assert said.child.ref in page
    assert "AB-77" not in page
    assert "PCV" not in page


def test_a_record_confirmed_as_not_the_childs_stays_hidden(client, clerk, said):
    replan([said.child_id], today=clock.today())

    page = act(client, "notmine", "confirm", said)

    assert "1 row has been handled" in page
    said.refresh_from_db()
    assert (said.outcome, said.handled_by) == ("confirmed", clerk)
    assert given_on(said.child) is None


def test_a_restored_record_counts_at_once(client, clerk, said):
    replan([said.child_id], today=clock.today())
    assert given_on(said.child) is None

    act(client, "notmine", "restore", said)

    assert given_on(said.child) == said.vaccination.on


def test_what_another_decided_before_is_not_decided_again(client, clerk, said):
    act(client, "notmine", "confirm", said)

    page = act(client, "notmine", "restore", said)

    assert "0 rows have been handled" in page
    said.refresh_from_db()
    assert said.outcome == "confirmed"


def test_who_may_only_look_decides_nothing(client, help_desk, said):
    act(client, "notmine", "confirm", said)

    said.refresh_from_db()
    assert said.outcome == ""


def test_what_was_handled_or_taken_back_waits_no_longer(client, clerk, said):
    assert said.child.ref in client.get(queue("notmine")).content.decode()

    act(client, "notmine", "confirm", said)
    assert said.child.ref not in client.get(queue("notmine")).content.decode()
    assert said.child.ref in client.get(queue("notmine") + "?handled=yes").content.decode()

    NotMine.objects.update(removed_at=timezone.now())
    assert said.child.ref not in client.get(queue("notmine") + "?handled=all").content.decode()


def test_only_ours_is_right_waits_for_staff(client, clerk, municipal):
    child = municipal.resident
    for which in ("family", "municipal", "both"):
        RecordAnswer.objects.create(
            child=child, vaccination=municipal, of="PCV", answer=which, entered_by=clerk
        )

    act(client, "recordanswer", "handled", *RecordAnswer.objects.all())

    handled = RecordAnswer.objects.filter(handled_by=clerk)
    assert [one.answer for one in handled] == ["family"]


@pytest.mark.parametrize("model", QUEUES)
def test_the_queue_takes_the_same_queries_with_few_rows_and_with_many(
    client, clerk, said, municipal, model, django_assert_num_queries
):
    def add(count):
        for _number in range(count):
            dose = VaccinationFactory()
            NotMine.objects.create(
                child=dose.resident,
                kind="vaccination",
                vaccination=dose,
                evidence={},
                entered_by=clerk,
            )
            RecordAnswer.objects.create(
                child=dose.resident, vaccination=dose, of="PCV", answer="family", entered_by=clerk
            )

    add(1)
    client.get(queue(model))
    with django_assert_num_queries(4) as few:
        client.get(queue(model))
    add(15)

    with django_assert_num_queries(len(few)):
        client.get(queue(model))


# ---- the calendar of checkups
def test_staff_write_when_their_municipality_holds_a_checkup(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True, language="en", password=None))

    client.post(
        reverse("admin:childcare_checkupcalendar_add"),
        {
            "municipality": CHIYODA,
            "checkup": "3-4m",
            "born_from": "2026-08-01",
            "born_until": "2026-08-31",
            "held_from": "2026-12-01",
            "held_until": "2026-12-28",
        },
    )

    assert CheckupCalendar.objects.get().held_from.isoformat() == "2026-12-01"
