"""How an application stands: the time-line, whose turn, how long it usually takes, messages."""

import re
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import translation

from portal.applications.definition import Definition, Step
from portal.applications.messages import CannotWrite, to_answer, write
from portal.applications.models import (
    Application,
    ApplicationEvent,
    Attachment,
    Message,
    State,
    UsualDuration,
)
from portal.applications.progress import progress_of, usual_words
from portal.applications.states import TURN
from portal.applications.written import LONGEST
from portal.residents.models import FactReport
from tests.applications.factories import (
    NOON,
    ApplicationFactory,
    CorrectionRequestFactory,
    SentApplicationFactory,
    VersionFactory,
)
from tests.factories import CHIYODA, GuardianshipFactory, ResidentFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]

TODAY = date(2026, 11, 20)
EMPTY = {"ja": "あ", "en": "A"}
DEFINITION = Definition(
    key="one",
    name=EMPTY,
    summary=EMPTY,
    who=EMPTY,
    basis=EMPTY,
    office=EMPTY,
    needs=(),
    fee=EMPTY,
    steps=(
        Step(key="received", name={"ja": "受付"}, state="received", who="office"),
        Step(
            key="review",
            name={"ja": "役所の確認"},
            state="under-review",
            who="office",
            usual_days=(7, 30),
        ),
        Step(key="pension", name={"ja": "年金事務所"}, state="with-others", who="other"),
        Step(key="decision", name={"ja": "決定"}, state="granted", who="office"),
    ),
    questions=(),
)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def duration(cases=180, step="review", median=8, ninetieth=21) -> UsualDuration:
    return UsualDuration(
        municipality_id=CHIYODA,
        procedure_key="child-allowance",
        step=step,
        cases=cases,
        median_days=median,
        ninetieth_days=ninetieth,
        counted_on=TODAY,
    )


def standing(state, step="", **fields) -> Application:
    return Application(state=state, turn=TURN[State(state)], step=step, state_since=NOON, **fields)


def happened(*states) -> list[ApplicationEvent]:
    return [
        ApplicationEvent(what="state", state=state, at=NOON + timedelta(day))
        for day, state in enumerate(states)
    ]


def lines(application, *states, durations=None, today=TODAY):
    found = progress_of(application, DEFINITION, happened(*states), durations or {}, today=today)
    return [(line.name, line.status) for line in found.lines]


def test_what_happened_is_done_what_is_on_is_now_and_the_rest_comes():
    assert lines(standing("under-review", "review"), "received", "under-review") == [
        ("Sent", "done"),
        ("The office began to check it", "now"),
        ("年金事務所", "next"),
        ("決定", "next"),
    ]


def test_after_a_correction_it_is_said_to_have_been_sent_again():
    shown = lines(
        standing("under-review", "review"), "received", "under-review", "correction", "under-review"
    )

    assert ("Sent again", "now") in shown


def test_what_has_been_with_somebody_else_does_not_come_again():
    shown = lines(
        standing("under-review", "review"),
        "received",
        "under-review",
        "with-others",
        "under-review",
    )

    assert shown[-2:] == [("Back at the office", "now"), ("決定", "next")]


@pytest.mark.parametrize("state", ["refused", "completed", "withdrawn"])
def test_after_the_end_nothing_comes(state):
    assert {status for _name, status in lines(standing(state, "review"), "received", state)} == {
        "done"
    }


@pytest.mark.parametrize("state", [state for state in State if state != State.DRAFT])
def test_without_events_it_shows_the_state_that_stands(state):
    assert lines(standing(state))[0][1] == ("done" if TURN[state] == "nobody" else "now")


# ---- how long
@pytest.mark.parametrize(
    ("cases", "defined", "said"),
    [
        (20, (7, 30), "Usually 8–21 days (from 20 cases of this municipality)"),
        (19, (7, 30), "About 7–30 days (an estimate: too few finished cases to say)"),
        (19, None, ""),
        (1800, None, "Usually 8–21 days (from 1,800 cases of this municipality)"),
    ],
)
def test_a_range_is_said_from_twenty_cases_on(cases, defined, said):
    assert usual_words(duration(cases), defined) == said


def test_a_range_of_one_day_is_said_as_one():
    said = usual_words(duration(median=1, ninetieth=1), None)

    assert said == "Usually 1 day (from 180 cases of this municipality)"


