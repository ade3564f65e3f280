"""Who may come in, and that nothing of a page stands in the way."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from portal.exchange.connections.keys import make_key
from portal.exchange.models import Key
from tests.factories import UserFactory

ADDRESS = "/api/v1/connection"


def ask(key, **headers):
    return Client(headers={"Authorization": f"Bearer {key}", **headers}).get(ADDRESS)


def test_a_key_says_whose_it_is(caller, connection):
    answer = caller.get(ADDRESS)

    assert answer.status_code == 200
    told = answer.json()
    assert told["source"] == {"key": "juki-131016", "name": "Chiyoda’s register"}
    assert told["municipality"] == {"code": "131016", "name": "東京都千代田区"}
    assert told["kinds"] == connection.kinds
    assert told["requests_a_minute"] == 600
    assert told["signed_in_by"]["name"] == connection.keys.get().prefix
    assert told["signed_in_by"]["ends_at"] is None


def test_a_connection_for_everyone_has_no_municipality(caller, connection):
    connection.municipality = None
    connection.save()

    assert caller.get(ADDRESS).json()["municipality"] is None


def test_the_key_itself_is_kept_nowhere(connection):
    key, text = make_key(connection)

    assert text.startswith(key.prefix + ".")
    kept = Key.objects.filter(pk=key.pk).values().get()
    assert not any(text.partition(".")[2] in str(value) for value in kept.values())


@pytest.mark.parametrize(
    "given",
    [None, "", "Bearer", "Bearer ", "Basic YTpi", "Token abc"],
)
def test_without_a_key_nobody_comes_in(db, given):
    headers = {} if given is None else {"Authorization": given}
    answer = Client(headers=headers).get(ADDRESS)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["type"].endswith("/api/problems/not-signed-in/")


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key + "x",
        lambda key: key[:-1],
        lambda key: key.partition(".")[0],
        lambda key: key.partition(".")[0] + ".",
        lambda key: "ak_000000000." + key.partition(".")[2],
        lambda key: key.upper(),
        lambda key: "ak_",
        lambda key: "ak_" + "\u00e9" * 20,
        lambda key: "x" * 9000,
        lambda key: "nothing-of-ours",
    ],
)
def test_a_wrong_key_does_not_come_in(key, change):
    answer = ask(change(key))

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert answer.json()["type"].endswith("/api/problems/key-not-good/")


def test_a_key_is_changed_without_a_gap(connection):
    old, old_text = make_key(connection)
    _new, new_text = make_key(connection)
    assert ask(old_text).status_code == ask(new_text).status_code == 200

    old.ends_at = timezone.now() + timedelta(hours=1)
    old.save()
    assert ask(old_text).json()["signed_in_by"]["ends_at"]

    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1), tick=False):
        assert ask(old_text).status_code == 401
        assert ask(new_text).status_code == 200


def test_a_connection_that_is_switched_off_is_told_so(connection, caller):
    connection.active = False
    connection.save()

    answer = caller.get(ADDRESS)

    assert answer.status_code == 403
    assert answer.json()["type"].endswith("/api/problems/connection-inactive/")


@time_machine.travel(datetime.fromisoformat("2026-11-20T10:00:00+09:00"), tick=False)
def test_when_a_key_was_last_used_is_written_once_a_day(
    caller, connection, django_assert_num_queries
):
    with django_assert_num_queries(2):
        caller.get(ADDRESS)
    with django_assert_num_queries(1):
        caller.get(ADDRESS)

    assert str(connection.keys.get().last_used_on) == "2026-11-20"


def test_no_cookie_is_set_and_a_browser_signed_in_is_nobody_here(db):
    browser = Client()
    browser.force_login(UserFactory())
    before = {name: cookie.value for name, cookie in browser.cookies.items()}

    answer = browser.get(ADDRESS)

    assert answer.status_code == 401
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert {name: cookie.value for name, cookie in browser.cookies.items()} == before


def test_an_answer_has_its_request_id_and_is_kept_by_nobody(caller):
    answer = caller.get(ADDRESS, headers={"X-Request-ID": "0123456789abcdef"})

    assert answer.headers["X-Request-ID"] == "0123456789abcdef"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert int(answer.headers["Content-Length"]) == len(answer.content)
