"""The office's pages: its own cases alone, and each deed once."""

import re
from datetime import date
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from portal.applications.correct_request import answer_correction
from portal.applications.models import (
    Application,
    ApplicationEvent,
    CorrectionRequest,
    Message,
    State,
)
from portal.residents.models import RecordAccess, Resident
from tests.applications.factories import OfficeMembershipFactory, SentApplicationFactory
from tests.factories import MunicipalityFactory, ResidentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
QUEUE = "/staff/applications/application/"


def clerk(*permissions, **office):
    user = OfficeMembershipFactory(user__language="en", **office).user
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["process_application", *permissions])
    )
    client = Client()
    client.force_login(user)
    client.user = user
    return client


def without_token(response):
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", response.content.decode())
    return re.sub(r"/staff/applications/application/[0-9a-f-]*/", "", text)


@pytest.fixture
def case(shipped):
    version = shipped.get(procedure__key="child-allowance")
    return SentApplicationFactory(
        version=version, answers={"main-earner": "me", "civil-servant": "no"}, resident__ref="R1"
    )


def deed(client, case, name, **said):
    response = client.post(f"{QUEUE}{case.uuid}/{name}/", said, follow=True)
    case.refresh_from_db()
    return response


def test_the_queue_lists_the_offices_own_cases(case):
    other = MunicipalityFactory(code="131024", name="中央区", name_kana="チュウオウク")
    shown = clerk().get(QUEUE).content.decode()
    elsewhere = clerk(municipality_id=other.pk).get(QUEUE).content.decode()

    assert case.receipt_number in shown
    assert case.receipt_number not in elsewhere


def test_another_offices_case_is_the_same_404_as_none(case):
    other = MunicipalityFactory(code="131024", name="中央区", name_kana="チュウオウク")
    stranger = clerk(municipality_id=other.pk)

    foreign = stranger.get(f"{QUEUE}{case.uuid}/")
    missing = stranger.get(f"{QUEUE}01932a3e-0000-7000-8000-000000000000/")

    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert without_token(foreign) == without_token(missing)
    assert deed(stranger, case, "take").status_code == 404


def test_opening_a_case_is_noted_with_its_number(case):
    clerk().get(f"{QUEUE}{case.uuid}/")

    assert case.receipt_number in RecordAccess.objects.get(resident=case.resident).purpose


def test_the_loads_of_a_case_that_its_clerk_works_on_are_one_access_an_hour(case, time_machine):
    first, second = clerk(), clerk()
    for client in (first, first, second):
        client.get(f"{QUEUE}{case.uuid}/")
    deed(first, case, "take")
    rows = RecordAccess.objects.filter(resident=case.resident).order_by("number")
    assert [row.by for row in rows] == [first.user, second.user]

    time_machine.move_to("2026-11-20T13:01+09:00")
    first.get(f"{QUEUE}{case.uuid}/")
    assert rows.all().count() == 3


def test_a_case_to_be_corrected_is_the_residents_turn_and_not_the_clerks(case):
    client = clerk()
    deed(client, case, "take")
    shown = deed(client, case, "correction", text="Which flat?", answer_by="2026-12-04")

    assert "the resident’s turn" in shown.content.decode()


def test_taken_it_is_under_review_and_a_second_clerk_is_told_who_has_it(case):
    first, second = clerk(), clerk()

    deed(first, case, "take")
    assert (case.state, case.assigned_to) == ("under-review", first.user)
    deed(first, case, "take")
    assert ApplicationEvent.objects.of(case).filter(what="taken").count() == 1

    response = deed(second, case, "take")
    assert response.status_code == 422 and first.user.email in response.content.decode()


def test_a_refusal_takes_two_people_and_a_reason(case):
    first, second = clerk("decide_application"), clerk("decide_application")
    deed(first, case, "take")

    assert deed(first, case, "propose", reason=" ").status_code == 422
    deed(first, case, "propose", reason="The child lives elsewhere.")
    assert (case.state, case.proposed_by) == ("under-review", first.user)
    assert deed(first, case, "refuse").status_code == 422
    assert case.state == State.UNDER_REVIEW

    deed(second, case, "refuse")
    assert (case.state, case.decided_by) == ("refused", second.user)
    assert case.outcome_reason == "The child lives elsewhere."


