"""What comes too late, or to a page that has changed meanwhile: said in words, nothing lost."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from portal.applications.correct_request import answer_correction, ask_for_correction
from portal.applications.models import Application, Attachment, ProcedureVersion, State
from portal.applications.newer import go_on_with_newer
from portal.applications.publish import publish, save_draft, withdraw_version
from portal.applications.send import send
from portal.applications.take import take
from portal.residents.models import Guardianship
from tests.applications.test_filling_in import begin, fill, question
from tests.applications.test_filling_in import send as send_by_page
from tests.factories import CHIYODA, MunicipalityFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november", "shipped")]
TODAY = date(2026, 11, 20)
LATE = "The last day for this was"


def offer(text_of):
    """Publish another version of the child allowance, its text changed by `text_of`."""
    version = ProcedureVersion.objects.offered().get(procedure__key="child-allowance")
    new = save_draft(procedure=version.procedure, text=text_of(version.text), by=UserFactory())
    publish(version=new, by=UserFactory())


@pytest.fixture
def closed():
    """The child allowance ends fifteen days after the birth: the child is three months old."""
    offer(lambda text: text.replace("late: warn", "late: stop"))


@pytest.mark.usefixtures("closed")
def test_a_last_day_that_has_passed_is_told_before_anything_is_typed(hers):
    page = hers.get(reverse("applications:procedure", args=["child-allowance"]))
    assert "the last day was" in page.content.decode()

    begun = begin(hers)

    assert LATE in begun.content.decode()
    assert 'button-main">Begin' not in begun.content.decode()
    assert not Application.objects.exists()


def test_who_has_moved_is_told_where_a_draft_goes_and_begins_a_new_one(hers, hanako):
    draft = fill(hers)
    review = reverse("applications:review", args=[draft.uuid])
    assert "where you lived when you began" not in hers.get(review).content.decode()
    hanako.municipality = MunicipalityFactory(code="131024", name="中央区")
    hanako.save()

    assert "where you lived when you began" in hers.get(review).content.decode()
    page = reverse("applications:procedure", args=["child-allowance"])
    assert hers.get(page).context["draft"] is None
    hers.post(reverse("applications:start", args=["child-allowance"]))
    hers.post(reverse("applications:start", args=["child-allowance"]))

    drafts = Application.objects.order_by("pk").values_list("municipality", flat=True)
    assert list(drafts) == [CHIYODA, "131024"]


def test_who_no_longer_acts_for_the_child_neither_sends_nor_is_told_of_it(hers, hanako):
    draft = fill(hers)
    hers.post(reverse("applications:start", args=["medical-subsidy"]))
    other = Application.objects.exclude(pk=draft.pk).get()
    born = reverse("applications:question", args=[other.uuid, "child-born"])
    assert hers.get(born).context["known"]
    Guardianship.objects.filter(guardian=hanako).update(ends_on=TODAY)

    refused = send_by_page(hers, draft)

    draft.refresh_from_db()
    assert refused.status_code == 422 and "no longer act for" in refused.content.decode()
    assert draft.state == State.DRAFT and draft.answers["phone"] == "03-1234-5678"
    assert not hers.get(born).context["known"]
    assert hers.post(born, {"confirm": "1"}).status_code == 422


def test_a_draft_begun_in_time_says_at_its_review_that_it_is_too_late_now(hers, time_machine):
    offer(lambda text: text.replace("late: warn", "late: stop").replace("days: 15", "days: 112"))
    draft = fill(hers)
    time_machine.move_to("2026-11-25T12:00+09:00")
    hers.force_login(draft.resident.user)

    shown = hers.get(reverse("applications:review", args=[draft.uuid])).content.decode()
    assert LATE in shown and 'button-main">Send' not in shown
    refused = send_by_page(hers, draft)
    assert refused.status_code == 422 and LATE in refused.content.decode()
    draft.refresh_from_db()
    assert draft.state == State.DRAFT and draft.answers["phone"] == "03-1234-5678"


def corrected(hers, **asked):
    draft = fill(hers)
    clerk = UserFactory()
    send(resident=draft.resident, uuid=draft.uuid, by=clerk, today=TODAY)
    cases = Application.objects.of_office(CHIYODA)
    case = take(cases=cases, uuid=draft.uuid, by=clerk, today=TODAY)
    asked = {"text": "Which flat?", "answer_by": date(2026, 12, 4), **asked}
    ask_for_correction(case, **asked, by=clerk, today=TODAY)
    return case


def test_a_day_that_has_passed_elsewhere_does_not_stop_a_correction(hers, time_machine):
    answers = {
        "main-earner": {"answer": "me"},
        "civil-servant": {"answer": "unknown"},
        "ask-employer": {"answer": "2026-11-20"},
        "name": {"confirm": "1"},
        "name-kana": {"confirm": "1"},
        "phone": {"answer": ""},
        "address": {"postcode": "", "address": "千代田区九段南1-2-1"},
        "lives-with-child": {"answer": "yes"},
        "account": {"answer": "registered"},
    }
    draft = fill(hers, answers)
    clerk = UserFactory()
    send(resident=draft.resident, uuid=draft.uuid, by=clerk, today=TODAY)
    case = take(
        cases=Application.objects.of_office(CHIYODA), uuid=draft.uuid, by=clerk, today=TODAY
    )
    asked = {"text": "Which flat?", "questions": ["address"], "answer_by": date(2026, 12, 4)}
    ask_for_correction(case, **asked, by=clerk, today=TODAY)
    time_machine.move_to("2026-11-25T12:00+09:00")
    hers.force_login(draft.resident.user)

    hers.post(question(draft, "address"), {"address": "千代田区九段南1-2-1 203"})
    hers.post(reverse("applications:correct", args=[draft.uuid]))

    draft.refresh_from_db()
    assert draft.state == State.UNDER_REVIEW and "203" in draft.answers["address"]["address"]


def test_what_is_to_be_corrected_must_still_be_answered(hers):
    case = corrected(hers, questions=["address"])
    Application.objects.filter(pk=case.pk).update(answers=case.answers | {"address": ""})

    shown = hers.post(reverse("applications:correct", args=[case.uuid])).content.decode()

    assert 'href="#q-address"' in shown and 'id="q-address"' in shown
    case.refresh_from_db()
    assert case.state == State.CORRECTION


def test_what_a_corrected_answer_brings_along_must_be_answered_however_far_on(hers):
    """Of “account” hangs “bank”, and of that “branch”."""
    more = """  - key: bank
    type: choice
    text: {ja: 銀行, en: Bank}
    choices:
      - {value: near, label: {ja: 近い, en: Near}}
      - {value: far, label: {ja: 遠い, en: Far}}
    when: [{question: account, is_in: [other]}]
  - key: branch
    type: text
    text: {ja: 支店, en: Branch}
    when: [{question: bank, is_in: [far]}]
