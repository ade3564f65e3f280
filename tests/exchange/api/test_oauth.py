"""OAuth 2.0 client credentials: an id and a secret for a token of an hour, and nothing else."""

from base64 import b64encode
from datetime import timedelta

import pytest
import time_machine
from allauth.idp.oidc.models import Client as AllauthClient
from allauth.idp.oidc.models import Token
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from portal.exchange.connections.oauth_clients import make_client
from portal.exchange.jobs import forget_tokens

ADDRESS = "/api/v1/connection"
TOKEN = "/api/v1/oauth/token"
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture(autouse=True)
def nobody_asked_before():
    cache.clear()


@pytest.fixture
def made(connection):
    return make_client(connection)


def basic(made):
    client, secret = made
    return "Basic " + b64encode(f"{client.client_id}:{secret}".encode()).decode()


def fetch(made, **sent):
    return Client(headers={"Authorization": basic(made)}).post(TOKEN, GRANT | sent)


def ask(token):
    return Client(headers={"Authorization": f"Bearer {token}"}).get(ADDRESS)


def is_wrong(answer, status, error):
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Request-ID"]
    assert not answer.cookies
    assert not Token.objects.exists()


def test_a_token_lets_in_for_an_hour(made):
    answer = fetch(made)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.json()
    assert told["token_type"] == "Bearer"
    assert told["expires_in"] == 3600
    assert "refresh_token" not in told
    come_in = ask(told["access_token"])
    assert come_in.status_code == 200
    assert come_in.json()["signed_in_by"]["kind"] == "token"
    assert come_in.json()["signed_in_by"]["name"] == made[0].client_id
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        assert ask(told["access_token"]).status_code == 401


def test_id_and_secret_may_stand_in_the_body(made):
    client, secret = made
    answer = Client().post(TOKEN, GRANT | {"client_id": client.client_id, "client_secret": secret})

    assert answer.status_code == 200


def test_an_id_in_the_body_that_no_client_can_have_gets_no_token(made):
    answer = Client().post(TOKEN, GRANT | {"client_id": "\0", "client_secret": made[1]})

    is_wrong(answer, 401, "invalid_client")


def test_two_ids_that_differ_get_no_token_and_one_twice_does(made):
    is_wrong(fetch(made, client_id="f" * 32), 400, "invalid_request")
    assert fetch(made, client_id=made[0].client_id).status_code == 200


def test_neither_secret_nor_token_is_kept(made):
    token = fetch(made).json()["access_token"]

    kept = [*AllauthClient.objects.values_list(), *Token.objects.values_list()]
    assert not any(made[1] in str(row) or token in str(row) for row in kept)


def test_a_token_takes_one_statement_to_let_in(made, django_assert_num_queries):
    token = fetch(made).json()["access_token"]
    ask(token)

    with django_assert_num_queries(1):
        assert ask(token).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda client, secret: (client, secret + "x"),
        lambda client, secret: (client, ""),
        lambda client, secret: ("f" * 32, secret),
        lambda client, secret: ("", secret),
        lambda client, secret: ("\0", secret),
        lambda client, secret: (client, "\0"),
    ],
)
def test_a_wrong_client_gets_no_token(made, change):
    client, secret = change(made[0].client_id, made[1])
    given = b64encode(f"{client}:{secret}".encode()).decode()

    answer = Client(headers={"Authorization": f"Basic {given}"}).post(TOKEN, GRANT)

    is_wrong(answer, 401, "invalid_client")
    assert answer.headers["WWW-Authenticate"] == "Basic"


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"grant_type": "authorization_code", "code": "x"}, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "x"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "unsupported_grant_type"),
        (
            {"grant_type": "urn:ietf:params:oauth:grant-type:device_code"},
            "unsupported_grant_type",
        ),
        ({"grant_type": ""}, "unsupported_grant_type"),
        (GRANT | {"scope": "facts"}, "invalid_scope"),
        (GRANT | {"resource": "https://elsewhere.example"}, "invalid_target"),
        (GRANT | {"resource": "not an address"}, "invalid_target"),
    ],
)
def test_nothing_else_of_oauth_is_offered(made, sent, error):
    answer = Client(headers={"Authorization": basic(made)}).post(TOKEN, sent)

    is_wrong(answer, 400, error)


def test_a_body_of_another_type_is_refused(made):
    answer = Client(headers={"Authorization": basic(made)}).post(
        TOKEN, '{"grant_type":"client_credentials"}', content_type="application/json"
    )

    is_wrong(answer, 400, "invalid_request")


def test_a_client_that_has_ended_gets_no_token_and_its_tokens_end_with_it(made):
    token = fetch(made).json()["access_token"]
    assert ask(token).status_code == 200

    client = made[0]
    client.ends_at = timezone.now()
    client.save()

    assert ask(token).status_code == 401
    Token.objects.all().delete()
    is_wrong(fetch(made), 401, "invalid_client")


def test_when_a_client_ends_before_its_token_the_answer_says_so(made):
    client = made[0]
    client.ends_at = timezone.now() + timedelta(minutes=5)
    client.save()
    token = fetch(made).json()["access_token"]

    ends_at = ask(token).json()["signed_in_by"]["ends_at"]

    assert ends_at.startswith(client.ends_at.strftime("%Y-%m-%dT%H:%M:%S"))


def test_a_token_of_somebody_elses_client_does_not_come_in(connection):
    foreign = AllauthClient.objects.create(name="another use of allauth")
    token = Token(client=foreign, type=Token.Type.ACCESS_TOKEN)
    token.set_value("foreign")
    token.expires_at = timezone.now() + timedelta(hours=1)
    token.save()

    assert ask("foreign").status_code == 401


def test_a_connection_switched_off_is_told_so_by_a_token_too(made, connection):
    token = fetch(made).json()["access_token"]
    connection.active = False
    connection.save()

    assert ask(token).status_code == 403


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_a_token_is_posted_for(db, method):
    answer = Client().generic(method, TOKEN)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_very_many_requests_for_tokens_have_to_wait(db, settings):
    settings.ACCOUNT_RATE_LIMITS = {"api_token": "2/m/ip"}
    answers = [Client().post(TOKEN, {}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert answers[2].headers["Retry-After"] == "60"


@pytest.mark.parametrize(
    "address",
    [
        *("/.well-known/openid-configuration", "/.well-known/jwks.json"),
        *("/identity/o/authorize", "/account/o/authorize", "/api/v1/oauth/authorize"),
    ],
)
def test_there_are_no_pages_to_say_yes_on_and_no_discovery(db, address):
    assert Client().get(address).status_code == 404


def test_tokens_that_have_ended_are_forgotten(made):
    fetch(made)
    assert forget_tokens() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        assert forget_tokens() == 1
    assert not Token.objects.exists()


def test_a_body_longer_than_values_are_is_not_read(made):
    answer = fetch(made, resource="x" * 70_000)

    assert answer.status_code == 413
    assert answer.json()["type"].endswith("/api/problems/too-large/")
    assert not Token.objects.exists()
