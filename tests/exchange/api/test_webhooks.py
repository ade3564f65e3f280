"""The calls about webhooks: own ones only."""

from uuid import uuid4

import pytest

from portal.exchange.changes.tell import tell
from portal.exchange.models import WebhookDelivery
from portal.exchange.webhooks.plan import make_endpoint
from portal.exchange.webhooks.send import send_due
from tests.exchange.connections import ConnectionFactory

LIST = "/api/v1/webhooks"
UUID = "00000000-0000-7000-8000-000000000001"
LONG_AGO = {"from": "2026-01-01T00:00:00+09:00"}


@pytest.fixture
def endpoint(connection, receiver):
    return make_endpoint(connection=connection, url=receiver.url, by=None)


@pytest.fixture
def foreign(endpoint):
    """A webhook of another connection, to which something has been brought."""
    other = ConnectionFactory()
    foreign = make_endpoint(connection=other, url=endpoint.url, by=None)
    tell(other, what="ref.merged", about=UUID)
    return foreign


def of(endpoint, what):
    return f"{LIST}/{endpoint.uuid}/{what}"


def test_own_webhooks_are_listed_and_no_secret(caller, endpoint, foreign):
    answer = caller.get(LIST)

    assert answer.json() == {
        "webhooks": [
            {
                "webhook": str(endpoint.uuid),
                "url": endpoint.url,
                "state": "active",
                "last_taken_at": None,
                "failing_since": None,
            }
        ]
    }


def test_deliveries_say_what_came_of_each_change_the_newest_first(
    caller, connection, endpoint, receiver
):
    receiver.answers.extend([204, 500])
    for number in range(2):
        tell(connection, what="ref.merged", about=f"{UUID[:-1]}{number}")
    caller.get("/api/v1/changes")
    send_due(endpoint.pk)

    failed, taken = caller.get(of(endpoint, "deliveries")).json()["deliveries"]

    assert (taken["state"], taken["status"], taken["why"]) == ("taken", 204, None)
    assert (failed["state"], failed["status"], failed["why"]) == ("waiting", 500, "status")
    assert taken["ended_at"] and not taken["next_attempt_at"]
    assert failed["next_attempt_at"] and not failed["ended_at"]
    waiting = caller.get(of(endpoint, "deliveries"), {"state": "waiting", "limit": 1}).json()
    assert waiting["deliveries"] == [failed]


def test_a_replay_says_how_many_come_again_and_they_come(caller, connection, endpoint, receiver):
    tell(connection, what="ref.merged", about=UUID)
    caller.get("/api/v1/changes")
    send_due(endpoint.pk)

    answer = caller.post(of(endpoint, "replay"), LONG_AGO, content_type="application/json")

    assert (answer.status_code, answer.json()) == (202, {"changes": 1})
    send_due(endpoint.pk)
    first, again = receiver.received
    assert (first.id, first.body) == (again.id, again.body)


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"from": "2026-11-01"}, {"from": "2026-11-01T00:00:00"}, {"from": None}),
        *({"from": 0}, {"from": "0"}, {"from": "1793458800"}, {"from": True}),
    ],
)
def test_a_replay_needs_a_moment_with_its_offset(caller, endpoint, body):
    answer = caller.post(of(endpoint, "replay"), body, content_type="application/json")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/from"


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "3034-01-09T10:31:27.186+20:13"],
)
def test_a_replay_from_the_ends_of_time_is_answered(caller, endpoint, moment):
    answer = caller.post(of(endpoint, "replay"), {"from": moment}, content_type="application/json")

    assert answer.status_code == 202


def test_anothers_webhook_is_not_found_like_one_that_is_not_there(caller, foreign):
    send_due(foreign.pk)
    delivered = list(WebhookDelivery.objects.values())
    missing = f"{LIST}/{uuid4()}"

    for answer, other in [
        (caller.get(of(foreign, "deliveries")), caller.get(f"{missing}/deliveries")),
        (
            caller.post(of(foreign, "replay"), LONG_AGO, content_type="application/json"),
            caller.post(f"{missing}/replay", LONG_AGO, content_type="application/json"),
        ),
    ]:
        assert answer.status_code == other.status_code == 404
        assert answer.json()["type"] == other.json()["type"]
    foreign.refresh_from_db()
    assert list(WebhookDelivery.objects.values()) == delivered