@pytest.mark.parametrize(("days", "slower"), [(-1, False), (0, False), (1, True)])
def test_past_the_ninetieth_percentile_it_is_slower_than_usual(days, slower):
    application = standing("under-review", "review", usual_until=TODAY)

    found = progress_of(
        application,
        DEFINITION,
        happened("received", "under-review"),
        {},
        today=TODAY + timedelta(days),
    )

    assert found.slower is slower


def test_while_it_is_the_residents_turn_nothing_is_slow_and_no_duration_is_said():
    application = standing("correction", "review", usual_until=TODAY - timedelta(1))

    found = progress_of(
        application, DEFINITION, happened("received", "under-review", "correction"), {}, today=TODAY
    )

    assert (found.slower, found.usual, found.lines[2].usual) == (False, "", "")


@pytest.mark.parametrize(
    ("cases", "days", "found"),
    [
        (20, 0, (date(2026, 12, 10), date(2026, 12, 30))),
        (20, 40, (date(2026, 12, 10), date(2026, 12, 30))),
        (20, 41, None),
        (19, 0, None),
    ],
)
def test_between_which_days_it_is_decided_is_said_until_they_are_over(cases, days, found):
    application = standing("under-review", "review", sent_at=NOON)
    whole = {"": duration(cases, step="", median=20, ninetieth=40)}

    progress = progress_of(
        application, DEFINITION, happened("received"), whole, today=TODAY + timedelta(days)
    )

    assert progress.decision == found


# ---- the page
@pytest.fixture
def hers_sent(hanako, shipped):
    """Hanako's claim, under review since 20 November."""
    version = shipped.get(procedure__key="child-allowance")
    application = SentApplicationFactory(
        resident=hanako, version=version, state="under-review", step="review"
    )
    note(application, "received", "under-review")
    return application


def note(application, *states):
    for number, state in enumerate(states):
        ApplicationEvent.objects.create(
            resident_id=application.resident_id,
            application=application,
            what="state",
            state=state,
            turn=TURN[State(state)],
            step=application.step,
            at=NOON + timedelta(minutes=number),
        )


def page(application):
    return reverse("applications:application", args=[application.uuid])


def shown(browser, application):
    response = browser.get(page(application))
    assert response.status_code == 200
    return response.content.decode()


def test_the_first_line_says_whose_turn_it_is_and_since_when(hers, hers_sent):
    main = shown(hers, hers_sent).split("<main")[1]

    assert main.index("The office’s turn") < main.index("<h1>")
    assert "since" in main.split("<h1>")[0]


def test_when_it_is_the_residents_turn_the_first_line_says_by_when(hers, hers_sent):
    Application.objects.update(state="correction", turn="you")
    hers_sent.refresh_from_db()
    CorrectionRequestFactory(application=hers_sent, answer_by=date(2026, 12, 4))

    main = shown(hers, hers_sent).split("<main")[1].split("<h1>")[0]

    assert "Your turn, by" in main
    assert "2026-12-04" in main


def test_the_page_says_how_long_it_takes_by_the_municipalitys_own_cases(hers, hers_sent):
    duration().save()
    duration(step="", median=20, ninetieth=40).save()

    main = shown(hers, hers_sent)

    assert "Usually 8–21 days (from 180 cases of this municipality)" in main
    assert "Usually 20–40 days" in main


def test_anothers_application_is_the_same_404_as_none(hers, hers_sent):
    others = SentApplicationFactory(version=hers_sent.version)

    found = [
        hers.get(reverse("applications:application", args=[uuid]))
        for uuid in (others.uuid, uuid4())
    ]

    assert [one.status_code for one in found] == [404, 404]
    pages = [re.sub(r'(?:nonce|value)="[^"]*"', "", one.content.decode()) for one in found]
    assert pages[0] == pages[1]


def test_the_other_guardian_does_not_see_what_one_applied_for(client, hers_sent, hanako):
    child = GuardianshipFactory(guardian=hanako).child
    Application.objects.update(about=child)
    taro = GuardianshipFactory(child=child, guardian=ResidentFactory(user=UserFactory())).guardian
    client.force_login(taro.user)

    assert client.get(page(hers_sent)).status_code == 404


