"""What the database refuses about the card, whoever writes it."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from tests.factories import (
    BenefitAccountFactory,
    CertificateFactory,
    InsuranceUseFactory,
    ResidentFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("factory", "fields", "constraint"),
    [
        (CertificateFactory, {"type": "passport"}, "certificate_type_known"),
        (CertificateFactory, {"lapsed_on": date(2026, 4, 1)}, "certificate_only_signature_lapses"),
        (
            CertificateFactory,
            {"type": "card", "lapsed_on": date(2026, 4, 1)},
            "certificate_only_signature_lapses",
        ),
        (InsuranceUseFactory, {"status": "perhaps"}, "insurance_use_status_known"),
        (InsuranceUseFactory, {"status": ""}, "insurance_use_status_known"),
        (BenefitAccountFactory, {"status": "perhaps"}, "benefit_account_status_known"),
        (BenefitAccountFactory, {"status": ""}, "benefit_account_status_known"),
    ],
)
def test_a_fact_that_cannot_be_is_refused(factory, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        factory(**fields)


@pytest.mark.parametrize("factory", [InsuranceUseFactory, BenefitAccountFactory])
def test_a_person_has_one_such_fact(factory):
    person = ResidentFactory()
    factory(resident=person)

    with pytest.raises(IntegrityError, match="pkey"), transaction.atomic():
        factory(resident=person)


def test_a_serial_stands_once_for_a_holder_and_type():
    one = CertificateFactory(serial="S")
    CertificateFactory(serial="S", resident=one.resident, type="signature")
    CertificateFactory(serial="S")

    with pytest.raises(IntegrityError, match="certificate_once"), transaction.atomic():
        CertificateFactory(serial="S", resident=one.resident)
