"""The demo's connection for trying the API: the same at each start, made anew when it is gone."""

import pytest
from django.test import Client
from django.utils import timezone

from portal.demo import sandbox
from portal.exchange.models import Connection, Key, OAuthClient
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