"""
    offer(lambda text: text.rstrip("\n") + "\n" + more)
    case = corrected(hers, questions=["account"])
    hers.post(question(case, "account"), {"answer": "other"})
    hers.post(question(case, "bank"), {"answer": "far"})
    Application.objects.filter(pk=case.pk).update(
        answers=Application.objects.get().answers | {"account-copy": ["x"]}
    )

    shown = hers.post(reverse("applications:correct", args=[case.uuid])).content.decode()
    assert 'href="#q-branch"' in shown
    hers.post(question(case, "branch"), {"answer": "Kudan"})
    hers.post(reverse("applications:correct", args=[case.uuid]))

    case.refresh_from_db()
    assert (case.state, case.answers["branch"]) == (State.UNDER_REVIEW, "Kudan")


@pytest.mark.parametrize(("state", "told"), [("under-review", False), ("withdrawn", True)])
def test_sent_again_by_two_clicks_nobody_is_told_of_a_mistake(hers, monkeypatch, state, told):
    case = corrected(hers, questions=["address"])

    def overtaken(application, **_deed):
        turn = {"under-review": "office", "withdrawn": "nobody"}[state]
        Application.objects.filter(pk=application.pk).update(state=state, turn=turn)
        return answer_correction(application, **_deed)

    monkeypatch.setattr("portal.applications.views.fill.answer_correction", overtaken)

    shown = hers.post(reverse("applications:correct", args=[case.uuid]), follow=True)

    assert ("cannot become" in shown.content.decode()) is told


def test_answers_that_a_correction_leaves_behind_are_not_sent_again(hers):
    case = corrected(hers, questions=["lives-with-child"])
    hers.post(question(case, "lives-with-child"), {"answer": "no"})
    hers.post(question(case, "child-address"), {"address": "札幌市中央区北1条西2"})
    hers.post(question(case, "lives-with-child"), {"answer": "yes"})

    hers.post(reverse("applications:correct", args=[case.uuid]))

    case.refresh_from_db()
    assert case.state == State.UNDER_REVIEW and "child-address" not in case.answers


@pytest.mark.parametrize("name", ["send", "newer"])
def test_signed_out_meanwhile_one_comes_back_to_the_draft(hers, name):
    draft = fill(hers)
    address = reverse(f"applications:{name}", args=[draft.uuid])

    signed_out = Client().post(address)
    assert signed_out.status_code == 302 and "sign-in" in signed_out["location"]

    back = hers.get(address, follow=True)
    assert back.redirect_chain[-1][0] == reverse("applications:review", args=[draft.uuid])
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_signed_out_while_writing_one_comes_back_to_the_application(hers):
    case = corrected(hers, questions=["address"])
    back = hers.get(reverse("applications:message", args=[case.uuid]))

    assert back["location"] == reverse("applications:application", args=[case.uuid])


def test_the_page_that_says_sent_leads_on_once_that_is_no_longer_so(hers):
    case = corrected(hers, questions=["address"])

    shown = hers.get(reverse("applications:sent", args=[case.uuid]))

    assert shown["location"] == reverse("applications:application", args=[case.uuid])


def test_nothing_is_confirmed_where_nothing_is_known(hers):
    draft = fill(hers)

    wrong = hers.post(question(draft, "address"), {"confirm": "1"})

    draft.refresh_from_db()
    assert wrong.status_code == 422
    assert draft.answers["address"]["address"] == "千代田区九段南1-2-1"


def test_the_files_of_a_question_that_is_asked_anew_go_with_its_answer(hers):
    draft = fill(hers)
    Attachment.objects.create(
        resident=draft.resident,
        application=draft,
        question="account-copy",
        name="book.pdf",
        media_type="application/pdf",
        size=1,
        sha256="0" * 64,
        added_by=draft.resident.user,
    )
    answers = draft.answers | {"account": "other", "account-copy": ["x"]}
    Application.objects.filter(pk=draft.pk).update(answers=answers)
    offer(lambda text: text.replace("A copy of the bank book", "A photograph of the bank book"))

    go_on_with_newer(resident=draft.resident, uuid=draft.uuid)

    draft.refresh_from_db()
    assert "account-copy" not in draft.answers and draft.answers["account"] == "other"
    assert not Attachment.objects.of(draft).filter(removed_at=None).exists()


def test_with_a_withdrawn_version_the_drafts_of_those_before_it_end_too(hers):
    draft = fill(hers)
    offer(lambda text: text.replace("en: Free of charge", "en: Nothing"))
    newest = ProcedureVersion.objects.offered().get(procedure__key="child-allowance")
    withdraw_version(version=newest, because="It is on paper now.", by=UserFactory())

    review = hers.get(reverse("applications:review", args=[draft.uuid])).content.decode()
    response = send_by_page(hers, draft)

    assert "This is no longer offered" in review and "It is on paper now." in review
    assert "can be sent so" not in review and response.status_code == 422
    draft.refresh_from_db()
    assert draft.state == "draft" and draft.answers["main-earner"] == "me"


def test_a_draft_of_an_earlier_version_can_be_sent_once_there_is_one_again(hers):
    draft = fill(hers)
    versions = ProcedureVersion.objects.filter(procedure__key="child-allowance")
    offer(lambda text: text.replace("en: Free of charge", "en: Nothing"))
    withdraw_version(version=versions.offered().get(), because="Wrong fee.", by=UserFactory())
    procedure = draft.version.procedure
    again = save_draft(procedure=procedure, text=draft.version.text, by=UserFactory())
    publish(version=again, by=UserFactory())

    assert send_by_page(hers, draft).status_code == 200
    draft.refresh_from_db()
    assert draft.state == "received"


def test_a_draft_of_what_was_withdrawn_can_be_put_away(hers):
    draft = fill(hers)
    withdraw_version(version=draft.version, because="Closed.", by=UserFactory())
    address = reverse("applications:withdraw", args=[draft.uuid])

    assert "Nothing has been sent" in hers.get(address).content.decode()
    hers.post(address)
    hers.post(address)

    draft.refresh_from_db()
    assert draft.state == State.WITHDRAWN
    assert not hers.get(reverse("applications:mine")).context["page"].object_list


def test_what_was_decided_cannot_be_taken_back(hers):
    case = corrected(hers, questions=["address"])
    Application.objects.filter(pk=case.pk).update(
        state="granted", outcome="granted", decided_at="2026-11-20T03:00Z", decided_by=UserFactory()
    )

    answered = hers.post(reverse("applications:withdraw", args=[case.uuid]), follow=True)

    assert "can no longer be taken back" in answered.content.decode()
    case.refresh_from_db()
    assert case.state == "granted"
