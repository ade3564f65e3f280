"""The record as a file: read with FHIR's own models."""

import json
from datetime import date

import pytest
from django.urls import reverse
from fhir.resources.bundle import Bundle

from childcare.handover.fhir import CVX, OUR_VACCINES
from childcare.models import RecordAnswer
from childcare.record import records_of
from childcare.schedule import the_schedule
from tests.childcare.factories import (
    BirthFactory,
    CheckupFactory,
    FamilyMeasurementFactory,
    FamilyVaccinationFactory,
    NotMineFactory,
    VaccinationFactory,
)
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def fetch(client, child):
    """Fetch the file, see that it is FHIR R5, and return its resources of a type."""

    def fetch(kind="Immunization"):
        response = client.get(reverse("childcare:fhir", args=[child.uuid]))
        assert response.status_code == 200
        Bundle.model_validate_json(response.content)
        entries = json.loads(response.content)["entry"]
        for entry in entries:
            assert entry["fullUrl"] == f"urn:uuid:{entry['resource']['id']}"
        assert len({entry["fullUrl"] for entry in entries}) == len(entries)
        return [one["resource"] for one in entries if one["resource"]["resourceType"] == kind]

    return fetch


def notes(immunization):
    return [note["text"] for note in immunization.get("note", [])]


def test_the_file_is_a_collection_to_be_saved_under_a_name_that_tells_nothing(client, child):
    response = client.get(reverse("childcare:fhir", args=[child.uuid]))

    bundle = response.json()
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    assert bundle["timestamp"] == "2026-11-15T09:00:00+09:00"
    assert response.headers["Content-Type"] == "application/fhir+json"
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="annai-record-2026-11-15.json"'
    )
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize(("sex", "gender"), [("F", "female"), ("M", "male"), ("", "unknown")])
def test_the_patient_is_the_child_with_its_name_whole(fetch, child, sex, gender):
    child.name_kana = "ヤマダ ヨウタ"
    child.save()
    BirthFactory(resident=child, sex=sex)

    (patient,) = fetch("Patient")

    assert (patient["gender"], patient["birthDate"]) == (gender, "2025-11-01")
    assert [name["text"] for name in patient["name"]] == ["山田 陽太", "ヤマダ ヨウタ"]


def test_a_municipal_dose_has_all_that_was_reported(fetch, child):
    VaccinationFactory(resident=child, lot="A12", clinic="千代田小児科")

    (dose,) = fetch()

    assert dose["status"] == "completed"
    assert dose["occurrenceDateTime"] == "2026-01-05"
    assert dose["lotNumber"] == "A12"
    assert dose["performer"] == [{"actor": {"display": "千代田小児科"}}]
    assert dose["patient"] == {"reference": f"urn:uuid:{child.uuid}"}
    assert dose["primarySource"] is True
    assert dose["informationSource"]["concept"] == {"text": "千代田区保健所"}


def test_a_dose_that_the_family_entered_says_so(fetch, child):
    entry = FamilyVaccinationFactory(child=child, note="given in Berlin")

    (dose,) = fetch()

    assert dose["id"] == str(entry.uuid)
    assert dose["primarySource"] is False
    concept = dose["informationSource"]["concept"]
    assert concept["coding"][0]["code"] == "record"
    assert concept["text"].startswith("entered by the family")
    assert notes(dose) == ["given in Berlin"]


@pytest.mark.parametrize("code", sorted(the_schedule().vaccines))
def test_every_vaccine_of_the_schedule_has_our_code_and_two_names(fetch, child, code):
    VaccinationFactory(resident=child, vaccine=code)

    (dose,) = fetch()

    coding = dose["vaccineCode"]["coding"]
    assert (coding[0]["system"], coding[0]["code"]) == (OUR_VACCINES, code)
    assert {one["system"] for one in coding[1:]} <= {CVX}
    vaccine = the_schedule().vaccines[code].words
    assert dose["vaccineCode"]["text"] == f"{vaccine.en} / {vaccine.ja}"


def test_what_the_schedule_does_not_know_is_text_alone(fetch, child):
    VaccinationFactory(resident=child, vaccine="Infanrix hexa")

    (dose,) = fetch()

    assert dose["vaccineCode"] == {"text": "Infanrix hexa"}


