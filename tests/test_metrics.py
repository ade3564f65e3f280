"""What Prometheus reads, who may, and that it costs little."""

import pytest
from django.urls import reverse

from tests.factories import ResidentFactory, UserFactory

TOKEN = {"Authorization": "Bearer a-token-of-the-watchers"}


@pytest.fixture
def scrape(client, db):
    """Return a function that gives the value of a sample, or None where there is none."""

    def scrape(sample):
        for line in client.get("/metrics").content.decode().splitlines():
            name, _, value = line.rpartition(" ")
            if name == sample:
                return float(value)
        return None

    return scrape


def count(route, status=200, method="GET"):
    labels = f'method="{method}",route="{route}",status="{status}"'
    return f"annai_request_seconds_count{{{labels}}}"


# ---- who may read it
def test_outside_production_it_is_read_from_here(client, db):
    answer = client.get("/metrics")

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    "request_from",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": "2001:db8::7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"REMOTE_ADDR": ""},  # through a socket file
    ],
)
def test_from_elsewhere_there_is_no_such_page(client, db, request_from):
    assert client.get("/metrics", **request_from).status_code == 404


def test_production_asks_for_the_token_even_from_here(client, db, settings):
    settings.PRODUCTION = True

    without_any = client.get("/metrics", headers={"Authorization": "Bearer "}).status_code
    settings.METRICS_TOKEN = "a-token-of-the-watchers"
    statuses = [
        client.get("/metrics", headers=headers).status_code
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer é"}, TOKEN)
    ]

    assert without_any == 404
    assert statuses == [404, 404, 404, 200]


def test_with_a_token_it_is_read_from_elsewhere(client, db, settings):
    settings.METRICS_TOKEN = "a-token-of-the-watchers"

    assert client.get("/metrics", headers=TOKEN, REMOTE_ADDR="192.0.2.7").status_code == 200


# ---- requests
def test_requests_are_counted_and_timed_by_the_name_of_their_route(client, db, scrape):
    before = scrape(count("account_login")) or 0

    for _ in range(3):
        client.get("/account/sign-in/?next=/staff/")

    assert scrape(count("account_login")) == before + 3
    assert scrape(count("account_login").replace("_count", "_sum")) > 0


def test_no_address_makes_a_series_of_its_own(client, db, scrape):
    client.force_login(ResidentFactory(user=UserFactory()).user)
    client.get("/tasks/987654321/")
    client.get("/nowhere/987654321/")
    client.generic("HELLO", "/nowhere/")

    assert scrape(count("tasks:task", 404)) >= 1
    assert scrape(count("none", 404)) >= 1
    assert scrape(count("none", 404, method="other")) >= 1
    assert "987654321" not in client.get("/metrics").content.decode()


def test_the_time_of_the_watchers_themselves_is_told_apart(client, scrape):
    client.get(reverse("livez"))

    assert scrape(count("livez")) >= 1
