"""The office asks for a correction, and what becomes of it: the task says it, with its date."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from portal.applications.called import _names
from portal.applications.correct_request import (
    CannotAsk,
    answer_correction,
    ask_for_correction,
    open_request,
)
from portal.applications.models import Application, CorrectionRequest, State
from portal.applications.move import move
from portal.applications.states import OFFICE, RESIDENT, CannotChange
from tasks.explain import explain
from tasks.models import Task
from tasks.reconcile import Reconciled, reconcile_people
from tasks.rules import registry
from tests.applications.factories import SentApplicationFactory, VersionFactory
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 24)
ANSWER_BY = date(2026, 12, 8)
RULE = registry["applications.correction"]
QUESTION = {"key": "account", "type": "text", "text": {"ja": "口座", "en": "Account"}}
OTHERS = {**QUESTION, "key": "employer", "when": [{"question": "account", "is_in": ["no"]}]}
WORDS = {"ja": "…", "en": "…"}
DEFINITION = {
    "key": "test-allowance",
    "name": {"ja": "児童手当 認定請求", "en": "Child allowance"},
    **dict.fromkeys(["summary", "who", "basis", "office", "fee"], WORDS),
    "needs": [],
    "steps": [
        {"key": "check", "name": WORDS, "state": "under-review", "who": "office"},
    ],
    "questions": [QUESTION, OTHERS],
}


@pytest.fixture
def application():
    _names.cache_clear()
    version = VersionFactory(procedure__key="test-allowance", definition=DEFINITION)
    application = SentApplicationFactory(
        version=version, state="under-review", receipt_number="A-2026-004137-7", answers={}
    )
    yield application
    _names.cache_clear()


def ask(application, **said):
    said = {"text": "The account’s holder must be you.", "questions": ["account"], **said}
    said = {"answer_by": ANSWER_BY, "by": UserFactory(), "today": TODAY, **said}
    return ask_for_correction(application, **said)


def task():
    return Task.objects.get(rule_id=RULE.id)


def change(application, to, *, side, **fields):
    application.refresh_from_db()
    move(application, to=to, side=side, by=UserFactory(), today=TODAY + timedelta(3), **fields)


def test_it_is_the_residents_turn_and_a_task_with_the_date_names_procedure_and_number(application):
    request = ask(application)

    application.refresh_from_db()
    assert (application.state, application.turn) == ("correction", "you")
    assert request.procedure_name["ja"] == "児童手当 認定請求"
    assert (task().due_on, task().status) == (ANSWER_BY, "open")
    with translation.override("en"):
        assert RULE.title_of(task().subject) == (
            "Correct your application: Child allowance (A-2026-004137-7)"
        )
    with translation.override("ja"):
        assert "児童手当 認定請求 (A-2026-004137-7)" in str(RULE.title_of(task().subject))
    assert open_request(application) == request


def test_a_second_pass_of_the_rules_writes_nothing(application):
    ask(application)

    assert reconcile_people([application.resident_id], today=TODAY) == Reconciled()


def test_once_answered_the_task_is_done_and_the_office_goes_on(application):
    request = ask(application)

    answer_correction(application, by=UserFactory(), today=TODAY + timedelta(3))

    application.refresh_from_db()
    request.refresh_from_db()
    assert (application.state, application.turn) == ("under-review", "office")
    assert (request.answered_on, request.ended_on) == (TODAY + timedelta(3), None)
    assert task().status == "done"
    assert open_request(application) is None


@pytest.mark.parametrize(
    ("to", "side", "fields"),
    [
        (State.WITHDRAWN, RESIDENT, {}),
        (State.REFUSED, OFFICE, {"outcome": "refused"}),
    ],
)
def test_once_taken_back_or_decided_it_is_no_longer_asked(application, to, side, fields):
    request = ask(application)
    if to == State.REFUSED:
        deciding = {"proposed_by": UserFactory(), "decided_by": UserFactory()}
        moment = {"proposed_at": application.sent_at, "decided_at": application.sent_at}
        fields = {**fields, **deciding, **moment, "outcome_reason": "Nobody answered."}

    change(application, to, side=side, **fields)

    request.refresh_from_db()
    assert (request.answered_on, request.ended_on) == (None, TODAY + timedelta(3))
    assert task().status == "withdrawn"


@pytest.mark.usefixtures("english")
def test_with_the_day_gone_it_stays_and_says_so(application):
    ask(application)

    reconcile_people([application.resident_id], today=ANSWER_BY + timedelta(30))

    assert task().status == "open"
    assert "is over" in str(RULE.after_due)


def test_a_second_correction_is_a_task_of_its_own(application):
    ask(application)
    answer_correction(application, by=UserFactory(), today=TODAY)
    ask(application, answer_by=ANSWER_BY + timedelta(9))

    statuses = Task.objects.filter(rule_id=RULE.id).order_by("pk").values_list("status", "due_on")
    assert list(statuses) == [("done", ANSWER_BY), ("open", ANSWER_BY + timedelta(9))]
    answer_correction(application, by=UserFactory(), today=TODAY)
    assert set(Task.objects.filter(rule_id=RULE.id).values_list("status")) == {("done",)}


@pytest.mark.parametrize(
    "said",
    [
        {"text": " "},
        {"text": "Number 1234 5678 9018"},
        {"questions": ["nonsense"]},
        {"questions": ["employer"]},
        {"answer_by": TODAY - timedelta(1)},
        {"answer_by": TODAY},
        {"answer_by": TODAY + timedelta(366)},
    ],
)
def test_what_cannot_be_asked_is_refused_and_changes_nothing(application, said):
    with pytest.raises(CannotAsk):
        ask(application, **said)

    application.refresh_from_db()
    assert application.state == "under-review"
    assert not CorrectionRequest.objects.exists()


@pytest.mark.parametrize("days", [1, 365])
def test_the_first_and_the_last_day_that_one_can_be_asked_to_answer_by(application, days):
    assert ask(application, answer_by=TODAY + timedelta(days)).answer_by == TODAY + timedelta(days)


def test_it_is_asked_once(application):
    ask(application)

    with pytest.raises(CannotChange):
        ask(application)

    assert CorrectionRequest.objects.count() == 1


def test_nothing_can_be_answered_that_was_not_asked(application):
    with pytest.raises(CannotChange):
        answer_correction(application, by=UserFactory(), today=TODAY)


def test_a_draft_is_no_offices(application):
    Application.objects.update(state="draft", sent_at=None, receipt_number=None)
    application.refresh_from_db()

    with pytest.raises(Application.DoesNotExist):
        ask(application)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_why_it_is_there_names_the_days(application, language):
    ask(application)

    with translation.override(language):
        [one] = explain(RULE, application.resident, today=TODAY)
        said = [finding.sentence for finding in one.findings]

    assert one.verdict is True
    assert any("A-2026-004137-7" in sentence for sentence in said)