def test_a_dose_that_both_have_is_one(fetch, child):
    VaccinationFactory(resident=child)
    FamilyVaccinationFactory(child=child)

    (dose,) = fetch()

    assert dose["primarySource"] is True
    assert notes(dose) == []


def answered(child, vaccination, entry, right):
    (pair,) = records_of([child.pk])[child.pk].pairs
    RecordAnswer.objects.create(
        child=child,
        vaccination=vaccination,
        entry=entry,
        of=pair.fingerprint,
        answer=right,
        entered_by=UserFactory(),
    )


@pytest.mark.parametrize(
    ("right", "days", "noted"),
    [
        (None, ["2026-01-05", "2026-01-07"], [True, True]),
        ("municipal", ["2026-01-05"], [False]),
        ("family", ["2026-01-05", "2026-01-07"], [True, False]),
        ("both", ["2026-01-05", "2026-01-07"], [False, False]),
    ],
)
def test_where_the_two_sides_differ_both_stand_with_a_note(fetch, child, right, days, noted):
    vaccination = VaccinationFactory(resident=child)
    entry = FamilyVaccinationFactory(child=child, on=date(2026, 1, 7))
    if right:
        answered(child, vaccination, entry, right)

    doses = fetch()

    assert [dose["occurrenceDateTime"] for dose in doses] == days
    assert [bool(notes(dose)) for dose in doses] == noted


@pytest.mark.parametrize(("right", "handed"), [("municipal", []), ("family", ["PCV"])])
def test_an_entry_that_the_family_itself_gave_up_is_not_handed_on(fetch, child, right, handed):
    answered(child, None, FamilyVaccinationFactory(child=child), right)

    assert [dose["vaccineCode"]["coding"][0]["code"] for dose in fetch()] == handed


def test_a_dose_that_the_family_says_was_not_given_stands_with_that(fetch, child):
    answered(child, VaccinationFactory(resident=child), None, "family")

    (dose,) = fetch()

    assert "The family says that this dose was not given." in notes(dose)[0]


def test_what_is_hidden_withdrawn_or_taken_back_is_left_out(fetch, child):
    hidden = VaccinationFactory(resident=child)
    NotMineFactory(child=child, kind="vaccination", vaccination=hidden)
    VaccinationFactory(resident=child, vaccine="BCG", withdrawn=True)
    FamilyVaccinationFactory(
        child=child, vaccine="MR", removed_at=hidden.checked_at, removed_by=UserFactory()
    )
    measured = CheckupFactory(resident=child, weight_g=4200)
    NotMineFactory(child=child, kind="checkup", checkup=measured)

    assert fetch() == []
    assert fetch("Observation") == []


def test_every_measure_is_an_observation_with_its_unit(fetch, child):
    BirthFactory(resident=child, weight_g=3010, height_cm="49.5", head_cm="33.0")
    FamilyMeasurementFactory.create_batch(2, child=child, weight_g=9650, entered_by=UserFactory())

    found = [
        (
            one["effectiveDateTime"],
            one["code"]["coding"][0]["code"],
            one["valueQuantity"]["value"],
            one["valueQuantity"]["unit"],
        )
        for one in fetch("Observation")
    ]

    assert found == [
        ("2025-11-01", "29463-7", 3.01, "kg"),
        ("2025-11-01", "8302-2", 49.5, "cm"),
        ("2025-11-01", "9843-4", 33.0, "cm"),
        ("2026-05-01", "29463-7", 9.65, "kg"),
        ("2026-05-01", "29463-7", 9.65, "kg"),
    ]


def test_the_file_has_the_same_ids_each_time(fetch, child):
    VaccinationFactory(resident=child)
    CheckupFactory(resident=child, weight_g=4200)

    assert [one["id"] for one in fetch() + fetch("Observation")] == [
        one["id"] for one in fetch() + fetch("Observation")
    ]


@pytest.mark.parametrize("many", [1, 100])
def test_a_file_asks_the_database_as_often_for_many_doses(
    client, child, django_assert_max_num_queries, many
):
    VaccinationFactory.create_batch(many, resident=child)

    with django_assert_max_num_queries(8):
        client.get(reverse("childcare:fhir", args=[child.uuid]))
