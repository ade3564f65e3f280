"""What each rule says of its made-up people, whom nobody else ever meets."""

from datetime import date

import pytest
from django.utils import translation

from portal.card.models import Certificate
from portal.residents.models import FactReport, Resident, Source
from tasks.examples import explained, outcome
from tasks.rules import registry
from tests.factories import MunicipalityFactory

pytestmark = pytest.mark.django_db

TODAY = date(2027, 3, 1)
EXPECTED = {
    "card.user-authentication-renewal": "open not-yet ended does-not-apply unknown",
    "card.signature-renewal": "open not-yet ended does-not-apply unknown",
    "card.card-renewal": "open not-yet ended does-not-apply unknown",
    "card.signature-reissue": "open does-not-apply ended does-not-apply unknown",
    "card.insurance-use": "open ended does-not-apply unknown does-not-apply",
    "card.benefit-account": "open ended does-not-apply unknown unknown",
    "childcare.dose": "open not-yet ended unknown does-not-apply",
    "childcare.checkup": "open not-yet ended ended unknown",
    "childcare.after-birth.child-allowance": "open does-not-apply ended ended unknown",
    "childcare.after-birth.child-allowance-employer": "open does-not-apply ended ended unknown",
    "childcare.after-birth.insurance": "open ended ended does-not-apply unknown",
    "childcare.after-birth.medical-subsidy": "open unknown ended ended does-not-apply",
    "childcare.after-birth.low-birth-weight": "open does-not-apply ended ended unknown",
    "childcare.after-birth.notification": "open ended ended does-not-apply unknown",
    "applications.correction": "open open ended does-not-apply unknown",
    "applications.correction-reported": "open ended unknown does-not-apply unknown",
    "applications.draft-not-sent": "open does-not-apply ended does-not-apply unknown",
    "applications.decided": "open ended does-not-apply open unknown",
    "applications.slower-than-usual": "open does-not-apply does-not-apply does-not-apply unknown",
    "applications.with-the-office": "open does-not-apply does-not-apply unknown unknown",
    "feedback.reply": "open open ended ended unknown",
}


@pytest.fixture(autouse=True)
def some_municipality():
    MunicipalityFactory()


def test_every_rule_has_five():
    assert set(EXPECTED) == set(registry)


@pytest.mark.parametrize("key", EXPECTED)
@pytest.mark.parametrize("today", [TODAY, date(2028, 2, 29), date(2026, 12, 31)])
def test_they_come_out_as_the_rule_says(key, today):
    found = explained(registry[key], today=today)

    assert [outcome(explanation, today=today) for _example, explanation in found] == (
        EXPECTED[key].split()
    )


@pytest.mark.parametrize("key", EXPECTED)
def test_nothing_of_them_stays(key):
    explained(registry[key], today=TODAY)

    for model in (Resident, Certificate, FactReport, Source):
        assert not model.objects.exists()


def test_an_explanation_has_the_facts_of_the_example():
    with translation.override("en"):
        [[example, first], *_others] = explained(registry["card.card-renewal"], today=TODAY)
        said = str(example.said)

    assert said == "It expires in 60 days."
    assert first.due_on == date(2027, 4, 30)
    assert "30 April 2027" in first.findings[-1].sentence
