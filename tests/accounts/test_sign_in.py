import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils import timezone

from tests.accounts.conftest import Visitor
from tests.factories import PASSWORD

SIGN_IN = reverse("account_login")
PRESENT_PASSWORD_PAGE = reverse("account_change_password")  # any page for the signed-in


def is_signed_in(client):
    return client.get(PRESENT_PASSWORD_PAGE).status_code == 200


def without_tokens(page):
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.content.decode())


def test_right_password_signs_in_and_gives_a_new_session(visitor, person):
    visitor.get(SIGN_IN)
    session = visitor.session
    session["left by somebody"] = True
    session.save()
    visitor.cookies[settings.SESSION_COOKIE_NAME] = before = session.session_key

    response = visitor.sign_in(person.email.upper())

    assert response.status_code == 302
    assert is_signed_in(visitor)
    assert visitor.session.session_key != before


def test_wrong_password_says_what_to_do_and_leads_to_the_field(visitor, person):
    response = visitor.sign_in(person.email, "not the password", next="/somewhere/")

    page = response.content.decode()
    assert response.status_code == 200
    assert not is_signed_in(visitor)
    assert 'role="alert"' in page
    assert 'href="#id_login"' in page
    assert f'value="{person.email}"' in page  # not to be typed again
    assert "not the password" not in page


def test_empty_fields_are_named(visitor, db):
    page = visitor.sign_in("", "").content.decode()

    assert 'href="#id_login"' in page
    assert 'href="#id_password"' in page


def test_fields_say_to_a_browser_what_belongs_there(visitor, db):
    page = visitor.get(SIGN_IN).content.decode()

    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "placeholder" not in page


def test_unknown_person_looks_like_a_wrong_password(visitor, person):
    known = visitor.sign_in(person.email, "not the password")
    unknown = visitor.sign_in(f"not-{person.email}", "not the password")

    assert known.status_code == unknown.status_code
    assert without_tokens(known) == without_tokens(unknown).replace("not-hanako", "hanako")


@pytest.mark.parametrize(("failures", "status"), [(4, 302), (5, 429), (6, 429)])
def test_five_wrong_passwords_lock_for_a_while(visitor, person, failures, status):
    for _attempt in range(failures):
        visitor.sign_in(person.email, "not the password")

    response = visitor.sign_in(person.email)

    assert response.status_code == status
    assert is_signed_in(visitor) == (status == 302)
    if status == 429:
        assert 'role="alert"' in response.content.decode()


def test_lock_holds_from_another_address_too_and_opens_after_five_minutes(visitor, person):
    for _attempt in range(5):
        visitor.sign_in(person.email, "not the password")

    assert Visitor().sign_in(person.email).status_code == 429
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1)):
        assert Visitor().sign_in(person.email).status_code == 302


@pytest.mark.parametrize(("failures", "status"), [(19, 200), (20, 429), (21, 429)])
def test_twenty_wrong_passwords_from_one_address_lock_it(visitor, db, failures, status):
    for number in range(failures):
        visitor.sign_in(f"{visitor.defaults['REMOTE_ADDR']}-{number}@example.jp", "guessed")

    response = visitor.sign_in(f"{visitor.defaults['REMOTE_ADDR']}@example.jp", "guessed")

    assert response.status_code == status


def test_a_page_of_its_own_says_that_an_address_asks_too_much(visitor, person):
    for _attempt in range(30):
        visitor.sign_in("", "")

    response = visitor.sign_in(person.email)

    assert response.status_code == 429
    assert "<h1>" in response.content.decode()


def test_sign_in_is_closed_while_attempts_cannot_be_counted(visitor, person, settings):
    signed_in = Visitor()
    signed_in.sign_in(person.email)
    settings.CACHES = settings.CACHES | {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:9/0"}
    }

    response = visitor.sign_in(person.email)

    assert response.status_code == 503
    assert "<h1>" in response.content.decode()
    assert visitor.get(SIGN_IN).status_code == 200
    assert not is_signed_in(visitor)
    assert is_signed_in(signed_in)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "javascript:alert(1)",
        "https:evil.example",
    ],
)
def test_sign_in_never_leads_to_another_site(visitor, person, elsewhere):
    response = visitor.sign_in(person.email, next=elsewhere)

    assert response.status_code == 302
    assert "evil" not in response["Location"]
    assert "alert" not in response["Location"]


def test_sign_in_leads_to_where_one_wanted_to_go(visitor, person):
    asked = visitor.get(PRESENT_PASSWORD_PAGE)
    assert asked["Location"] == f"{SIGN_IN}?next={PRESENT_PASSWORD_PAGE}"

    page = visitor.get(asked["Location"]).content.decode()
    assert f'name="next" value="{PRESENT_PASSWORD_PAGE}"' in page

    response = visitor.sign_in(person.email, next=PRESENT_PASSWORD_PAGE)
    assert response["Location"] == PRESENT_PASSWORD_PAGE


def test_after_signing_out_the_old_session_is_dead(visitor, person):
    visitor.sign_in(person.email)
    stolen = visitor.cookies[settings.SESSION_COOKIE_NAME].value

    visitor.post(reverse("account_logout"))

    thief = Visitor()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert not is_signed_in(visitor)
    assert not is_signed_in(thief)


def test_a_session_ends_by_itself_after_twelve_hours(visitor, person):
    with time_machine.travel(timezone.now() - timedelta(hours=12, seconds=-10), tick=False):
        visitor.sign_in(person.email)
    assert is_signed_in(visitor)

    with time_machine.travel(timezone.now() + timedelta(seconds=20), tick=False):
        assert not is_signed_in(visitor)


def test_a_session_key_that_is_not_ours_is_never_used(visitor, db):
    visitor.cookies[settings.SESSION_COOKIE_NAME] = foreign = "a" * 32
    session = visitor.session

    session["kept"] = True
    session.save()

    assert session.session_key != foreign


def test_a_link_signs_nobody_out(visitor, person):
    visitor.sign_in(person.email)

    response = visitor.get(reverse("account_logout"))

    assert response.status_code == 200
    assert is_signed_in(visitor)


def test_a_form_of_another_site_signs_nobody_in(person):
    client = Client(enforce_csrf_checks=True)

    response = client.post(SIGN_IN, {"login": person.email, "password": PASSWORD})

    assert response.status_code == 403


@pytest.mark.parametrize("name", ["account_signup", "account_email", "account_set_password"])
def test_nobody_signs_up_or_changes_the_address(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize("path", ["/account/signup/", "/accounts/signup/", "/account/email/"])
def test_sign_up_has_no_page(path):
    with pytest.raises(Resolver404):
        resolve(path)


def test_closed_account_does_not_open(visitor, person):
    person.is_active = False
    person.save()

    response = visitor.sign_in(person.email)

    assert response["Location"] == reverse("account_inactive")
    assert visitor.get(response["Location"]).status_code == 200
    assert not is_signed_in(visitor)


def test_staff_pages_have_no_sign_in_of_their_own(visitor, db):
    response = visitor.get(reverse("admin:login"))

    assert response["Location"].startswith(SIGN_IN)
