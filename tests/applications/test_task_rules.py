"""What applications put into the inbox: in which list, from when, and what ends it."""

import io
import json
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.applications.called import _names
from portal.applications.models import Application, CorrectionRequest, State
from portal.applications.states import TURN
from tasks import acts
from tasks.explain import coming_up, explain, verdicts
from tasks.inbox import Inbox
from tasks.models import Task
from tasks.reconcile import Reconciled, reconcile_people
from tasks.rules import Rule, registry
from tests.applications.factories import (
    ApplicationFactory,
    CorrectionRequestFactory,
    SentApplicationFactory,
)
from tests.factories import ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db

JAPAN = ZoneInfo("Asia/Tokyo")
TODAY = date(2026, 11, 24)
CORRECTION, REPORTED, DRAFT, DECIDED, SLOW, WITH_OFFICE = (
    f"applications.{name}"
    for name in (
        "correction",
        "correction-reported",
        "draft-not-sent",
        "decided",
        "slower-than-usual",
        "with-the-office",
    )
)
ALL = [key for key in registry if key.startswith("applications.")]


@pytest.fixture(autouse=True)
def fresh_names():
    _names.cache_clear()
    yield
    _names.cache_clear()


@pytest.fixture
def hanako():
    return ResidentFactory(user=UserFactory(language="en"))


def noon(day):
    return datetime.combine(day, time(12), JAPAN)


def ask_rules(person, today=TODAY):
    return reconcile_people([person.pk], today=today)


def live(person):
    rules = Task.objects.live().filter(resident=person).values_list("rule__key", flat=True)
    return sorted(rules)


def sent(person, state="under-review", **fields):
    state = State(state)
    if state in (State.GRANTED, State.COMPLETED):
        fields = {"outcome": "granted", "decided_by": UserFactory(), **fields}
        fields = {"decided_at": noon(TODAY), **fields}
    return SentApplicationFactory(resident=person, state=state, turn=TURN[state], **fields)


def reported(person, state, **fields):
    state = State(state)
    return ApplicationFactory(
        resident=person,
        version=None,
        procedure_key="保育 所",
        ref=f"S-{Application.objects.count()}",
        seq=1,
        state=state,
        turn=TURN[state],
        state_since=noon(TODAY),
        **fields,
    )


# ---- which list
def test_home_has_each_in_its_list(client, hanako, time_machine):
    time_machine.move_to(noon(TODAY))
    CorrectionRequestFactory(application__resident=hanako)
    ApplicationFactory(resident=hanako, started_at=noon(TODAY - timedelta(3)))
    sent(hanako, "granted")
    sent(hanako, "under-review", usual_until=TODAY - timedelta(1))
    ask_rules(hanako)

    inbox = Inbox(hanako, today=TODAY)

    assert [item.rule.key for item in inbox.do] == [CORRECTION, DRAFT]
    assert sorted(item.rule.key for item in inbox.know) == [DECIDED, SLOW]
    assert [item.rule.key for item in inbox.waiting] == [WITH_OFFICE] * 2
    client.force_login(hanako.user)
    page = client.get("/").content.decode()
    assert "To do: 2</h1>" in page
    assert "Waiting for the office: 2</h2>" in page
    assert page.count("The office has this. There is nothing for you to do now.") == 2
    assert "/undo/" not in page


def test_what_the_office_has_offers_no_act_and_takes_none(hanako):
    sent(hanako)
    ask_rules(hanako)
    task = Task.objects.get()
    common = {"resident": hanako, "task_id": task.pk, "by": hanako.user, "today": TODAY}

    for act in (acts.report_done, acts.dismiss):
        with pytest.raises(acts.Refused):
            act(**common)
    with pytest.raises(acts.Refused):
        acts.snooze(until=TODAY + timedelta(3), **common)

    task.refresh_from_db()
    assert task.status == "open"


@pytest.mark.parametrize("key", [CORRECTION, DRAFT])
def test_what_is_done_on_its_own_page_takes_nobodys_word_for_it(hanako, key):
    if key == CORRECTION:
        CorrectionRequestFactory(application__resident=hanako)
    else:
        ApplicationFactory(resident=hanako, started_at=noon(TODAY - timedelta(3)))
    ask_rules(hanako)
    task = Task.objects.get()

    with translation.override("en"), pytest.raises(acts.Refused, match="its own page"):
        acts.report_done(resident=hanako, task_id=task.pk, by=hanako.user, today=TODAY)

    assert Task.objects.get().status == "open"


