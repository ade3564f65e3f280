"""A source is connected in the staff pages: once the form, once “make a key”, and it can send."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.exchange.connections.group import GROUP
from portal.exchange.connections.keys import make_key
from portal.exchange.connections.oauth_clients import make_client
from portal.exchange.models import Connection, Key, OAuthClient, Upload
from portal.residents.models import Source
from tests.factories import CHIYODA, MunicipalityFactory, SourceFactory, UserFactory

ADD = "/staff/exchange/connection/add/"
FILLED_IN = {
    "source_key": "hoken-131016",
    "source_name": "千代田保健所",
    "source_name_en": "Chiyoda health centre",
    "municipality": CHIYODA,
    "kinds": ["checkup", "birth"],
    "per_minute": "60",
    "fewer_tolerated": "10",
    "active": "on",
    "contact": "健康推進課",
}


@pytest.fixture
def manager(db):
    user = UserFactory(email="it@example.jp", is_staff=True, language="en")
    user.groups.add(Group.objects.get(name=GROUP))
    return user


@pytest.fixture
def staff(manager):
    client = Client()
    client.force_login(manager)
    return client


@pytest.fixture
def connection(db):
    MunicipalityFactory()
    return Connection.objects.create(
        source=SourceFactory(), kinds=["resident"], municipality_id=CHIYODA
    )


def page(what, connection):
    return reverse(f"admin:exchange_connection_{what}", args=[connection.pk])


def shown_once(answer):
    return re.search(r'id="secret" type="text" readonly value="([^"]+)"', answer.text)[1]


def ask(token):
    return Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/connection")


def test_a_new_source_is_connected_by_a_form_and_a_button(staff, manager):
    MunicipalityFactory()
    added = staff.post(ADD, FILLED_IN, follow=True)
    connection = Connection.objects.get()
    assert added.redirect_chain == [(page("keys", connection), 302)]
    assert (connection.source.key, connection.source.name) == ("hoken-131016", "千代田保健所")
    assert connection.made_by == manager

    made = staff.post(page("make-key", connection))

    assert made.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    key = shown_once(made)
    told = ask(key).json()
    assert told["source"]["key"] == "hoken-131016"
    assert set(told["kinds"]) == {"checkup", "birth"}
    assert told["requests_a_minute"] == 60
    assert key not in staff.get(page("keys", connection)).text
    assert f"KEY=&#x27;{key}&#x27;" in made.text  # the lines to try it are ready to be copied


def test_a_source_that_is_known_keeps_its_names(staff):
    MunicipalityFactory()
    SourceFactory(key="hoken-131016", name="保健所", fresh_for=30)

    staff.post(ADD, FILLED_IN | {"source_name": "", "source_name_en": ""})

    source = Connection.objects.get().source
    assert (source.name, source.fresh_for) == ("保健所", 30)
    assert Source.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("source_key", "", "required"),
        ("source_key", " ", "required"),
        ("source_key", "x" * 65, "at most 64"),
        ("source_key", "123456789018", "My Number"),
        ("source_name", "1234 5678 9018", "My Number"),
        ("contact", "123456789018", "My Number"),
        ("municipality", "131015", "not the six-digit code of a municipality"),
        ("kinds", [], "required"),
        ("kinds", ["everything"], "not one of the available"),
        ("per_minute", "0", "greater than or equal to 1"),
        ("fewer_tolerated", "101", "less than or equal to 100"),
    ],
)
def test_what_is_wrong_in_the_form_is_said(staff, field, value, said):
    MunicipalityFactory()
    answer = staff.post(ADD, FILLED_IN | {field: value})

    assert said in answer.text
    assert not Connection.objects.exists()
    assert not Source.objects.exists()


def test_a_source_is_connected_once(staff, connection):
    answer = staff.post(ADD, FILLED_IN | {"source_key": connection.source.key})

    assert "is connected already" in answer.text
    assert Connection.objects.count() == 1


def test_the_source_of_a_connection_stays_and_its_names_can_change(staff, connection):
    address = page("change", connection)
    staff.post(address, FILLED_IN | {"source_key": "another", "source_name": "住民登録"})

    connection.refresh_from_db()
    assert (connection.source.key, connection.source.name) == ("juki-131016", "住民登録")
    assert connection.kinds == ["checkup", "birth"]


def test_a_client_of_oauth_is_made_the_same_way(staff, connection):
    made = staff.post(page("make-client", connection))

    client = OAuthClient.objects.get()
    answer = Client().post(
        "/api/v1/oauth/token",
        {
            "grant_type": "client_credentials",
            "client_id": client.client_id,
            "client_secret": shown_once(made),
        },
    )
    assert ask(answer.json()["access_token"]).status_code == 200


def test_one_is_ended_now_and_the_other_stays(staff, connection):
    old, old_text = make_key(connection)
    _new, new_text = make_key(connection)

    which = {"which": f"key-{old.pk}", "ends_at": ""}
    said = staff.post(page("end", connection), which, follow=True).content.decode()

    assert f"The end is set: {old}" in said  # a key that begins a sentence would get a capital
    assert ask(old_text).status_code == 401
    assert ask(new_text).status_code == 200


@pytest.mark.parametrize("make", [make_key, make_client])
def test_one_is_ended_at_a_moment(staff, connection, make):
    way_in, _text = make(connection)
    at = timezone.localtime() + timedelta(days=2)

    staff.post(
        page("end", connection),
        {"which": f"{way_in._meta.model_name}-{way_in.pk}", "ends_at": f"{at:%Y-%m-%dT%H:%M}"},
    )

    way_in.refresh_from_db()
    assert way_in.ends_at == at.replace(second=0, microsecond=0)


def test_what_has_ended_is_not_given_more_time(staff, connection):
    key, text = make_key(connection, ends_at=timezone.now() - timedelta(seconds=1))
    make_key(connection)
    later = f"{timezone.localtime() + timedelta(days=2):%Y-%m-%dT%H:%M}"

    answer = staff.post(page("end", connection), {"which": f"key-{key.pk}", "ends_at": later})

    assert answer.status_code == 422
    assert ask(text).status_code == 401


def test_a_key_of_another_connection_is_not_ended(staff, connection):
    other = Connection.objects.create(source=SourceFactory(key="jpki"), kinds=["certificate"])
    key, text = make_key(other)
    make_key(connection)

    answer = staff.post(page("end", connection), {"which": f"key-{key.pk}", "ends_at": ""})

    assert answer.status_code == 422
    assert ask(text).status_code == 200


def test_a_moment_that_has_passed_is_refused(staff, connection):
    key, text = make_key(connection)

    answer = staff.post(
        page("end", connection), {"which": f"key-{key.pk}", "ends_at": "2020-01-01T00:00"}
    )

    assert "This moment has passed" in answer.text
    assert ask(text).status_code == 200


def test_every_act_is_in_the_history(staff, manager, connection):
    staff.post(page("make-key", connection))
    staff.post(page("make-client", connection))
    key = Key.objects.get()
    staff.post(page("end", connection), {"which": f"key-{key.pk}", "ends_at": ""})
    staff.post(page("change", connection), FILLED_IN)

    told = [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
    assert told[0] == f"Added key “{key}”."
    assert told[1] == f"Added OAuth client “{OAuthClient.objects.get()}”."
    assert "Good until" in told[2] or "good until" in told[2]
    assert len(told) == 4
    assert set(LogEntry.objects.values_list("user", flat=True)) == {manager.pk}
    history = staff.get(page("history", connection)).text
    assert str(key) in history


@pytest.mark.parametrize("what", ["make-key", "make-client", "end"])
def test_nothing_is_made_by_looking(staff, connection, what):
    assert staff.get(page(what, connection)).status_code == 405
    assert not Key.objects.exists()


@pytest.mark.parametrize("what", ["keys", "make-key", "make-client", "end", "change"])
def test_other_staff_and_residents_do_not_come_here(connection, what):
    for is_staff in (True, False):
        client = Client()
        client.force_login(UserFactory(is_staff=is_staff))
        method = client.get if what in ("keys", "change") else client.post
        assert method(page(what, connection)).status_code in (302, 403)
    assert not Key.objects.exists()


def test_a_connection_is_switched_off_and_never_deleted(staff, connection):
    _key, text = make_key(connection)
    assert staff.post(page("delete", connection), {"post": "yes"}).status_code == 403

    form = FILLED_IN | {"source_key": connection.source.key}
    del form["active"]
    staff.post(page("change", connection), form)

    assert ask(text).status_code == 403
    assert "switched off" in staff.get(page("keys", connection)).text


def test_when_a_key_was_last_used_is_shown(staff, connection):
    _key, text = make_key(connection)
    assert "never" in staff.get(page("keys", connection)).text
    with time_machine.travel("2026-11-20T10:00:00+09:00", tick=False):
        ask(text)

    assert "2026-11-20" in staff.get(page("keys", connection)).text


def test_the_page_asks_as_much_of_many_keys_as_of_few(
    staff, manager, connection, django_assert_num_queries
):
    for many in (1, 20):
        for _number in range(many):
            make_key(connection, by=manager)
            make_client(connection, by=manager)

        # One of them is the alarm's: does an upload wait for somebody's yes?
        with django_assert_num_queries(13):
            staff.get(page("keys", connection))


@pytest.mark.parametrize("what", ["change", "keys"])
def test_a_connections_pages_lead_to_its_uploads_alone(staff, connection, what):
    other = Connection.objects.create(source=SourceFactory(key="kokin"), kinds=["account"])
    for one, name in ((connection, "its own"), (other, "another’s")):
        Upload.objects.create(name=name, connection=one, state="done")
    [address] = re.findall(
        r'href="(/staff/exchange/upload/[^"]+)"', staff.get(page(what, connection)).text
    )

    listed = staff.get(address)

    assert [one.name for one in listed.context["cl"].result_list] == ["its own"]
    assert str(connection.source.called()) in listed.text
    assert len(staff.get("/staff/exchange/upload/").context["cl"].result_list) == 2


@pytest.mark.parametrize("number", ["x", "9" * 30, "²", "0"])
def test_uploads_of_a_connection_that_does_not_exist_are_not_listed_apart(staff, number):
    answer = staff.get(f"/staff/exchange/upload/?connection={number}")

    assert answer.status_code == 200


@pytest.mark.parametrize("address", ["/staff/exchange/connection/", "keys", "change"])
@pytest.mark.parametrize(
    ("language", "called"), [("ja", "東京都千代田区"), ("en", "東京都千代田区 (Chiyoda, Tokyo)")]
)
def test_municipalities_are_called_as_the_reader_knows_them(
    manager, staff, connection, language, called, address
):
    type(manager).objects.update(language=language)
    address = address if address.startswith("/") else page(address, connection)

    shown = staff.get(address, headers={"Accept-Language": language}).content.decode()

    assert called in shown
    assert ("(Chiyoda, Tokyo)" in shown) == (language == "en")


@pytest.mark.parametrize("municipality", ["", "131016x", "999999"])
def test_a_code_that_names_no_municipality_stands_alone_in_its_field(staff, municipality):
    shown = staff.post(ADD, FILLED_IN | {"municipality": municipality, "source_key": ""})

    assert shown.status_code == 200
    assert "(Chiyoda" not in shown.content.decode()