def test_a_reported_application_is_shown_with_the_states_it_was_told_in(hers, hanako):
    application = ApplicationFactory(
        resident=hanako,
        version=None,
        ref="N-7",
        seq=3,
        state="under-review",
        turn="office",
        procedure_key="nursery",
    )
    for seq, (ref, status) in enumerate(
        [("N-7", "received"), ("N-8", "refused"), ("N-7", "under-review")]
    ):
        FactReport.objects.create(
            resident=hanako,
            kind="application-status",
            key=ref,
            source=application.source,
            checked_at=NOON - timedelta(9 - seq),
            value={"ref": ref, "procedure": "nursery", "status": status, "seq": seq},
        )

    type(application.source).objects.update(name="申請管理（見本）", name_en="case register")

    main = shown(hers, application)

    assert main.index("Sent") < main.index("The office began to check it")
    assert "Reported by case register on" in main
    assert "Decided: not granted" not in main
    assert f"applications/{application.uuid}/message/" not in main


def test_attached_files_are_listed_to_be_downloaded_and_removed_ones_are_not(
    hers, hanako, hers_sent
):
    kept, removed = (
        Attachment.objects.create(
            resident=hanako,
            application=hers_sent,
            question="account-copy",
            name=name,
            media_type="application/pdf",
            size=1200,
            sha256="0" * 64,
            added_by=hanako.user,
            removed_at=removed_at,
        )
        for name, removed_at in [("passbook.pdf", None), ("wrong.pdf", NOON)]
    )
    kept.refresh_from_db()

    main = shown(hers, hers_sent)

    assert reverse("applications:file", args=[hers_sent.uuid, kept.uuid]) in main
    assert removed.name not in main


def add_many(application, count):
    note(application, *["received", "under-review"] * (count // 2))
    Message.objects.bulk_create(
        Message(
            resident_id=application.resident_id,
            application=application,
            token=uuid4(),
            side="office",
            text="…",
            by=application.resident.user,
        )
        for _ in range(count)
    )


def test_the_page_asks_as_many_statements_with_200_events(hers, hers_sent, statements):
    Application.objects.update(state="correction", turn="you")
    hers_sent.refresh_from_db()
    CorrectionRequestFactory(application=hers_sent)
    shown(hers, hers_sent)
    statements.clear()
    shown(hers, hers_sent)
    few = len(statements)

    add_many(hers_sent, 200)
    statements.clear()
    shown(hers, hers_sent)

    assert len(statements) == few <= 8, statements


def test_it_asks_as_many_with_people_of_the_household_among_the_answers(
    hers, hanako, shipped, statements
):
    children = [GuardianshipFactory(guardian=hanako).child for _child in range(6)]
    stored = shipped.get(procedure__key="residence-certificate").definition
    whom = next(one for one in stored["questions"] if one["type"] == "person-of-household")
    stored["questions"] = [whom | {"key": f"child-{place}", "when": []} for place in range(6)]
    version = VersionFactory(definition=stored)
    answers = {f"child-{place}": str(one.uuid) for place, one in enumerate(children)}
    application = SentApplicationFactory(
        resident=hanako, version=version, state="correction", turn="you", answers=answers
    )
    CorrectionRequestFactory(application=application)
    shown(hers, application)
    statements.clear()

    page = shown(hers, application)

    assert len(statements) <= 8, statements
    assert all(one.name in page for one in children)


# ---- messages
def send(browser, application, text, token=None):
    address = reverse("applications:message", args=[application.uuid])
    return browser.post(address, {"text": text, "token": str(token or uuid4())}, follow=True)


def test_a_question_is_written_at_the_present_step(hers, hers_sent):
    response = send(hers, hers_sent, "Which paper is missing?")

    message = Message.objects.get()
    assert (message.side, message.step) == ("resident", "review")
    assert "Which paper is missing?" in response.content.decode()


def test_sent_twice_it_is_written_once(hers, hers_sent):
    token = uuid4()
    send(hers, hers_sent, "Which paper?", token)
    send(hers, hers_sent, "Which paper?", token)

    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  ", "Write something."),
        ("My number is 1234 5678 9018", "may be a My Number"),
        ("a" * (LONGEST + 1), "too long"),
    ],
)
def test_what_cannot_be_sent_stays_typed_and_is_told_at_the_top(hers, hers_sent, text, said):
    response = send(hers, hers_sent, text)

    assert response.status_code == 422
    assert said in response.content.decode()
    assert text.strip() in response.content.decode()
    assert not Message.objects.exists()


def test_the_longest_text_is_written(hers, hers_sent):
    send(hers, hers_sent, "a" * LONGEST)

    assert len(Message.objects.get().text) == LONGEST