@pytest.mark.parametrize("key", [DECIDED, SLOW, WITH_OFFICE])
def test_news_and_what_the_office_has_are_not_reminded_of(key):
    rule = registry[key]

    assert (list(rule.remind), rule.remind_every) == ([], None)


@pytest.mark.parametrize(
    "fields",
    [
        {"information": True},
        {"setup": True},
        {"may_be_dismissed": True},
        {"remind_every": 14},
        {"remind": [7], "due_on": "answer_by"},
    ],
)
def test_a_rule_that_waits_for_the_office_stands_nowhere_else_and_reminds_of_nothing(fields):
    rule = Rule(
        key="test.waiting",
        title="",
        rows=lambda today: Application.objects.all(),
        conditions=[],
        waiting=True,
        **fields,
    )

    with pytest.raises(Exception, match="waits for the office"):
        registry.register(rule)
    assert "test.waiting" not in registry


# ---- from when, until when
@pytest.mark.parametrize(("days", "listed"), [(0, False), (1, True), (90, True)])
def test_a_draft_is_listed_from_the_day_after_it_was_begun(hanako, days, listed):
    ApplicationFactory(resident=hanako, started_at=noon(TODAY - timedelta(days)))

    ask_rules(hanako)

    assert live(hanako) == [DRAFT] * listed


def test_a_draft_begun_late_in_the_evening_is_of_that_day_in_japan(hanako):
    before_midnight = datetime.combine(date(2026, 11, 23), time(23, 59), JAPAN)
    ApplicationFactory(resident=hanako, started_at=before_midnight)

    ask_rules(hanako)

    assert live(hanako) == [DRAFT]


@pytest.mark.parametrize(
    ("state", "status"), [("received", "done"), ("withdrawn", "withdrawn"), (None, "withdrawn")]
)
def test_a_draft_ends_as_it_was_sent_taken_back_or_is_gone(hanako, state, status):
    draft = ApplicationFactory(resident=hanako, started_at=noon(TODAY - timedelta(3)))
    ask_rules(hanako)

    own = Application.objects.filter(resident=hanako, pk=draft.pk)
    if state == "received":
        number = {"receipt_number": "A-2026-000001-1", "sent_at": noon(TODAY)}
        own.update(state=state, turn="office", **number)
    elif state:
        own.update(state=state, turn="nobody")
    else:
        own.delete()
    ask_rules(hanako)

    assert Task.objects.get(rule__key=DRAFT).status == status


@pytest.mark.parametrize(("days", "listed"), [(0, True), (59, True), (60, False), (400, False)])
@pytest.mark.parametrize("here", [True, False])
def test_a_decision_is_news_for_sixty_days(hanako, days, listed, here):
    moment = noon(TODAY - timedelta(days))
    if here:
        sent(hanako, "completed", decided_at=moment)
    else:
        own = reported(hanako, "completed")
        Application.objects.filter(pk=own.pk).update(state_since=moment)

    ask_rules(hanako)

    assert live(hanako) == [DECIDED] * listed


def test_the_news_expires(hanako):
    sent(hanako, "completed")
    ask_rules(hanako)

    ask_rules(hanako, today=TODAY + timedelta(60))

    assert Task.objects.get().status == "expired"


@pytest.mark.parametrize(("days", "slow"), [(-1, True), (0, False), (1, False), (None, False)])
def test_it_is_slower_than_usual_from_the_day_after(hanako, days, slow):
    until = None if days is None else TODAY + timedelta(days)
    sent(hanako, usual_until=until)

    ask_rules(hanako)

    assert live(hanako) == [SLOW] * slow + [WITH_OFFICE]


def test_once_the_next_step_has_no_usual_duration_it_is_slow_no_more(hanako):
    sent(hanako, usual_until=TODAY - timedelta(1))
    ask_rules(hanako)

    Application.objects.update(usual_until=None)
    ask_rules(hanako)

    assert live(hanako) == [WITH_OFFICE]


def test_nobody_is_told_beforehand_that_it_will_be_slow_or_a_draft_be_left(hanako):
    sent(hanako, usual_until=TODAY + timedelta(5))
    ApplicationFactory(resident=hanako, started_at=noon(TODAY))
    ask_rules(hanako)

    assert coming_up(hanako.pk, today=TODAY, until=TODAY + timedelta(300)) == []


