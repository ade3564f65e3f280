"""Webhooks in the staff pages: made, tried out, given another secret, replayed, switched off."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from portal.accounts.models import User
from portal.exchange.changes.number import number_changes
from portal.exchange.changes.tell import tell
from portal.exchange.connections.group import GROUP
from portal.exchange.help_desk import GROUP as HELP_DESK
from portal.exchange.models import Change, WebhookDelivery, WebhookEndpoint
from portal.exchange.webhooks.plan import make_endpoint
from portal.exchange.webhooks.send import send_due
from portal.exchange.webhooks.sign import secret_of
from tasks.alarms import alarms
from tests.exchange.connections import ConnectionFactory
from tests.factories import MunicipalityFactory, UserFactory

pytestmark = pytest.mark.django_db

ADD = "/staff/exchange/webhookendpoint/add/"
DELIVERIES = "/staff/exchange/webhookdelivery/"
UUID = "00000000-0000-7000-8000-000000000001"


@pytest.fixture
def staff():
    user = UserFactory(email="it@example.jp", is_staff=True, language="en")
    user.groups.add(Group.objects.get(name=GROUP))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def connection():
    MunicipalityFactory()
    return ConnectionFactory()


@pytest.fixture
def endpoint(connection, receiver):
    return make_endpoint(connection=connection, url=receiver.url, by=None)


def page(what, endpoint):
    return reverse(f"admin:exchange_webhookendpoint_{what}", args=[endpoint.pk])


def happens(connection):
    tell(connection, what="ref.merged", about=UUID)
    number_changes()


def shown(answer):
    found = re.search(r'id="secret" type="text" readonly value="([^"]+)"', answer.text)
    return found and found[1]


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def wrong():
    return [alarm.what for alarm in alarms(at=timezone.localtime(), may=_webhooks)]


def _webhooks(permission):
    return permission == "exchange.view_webhookendpoint"


def test_a_webhook_is_made_and_leads_to_its_page(staff, connection, receiver):
    happens(connection)

    answer = staff.post(ADD, {"connection": connection.pk, "url": receiver.url}, follow=True)

    endpoint = WebhookEndpoint.objects.get()
    assert answer.redirect_chain == [(page("deeds", endpoint), 302)]
    assert endpoint.made_by.email == "it@example.jp"
    assert send_due(endpoint.pk) == 0  # what happened before is not brought


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.example.jp/", "must begin with https://"),
        ("https://127.0.0.1/", "is not public"),
        ("https://localhost/", "is not public"),
        ("https://user@example.jp/", "not an address"),
        ("https://nowhere.invalid/", "has no address at the moment"),
    ],
)
def test_an_address_that_nothing_goes_to_is_refused_in_words(staff, connection, url, said):
    answer = staff.post(ADD, {"connection": connection.pk, "url": url})

    assert said in answer.text
    assert not WebhookEndpoint.objects.exists()


def test_another_address_changes_nothing_else(staff, endpoint, receiver):
    WebhookEndpoint.objects.update(position=7, failures=3)
    address = f"{receiver.url}/other"

    staff.post(
        reverse("admin:exchange_webhookendpoint_change", args=[endpoint.pk]), {"url": address}
    )

    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.position, endpoint.failures) == (address, 7, 3)


def test_a_test_says_what_the_receiver_answers_and_is_kept_nowhere(staff, endpoint, receiver):
    receiver.answers.extend([204, 302])

    taken = staff.post(page("test", endpoint), follow=True)
    redirected = staff.post(page("test", endpoint), follow=True)

    assert "The test: It was taken (204)." in taken.text
    assert "redirects are not followed" in redirected.text
    assert [told["type"] for told in receiver.verified(secret_of(endpoint))] == ["test", "test"]
    assert not Change.objects.exists()
    assert not WebhookDelivery.objects.exists()


def test_the_secret_is_shown_when_asked_for_and_noted(staff, endpoint):
    assert shown(staff.get(page("deeds", endpoint))) is None

    assert shown(staff.post(page("secret", endpoint))) == secret_of(endpoint)
    assert LogEntry.objects.count() == 1


def test_a_new_secret_is_shown_and_the_former_one_signs_too_for_a_week(staff, endpoint):
    former = secret_of(endpoint)

    answer = staff.post(page("new-secret", endpoint))

    endpoint.refresh_from_db()
    assert shown(answer) == secret_of(endpoint) != former
    assert "The former secret signs too until" in answer.text


def test_changes_are_brought_again_from_a_day_on(staff, connection, endpoint, receiver):
    happens(connection)
    send_due(endpoint.pk)

    nothing = staff.post(page("replay", endpoint), {"since": ""})
    answer = staff.post(page("replay", endpoint), {"since": "2026-01-01T00:00"}, follow=True)

    assert nothing.status_code == 422
    assert "1 change is brought again" in answer.text
    assert send_due(endpoint.pk) == 1


def test_a_webhook_is_switched_off_and_goes_on(staff, connection, endpoint, receiver):
    staff.post(page("switch", endpoint), {"off": "1"})
    happens(connection)
    assert send_due(endpoint.pk) == 0

    staff.post(page("switch", endpoint))
    assert send_due(endpoint.pk) == 1


def test_the_lists_say_what_came_of_each_delivery(staff, connection, endpoint, receiver):
    receiver.answers.append(500)
    happens(connection)
    send_due(endpoint.pk)

    for address in (DELIVERIES, page("deeds", endpoint)):
        assert "500 It answered with an error." in staff.get(address).text
    assert endpoint.url in staff.get("/staff/exchange/webhookendpoint/").text


def test_the_list_takes_as_many_statements_with_few_and_with_many(
    staff, connection, endpoint, statements
):
    def asked():
        statements.clear()
        assert staff.get(DELIVERIES).status_code == 200
        return len(statements)

    send_due(endpoint.pk)
    happens(connection)
    send_due(endpoint.pk)
    asked()
    few = asked()
    for _ in range(20):
        happens(connection)
    send_due(endpoint.pk)

    assert asked() == few


@pytest.mark.parametrize("what", ["test", "secret", "new-secret", "replay", "switch"])
def test_who_may_not_change_webhooks_can_do_nothing_with_them(endpoint, receiver, what):
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=HELP_DESK))
    client = Client()
    client.force_login(user)

    assert client.post(page(what, endpoint)).status_code == 403
    assert client.get(page("deeds", endpoint)).status_code == 403
    assert receiver.received == []


@pytest.mark.parametrize("what", ["test", "secret", "new-secret", "replay", "switch"])
def test_nothing_is_done_by_looking(staff, endpoint, what):
    assert staff.get(page(what, endpoint)).status_code == 405


# ---- alarms
def test_staff_are_told_of_a_receiver_that_takes_nothing(endpoint):
    assert wrong() == []

    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(hours=5))
    assert wrong() == []
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(hours=7))
    assert "has taken nothing since" in wrong()[0]
    WebhookEndpoint.objects.update(state="paused")
    assert "is paused" in wrong()[0]
    WebhookEndpoint.objects.update(state="gone")
    assert "it answered that it is gone" in wrong()[0]
    WebhookEndpoint.objects.update(state="off")
    assert wrong() == []


def test_staff_are_told_for_a_week_of_what_was_given_up(connection, endpoint, receiver):
    receiver.answers.append(400)
    happens(connection)
    send_due(endpoint.pk)
    WebhookEndpoint.objects.update(failing_since=None)
    WebhookDelivery.objects.update(state="failed", ended_at=timezone.now() - timedelta(days=6))
    assert wrong() == ["1 change was given up: its receiver refused it for three days."]

    WebhookDelivery.objects.update(ended_at=timezone.now() - timedelta(days=8))
    assert wrong() == []


def test_in_japanese_its_columns_and_the_moment_are_called_as_such(staff, endpoint):
    User.objects.update(language="ja")

    shown = staff.get(page("deeds", endpoint)).content.decode()

    assert all(f'<th scope="col">{name}</th>' in shown for name in ("変更", "応答"))
    assert "いつから" in shown


def test_one_that_has_never_taken_anything_says_since_when_each_try_fails(staff, endpoint):
    assert "Every try" not in staff.get(page("deeds", endpoint)).content.decode()

    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(hours=1))

    shown = staff.get(page("deeds", endpoint)).content.decode()
    assert "Nothing was taken yet." in shown
    assert re.search("Every try since <time [^>]*>[^<]*</time> has failed", shown)