@pytest.mark.parametrize(
    ("state", "turn", "said"),
    [("withdrawn", "nobody", "taken back"), ("completed", "nobody", "finished")],
)
def test_about_what_is_over_nothing_is_written_and_it_is_said_why(
    hers, hers_sent, state, turn, said
):
    hers_sent.state, hers_sent.turn = state, turn

    with pytest.raises(CannotWrite, match=said):
        write(hers_sent, side="resident", text="?", token=uuid4(), by=UserFactory())


def test_about_a_draft_nothing_is_written(hanako):
    draft = ApplicationFactory(resident=hanako)

    with pytest.raises(CannotWrite, match="not been sent"):
        write(draft, side="resident", text="?", token=uuid4(), by=hanako.user)


def test_nobody_writes_about_anothers_application(hers, hers_sent):
    assert send(hers, SentApplicationFactory(version=hers_sent.version), "?").status_code == 404


def test_a_question_of_the_office_with_a_day_is_open_until_something_is_written():
    asked = Message(side="office", answer_by=TODAY)

    assert to_answer([Message(side="office"), asked]) is asked
    assert to_answer([Message(side="resident"), asked]) is None
    assert to_answer([Message(side="office")]) is None


def test_the_first_line_says_by_when_the_office_wants_an_answer(hers, hers_sent):
    write(
        hers_sent,
        side="office",
        text="Since when?",
        token=uuid4(),
        by=UserFactory(),
        answer_by=date(2026, 12, 1),
    )

    first = shown(hers, hers_sent).split("<main")[1].split("<h1>")[0]

    assert "2026-12-01" in first


# ---- all of mine
MINE = "/applications/mine/"


def test_the_list_has_what_waits_for_me_first_then_drafts_and_services_in_use(
    hers, hanako, hers_sent
):
    version = hers_sent.version
    clerk = UserFactory()
    decided = {"outcome": "granted", "decided_by": clerk, "decided_at": NOON}
    SentApplicationFactory(
        resident=hanako, version=version, state="completed", turn="nobody", **decided
    )
    ApplicationFactory(resident=hanako, version=version)
    correction = SentApplicationFactory(
        resident=hanako, version=version, state="correction", turn="you"
    )
    CorrectionRequestFactory(application=correction, answer_by=date(2026, 12, 4))

    main = hers.get(MINE).content.decode().split("<main")[1]

    titles = ["Your turn", "Drafts", "Under way", "Services in use"]
    places = [main.index(f"<h2>{title}</h2>") for title in titles]
    assert places == sorted(places)
    assert "2026-12-04" in main


def test_what_was_put_away_or_is_anothers_is_not_listed(hers, hanako, hers_sent):
    ApplicationFactory(resident=hanako, version=hers_sent.version, state="withdrawn", turn="nobody")
    SentApplicationFactory(version=hers_sent.version)

    listed = hers.get(MINE).context["page"].object_list

    assert [one.pk for one in listed] == [hers_sent.pk]


def test_the_list_asks_as_many_statements_with_200(hers, hanako, hers_sent, statements):
    hers.get(MINE)
    statements.clear()
    hers.get(MINE)
    few = len(statements)
    for _ in range(199):
        SentApplicationFactory(resident=hanako, version=hers_sent.version)
    statements.clear()

    response = hers.get(MINE)

    assert len(statements) == few <= 8, statements
    assert response.context["page"].paginator.num_pages == 4


@pytest.mark.parametrize("language", ["ja", "en"])
def test_both_pages_are_shown_in_each_state_and_language(hers, hanako, hers_sent, language):
    hanako.user.language = language
    hanako.user.save()
    clerk, second = UserFactory(), UserFactory()
    for state in [one for one in State if one != State.DRAFT]:
        outcome = {"granted": "granted", "completed": "granted", "refused": "refused"}.get(state)
        fields = {"outcome": outcome, "decided_by": clerk, "decided_at": NOON} if outcome else {}
        if outcome == "refused":
            fields |= {"proposed_by": second, "proposed_at": NOON, "outcome_reason": "…"}
        one = SentApplicationFactory(
            resident=hanako, version=hers_sent.version, state=state, turn=TURN[state], **fields
        )
        html = shown(hers, one)
        assert f'lang="{language}"' in html
        if language == "en":
            assert ("how to have the decision reviewed" in html) is (state == "refused")
    assert hers.get(MINE).status_code == 200


def test_a_moment_is_told_in_japan():
    late = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # half past midnight on the 21st there
    event = ApplicationEvent(what="state", state="received", at=late)

    found = progress_of(standing("received", "received"), DEFINITION, [event], {}, today=TODAY)

    assert found.lines[0].at.date() == date(2026, 11, 21)
