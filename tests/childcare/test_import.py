"""Births, checkups and vaccinations as their sources send, correct and withdraw them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from childcare.models import Birth, Checkup, Vaccination
from portal.exchange.models import QuarantinedLine
from portal.residents.models import FactReport
from tests.exchange.facts import (
    TODAY,
    birth,
    checkup,
    counts,
    load_lines,
    resident,
    vaccination,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def child():
    load_lines(resident("R2", born="2025-11-01", checked_at="2025-11-10T00:00:00Z"))


def aside():
    return list(QuarantinedLine.objects.values_list("reason", "detail"))


def doses(**which):
    found = Vaccination.objects.in_force().filter(**which).order_by("on", "vaccine")
    return [(one.vaccine, one.on.isoformat()) for one in found]


# ---- what each kind becomes
def test_the_examples_of_the_three_kinds_become_records():
    loaded = load_lines(
        birth(height_cm=49.5, gestation_weeks=39, gestation_days=2, sex="F", place="千代田区"),
        checkup(findings="異常なし", weight_g=4100, height_cm=54, head_cm=37.25),
        vaccination(lot="AB12", clinic="こどもクリニック"),
    )

    assert counts(loaded) == (3, 3, 0, 0)
    born, seen, given = Birth.objects.get(), Checkup.objects.get(), Vaccination.objects.get()
    assert (born.weight_g, born.height_cm, born.sex, born.place) == (
        3010,
        Decimal("49.5"),
        "F",
        "千代田区",
    )
    assert (born.gestation_weeks, born.gestation_days) == (39, 2)
    assert (seen.on, seen.findings, seen.head_cm) == (
        date(2025, 12, 5),
        "異常なし",
        Decimal("37.3"),
    )
    assert (given.vaccine, given.on, given.lot) == ("PCV", date(2026, 1, 5), "AB12")


def test_an_unknown_vaccine_is_kept_as_the_source_calls_it():
    load_lines(vaccination(vaccine=" おたふくかぜ "))

    assert doses() == [("おたふくかぜ", "2026-01-05")]
    assert not aside()


# ---- again, corrected, withdrawn
def test_the_same_file_twice_changes_nothing():
    lines = [birth(), checkup(), vaccination(), vaccination(id="7", on="2026-02-05")]
    load_lines(*lines)
    before = Vaccination.objects.in_bulk()

    loaded = load_lines(*lines, today=TODAY + timedelta(1))

    assert counts(loaded) == (4, 0, 4, 0)
    after = Vaccination.objects.in_bulk()
    assert {pk: one.checked_at for pk, one in after.items()} == {
        pk: one.checked_at for pk, one in before.items()
    }


def test_a_record_with_a_number_is_corrected_by_a_later_line_with_the_same_number():
    load_lines(vaccination(id="7", on="2026-01-05"))

    load_lines(vaccination(id="7", on="2026-01-06", vaccine="HEPB"), today=TODAY + timedelta(1))

    assert doses() == [("HEPB", "2026-01-06")]
    assert FactReport.objects.filter(kind="vaccination").count() == 2


def test_an_old_file_again_does_not_undo_a_correction():
    old = vaccination(id="7", on="2026-01-05")
    load_lines(old)
    load_lines(vaccination(id="7", on="2026-01-06"), today=TODAY + timedelta(1))

    loaded = load_lines(old, today=TODAY + timedelta(2))

    assert counts(loaded) == (1, 0, 1, 0)
    assert doses() == [("PCV", "2026-01-06")]


def test_one_number_of_two_sources_names_two_records():
    load_lines(vaccination(id="7"), vaccination(id="7", source="yobo-131024", on="2026-02-05"))

    assert len(doses()) == 2


def test_a_number_is_not_taken_for_a_vaccine_and_its_day():
    load_lines(
        vaccination(source="PCV", id="2026-01-05", vaccine="HEPB", on="2026-01-07"),
        vaccination(vaccine="PCV", on="2026-01-05"),
    )

    assert len(doses()) == 2


@pytest.mark.parametrize("number", [{}, {"id": "7"}])
def test_a_source_withdraws_a_record_by_what_names_it_and_the_row_stays(number):
    load_lines(vaccination(**number), checkup(**number))

    load_lines(
        vaccination(**number, withdrawn=True),
        checkup(**number, withdrawn=True),
        today=TODAY + timedelta(1),
    )

    assert doses() == []
    assert Vaccination.objects.get().withdrawn
    assert Checkup.objects.get().withdrawn


def test_a_withdrawn_birth_is_in_force_no_longer():
    load_lines(birth())

    load_lines(birth(withdrawn=True), today=TODAY + timedelta(1))

    assert not Birth.objects.in_force().exists()


def test_by_the_times_of_their_checks_records_end_the_same_in_any_order():
    lines = [
        vaccination(id="7", on="2026-01-05", checked_at="2026-02-01T00:00:00Z"),
        vaccination(id="7", on="2026-01-06", checked_at="2026-02-02T00:00:00Z"),
        vaccination(id="7", on="2026-01-06", withdrawn=True, checked_at="2026-02-03T00:00:00Z"),
    ]

    load_lines(*reversed(lines))
    for line in lines:
        load_lines(line)

    assert doses() == []


# ---- what cannot be
@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        (vaccination(on="2025-10-31"), "before-birth", "R2"),
        (checkup(on="2025-10-31"), "before-birth", "R2"),
        (vaccination(on="2026-11-25"), "date-out-of-range", "on"),
        (checkup(on="2026-11-25"), "date-out-of-range", "on"),
        (birth(born="2026-11-25"), "date-out-of-range", "born"),
        (birth(born="2025-11-02"), "born-on-another-day", "R2"),
        (vaccination(on="2026-02-30"), "not-a-date", "on"),
        (birth(weight_g=99), "number-out-of-range", "weight_g"),
        (birth(weight_g=200_001), "number-out-of-range", "weight_g"),
        (checkup(height_cm=9.9), "number-out-of-range", "height_cm"),
        (checkup(height_cm=250.1), "number-out-of-range", "height_cm"),
        (checkup(head_cm=5), "number-out-of-range", "head_cm"),
        (birth(gestation_weeks=14), "number-out-of-range", "gestation_weeks"),
        (birth(gestation_weeks=46), "number-out-of-range", "gestation_weeks"),
        (birth(gestation_weeks=39, gestation_days=7), "number-out-of-range", "gestation_days"),
        (birth(gestation_days=3), "missing-field", "gestation_weeks"),
        (birth(sex="X"), "not-a-choice", "sex"),
        (birth(weight_g="3010"), "wrong-type", "weight_g"),
        (vaccination(vaccine="x" * 65), "wrong-length", "vaccine"),
        (vaccination(vaccine="　"), "wrong-length", "vaccine"),
        (vaccination(id="a b"), "record-id", "id"),
        (vaccination(id=""), "record-id", "id"),
        (vaccination(withdrawn="yes"), "wrong-type", "withdrawn"),
        (checkup("R9"), "unknown-person", "R9"),
    ],
)
def test_what_cannot_be_is_set_aside_and_its_neighbours_go_in(line, reason, detail):
    loaded = load_lines(vaccination(), line, checkup())

    assert counts(loaded) == (3, 2, 0, 1)
    assert aside() == [(reason, detail)]


@pytest.mark.parametrize(
    "line",
    [
        vaccination(on="2025-11-01"),
        vaccination(on=TODAY.isoformat()),
        birth(weight_g=100, height_cm=10, gestation_weeks=15, gestation_days=0),
        birth(weight_g=200_000, height_cm=250, gestation_weeks=45, gestation_days=6),
        birth(weight_g=None, place=None, sex=None),
    ],
)
def test_the_outermost_that_can_be_is_taken(line):
    assert counts(load_lines(line)) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    "line", [vaccination(on="2025-10-31"), checkup(on="2025-10-31"), birth(born="2025-10-30")]
)
def test_what_spoke_against_the_birth_is_taken_when_the_register_corrects_it(line):
    load_lines(line)
    assert aside()

    load_lines(resident("R2", born="2025-10-30", checked_at="2026-11-01T00:00:00Z"))

    assert QuarantinedLine.objects.get().resolved_at
    assert FactReport.objects.filter(kind=line["kind"]).count() == 1


@pytest.mark.parametrize(
    ("before", "stands", "aside_as"),
    [("2025-10-01", "2025-11-20", ["before-birth"]), ("2025-11-20", "2025-10-01", [])],
)
def test_a_birth_date_corrected_since_decides_nothing_when_it_is_sent_again(
    before, stands, aside_as
):
    load_lines(resident("R3", born=before), today=TODAY - timedelta(days=2))
    load_lines(resident("R3", born=stands), today=TODAY - timedelta(days=1))

    load_lines(
        resident("R3", born=before), birth("R3", born=stands), vaccination("R3", on="2025-11-10")
    )

    assert Birth.objects.get().born.isoformat() == stands
    assert [reason for reason, _detail in aside()] == aside_as


def test_within_one_load_the_newest_date_of_birth_decides():
    loaded = load_lines(
        vaccination(on="2025-10-31"),
        resident("R2", born="2025-10-30", checked_at="2026-11-01T00:00:00Z"),
    )

    assert counts(loaded) == (2, 2, 0, 0)


def test_a_record_from_before_the_birth_may_be_withdrawn():
    loaded = load_lines(vaccination(on="2025-10-31", withdrawn=True))

    assert counts(loaded) == (1, 1, 0, 0)
    assert doses() == []
