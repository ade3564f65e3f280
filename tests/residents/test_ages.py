"""An age begins on the birthday; without one, on 1 March."""

from datetime import date, timedelta

import pytest
from django.db import connection

from portal.residents.ages import first_day_at_age
from portal.residents.models import Guardianship, Resident
from tests.factories import GuardianshipFactory, ResidentFactory


@pytest.mark.parametrize(
    ("born", "years", "first_day"),
    [
        (date(2008, 4, 1), 18, date(2026, 4, 1)),
        (date(2008, 3, 31), 18, date(2026, 3, 31)),
        (date(2008, 2, 29), 18, date(2026, 3, 1)),
        (date(2008, 2, 29), 15, date(2023, 3, 1)),
        (date(2008, 2, 29), 20, date(2028, 2, 29)),
        (date(2008, 2, 28), 20, date(2028, 2, 28)),
        (date(2008, 12, 31), 15, date(2023, 12, 31)),
    ],
)
def test_an_age_begins_on_the_birthday_or_else_on_1_march(born, years, first_day):
    assert first_day_at_age(born, years) == first_day


@pytest.mark.django_db
def test_the_database_counts_ages_as_python_does_for_every_birth_in_nine_years():
    births = [date(2003, 1, 1) + timedelta(days) for days in range(9 * 366)]
    adult_on, fifteen_on = (
        Resident._meta.get_field(name).generated_sql(connection)[0]
        for name in ("adult_on", "fifteen_on")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT born, {adult_on}, {fifteen_on} FROM unnest(%s::date[]) one(born)", [births]
        )
        counted = cursor.fetchall()

    assert counted == [
        (born, first_day_at_age(born, 18), first_day_at_age(born, 15)) for born in births
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("born", "last_day", "first_day_without"),
    [
        (date(2008, 4, 1), date(2026, 3, 31), date(2026, 4, 1)),
        (date(2008, 2, 29), date(2026, 2, 28), date(2026, 3, 1)),
    ],
)
def test_guardianship_is_in_force_until_the_day_before_the_18th_birthday(
    born, last_day, first_day_without
):
    child = ResidentFactory(born=born)
    GuardianshipFactory(child=child)

    assert Guardianship.objects.in_force(last_day).exists()
    assert not Guardianship.objects.in_force(first_day_without).exists()
    child.refresh_from_db()
    assert child.adult_on == first_day_without


@pytest.mark.django_db
def test_a_household_is_the_resident_and_the_children_of_today():
    parent = ResidentFactory()
    child = GuardianshipFactory(guardian=parent, child__born=date(2020, 5, 5)).child
    GuardianshipFactory(guardian=parent, child__born=date(2008, 4, 1))
    GuardianshipFactory()

    household = Resident.objects.household_of(parent, today=date(2026, 4, 1))

    assert set(household) == {parent, child}
