"""What the database itself refuses of applications."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from portal.applications.models import Application, Procedure, ProcedureVersion
from tests.applications.factories import (
    ApplicationFactory,
    CorrectionRequestFactory,
    VersionFactory,
)
from tests.factories import ResidentFactory, SourceFactory, UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def refused(constraint):
    return pytest.raises(IntegrityError, match=constraint)


def test_an_application_is_made_here_or_reported_by_a_source():
    with refused("application_made_here_or_reported"), transaction.atomic():
        ApplicationFactory(version=None)
    with refused("application_made_here_or_reported"), transaction.atomic():
        ApplicationFactory(ref="A-1", seq=1)

    ApplicationFactory(version=None, ref="A-1", seq=1, state="received")


def test_what_was_sent_has_a_receipt_number():
    with refused("application_sent_with_receipt"), transaction.atomic():
        ApplicationFactory(state="received", sent_at=NOON)
    with refused("application_sent_with_receipt"), transaction.atomic():
        ApplicationFactory(state="draft", receipt_number="A-2026-000001-1", sent_at=NOON)


def test_a_refusal_needs_a_second_person_and_a_reason():
    clerk, other = UserFactory(), UserFactory()
    decided = {
        "state": "refused",
        "outcome": "refused",
        "sent_at": NOON,
        "receipt_number": "A-2026-000001-1",
        "proposed_by": clerk,
        "proposed_at": NOON,
        "decided_at": NOON,
    }
    with refused("application_refused_by_two"), transaction.atomic():
        ApplicationFactory(**decided, decided_by=clerk, outcome_reason="No.")
    with refused("application_refused_by_two"), transaction.atomic():
        ApplicationFactory(**decided, decided_by=other, outcome_reason="")

    ApplicationFactory(**decided, decided_by=other, outcome_reason="No.")


def test_a_correction_is_asked_for_once_at_a_time_and_in_the_future():
    asked = CorrectionRequestFactory()
    with refused("correction_one_open"), transaction.atomic():
        CorrectionRequestFactory(application=asked.application)
    with refused("correction_date_to_come"), transaction.atomic():
        CorrectionRequestFactory(asked_on=date(2026, 11, 20), answer_by=date(2026, 11, 19))


def test_a_source_s_number_is_reported_once_for_a_person():
    one = {"version": None, "ref": "A-1", "seq": 1, "state": "received"}
    resident, source = ResidentFactory(), SourceFactory(key="shinsei-131016")
    ApplicationFactory(**one, resident=resident, source=source)
    with refused("application_reported_once"), transaction.atomic():
        ApplicationFactory(**one, resident=resident, source=source)


def test_a_procedure_has_one_published_version_and_one_draft():
    version = VersionFactory()
    with refused("procedure_version_one_published"), transaction.atomic():
        VersionFactory(procedure=version.procedure, number=2)
    with refused("procedure_version_dates_fit_state"), transaction.atomic():
        ProcedureVersion.objects.filter(pk=version.pk).update(state="replaced")


def test_a_procedure_s_key_is_taken_once_for_every_municipality_and_once_in_each():
    Procedure.objects.create(key="garden")
    Procedure.objects.create(key="garden", municipality_id="131016")
    with refused("procedure_once_in_a_municipality"), transaction.atomic():
        Procedure.objects.create(key="garden")


def test_keys_begin_with_the_person():
    application = ApplicationFactory()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.conrelid::regclass::text, pg_get_constraintdef(c.oid) FROM pg_constraint c
            WHERE c.contype = 'p' AND c.conrelid::regclass::text IN ('applications_application',
                'applications_applicationevent', 'applications_message',
                'applications_correctionrequest', 'applications_attachment')"""
        )
        keys = dict(cursor.fetchall())

    assert len(keys) == 5
    assert set(keys.values()) == {"PRIMARY KEY (resident_id, id)"}
    assert Application.objects.for_resident(application.resident).get() == application
