"""Checkups as parents review them."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from tests.childcare.factories import (
    CheckupFactory,
    DueCheckupFactory,
    FamilyMeasurementFactory,
    NotMineFactory,
)
from tests.factories import GuardianshipFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(client, child):
    return lambda: client.get(reverse("childcare:checkups", args=[child.uuid]))


def test_checkups_and_measurements_at_home_stand_together_and_say_whose_they_are(visit, child):
    CheckupFactory(resident=child, findings="異常なし", weight_g=4200, on=date(2025, 12, 5))
    FamilyMeasurementFactory(child=child, on=date(2026, 5, 1))

    text = visit().content.decode()

    at_home, at_checkup = text.index("Measured at home"), text.index("1-month checkup")
    assert at_home < at_checkup  # the newest first
    assert "異常なし" in text[at_checkup:]
    assert "entered by the family" in text[at_home:at_checkup]
    assert "municipal record" in text[at_checkup:]


def test_a_checkup_that_a_source_calls_otherwise_keeps_its_name(visit, child):
    CheckupFactory(resident=child, checkup="離乳食相談")

    assertContains(visit(), "離乳食相談")


def test_withdrawn_checkups_and_entries_taken_back_are_gone(visit, child):
    CheckupFactory(resident=child, findings="別の子", withdrawn=True)
    FamilyMeasurementFactory(
        child=child, weight_g=9999, removed_at=timezone.now(), removed_by=UserFactory()
    )

    response = visit()

    assertNotContains(response, "別の子")
    assertNotContains(response, "9.999")


def test_a_hidden_checkup_shows_its_name_alone(visit, child):
    checkup = CheckupFactory(resident=child, findings="別の子")
    NotMineFactory(child=child, kind="checkup", checkup=checkup)

    response = visit()

    assertContains(response, "Hidden: not your child’s")
    assertNotContains(response, "別の子")


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, True),
        ({"window_until": date(2026, 11, 15), "window_from": date(2026, 5, 1)}, True),
        ({"window_until": date(2026, 11, 14), "window_from": date(2026, 5, 1)}, False),
        ({"done_on": date(2026, 11, 1)}, False),
    ],
)
def test_a_checkup_to_come_is_shown_until_its_last_day(visit, child, changes, shown):
    DueCheckupFactory(resident=child, **changes)

    assert ("18-month checkup" in visit().content.decode()) is shown


@pytest.mark.parametrize("many", [1, 40])
def test_the_page_asks_the_database_as_often_for_many_checkups(
    visit, child, django_assert_max_num_queries, many
):
    CheckupFactory.create_batch(many, resident=child)
    FamilyMeasurementFactory.create_batch(many, child=child, entered_by=UserFactory())

    with django_assert_max_num_queries(8):
        visit()


def test_a_mothers_own_checkups_are_hers_alone(client, family):
    CheckupFactory(resident=family.guardian, checkup="pregnancy", findings="血圧 110/70")
    CheckupFactory(resident=family.child, findings="子の所見")
    father = GuardianshipFactory(child=family.child, guardian__user=UserFactory(language="en"))
    address = reverse("childcare:own-checkups")

    response = client.get(address)

    assertContains(response, "Checkups during pregnancy")
    assertContains(response, "血圧 110/70")
    assertNotContains(response, "子の所見")
    client.force_login(father.guardian.user)
    assertContains(client.get(address), "Nothing is on record")


@pytest.mark.parametrize("name", ["checkups", "print", "fhir", "calendar", "growth"])
@pytest.mark.parametrize("whose", ["another", "ended"])
def test_another_familys_child_and_one_no_longer_in_care_are_the_same_404(
    client, family, name, whose
):
    other = (
        GuardianshipFactory()
        if whose == "another"
        else GuardianshipFactory(guardian=family.guardian, ends_on=date(2026, 11, 15))
    )

    response = client.get(reverse(f"childcare:{name}", args=[other.child.uuid]))

    assert response.status_code == 404
