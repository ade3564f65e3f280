"""What sources report of a birth and of checkups reaches the tasks at once; a calendar by night."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains

from childcare.after_birth.acts import announce
from childcare.models import AfterBirth, AnnouncedBirth, CheckupCalendar, DueCheckup, NotMine
from childcare.plan import replan
from portal.residents.models import Resident
from tasks.derived import refresh_range
from tasks.models import Task
from tasks.reconcile import reconcile_people, reconcile_range
from tasks.rules import registry
from tests.exchange.facts import birth, checkup, guardianship, load_lines, resident
from tests.factories import MunicipalityFactory, ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db

BORN, TODAY = "2026-04-30", date(2026, 5, 6)


@pytest.fixture
def hanako():
    return ResidentFactory(ref="HANAKO", user=UserFactory())


@pytest.fixture
def load(hanako):
    def load(*lines, today=TODAY):
        return load_lines(*lines, today=today)

    return load


@pytest.fixture
def child(load):
    load(
        resident("BABY", born=BORN, checked_at="2026-05-05T00:00:00Z"),
        guardianship("BABY", "HANAKO", **{"from": BORN}),
    )
    return Resident.objects.get(ref="BABY")


def tasks(resident, status="open"):
    found = Task.objects.for_resident(resident).filter(status=status)
    keys = (registry.by_id(task.rule_id).key for task in found)
    return {key.rpartition(".")[2] for key in keys if key != "childcare.dose"}


def night(today):
    ids = sorted(Resident.objects.values_list("pk", flat=True))
    everyone = {"low": ids[0], "high": ids[-1] + 1}
    refresh_range(**everyone, today=today)
    reconcile_range(**everyone, today=today)


def test_a_child_that_the_register_reports_is_asked_for_at_once(hanako, child):
    assert tasks(hanako) == {"child-allowance", "insurance"}


def test_a_low_weight_that_is_reported_later_is_asked_for_at_once(hanako, child, load):
    load(birth("BABY", born=BORN, weight_g=2100))

    assert tasks(hanako) == {"child-allowance", "insurance", "low-birth-weight"}


def test_a_birth_that_is_said_not_to_be_the_childs_tells_no_weight(hanako, child, load):
    load(birth("BABY", born=BORN, weight_g=2100))
    NotMine.objects.create(child=child, kind="birth", evidence={}, entered_by=hanako.user)

    replan([child.pk], today=TODAY)

    assert AfterBirth.objects.get().low_weight is None


def test_planning_again_writes_nothing(child):
    assert replan([child.pk], today=TODAY) == set()
    assert replan([child.pk], today=TODAY + timedelta(days=1)) == set()


def test_a_corrected_date_of_birth_moves_the_dates(hanako, child, load):
    load(resident("BABY", born="2026-04-17", checked_at="2026-05-06T00:00:00Z"))

    task = Task.objects.for_resident(hanako).get(
        rule_id=registry["childcare.after-birth.child-allowance"].id
    )
    assert task.due_on == date(2026, 5, 7)


def test_an_old_child_has_no_row_about_its_birth(load):
    load(resident("BABY", born="2020-04-01", checked_at="2026-05-05T00:00:00Z"))

    assert not AfterBirth.objects.exists()
    assert set(DueCheckup.objects.values_list("checkup", flat=True)) == {"18m", "3y"}


def test_a_birth_that_was_told_ends_with_the_load_that_brings_the_child(hanako, load):
    announce(parent=hanako, born=date(2026, 4, 30), abroad=False, by=hanako.user, today=TODAY)
    assert tasks(hanako) == {"notification"}

    load(
        resident("BABY", born=BORN, checked_at="2026-05-05T00:00:00Z"),
        guardianship("BABY", "HANAKO", **{"from": BORN}),
    )

    assert tasks(hanako, "done") == {"notification"}
    assert tasks(hanako) == {"child-allowance", "insurance"}


def test_it_ends_too_when_the_guardianship_comes_later(hanako, load):
    announce(parent=hanako, born=date(2026, 4, 30), abroad=False, by=hanako.user, today=TODAY)
    load(resident("BABY", born=BORN, checked_at="2026-05-05T00:00:00Z"))
    assert tasks(hanako) == {"notification"}

    load(guardianship("BABY", "HANAKO", **{"from": BORN}))

    assert tasks(hanako, "done") == {"notification"}


def test_what_a_load_could_not_see_the_night_finds(hanako, child):
    AnnouncedBirth.objects.create(
        resident=hanako,
        born=child.born,
        notify_by=date(2026, 5, 13),
        entered_by=hanako.user,
        source=child.source,
        checked_at=child.checked_at,
        stale_on=date(2200, 1, 1),
    )
    reconcile_people([hanako.pk], today=TODAY)
    assert "notification" in tasks(hanako)

    night(TODAY)

    assert tasks(hanako, "done") == {"notification"}


# ---- checkups


def test_a_checkup_that_is_reported_is_done_at_once(hanako, child, load):
    day = date(2027, 11, 1)
    night(day)
    assert "checkup" in tasks(hanako)

    load(checkup("BABY", checkup="18m", on="2027-11-01"), today=day)

    assert tasks(hanako, "done") == {"checkup"}


def test_one_that_its_source_withdraws_is_asked_for_again(hanako, child, load):
    day = date(2027, 11, 1)
    load(checkup("BABY", checkup="18m", on="2027-11-01", id="7"), today=day)
    night(day)
    assert "checkup" not in tasks(hanako)

    load(
        checkup("BABY", checkup="18m", on="2027-11-01", id="7", withdrawn=True, checked_at=LATER),
        today=day,
    )

    assert "checkup" in tasks(hanako)


LATER = "2027-11-02T00:00:00+09:00"  # a report without a time is of when it came in


def test_one_that_is_said_not_to_be_the_childs_counts_for_nothing(hanako, child, load):
    day = date(2027, 11, 1)
    load(checkup("BABY", checkup="18m", on="2027-11-01"), today=day)
    NotMine.objects.create(
        child=child,
        kind="checkup",
        checkup=child.checkups.get(),
        evidence={},
        entered_by=hanako.user,
    )

    replan([child.pk], today=day)

    assert DueCheckup.objects.get(checkup="18m").done_on is None


def test_of_two_reports_of_a_checkup_the_first_day_counts(child, load):
    load(
        checkup("BABY", checkup="18m", on="2027-11-20"),
        checkup("BABY", checkup="18m", on="2027-11-01"),
        today=date(2027, 11, 21),
    )

    assert DueCheckup.objects.get(checkup="18m").done_on == date(2027, 11, 1)


def calendar(**columns):
    return CheckupCalendar.objects.create(
        **{
            "municipality_id": "131016",
            "checkup": "3-4m",
            "born_from": date(2026, 4, 1),
            "born_until": date(2026, 4, 30),
            "held_from": date(2026, 8, 5),
            "held_until": date(2026, 8, 7),
            **columns,
        }
    )


def test_a_calendar_reaches_the_children_the_next_night(hanako, child):
    held = calendar()
    night(date(2026, 8, 1))
    assert "checkup" in tasks(hanako)

    held.delete()
    night(date(2026, 8, 2))

    assert tasks(hanako, "withdrawn") == {"checkup"}


def test_a_child_that_moves_follows_the_calendar_of_the_other_municipality(child, load):
    MunicipalityFactory(code="011002")
    calendar()
    calendar(municipality_id="011002", place="中央区")
    night(TODAY)
    assert DueCheckup.objects.get(checkup="3-4m").place == ""

    load(resident("BABY", born=BORN, municipality="011002", checked_at="2026-05-06T00:00:00Z"))

    assert DueCheckup.objects.get(checkup="3-4m").place == "中央区"


@pytest.fixture
def clerk(client):
    clerk = UserFactory(is_staff=True, is_superuser=True, language="en", password=None)
    client.force_login(clerk)
    return clerk


def written(**columns):
    """Return a calendar as the staff page sends it."""
    return {
        "municipality": "131016",
        "checkup": "3-4m",
        "born_from": "2026-04-01",
        "born_until": "2026-04-30",
        "held_from": "2026-08-05",
        "held_until": "2026-08-07",
        **columns,
    }


def test_a_calendar_that_staff_write_change_and_delete_reaches_the_children_at_once(
    client, clerk, hanako, child, time_machine
):
    time_machine.move_to("2026-08-01T10:00+09:00")
    client.post(reverse("admin:childcare_checkupcalendar_add"), written())
    assert "checkup" in tasks(hanako)

    held = CheckupCalendar.objects.get()
    client.post(
        reverse("admin:childcare_checkupcalendar_change", args=[held.pk]),
        written(born_from="2026-04-01", born_until="2026-04-29"),
    )
    assert tasks(hanako, "withdrawn") == {"checkup"}
    client.post(
        reverse("admin:childcare_checkupcalendar_change", args=[held.pk]), written(place="保健所")
    )
    assert "checkup" in tasks(hanako)

    client.post(reverse("admin:childcare_checkupcalendar_delete", args=[held.pk]), {"post": "yes"})
    assert "checkup" not in tasks(hanako)


def test_of_a_calendar_for_very_many_children_the_night_tells_them(
    client, clerk, hanako, child, time_machine, monkeypatch
):
    time_machine.move_to("2026-08-01T10:00+09:00")
    monkeypatch.setattr("childcare.change.AT_ONCE", 0)

    response = client.post(reverse("admin:childcare_checkupcalendar_add"), written(), follow=True)

    assertContains(response, "they follow with the next night")
    assert "checkup" not in tasks(hanako)
    night(date(2026, 8, 2))
    assert "checkup" in tasks(hanako)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"born_until": "2026-03-31"}, "This lies before the day above."),
        ({"held_until": "2026-08-04"}, "This lies before the day above."),
        ({"checkup": "dental"}, "Select a valid choice."),
        ({"municipality": "000000"}, "Select a valid choice."),
    ],
)
def test_a_calendar_that_cannot_be_is_refused_in_words(client, clerk, said, words):
    response = client.post(reverse("admin:childcare_checkupcalendar_add"), written(**said))

    assertContains(response, words)
    assert not CheckupCalendar.objects.exists()