def test_a_proposal_sent_back_leaves_the_case_under_review(case):
    first, second = clerk(), clerk("decide_application")
    deed(first, case, "take")
    deed(first, case, "propose", reason="No.")

    deed(second, case, "send-back")

    assert (case.state, case.proposed_by, case.outcome_reason) == ("under-review", None, "")


def test_while_not_granting_is_proposed_nothing_else_is_decided(case):
    first, second = clerk("decide_application"), clerk("decide_application")
    deed(first, case, "take")
    deed(first, case, "propose", reason="No.")

    assert deed(second, case, "grant").status_code == 422
    assert deed(second, case, "pass-on", to_whom="the insurer").status_code == 422
    asked = {"text": "Which flat?", "answer_by": "2026-12-04"}
    assert deed(second, case, "correction", **asked).status_code == 422
    assert (case.state, case.proposed_by) == ("under-review", first.user)


def test_a_case_is_handed_over_to_who_may_process_it(case):
    first, second = clerk(), clerk()
    idle = OfficeMembershipFactory().user
    deed(first, case, "take")

    assert deed(first, case, "hand-over", to=idle.pk).status_code == 422
    assert deed(first, case, "hand-over", to="²").status_code == 422
    deed(first, case, "hand-over", to=second.user.pk)
    assert case.assigned_to == second.user


@pytest.mark.parametrize("about", [False, True])
@pytest.mark.parametrize(
    ("name", "said"), [("take", {}), ("grant", {}), ("propose", {"reason": "No."})]
)
def test_nobody_works_or_decides_on_their_own_case(case, about, name, said):
    client, colleague = clerk("decide_application"), clerk()
    if name != "take":
        deed(colleague, case, "take")
    before = case.state
    person = ResidentFactory() if about else case.resident
    Application.objects.filter(pk=case.pk).update(about=person)
    Resident.objects.filter(pk=person.pk).update(user=client.user)

    assert deed(client, case, name, **said).status_code == 422
    assert (case.state, case.proposed_by) == (before, None)
    assert deed(colleague, case, "hand-over", to=client.user.pk).status_code == 422


def test_who_applied_is_not_the_second_person(case):
    first, second = clerk(), clerk("decide_application")
    deed(first, case, "take")
    deed(first, case, "propose", reason="No.")
    Resident.objects.filter(pk=case.resident_id).update(user=second.user)

    assert deed(second, case, "refuse").status_code == 422
    assert case.state == State.UNDER_REVIEW


def test_a_reason_proposed_anew_is_read_before_it_is_decided_on(case):
    first, second = clerk("decide_application"), clerk("decide_application")
    deed(first, case, "take")
    deed(first, case, "propose", reason="No.")
    read = second.get(f"{QUEUE}{case.uuid}/").context["proposal"]
    deed(first, case, "send-back")
    deed(first, case, "propose", reason="Another reason.")

    answer = deed(second, case, "refuse", proposal=read)
    assert answer.status_code == 422 and "Another reason." in answer.content.decode()
    assert case.state == State.UNDER_REVIEW

    deed(second, case, "refuse", proposal=answer.context["proposal"])
    assert case.state == State.REFUSED


def test_what_is_finished_is_nobodys_to_take_or_hand_over(case):
    first, second = clerk("decide_application"), clerk()
    Application.objects.filter(pk=case.pk).update(state="withdrawn", turn="nobody")

    assert deed(first, case, "take").status_code == 422
    assert deed(first, case, "hand-over", to=second.user.pk).status_code == 422
    assert case.assigned_to is None
    assert "Hand over" not in first.get(f"{QUEUE}{case.uuid}/").content.decode()


def test_a_correction_is_waited_for_until_its_day_is_over(case, time_machine):
    client = clerk()
    deed(client, case, "take")
    deed(client, case, "correction", text="Which flat?", answer_by="2026-12-04")

    early = deed(client, case, "propose", reason="Nobody answered.")
    assert early.status_code == 422 and "4 December 2026" in early.content.decode()
    assert "Propose not to grant" not in client.get(f"{QUEUE}{case.uuid}/").content.decode()

    time_machine.move_to("2026-12-05T09:00+09:00")
    client.force_login(client.user)
    deed(client, case, "propose", reason="Nobody answered.")
    assert (case.state, case.proposed_by) == (State.CORRECTION, client.user)


