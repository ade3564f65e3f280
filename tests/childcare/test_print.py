"""The record as a sheet of paper, in Japanese or English whatever the site shows."""

from datetime import date

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from childcare.models import FamilyStatement, SeriesEnd
from tests.childcare.factories import (
    BirthFactory,
    CheckupFactory,
    FamilyMeasurementFactory,
    FamilyVaccinationFactory,
    VaccinationFactory,
)
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sheet(client, child):
    def sheet(language="en"):
        return client.get(reverse("childcare:print", args=[child.uuid]), {"language": language})

    return sheet


@pytest.mark.parametrize("of_the_site", ["ja", "en"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_sheet_is_in_the_language_asked_for(sheet, family, of_the_site, language):
    family.guardian.user.language = of_the_site
    family.guardian.user.save()
    VaccinationFactory(resident=family.child, vaccine="MR")

    response = sheet(language)

    assertContains(response, f'<html lang="{language}">')
    assertContains(response, {"ja": "麻しん風しん混合", "en": "Measles-rubella"}[language])
    assert response.headers["Content-Language"] == language


def test_an_unknown_language_is_the_sites_own(sheet):
    assertContains(sheet("fr"), '<html lang="en">')


def test_the_sheet_says_who_what_when_where_and_from_whom(sheet, child):
    BirthFactory(resident=child, sex="F", weight_g=3010)
    VaccinationFactory(resident=child, vaccine="PCV", lot="A12", clinic="千代田小児科")
    FamilyVaccinationFactory(child=child, vaccine="BCG", on=date(2026, 4, 10), note="abroad")
    CheckupFactory(resident=child, head_cm="37.0")
    FamilyMeasurementFactory(child=child)

    response = sheet()

    for shown in (
        child.name,
        "girl",
        "東京都千代田区",
        "A12",
        "千代田小児科",
        "2026-01-05",
        "2026-04-10",
        "abroad",
        "3.01",
        "37.0",
        "7.45",
        'Made on <time datetime="2026-11-15">',
        'Municipal record: 千代田区保健所, last checked on <time datetime="2026-11-01">',
        "nobody has confirmed it",
    ):
        assertContains(response, shown)


def test_a_name_for_abroad_is_left_to_be_written_as_in_the_passport(sheet):
    assertContains(sheet("en"), "Name as in the passport")
    assertNotContains(sheet("ja"), "sheet-blank")


@pytest.mark.parametrize(("language", "name"), [("en", "Mumps"), ("ja", "おたふくかぜ")])
def test_a_vaccine_that_is_known_only_by_name_is_in_the_language_of_the_sheet(
    sheet, child, language, name
):
    VaccinationFactory(resident=child, vaccine="ムンプス")

    assertContains(sheet(language=language), name)


def test_where_the_two_sides_differ_the_sheet_says_so(sheet, child):
    VaccinationFactory(resident=child)
    FamilyVaccinationFactory(child=child, on=date(2026, 1, 7))

    assertContains(sheet(), "it is not known which is right", count=2)


def test_an_empty_record_does_not_say_that_nothing_was_given(sheet):
    assertContains(sheet(), "That does not mean that nothing was given")


def test_a_family_that_says_so_is_quoted_with_it(sheet, child):
    FamilyStatement.objects.create(child=child, what="none-given", entered_by=UserFactory())

    assertContains(sheet(), "The family says that none has been given so far.")


def test_diseases_had_are_handed_on_as_the_familys(sheet, child):
    SeriesEnd.objects.create(
        child=child, had="VAR", on=date(2026, 3, 1), note="mild", entered_by=UserFactory()
    )

    response = sheet()

    assertContains(response, "2026-03-01")
    assertContains(response, "mild")


@pytest.mark.parametrize("many", [1, 200])
def test_the_sheet_asks_the_database_as_often_for_many_doses(
    sheet, child, django_assert_max_num_queries, many
):
    VaccinationFactory.create_batch(many, resident=child)
    FamilyMeasurementFactory.create_batch(many, child=child, entered_by=UserFactory())

    with django_assert_max_num_queries(8):
        sheet()
