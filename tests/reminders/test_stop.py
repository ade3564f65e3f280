"""No more reminders by e-mail: by a link in a mail, without signing in."""

import re

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from tasks.reminders.mail import SIGNED_FOR, stop_token
from tasks.reminders.models import MailOff
from tests.factories import ResidentFactory, UserFactory

ONE_CLICK = {"List-Unsubscribe": "One-Click"}  # RFC 8058, section 3.1

pytestmark = pytest.mark.django_db


@pytest.fixture
def hanako():
    return ResidentFactory(language="en", email="hanako@example.jp")


@pytest.fixture
def link(hanako):
    hanako.refresh_from_db()  # its uuid is the database's
    return reverse("reminders:stop", args=[stop_token(hanako.uuid)])


@pytest.fixture
def stranger():
    """A browser without a cookie, and with Django's check of forms from elsewhere turned on."""
    return Client(enforce_csrf_checks=True)


def is_off(resident):
    return MailOff.objects.filter(resident=resident).exists()


@pytest.mark.parametrize("method", ["get", "head"])
def test_following_the_link_asks_and_changes_nothing(stranger, link, hanako, method):
    """Programs that look at a mail before its reader does follow its links."""
    assert getattr(stranger, method)(link).status_code == 200
    assert not is_off(hanako)


def test_the_page_asks(stranger, link):
    assertContains(stranger.get(link), '<h1 tabindex="-1">Stop reminders by e-mail?</h1>')


@pytest.mark.parametrize("type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_mail_program_stops_them_with_one_request(stranger, link, hanako, type):
    if type.startswith("multipart"):
        answer = stranger.post(link, ONE_CLICK)
    else:
        answer = stranger.post(link, "List-Unsubscribe=One-Click", content_type=type)

    assert answer.status_code == 200
    assert is_off(hanako)


def test_twice_is_once(stranger, link, hanako):
    stranger.post(link, ONE_CLICK)

    assert stranger.post(link, ONE_CLICK).status_code == 200
    assert MailOff.objects.count() == 1


def test_the_same_page_turns_them_on_again(stranger, link, hanako):
    stopped = stranger.post(link)
    assertContains(stopped, 'name="again"')

    again = stranger.post(link, {"again": ""})

    assertContains(again, "You get reminders by e-mail again")
    assert not is_off(hanako)


def test_the_page_says_so_when_they_are_off_already(stranger, link, hanako):
    MailOff.objects.create(resident=hanako)

    assertContains(stranger.get(link), "You get no more reminders by e-mail")


def test_it_stops_them_for_this_person_alone(stranger, link):
    other = ResidentFactory()

    stranger.post(link)

    assert not is_off(other)


# ---- in which language


def test_it_is_in_the_language_of_the_mail_not_of_the_browser(stranger, link):
    stranger.cookies["annai_language"] = "ja"

    answer = stranger.get(link)

    assertContains(answer, '<html lang="en">')
    assert answer["Content-Language"] == "en"


def test_the_language_of_the_sign_in_comes_before_the_registers(stranger, hanako, link):
    hanako.user = UserFactory(language="ja")
    hanako.save()

    assertContains(stranger.get(link), '<html lang="ja">')


def test_another_language_can_be_chosen_for_the_page(stranger, link):
    assertContains(stranger.get(link, {"language": "ja"}), '<html lang="ja">')
    assertContains(stranger.post(f"{link}?language=ja"), '<html lang="ja">')


@pytest.mark.parametrize("language", ["", "fr", "../ja"])
def test_a_language_that_there_is_not_is_passed_over(stranger, link, language):
    assertContains(stranger.get(link, {"language": language}), '<html lang="en">')


# ---- what it gives away


@pytest.mark.parametrize("posted", [None, {}, {"again": ""}])
def test_it_names_nobody_whoever_looks(stranger, link, hanako, posted):
    answer = stranger.get(link) if posted is None else stranger.post(link, posted)

    for private in (hanako.name, hanako.email, hanako.ref, hanako.name_kana or "ヤマダ"):
        assertNotContains(answer, private)


def test_it_names_nobody_to_somebody_else_who_is_signed_in(client, link, hanako):
    hanako.name = "鈴木 一郎"
    hanako.save()
    client.force_login(ResidentFactory(user=UserFactory()).user)

    answer = client.get(link)

    assertNotContains(answer, hanako.name)
    assertNotContains(answer, hanako.email)


def test_nobody_keeps_the_page_or_learns_its_address(stranger, link):
    answer = stranger.get(link)

    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assertContains(answer, '<meta name="robots" content="noindex">')


# ---- a token that is none


@pytest.fixture
def wrong(hanako, link):
    token = link.split("/")[-2]
    uuid, signature = token.split(":")
    other = ResidentFactory()
    other.refresh_from_db()
    return {
        "nothing of ours": "abc",
        "without a signature": uuid,
        "of another person": f"{other.uuid}:{signature}",
        "changed at the end": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "signed for something else": signing.Signer(salt="else").sign(uuid),
        "signed, of nobody": signing.Signer(salt=SIGNED_FOR).sign(
            "019b0000-0000-7000-8000-000000000000"
        ),
    }


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_wrong_token_is_the_same_missing_page(stranger, wrong, method):
    def answer(token):
        found = getattr(stranger, method)(reverse("reminders:stop", args=[token]))
        text = re.sub(r'(csrfmiddlewaretoken" value=)"\w+"', r"\1", found.content.decode())
        return found.status_code, text.replace(token, "…")

    [(status, _text)] = {answer(token) for token in wrong.values()}

    assert status == 404
    assert not MailOff.objects.exists()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_do_nothing(stranger, link, method):
    assert getattr(stranger, method)(link).status_code == 405
    assert not MailOff.objects.exists()
