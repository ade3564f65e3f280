"""Filling in through the pages: one question a page, known facts confirmed, sent once."""

import pytest
from django.urls import reverse

from portal.applications.models import Application, State
from portal.applications.receipt import is_receipt_number

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november", "shipped")]

ANSWERS = {
    "main-earner": {"answer": "me"},
    "civil-servant": {"answer": "no"},
    "name": {"confirm": "1"},
    "name-kana": {"confirm": "1"},
    "phone": {"answer": "03-1234-5678"},
    "address": {"postcode": "1028688", "address": "千代田区九段南1-2-1"},
    "lives-with-child": {"answer": "yes"},
    "account": {"answer": "registered"},
}


def begin(hers):
    return hers.post(reverse("applications:start", args=["child-allowance"]), follow=True)


def question(draft, key):
    return reverse("applications:question", args=[draft.uuid, key])


def fill(hers, answers=ANSWERS):
    begin(hers)
    draft = Application.objects.get()
    for key, given in answers.items():
        response = hers.post(question(draft, key), given)
        assert response.status_code == 302, (key, response.content.decode())
    return draft


def send(hers, draft):
    return hers.post(reverse("applications:send", args=[draft.uuid]), follow=True)


def test_beginning_leads_to_the_first_question_with_its_place(hers):
    shown = begin(hers).content.decode()

    assert "Who earns most among the guardians?" in shown
    assert "1 / 8" in shown
    assert "Claim for the child allowance · " in shown and "山田 陽太" in shown


def test_beginning_again_goes_on_with_the_same_draft(hers):
    begin(hers)
    begin(hers)

    assert Application.objects.count() == 1


def test_filled_in_and_sent_it_has_a_receipt_number_and_waits_for_the_office(hers):
    draft = fill(hers)

    shown = send(hers, draft).content.decode()

    draft.refresh_from_db()
    assert (draft.state, draft.turn, draft.step) == ("received", "office", "received")
    assert is_receipt_number(draft.receipt_number)
    assert draft.receipt_number in shown
    assert draft.answers["name"] == "山田 花子"
    assert draft.answers["address"]["postcode"] == "102-8688"


def test_sent_again_it_is_one_application_with_one_number(hers):
    draft = fill(hers)
    send(hers, draft)
    draft.refresh_from_db()
    send(hers, draft)

    [only] = Application.objects.all()
    assert only.receipt_number == draft.receipt_number


def test_the_number_of_questions_is_that_of_the_persons_branch(hers):
    begin(hers)
    draft = Application.objects.get()
    hers.post(question(draft, "main-earner"), {"answer": "me"})
    hers.post(question(draft, "civil-servant"), {"answer": "unknown"})

    assert "3 / 9" in hers.get(question(draft, "ask-employer")).content.decode()


def test_a_civil_servant_is_told_to_claim_from_the_employer(hers):
    begin(hers)
    draft = Application.objects.get()
    hers.post(question(draft, "main-earner"), {"answer": "me"})

    shown = hers.post(question(draft, "civil-servant"), {"answer": "yes"}, follow=True)

    assert "Claim it from your employer" in shown.content.decode()
    assert send(hers, draft).status_code == 422
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_what_is_known_is_shown_to_be_confirmed_and_can_be_changed(hers):
    begin(hers)
    draft = Application.objects.get()

    shown = hers.get(question(draft, "name")).content.decode()
    assert "山田 花子" in shown and "Is it right?" in shown

    hers.post(question(draft, "name") + "?change=1", {"answer": "山田 はな子"})
    draft.refresh_from_db()
    assert draft.answers["name"] == "山田 はな子"


@pytest.mark.parametrize(
    ("key", "given", "says"),
    [
        ("main-earner", {}, "Choose one of the answers."),
        ("main-earner", {"answer": "nobody"}, "Choose one of the answers."),
        ("address", {"address": ""}, "Write the address."),
        ("address", {"postcode": "123", "address": "x"}, "seven digits"),
        ("phone", {"answer": "0" * 21}, "Shorten it"),
        ("name-kana", {"answer": "Hanako"}, "Write it in kana"),
        ("phone", {"answer": "1234 5678 9018"}, "may be a My Number"),
    ],
)
def test_a_wrong_answer_is_said_beside_the_question_and_what_was_typed_stays(
    hers, key, given, says
):
    begin(hers)
    draft = Application.objects.get()

    response = hers.post(question(draft, key) + "?change=1", given)

    shown = response.content.decode()
    assert response.status_code == 422
    assert says in shown and shown.count('role="alert"') == 1
    for typed in given.values():
        assert typed in shown or key in ("main-earner",)
    draft.refresh_from_db()
    assert key not in draft.answers


def test_an_answer_is_kept_without_what_nobody_sees(hers):
    begin(hers)
    draft = Application.objects.get()

    hers.post(question(draft, "phone"), {"answer": "\u202e03-1234-5678"})

    draft.refresh_from_db()
    assert draft.answers["phone"] == "03-1234-5678"


@pytest.mark.parametrize("number", ["123456789018", "1234\u200b5678\u200b9018", "1234/5678/9018"])
@pytest.mark.parametrize(
    ("key", "field"), [("phone", "answer"), ("name", "answer"), ("address", "address")]
)
def test_what_may_be_a_my_number_is_no_answer(hers, key, field, number):
    begin(hers)
    draft = Application.objects.get()

    assert hers.post(question(draft, key), {field: number}).status_code == 422
    draft.refresh_from_db()
    assert draft.answers == {}


def test_a_question_that_was_skipped_is_named_on_sending_and_nothing_is_sent(hers):
    draft = fill(hers, {key: given for key, given in ANSWERS.items() if key != "address"})

    response = send(hers, draft)

    assert response.status_code == 422
    assert 'href="#q-address"' in response.content.decode()
    draft.refresh_from_db()
    assert draft.state == State.DRAFT and draft.answers["phone"] == "03-1234-5678"


def test_answers_of_another_branch_are_not_sent(hers):
    draft = fill(hers)
    hers.post(question(draft, "civil-servant"), {"answer": "unknown"})
    hers.post(question(draft, "ask-employer"), {"answer": "2026-12-01"})
    hers.post(question(draft, "civil-servant"), {"answer": "no"})

    send(hers, draft)

    draft.refresh_from_db()
    assert draft.state == State.RECEIVED and "ask-employer" not in draft.answers


def test_a_question_that_is_not_asked_leads_to_the_one_that_is(hers):
    begin(hers)
    draft = Application.objects.get()

    response = hers.get(question(draft, "child-address"), follow=True)

    assert "Who earns most" in response.content.decode()
    assert hers.get(question(draft, "no-such")).status_code == 404