def test_a_correction_that_comes_after_all_ends_the_proposal(case, time_machine):
    client, second = clerk(), clerk("decide_application")
    deed(client, case, "take")
    deed(client, case, "correction", text="Which flat?", answer_by="2026-12-04")
    time_machine.move_to("2026-12-05T09:00+09:00")
    client.force_login(client.user)
    deed(client, case, "propose", reason="Nobody answered.")

    answer_correction(case, by=client.user, today=date(2026, 12, 5))

    second.force_login(second.user)
    assert deed(second, case, "refuse").status_code == 422
    assert (case.state, case.proposed_by, case.outcome_reason) == ("under-review", None, "")


def test_who_is_handed_a_case_that_nobody_began_with_can_begin(case):
    first, second = clerk(), clerk()
    deed(first, case, "hand-over", to=second.user.pk)
    assert (case.state, case.assigned_to) == (State.RECEIVED, second.user)

    assert "Take (t)" not in first.get(f"{QUEUE}{case.uuid}/").content.decode()
    assert "Take (t)" in second.get(f"{QUEUE}{case.uuid}/").content.decode()
    assert deed(first, case, "take").status_code == 422
    deed(second, case, "take")

    assert (case.state, case.assigned_to) == (State.UNDER_REVIEW, second.user)


def test_decided_twice_the_second_is_told_what_stands(case):
    first, second = clerk("decide_application"), clerk("decide_application")
    deed(first, case, "take")
    deed(first, case, "grant")

    response = deed(second, case, "grant")

    assert response.status_code == 422 and "decided: granted" in response.content.decode()
    assert case.decided_by == first.user


def test_who_may_process_may_not_decide(case):
    client = clerk()
    deed(client, case, "take")

    assert deed(client, case, "grant").status_code == 403
    assert case.state == State.UNDER_REVIEW


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("message", {"text": "Wh\0ich \u202eflat?", "token": str(uuid4())}),
        ("correction", {"text": "Wh\0ich \u202eflat?", "answer_by": "2026-12-04"}),
        ("propose", {"reason": "Wh\0ich \u202eflat?"}),
        ("grant", {"reason": "Wh\0ich \u202eflat?"}),
        ("pass-on", {"to_whom": "Wh\0ich \u202eflat?"}),
    ],
)
def test_what_a_clerk_writes_is_kept_without_what_nobody_sees(case, name, said):
    client = clerk("decide_application")
    deed(client, case, "take")

    assert deed(client, case, name, **said).status_code == 200

    kept = [
        *Message.objects.values_list("text", flat=True),
        *CorrectionRequest.objects.values_list("text", flat=True),
        *ApplicationEvent.objects.exclude(note="").values_list("note", flat=True),
        case.outcome_reason,
    ]
    assert "Which flat?" in kept


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("message", {"text": "{}", "token": str(uuid4())}),
        ("correction", {"text": "{}", "answer_by": "2026-12-04"}),
        ("propose", {"reason": "{}"}),
        ("grant", {"reason": "{}"}),
        ("pass-on", {"to_whom": "{}"}),
    ],
)
@pytest.mark.parametrize("number", ["123456789018", "1234\u200b5678/9018"])
def test_what_may_be_a_my_number_is_kept_nowhere(case, name, said, number):
    client = clerk("decide_application")
    deed(client, case, "take")
    said = {field: text.format(number) for field, text in said.items()}

    assert deed(client, case, name, **said).status_code == 422
    assert case.state == State.UNDER_REVIEW


@pytest.mark.parametrize("answer_by", ["2026-11-20", "2020-01-01", "2062-12-04"])
def test_a_message_asks_for_no_answer_by_a_day_that_nobody_can_keep(case, answer_by):
    said = {"text": "Which flat?", "token": str(uuid4()), "answer_by": answer_by}

    assert deed(clerk(), case, "message", **said).status_code == 422
    assert not Message.objects.exists()


@pytest.mark.parametrize("to", ["", "\0", "x", "9" * 30, "9" * 5000, "-1"])
def test_a_colleague_who_is_none_is_asked_for_again(case, to):
    assert deed(clerk(), case, "hand-over", to=to).status_code == 422


@pytest.mark.parametrize(
    "asked",
    [
        *("state=%00", "state=draft", "procedure=%00", "after=-1", "after=1e3", "after=%C2%B2"),
        *("after=others.1.x", "after=sent.1.1", "after=nothing.1.1"),
        *(f"after=others.{'9' * 18}.1", f"after=others.0.{'9' * 30}"),
    ],
)
def test_a_queue_that_is_asked_for_nonsense_shows_what_waits(case, asked):
    shown = clerk().get(f"{QUEUE}?{asked}")

    assert shown.status_code == 200 and case.receipt_number in shown.content.decode()


