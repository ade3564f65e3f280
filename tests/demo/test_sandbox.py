"""The demo's connection for trying the API: the same at each start, made anew when it is gone."""

import pytest
from django.test import Client
from django.utils import timezone

from portal.demo import sandbox
from portal.exchange.changes.number import number_changes
from portal.exchange.changes.tell import tell
from portal.exchange.models import Connection, Key, OAuthClient, WebhookEndpoint
from portal.exchange.webhooks.send import send_due
from tests.factories import MunicipalityFactory


@pytest.fixture
def start(db, tmp_path):
    MunicipalityFactory()
    return lambda: sandbox.open_sandbox(url="http://127.0.0.1:8000", folder=tmp_path)


def ask(token):
    return Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/connection")


def test_its_key_and_its_client_come_in(start):
    api = start()

    assert api["url"] == "http://127.0.0.1:8000/api/v1"
    assert ask(api["key"]).json()["source"]["key"] == "sandbox"
    answer = Client().post(
        "/api/v1/oauth/token",
        {
            "grant_type": "client_credentials",
            "client_id": api["client_id"],
            "client_secret": api["client_secret"],
        },
    )
    assert ask(answer.json()["access_token"]).status_code == 200


def test_a_second_start_gives_the_same(start):
    assert start() == start()
    assert (Connection.objects.count(), Key.objects.count(), OAuthClient.objects.count()) == (
        1,
    ) * 3


def test_what_is_gone_or_has_ended_is_made_anew(start):
    before = start()
    Key.objects.update(ends_at=timezone.now())
    OAuthClient.objects.all().delete()

    after = start()

    assert after["key"] != before["key"]
    assert after["client_id"] != before["client_id"]
    assert ask(after["key"]).status_code == 200


def test_nobody_else_of_the_machine_reads_the_key(start, tmp_path):
    start()

    assert {path.stat().st_mode & 0o777 for path in sandbox.files(tmp_path)} == {0o600}


# ---- its webhook
def test_changes_of_the_sandbox_come_round_to_the_demo_itself(
    live_server, municipalities, tmp_path, settings
):
    settings.DEMO = settings.WEBHOOKS_TO_LOOPBACK = True
    for _ in range(2):  # at each start of the demo
        sandbox.open_sandbox(url=live_server.url, folder=tmp_path)
    endpoint = WebhookEndpoint.objects.get()
    tell(endpoint.connection, what="ref.merged", about=endpoint.uuid)
    number_changes()

    assert send_due(endpoint.pk) == 1
    assert endpoint.deliveries.get().status == 204


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"webhook-id": "1", "webhook-signature": "v1,é"}])
def test_the_demo_takes_no_message_of_others(settings, tmp_path, headers):
    settings.DEMO = True
    MunicipalityFactory()
    sandbox.open_sandbox(url="http://127.0.0.1", folder=tmp_path)

    assert Client(headers=headers).post("/demo/webhook/").status_code == 401
    assert Client().get("/demo/webhook/").status_code == 405
    settings.DEMO = False
    assert Client().post("/demo/webhook/").status_code == 404
