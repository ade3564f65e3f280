"""Where people stop: of applications the question, of to-dos between opened, seen and done."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.applications.branch import asked
from portal.applications.definition import definition_of
from portal.applications.models import ProcedureVersion
from portal.applications.ship import ship
from portal.insights import stops
from portal.insights.models import UseDay
from tests.applications.factories import (
    ApplicationFactory,
    ProcedureFactory,
    SentApplicationFactory,
    VersionFactory,
)
from tests.factories import ResidentFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=ZoneInfo("Asia/Tokyo"))


def words(text):
    return {"ja": text, "en": text}


def choice(key, **more):
    choices = [{"value": value, "label": words(value)} for value in ("yes", "no")]
    return {"key": key, "type": "choice", "text": words(key), "choices": choices} | more


def question(key, **more):
    return {"key": key, "type": "text", "text": words(key)} | more


DEFINITION = {
    "key": "allowance",
    **{name: words(name) for name in ("name", "summary", "who", "basis", "office", "fee")},
    "needs": [words("card")],
    "steps": [{"key": "received", "name": words("Received"), "state": "received", "who": "office"}],
    "questions": [
        choice("civil-servant", stops={"yes": words("Elsewhere")}),
        choice("rents"),
        question("landlord", when=[{"question": "rents", "is_in": ["yes"]}]),
        question("account"),
    ],
}


@pytest.fixture
def version():
    return VersionFactory(definition=DEFINITION, procedure=ProcedureFactory(key="allowance"))


def begin(version, answers, *, days_ago=1, answered_days_ago=0, factory=ApplicationFactory, **more):
    return factory(
        version=version,
        answers=answers,
        started_at=NOW - timedelta(days=days_ago),
        saved_at=NOW - timedelta(days=answered_days_ago),
        **more,
    )


def rows(found):
    return {
        place.text["en"] if place.text else "check": (
            place.reached,
            place.there,
            place.given_up,
            place.ended,
        )
        for place in found.places
    }


def test_a_draft_stands_at_the_first_question_without_an_answer(version):
    begin(version, {})
    begin(version, {"civil-servant": "no"})
    begin(version, {"civil-servant": "no", "rents": "yes"})
    begin(version, {"civil-servant": "no", "rents": "no"})
    begin(version, {"civil-servant": "no", "rents": "no", "account": "1234567"})

    [found] = stops.begun(now=NOW)

    assert (found.begun, found.sent) == (5, 0)
    assert rows(found) == {
        "civil-servant": (5, 1, 0, 0),
        "rents": (4, 1, 0, 0),
        "landlord": (1, 1, 0, 0),
        "account": (2, 1, 0, 0),
        "check": (1, 1, 0, 0),
    }


def test_what_was_sent_came_to_all_questions_of_its_branch(version):
    answers = {"civil-servant": "no", "rents": "no", "account": "1"}
    resident = ResidentFactory()
    begin(version, answers, factory=SentApplicationFactory, resident=resident)
    begin(version, answers, factory=SentApplicationFactory, resident=resident, state="withdrawn")

    [found] = stops.begun(now=NOW)

    assert (found.begun, found.sent) == (2, 2)
    assert rows(found)["landlord"] == (0, 0, 0, 0)
    assert rows(found)["account"] == rows(found)["check"] == (2, 0, 0, 0)


@pytest.mark.parametrize(
    ("since", "state", "there", "given_up"),
    [
        (timedelta(days=7), "draft", 1, 0),
        (timedelta(days=7, seconds=1), "draft", 0, 1),
        (timedelta(), "withdrawn", 0, 1),
    ],
)
def test_given_up_is_what_nobody_answered_for_a_week_or_took_back(
    version, since, state, there, given_up
):
    turn = "you" if state == "draft" else "nobody"
    one = begin(version, {}, days_ago=10, state=state, turn=turn)
    type(one).objects.update(saved_at=NOW - since)

    [found] = stops.begun(now=NOW)

    assert rows(found)["civil-servant"] == (1, there, given_up, 0)


def test_an_answer_that_ends_the_form_is_not_given_up(version):
    begin(version, {"civil-servant": "yes"}, days_ago=20, answered_days_ago=20)

    [found] = stops.begun(now=NOW)

    assert rows(found)["civil-servant"] == (1, 0, 0, 1)
    assert rows(found)["rents"] == (0, 0, 0, 0)


@pytest.mark.parametrize(("days_ago", "counted"), [(28, 1), (29, 0)])
def test_what_was_begun_in_the_last_four_weeks_is_counted(version, days_ago, counted):
    begin(version, {}, days_ago=days_ago)

    assert len(stops.begun(now=NOW)) == counted


def test_each_version_is_told_apart_with_the_most_begun_first(version):
    newer = VersionFactory(
        procedure=version.procedure,
        number=2,
        state="draft",
        published_at=None,
        definition=DEFINITION,
    )
    begin(version, {})
    begin(newer, {})
    begin(newer, {})

    assert [(one.version.number, one.begun) for one in stops.begun(now=NOW)] == [(2, 2), (1, 1)]


def test_no_answer_leaves_the_database_but_those_that_lead_on(version, monkeypatch):
    begin(version, {"civil-servant": "no", "rents": "no", "account": "7654321"})
    told, run = [], stops.run
    monkeypatch.setattr(stops, "run", lambda *given: told.append(run(*given)) or told[0])

    stops.begun(now=NOW)

    [(version_id, became, answers, many)] = told[0]
    assert (version_id, became, many) == (version.pk, "there", 1)
    assert json.loads(answers) == {"civil-servant": "no", "rents": "no", "account": True}


def test_it_is_two_statements_however_many_began(version, statements):
    for number in range(20):
        begin(version, {"civil-servant": "no", "account": str(number)})
    del statements[:]

    [found] = stops.begun(now=NOW)

    assert len(statements) == 2
    assert rows(found)["rents"] == (20, 20, 0, 0)


def test_every_procedure_that_comes_with_the_portal_is_counted():
    ship(using="default")
    resident = ResidentFactory()
    offered = list(ProcedureVersion.objects.offered().select_related("procedure"))
    for version in offered:
        begin(version, {}, resident=resident)

    found = stops.begun(now=NOW)

    assert {one.version for one in found} == set(offered)
    for one in found:
        first = asked(definition_of(one.version.definition), {})[0]
        assert [place.text for place in one.places if place.there] == [first.text]


# ---- to-dos
def test_to_dos_are_told_by_rule_as_opened_seen_and_done():
    key = "card.insurance-use"
    for measure, days_ago, times in [
        ("task-opened", 0, 5),
        ("task-opened", 27, 5),
        ("task-opened", 28, 99),
        ("task-seen", 1, 7),
        ("task-done", 2, 3),
    ]:
        day = NOW.date() - timedelta(days=days_ago)
        UseDay.objects.create(day=day, measure=measure, about=key, language="", times=times)
    UseDay.objects.create(day=NOW.date(), measure="task-seen", about=key, language="en", times=1)
    UseDay.objects.create(day=NOW.date(), measure="task-done", about="gone", language="", times=1)

    [found] = stops.to_dos(today=NOW.date())

    assert (found.rule.key, found.opened, found.seen, found.done) == (key, 10, 8, 3)