def test_what_was_typed_stays_in_its_own_form_when_it_is_refused(case):
    client = clerk("decide_application")
    deed(client, case, "take")

    said = {"text": "Which flat?", "answer_by": "2020-01-01", "questions": ["civil-servant"]}
    shown = deed(client, case, "correction", **said).content.decode()
    assert shown.count("Which flat?") == 1
    assert 'value="2020-01-01"' in shown and 'value="civil-servant" checked' in shown

    said = {"text": "Which house?", "answer_by": "2020-01-02", "token": str(uuid4())}
    shown = deed(client, case, "message", **said).content.decode()
    assert shown.count("Which house?") == 1 and 'value="2020-01-02"' in shown

    shown = deed(client, case, "pass-on", to_whom="1234 5678 9018").content.decode()
    assert shown.count('value="1234 5678 9018"') == 1


@pytest.mark.parametrize(
    ("name", "said", "field"),
    [
        ("correction", {"text": " ", "answer_by": "2026-12-04"}, "correction"),
        ("correction", {"text": "Which flat?", "answer_by": ""}, "answer_by"),
        ("correction", {"text": "Which flat?", "answer_by": "2020-01-01"}, "answer_by"),
        (
            "correction",
            {"text": "Which flat?", "answer_by": "2026-12-04", "questions": "x"},
            "questions",
        ),
        ("message", {"text": " ", "token": str(uuid4())}, "id_message"),
        (
            "message",
            {"text": "Hello", "token": str(uuid4()), "answer_by": "x"},
            "message_answer_by",
        ),
        (
            "message",
            {"text": "Hello", "token": str(uuid4()), "answer_by": "2020-01-01"},
            "message_answer_by",
        ),
        ("propose", {"reason": " "}, "reason"),
        ("grant", {"reason": "1234 5678 9018"}, "reason"),
        ("pass-on", {"to_whom": " "}, "to_whom"),
        ("hand-over", {"to": "x"}, "to"),
    ],
)
def test_what_is_wrong_stands_at_the_top_and_beside_its_field(case, name, said, field):
    clerk()
    client = clerk("decide_application")
    deed(client, case, "take")

    shown = deed(client, case, name, **said).content.decode()

    [link] = re.findall(r'role="alert"><a href="#([a-z_]*)">', shown)
    [element] = re.findall(rf'<[a-z]+ [^>]*id="{field}"[^>]*>', shown)
    [beside] = re.findall(r'id="wrong">([^<]+)</span>', shown)
    assert link == field and 'aria-describedby="wrong"' in element
    assert shown.count(beside) == 2


def test_what_is_wrong_with_no_field_stands_at_the_top_alone(case):
    first, second = clerk(), clerk()
    deed(first, case, "take")

    shown = deed(second, case, "take").content.decode()

    assert 'role="alert">' in shown and 'id="wrong"' not in shown and 'href="#"' not in shown


def test_without_an_office_the_queue_says_who_can_help(case, admin_client, admin_user):
    admin_user.language = "en"
    admin_user.save()

    assert "You work in no office yet" in admin_client.get(QUEUE).content.decode()


@pytest.mark.parametrize("asked", ["", "whose=nobody", "state=received"])
def test_page_after_page_shows_every_case_once_in_few_statements(
    asked, shipped, django_assert_max_num_queries
):
    version = shipped.get(procedure__key="child-allowance")
    slow = {"usual_until": date(2026, 11, 1)}
    SentApplicationFactory.create_batch(60, version=version, **slow)
    SentApplicationFactory.create_batch(60, version=version)
    client, seen, address = clerk(), [], f"?{asked}"
    client.get(QUEUE)

    while address is not None:
        with django_assert_max_num_queries(8):
            shown = client.get(f"{QUEUE}{address}")
        seen += [case.pk for case, _slower in shown.context["cases"]]
        address = f"?{shown.context['more']}" if shown.context["more"] else None

    assert sorted(seen) == sorted(Application.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("cases", [1, 40])
def test_the_queue_asks_the_database_as_often_at_any_size(
    cases, shipped, django_assert_max_num_queries
):
    version = shipped.get(procedure__key="child-allowance")
    SentApplicationFactory.create_batch(cases, version=version)
    client = clerk()
    client.get(QUEUE)

    with django_assert_max_num_queries(8):
        client.get(QUEUE)
