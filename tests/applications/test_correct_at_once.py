"""Two clerks, or the resident in two windows, at the same moment: one of them is first."""

from datetime import date

import pytest

from portal.applications.correct_request import answer_correction, ask_for_correction
from portal.applications.models import Application, ApplicationEvent, CorrectionRequest
from portal.applications.states import CannotChange
from tasks.models import Task
from tests.applications.factories import SentApplicationFactory, VersionFactory
from tests.applications.test_correct_request import ANSWER_BY, DEFINITION
from tests.at_once import at_once
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("municipalities"),
]

TODAY = date(2026, 11, 24)


@pytest.fixture
def application():
    version = VersionFactory(procedure__key="test-allowance", definition=DEFINITION)
    return SentApplicationFactory(version=version, state="under-review")


def told(deed):
    """Do it, and tell whether it was done or somebody was first."""

    def try_it():
        try:
            deed()
        except CannotChange:
            return "too late"
        return "done"

    return try_it


def ask(application):
    ask_for_correction(
        application,
        text="The account’s holder must be you.",
        questions=["account"],
        answer_by=ANSWER_BY,
        by=UserFactory(),
        today=TODAY,
    )


def test_two_clerks_who_ask_at_once_ask_once(application):
    results = at_once(*[told(lambda: ask(application))] * 2)

    assert sorted(results) == ["done", "too late"]
    assert CorrectionRequest.objects.count() == 1
    assert Task.objects.live().filter(rule__key="applications.correction").count() == 1


def test_an_answer_sent_many_times_at_once_is_one(application):
    ask(application)
    by = UserFactory()

    deed = told(lambda: answer_correction(application, by=by, today=TODAY))
    results = at_once(*[deed] * 8)

    assert sorted(results) == ["done"] + ["too late"] * 7
    assert Application.objects.get().state == "under-review"
    assert ApplicationEvent.objects.filter(state="under-review").count() == 1
    assert not Task.objects.live().filter(rule__key="applications.correction").exists()
