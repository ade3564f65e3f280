import re

import pytest
from django.urls import reverse

from tests.accounts.conftest import Visitor

SIGN_IN = reverse("account_login")
LANGUAGE = reverse("accounts:language")
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def language_of(response):
    [language] = re.findall(r'<html[^>]* lang="(\w+)"', response.content.decode())
    assert response["Content-Language"] == language
    return language


def test_the_site_opens_in_japanese(visitor, db):
    response = visitor.get(SIGN_IN)

    assert language_of(response) == "ja"
    assert "サインイン" in response.content.decode()


def test_the_site_opens_in_japanese_whatever_the_browser_prefers(visitor, db):
    assert language_of(visitor.get(SIGN_IN, headers={"Accept-Language": "en-GB"})) == "ja"


@pytest.mark.parametrize(
    "name",
    ["account_login", "account_reset_password", "account_reset_password_done", "account_inactive"],
)
def test_an_english_page_has_nothing_japanese_but_the_name_of_the_language(visitor, db, name):
    visitor.post(LANGUAGE, {"language": "en"})

    page = visitor.get(reverse(name)).content.decode()

    assert not JAPANESE.findall(page.replace("日本語", ""))


def test_english_mistakes_are_english(visitor, person):
    visitor.post(LANGUAGE, {"language": "en"})

    pages = [
        visitor.sign_in(person.email, "not the password"),
        visitor.sign_in("no address", ""),
    ]

    for page in pages:
        assert not JAPANESE.findall(page.content.decode().replace("日本語", ""))


def test_language_stays_with_the_browser_before_the_sign_in(visitor, db):
    visitor.post(LANGUAGE, {"language": "en"})

    assert language_of(visitor.get(SIGN_IN)) == "en"


def test_language_goes_with_the_person_to_every_device(visitor, person):
    visitor.sign_in(person.email)
    visitor.post(LANGUAGE, {"language": "ja"})

    other = Visitor()
    other.post(LANGUAGE, {"language": "en"})
    other.sign_in(person.email)

    person.refresh_from_db()
    assert person.language == "ja"
    assert language_of(other.get(reverse("account_change_password"))) == "ja"


def test_the_persons_language_stays_after_signing_out(visitor, person):
    visitor.post(LANGUAGE, {"language": "ja"})
    visitor.sign_in(person.email)  # who reads English

    visitor.post(reverse("account_logout"))

    assert language_of(visitor.get(SIGN_IN)) == "en"


@pytest.mark.parametrize("language", ["", "de", "xx\r\nSet-Cookie: a=b", "../ja"])
def test_an_unknown_language_is_refused_in_a_sentence(visitor, db, language):
    response = visitor.post(LANGUAGE, {"language": language})

    assert response.status_code == 400
    assert response.content
    assert language_of(visitor.get(SIGN_IN)) == "ja"


def test_a_link_changes_no_language(visitor, db):
    assert visitor.get(LANGUAGE, {"language": "en"}).status_code == 405


@pytest.mark.parametrize(
    ("next_page", "referer", "back_to"),
    [
        (SIGN_IN, "", SIGN_IN),
        ("", f"http://testserver{SIGN_IN}?next=/", f"http://testserver{SIGN_IN}?next=/"),
        ("https://evil.example/", "", "/"),
        ("//evil.example/", "", "/"),
        ("", "https://evil.example/", "/"),
    ],
)
def test_choosing_leads_back_and_never_to_another_site(visitor, db, next_page, referer, back_to):
    response = visitor.post(
        LANGUAGE, {"language": "en", "next": next_page}, headers={"Referer": referer}
    )

    assert response["Location"] == back_to