# ---- reported by a source
@pytest.mark.parametrize("key", [REPORTED, WITH_OFFICE])
def test_what_a_source_has_not_confirmed_for_long_is_unknown_and_stays(hanako, key):
    state = "correction" if key == REPORTED else "received"
    reported(hanako, state, stale_on=TODAY + timedelta(1))
    ask_rules(hanako)
    assert live(hanako) == [key]

    ask_rules(hanako, today=TODAY + timedelta(1))

    assert live(hanako) == [key]
    told = verdicts([hanako.pk], today=TODAY + timedelta(1))[key, hanako.pk]
    assert (told.value, bool(told.checked_at)) == (None, True)


def test_a_correction_of_elsewhere_has_no_page_here_and_no_date(hanako):
    reported(hanako, "correction")
    ask_rules(hanako)

    task = Task.objects.get()
    assert registry[REPORTED].start is None
    assert (task.due_on, registry[REPORTED].remind_every) == (None, 14)
    with translation.override("en"):
        assert str(registry[REPORTED].title_of(task.subject)).endswith(": 保育 所")


# ---- as every rule
applications = st.lists(
    st.tuples(
        st.sampled_from(list(State)),
        st.sampled_from([-400, -60, -59, -1, 0]),
        st.sampled_from([None, -1, 0, 1]),
        st.booleans(),
    ),
    max_size=5,
)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(applications)
def test_a_second_pass_writes_nothing_and_why_says_what_the_rules_say(made):
    person = ResidentFactory()
    for state, days, until, here in made:
        moment = noon(TODAY + timedelta(days))
        usual = until if until is None else TODAY + timedelta(until)
        if state == State.DRAFT:
            ApplicationFactory(resident=person, started_at=moment)
        elif here and state != State.REFUSED:
            sent(person, state, usual_until=usual, **decided(state, moment))
        else:
            reported(person, state, stale_on=TODAY + timedelta(until or 0))
    ask_rules(person)
    first = live(person)

    assert ask_rules(person) == Reconciled()
    assert live(person) == first
    wanted = [
        one
        for key in ALL
        for one in explain(registry[key], person, today=TODAY)
        if one.verdict is True
    ]
    assert sorted(one.rule.key for one in wanted) == first
    for one in wanted:
        assert str(one.title)
        assert len(one.subject) <= 64


def decided(state, moment):
    return {"decided_at": moment} if state in (State.GRANTED, State.COMPLETED) else {}


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("key", ALL)
def test_every_sentence_of_it_has_its_places_filled(hanako, key, language):
    CorrectionRequestFactory(application__resident=hanako)
    ApplicationFactory(resident=hanako)
    for state in (State.RECEIVED, State.COMPLETED, State.WITHDRAWN):
        sent(hanako, state)
        reported(hanako, state)

    with translation.override(language):
        for one in explain(registry[key], hanako, today=TODAY):
            for finding in one.findings:
                assert finding.sentence
                assert not set("{}") & set(finding.sentence + finding.ends_when)
                assert finding.value is None or "–" not in finding.sentence


def test_the_longest_names_still_name_the_task(hanako):
    key = "k" * 64
    sent(hanako, receipt_number="A-2026-1234567890-1", procedure_key=key)
    reported(hanako, "received")
    Application.objects.filter(version=None).update(ref="R" * 64, procedure_key=key)
    asked = CorrectionRequestFactory(application__resident=hanako)
    CorrectionRequest.objects.filter(pk=asked.pk).update(procedure_key=key)

    ask_rules(hanako)

    assert live(hanako) == [CORRECTION, WITH_OFFICE, WITH_OFFICE]


def test_the_commands_say_why_and_dump_the_tasks(hanako):
    application = sent(hanako, receipt_number="A-2026-004137-7")
    ask_rules(hanako)

    said = printed("why", resident=hanako.ref, rule=WITH_OFFICE, today=TODAY)
    [dumped] = printed("dump_inbox").splitlines()

    assert json.loads(said)["verdict"] is True
    assert json.loads(dumped)["subject"] == f"A-2026-004137-7 {application.procedure_key}"


def printed(command, **options):
    out = io.StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue()


@pytest.mark.parametrize("count", [1, 60])
def test_home_asks_as_often_for_few_applications_and_for_many(client, hanako, count, time_machine):
    time_machine.move_to(noon(TODAY))
    for _number in range(count):
        sent(hanako)
    ask_rules(hanako)
    client.force_login(hanako.user)
    client.get("/")  # what a process asks once

    with CaptureQueriesContext(connection) as captured:
        client.get("/")

    asking = [one for one in captured if one["sql"].split()[0] in {"SELECT", "WITH"}]
    assert len(asking) <= 6
