"""The call for changes: pages, cursors, and what a wrong one gets."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.exchange.changes.number import forget_changes
from portal.exchange.changes.tell import tell
from portal.exchange.models import Change
from tests.applications.factories import SentApplicationFactory
from tests.exchange.connections import ConnectionFactory, event
from tests.exchange.test_one_person import merged, two

ADDRESS = "/api/v1/changes"
UUID = "00000000-0000-7000-8000-000000000001"


def test_changes_are_fetched_page_by_page_with_the_cursor_of_the_answer_before(caller, connection):
    for number in range(3):
        tell(connection, what="ref.merged", about=UUID, number=number)

    first = caller.get(ADDRESS, {"limit": 2}).json()
    second = caller.get(ADDRESS, {"limit": 2, "since": first["next"]}).json()

    assert [one["data"]["number"] for one in first["changes"]] == [0, 1]
    assert [one["data"]["number"] for one in second["changes"]] == [2]
    assert (first["more"], second["more"]) == (True, False)
    assert caller.get(ADDRESS, {"since": second["next"]}).json()["changes"] == []
    change = Change.objects.earliest("position")
    assert first["changes"][0] == {
        "id": str(change.uuid),
        "type": "ref.merged",
        "at": first["changes"][0]["at"],
        "data": {"number": 0},
    }


def test_who_reported_a_person_is_told_that_two_references_are_one(caller):
    two()
    start = caller.get(ADDRESS).json()["next"]

    merged()

    [change] = caller.get(ADDRESS, {"since": start}).json()["changes"]
    assert change["type"] == "ref.merged"
    assert change["data"] == {"old_ref": "A", "new_ref": "B"}


def test_of_others_nothing_is_told(caller, connection):
    tell(ConnectionFactory(), what="ref.merged", about=UUID)
    event(SentApplicationFactory())

    assert caller.get(ADDRESS).json()["changes"] == []

    connection.told_of_applications = True
    connection.save()
    assert [one["type"] for one in caller.get(ADDRESS).json()["changes"]] == ["application.changed"]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"since": "MQ"}, "not-a-cursor"),
        ({"since": "名"}, "not-a-cursor"),
        ({"since": "x" * 101}, "not-valid"),
        ({"limit": 0}, "not-valid"),
        ({"limit": 1001}, "not-valid"),
        ({"limit": "all"}, "not-valid"),
    ],
)
def test_what_is_not_a_cursor_or_a_limit_is_a_problem(caller, query, problem):
    answer = caller.get(ADDRESS, query)

    assert answer.status_code == 422
    assert answer.json()["type"].endswith(f"/{problem}/")


def test_a_cursor_of_more_than_90_days_ago_is_gone(caller, connection):
    tell(connection, what="ref.merged", about=UUID)
    cursor = caller.get(ADDRESS).json()["next"]
    tell(connection, what="ref.merged", about=UUID)
    caller.get(ADDRESS)
    forget_changes(now=timezone.now() + timedelta(days=91))

    answer = caller.get(ADDRESS, {"since": cursor})

    assert answer.status_code == 410
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"].endswith("/cursor-too-old/")
