"""Giving an opinion from a page and about anything, as a browser without scripts does."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from feedback.give import cleaned
from feedback.models import Opinion, Wording
from feedback.on_screen import OnScreen, read, signed
from portal.applications.models import ProcedureVersion
from portal.applications.ship import ship
from portal.residents.models import Municipality
from tests.applications.factories import SentApplicationFactory
from tests.factories import ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db

MARK, MORE, FREE = (reverse(f"feedback:{name}") for name in ("mark", "more", "free"))
SIGN_IN = reverse("account_login")


@pytest.fixture(autouse=True)
def in_english(client, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"


@pytest.fixture(autouse=True)
def nobody_has_sent_any():
    cache.clear()


@pytest.fixture
def hanako():
    return ResidentFactory(user=UserFactory(language="en"))


@pytest.fixture
def signed_in(client, hanako):
    client.force_login(hanako.user)
    return client


def token_of(page) -> str:
    return re.search(r'name="shown" value="([^"]+)"', page.content.decode())[1]


def given(client, address=SIGN_IN, **marks):
    """Open a page and press; return the answer and the opinion."""
    shown = token_of(client.get(address))
    answer = client.post(MARK, {"shown": shown, "back": address} | (marks or {"clear": "no"}))
    return answer, Opinion.objects.latest("pk")


# ---- at the foot of a page


def test_a_mark_is_kept_at_once_without_signing_in_and_bound_to_what_was_shown(client):
    answer, opinion = given(client, clear="no", width="narrow")

    assertContains(answer, "Noted. Would you say why?")
    assertContains(answer, f'href="{SIGN_IN}"')
    assert (opinion.kind, opinion.clear, opinion.state) == ("clear", False, "counted")
    assert (opinion.route, opinion.language, opinion.width) == ("account_login", "en", "narrow")
    assert "Sign in" in opinion.wording.messages
    assert opinion.municipality is None
    assert opinion.asker is None


def test_nothing_says_who_gave_it(signed_in, hanako):
    answer, opinion = given(signed_in, reverse("tasks:home"), clear="yes")

    assert opinion.municipality == hanako.municipality
    people = {field.name for field in Opinion._meta.get_fields() if field.is_relation}
    assert (
        people
        == {
            *("wording", "municipality", "asker", "owner", "tags"),
            *("merged_into", "duplicates", "improvement"),
        }
        | {"notes", "changes", "replies"} & people
    )
    assert opinion.asker is None
    assertNotContains(answer, hanako.user.email)


def test_reasons_and_a_text_are_added_and_what_was_masked_is_shown(client):
    _answer, opinion = given(client)

    answer = client.post(
        MORE,
        {
            "opinion": opinion.uuid,
            "reasons": ["hard-words", "too-long"],
            "text": "Call me: 090-1234-5678 or write to a@example.jp",
        },
    )

    opinion.refresh_from_db()
    assert opinion.text == "Call me: [telephone number] or write to [e-mail address]"
    assert (opinion.reasons, opinion.state) == (["hard-words", "too-long"], "new")
    assert opinion.masked == ["e-mail", "telephone"]
    assertContains(answer, "<li>an e-mail address</li><li>a telephone number</li>")
    assertContains(answer, "Call me: [telephone number]")


def test_pressed_twice_or_sent_again_it_is_one_opinion_and_the_last_counts(client):
    shown = token_of(client.get(SIGN_IN))

    for clear in ["no", "no", "yes"]:
        client.post(MARK, {"shown": shown, "clear": clear})

    assert Opinion.objects.get().clear is True
    for text in ["first", "second"]:
        client.post(MORE, {"opinion": Opinion.objects.get().uuid, "text": text})
    assert Opinion.objects.get().text == "second"


def test_on_one_day_one_browser_has_one_opinion_of_a_page_until_it_has_written_one(client):
    for _press in range(3):
        given(client)
    assert Opinion.objects.count() == 1

    client.post(MORE, {"opinion": Opinion.objects.get().uuid, "text": "The first"})
    given(client, clear="yes")

    assert Opinion.objects.count() == 2
    assert Opinion.objects.get(text="The first").clear is False
    assert Wording.objects.count() == 1


def test_another_browser_page_or_day_is_another_opinion(client, settings, time_machine):
    other = Client()
    other.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    given(client)
    given(other)
    given(client, reverse("account_reset_password"))
    time_machine.move_to(timezone.now() + timedelta(days=1))
    given(client)

    assert Opinion.objects.count() == 4


def test_what_two_pages_say_of_themselves_is_the_same_where_they_show_the_same(client):
    shown = [token_of(client.get(f"/no-such-page-{number}/")) for number in (1, 2)]

    assert shown[0] == shown[1]


def test_errors_that_were_shown_are_kept_by_field_and_code_never_what_was_typed(client):
    shown = token_of(client.post(SIGN_IN, {"login": "not an address", "password": ""}))

    errors = read(shown).errors

    assert "password:required" in errors
    assert "not an address" not in str(errors)


@pytest.mark.parametrize(
    ("data", "what_next"),
    [
        ({"clear": "no"}, "Go back to the page and press again"),
        ({"shown": "forged", "clear": "no"}, "Go back to the page and press again"),
        ({"shown": "", "clear": "no"}, "Go back to the page and press again"),
        ({"shown": "SIGNED"}, "Go back to the page and press again"),
        ({"shown": "SIGNED", "clear": "perhaps"}, "Go back to the page and press again"),
        ({"shown": "SIGNED", "rating": "3"}, "Go back to the page and press again"),
        ({"shown": "SIGNED", "clear": "no", "website": "x"}, "A field that cannot be seen"),
    ],
)
def test_what_cannot_be_kept_is_said_with_what_to_do_next(client, data, what_next):
    shown = token_of(client.get(SIGN_IN))
    data = {key: shown if value == "SIGNED" else value for key, value in data.items()}

    answer = client.post(MARK, data)

    assert answer.status_code == 422
    assertContains(answer, what_next, status_code=422)
    assert not Opinion.objects.exists()


def test_a_page_that_is_gone_and_an_unknown_wording_lose_nothing(client):
    shown = signed(OnScreen(route="tasks:gone", language="en", wording="0123456789abcdef"))

    client.post(MARK, {"shown": shown, "clear": "no"})

    opinion = Opinion.objects.get()
    assert opinion.route == "tasks:gone"
    assert opinion.wording.messages == []


@pytest.mark.parametrize("template", ["../settings.py", "gone.html"])
def test_a_template_that_is_gone_loses_nothing(client, template):
    shown = signed(OnScreen(route="a", language="en", wording="0" * 16, template=template))

    client.post(MARK, {"shown": shown, "clear": "no"})

    assert Opinion.objects.get().wording.messages == []


def test_after_an_hour_or_once_it_is_read_the_text_is_offered_to_be_sent_freely(client):
    _answer, opinion = given(client)
    Opinion.objects.update(given_at=timezone.now() - timedelta(minutes=61))

    answer = client.post(MORE, {"opinion": opinion.uuid, "text": "What I typed"})

    assertContains(answer, "What I typed", status_code=410)
    assertContains(answer, FREE, status_code=410)
    opinion.refresh_from_db()
    assert opinion.text == ""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"text": "x" * 2001}, "Shorten it to 2000 characters; it has 2001."),
        ({"text": "x" * 1_000_000}, "Shorten it to 2000 characters; it has 1000000."),
        ({"reasons": ["hard-words", "too-long", "not-found", "next-step"]}, "at most three"),
        ({"reasons": ["made-up"]}, "Choose from the list."),
        ({"website": "https://example.com"}, "A field that cannot be seen"),
    ],
)
def test_bad_input_is_said_beside_what_was_typed(client, data, said):
    _answer, opinion = given(client)

    answer = client.post(MORE, {"opinion": opinion.uuid, "text": "Stays here"} | data)

    assertContains(answer, said, status_code=422)
    if "text" not in data:
        assertContains(answer, "Stays here", status_code=422)
    opinion.refresh_from_db()
    assert (opinion.text, opinion.reasons) == ("", [])


def test_scripts_and_what_turns_the_reading_round_are_shown_as_text(client):
    _answer, opinion = given(client)

    answer = client.post(
        MORE, {"opinion": opinion.uuid, "text": "<script>alert(1)</script>\u202egnorw\x07"}
    )

    opinion.refresh_from_db()
    assert opinion.text == "<script>alert(1)</script>gnorw"
    assertNotContains(answer, "<script>alert(1)")


NOTHING = ["\u200b\u200b", " \u3000\n", "\ufe0f\u200d", "\u3164\u2800", "\u0301"]


@pytest.mark.parametrize("text", NOTHING)
def test_what_nobody_can_see_is_no_opinion(client, text):
    _answer, opinion = given(client)

    free = client.post(FREE, {"text": text})
    client.post(MORE, {"opinion": opinion.uuid, "text": text})

    assertContains(free, "Write your opinion first, then send it.", status_code=422)
    opinion.refresh_from_db()
    assert (opinion.text, opinion.state) == ("", "counted")


@pytest.mark.parametrize(
    "text", ["👍", "？", "3", "ｶﾞ", "が\u3099", "한", "👨‍👩‍👧", "1\ufe0f\u20e3"]
)
def test_what_has_a_shape_is_one(text):
    assert cleaned(text).text == text


def test_marks_are_not_piled_over_an_opinion_of_somebody_else():
    piled = "a" + "\u0301" * 300 + "b"

    assert cleaned(piled).text == "a" + "\u0301" * 4 + "b"
    assert cleaned("việt ễ́ שָׁ").text == "việt ễ́ שָׁ"


# ---- an answer


def test_who_asks_for_an_answer_is_kept_and_nobody_else(signed_in, hanako):
    _answer, opinion = given(signed_in, reverse("tasks:home"))

    answer = signed_in.post(
        MORE, {"opinion": opinion.uuid, "text": "May I pay by card?", "answer": "on"}
    )

    opinion.refresh_from_db()
    assert opinion.asker == hanako
    assertContains(answer, "The answer will stand under “To know”")


def test_without_signing_in_no_answer_can_be_asked_for(client):
    answer, opinion = given(client)

    assertContains(answer, "To get an answer, sign in first.")
    client.post(MORE, {"opinion": opinion.uuid, "text": "x", "answer": "on"})
    opinion.refresh_from_db()
    assert opinion.asker is None


def test_an_answer_needs_a_question(signed_in):
    _answer, opinion = given(signed_in, reverse("tasks:home"))

    answer = signed_in.post(MORE, {"opinion": opinion.uuid, "answer": "on"})

    assertContains(answer, "Write what you would like answered.", status_code=422)


# ---- about anything


def once_of(page) -> str:
    return re.search(r'name="once" value="([^"]+)"', page.content.decode())[1]


def test_an_opinion_about_anything_is_kept_once(client):
    once = once_of(client.get(FREE))

    for _sending in range(3):
        answer = client.post(FREE, {"once": once, "text": "I want a list of subsidies."})

    assertContains(answer, "Your opinion has been kept")
    opinion = Opinion.objects.get()
    assert (opinion.kind, opinion.state) == ("free", "new")
    assert opinion.text == "I want a list of subsidies."


@pytest.mark.parametrize("text", ["", "   ", "\u202e\x07"])
def test_an_empty_one_is_asked_for(client, text):
    answer = client.post(FREE, {"once": uuid4(), "text": text})

    assertContains(answer, "Write your opinion first", status_code=422)
    assert not Opinion.objects.exists()


# ---- many


def test_without_a_number_of_its_own_that_can_be_read_it_is_kept_too(client):
    answer = client.post(FREE, {"once": "x", "text": "A list"})

    assert answer.status_code == 200
    assert Opinion.objects.get().text == "A list"


@pytest.mark.parametrize("address", [MARK, MORE])
def test_changing_the_language_after_a_mark_leads_on(client, address):
    answer = client.get(address)

    assert (answer.status_code, answer.url) == (302, FREE)


@pytest.mark.parametrize("opinion", ["", "x"])
def test_a_reason_for_no_mark_that_is_known_is_offered_to_be_sent_freely(client, opinion):
    answer = client.post(MORE, {"opinion": opinion, "text": "Too long"})

    assertContains(answer, "Send it from here.", status_code=410)
    assertContains(answer, "Too long</textarea>", status_code=410)


def test_the_mistake_in_the_reasons_leads_to_them(client):
    _answer, opinion = given(client)
    reasons = ["hard-words", "too-long", "not-found", "not-my-case"]

    answer = client.post(MORE, {"opinion": opinion.uuid, "reasons": reasons})

    assertContains(answer, '<a href="#id_reasons">', status_code=422)
    assertContains(answer, 'id="id_reasons"', status_code=422)


def test_more_than_anybody_reads_is_told_to_be_shortened(client):
    answer = client.post(FREE, {"text": "案" * 1_000_000})

    assertContains(answer, "Go back, shorten what you wrote", status_code=413)
    assert not Opinion.objects.exists()


def test_very_many_from_one_network_wait_and_lose_no_text(client, settings):
    for _opinion in range(60):
        client.post(FREE, {"once": uuid4(), "text": "x"})

    answer = client.post(FREE, {"once": uuid4(), "text": "What I typed"})

    assertContains(answer, "Wait a minute, then send it again.", status_code=429)
    assertContains(answer, "What I typed", status_code=429)
    assert Opinion.objects.count() == 60


def test_without_valkey_an_opinion_is_kept_all_the_same(client, settings):
    settings.CACHES = settings.CACHES | {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    }

    given(client)

    assert Opinion.objects.count() == 1


@pytest.mark.parametrize(("rating", "asked"), [("1", True), ("2", True), ("3", False)])
def test_after_applying_a_low_mark_asks_what_to_make_better(signed_in, hanako, rating, asked):
    ship(using="default")
    version = ProcedureVersion.objects.offered().get(procedure__key="child-allowance")
    application = SentApplicationFactory(resident=hanako, version=version)
    sent = reverse("applications:sent", args=[application.uuid])

    answer, opinion = given(signed_in, sent, rating=rating)

    assert ("What should be made better?" in answer.text) is asked
    assert (opinion.kind, opinion.rating, opinion.clear) == ("applying", int(rating), None)
    assert (opinion.procedure, opinion.procedure_version) == ("child-allowance", version.number)


def test_the_municipality_is_that_of_who_is_signed_in(signed_in, hanako):
    given(signed_in, reverse("tasks:home"))

    assert Opinion.objects.get().municipality == Municipality.objects.get(pk=hanako.municipality_id)
