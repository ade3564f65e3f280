"""What the database refuses about people, whoever writes it."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from portal.residents.models import Municipality
from tests.factories import GuardianshipFactory, ResidentFactory

pytestmark = pytest.mark.django_db


def refused(constraint):
    return pytest.raises(IntegrityError, match=constraint)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"state": "lost"}, "resident_state_known"),
        ({"state": "merged"}, "resident_merged_into_another"),
        ({"state": "active", "merged_into": "R9"}, "resident_merged_into_another"),
        ({"ref": "R1", "state": "merged", "merged_into": "R1"}, "resident_not_merged_into_itself"),
        ({"municipality_id": "131017"}, "municipality"),
    ],
)
def test_a_resident_that_cannot_be_is_refused(fields, constraint):
    with refused(constraint), transaction.atomic():
        ResidentFactory(**fields)
        transaction.get_connection().check_constraints()


def test_a_merged_resident_names_another():
    assert ResidentFactory(ref="R1", state="merged", merged_into="R2").merged_into == "R2"


def test_residents_get_public_ids_of_version_7_in_order():
    first, second = ResidentFactory(), ResidentFactory()
    first.refresh_from_db(), second.refresh_from_db()

    assert (first.uuid.version, second.uuid.version) == (7, 7)
    assert first.uuid.int >> 80 <= second.uuid.int >> 80


@pytest.mark.parametrize("code", ["13101", "1310166", "13101x", "１３１０１６", ""])
def test_a_municipality_without_a_code_of_six_digits_is_refused(code):
    with (
        pytest.raises(DatabaseError, match=r"municipality_code_six_digits|too long"),
        transaction.atomic(),
    ):
        Municipality.objects.create(code=code)


def test_nobody_is_guardian_of_oneself():
    person = ResidentFactory()

    with refused("guardianship_of_another"), transaction.atomic():
        GuardianshipFactory(child=person, guardian=person)


def test_a_guardianship_stands_once():
    one = GuardianshipFactory()

    with refused("guardianship_once"), transaction.atomic():
        GuardianshipFactory(child=one.child, guardian=one.guardian)


def test_a_guardianship_does_not_end_before_it_begins():
    with refused("guardianship_ends_after_it_begins"), transaction.atomic():
        GuardianshipFactory(starts_on=date(2026, 4, 2), until=date(2026, 4, 1))
