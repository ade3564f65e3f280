"""What Prometheus reads, who may, and that it costs little."""

from datetime import date, datetime, timedelta, timezone

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal import metrics
from tasks.models import Sweep, SweepRange
from tests.factories import ResidentFactory, UserFactory
from tests.reminders.ledger import lines

JAPAN = timezone(timedelta(hours=9))
TODAY, YESTERDAY = date(2027, 3, 1), date(2027, 2, 28)
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


# ---- nights and reminders
@pytest.fixture
def nine(time_machine):
    time_machine.move_to(datetime(2027, 3, 1, 9, 0, tzinfo=JAPAN), tick=False)


def test_before_the_first_night_it_has_no_age(nine, scrape):
    assert scrape("annai_night_age_seconds") is None
    assert scrape("annai_night_ranges_open") == 0
    assert scrape("annai_figures_well") == 1


def test_a_night_has_the_age_of_the_last_one_finished_and_the_open_ranges_of_the_newest(
    nine, scrape
):
    finished_at = datetime(2027, 2, 28, 3, 0, tzinfo=JAPAN)
    Sweep.objects.create(day=YESTERDAY, started_by="beat", range_size=100, finished_at=finished_at)
    newest = Sweep.objects.create(day=TODAY, started_by="beat", range_size=100)
    for low in (0, 100, 200):
        SweepRange.objects.create(
            sweep=newest, low=low, high=low + 100, finished_at=None if low else finished_at
        )

    assert scrape("annai_night_age_seconds") == 30 * 60 * 60
    assert scrape("annai_night_ranges_open") == 2


def test_reminders_are_counted_by_what_became_of_them_today(nine, scrape):
    for outcome, count in {"promised": 1, "sent": 4, "skipped": 3, "failed": 2}.items():
        lines(TODAY, outcome, count)
    lines(YESTERDAY, "sent", 5)

    assert scrape("annai_reminders_promised_today") == 10
    assert scrape('annai_reminders_ended_today{outcome="sent"}') == 4
    assert scrape('annai_reminders_ended_today{outcome="skipped"}') == 3
    assert scrape('annai_reminders_ended_today{outcome="failed"}') == 2


@pytest.mark.parametrize(
    ("days", "hours"),
    [([], 0), ([TODAY], 1), ([TODAY, YESTERDAY], 25), ([TODAY + timedelta(days=1)], 0)],
)
def test_the_oldest_reminder_that_waits_was_due_at_eight_on_its_day(nine, scrape, days, hours):
    for day in days:
        lines(day, "promised")
    lines(date(2027, 1, 1), "sent")

    assert scrape("annai_reminders_oldest_due_seconds") == hours * 60 * 60


def test_messages_that_the_server_does_not_take_are_counted_by_channel(nine, scrape):
    lines(TODAY, "failed", 2)
    lines(TODAY, "failed", channel="push")
    lines(YESTERDAY, "promised", 3, attempts=1)
    lines(TODAY, "promised")

    assert scrape('annai_messages_failed_today{channel="mail"}') == 2
    assert scrape('annai_messages_failed_today{channel="push"}') == 1
    assert scrape('annai_messages_trying_again{channel="mail"}') == 3
    assert scrape('annai_messages_trying_again{channel="push"}') == 0


def test_without_a_database_the_counts_of_requests_are_told_all_the_same(
    client, scrape, monkeypatch
):
    def fail():
        raise OperationalError

    client.get(reverse("livez"))
    monkeypatch.setattr(metrics, "night_figures", fail)

    assert scrape("annai_figures_well") == 0
    assert scrape("annai_night_age_seconds") is None
    assert scrape(count("livez")) >= 1


def test_a_scrape_reads_by_indexes_what_the_day_has_and_no_more(nine, client, db):
    for days in range(7):
        lines(TODAY - timedelta(days=days), "sent", 3)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE reminders_reminder, reminders_message")
        cursor.execute("SET LOCAL enable_seqscan = off")  # so few rows are read whole at once

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("/metrics")

    plans = []
    for query in queries:
        if "reminders_" in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {query['sql']}")
                plans.append("\n".join(row[0] for row in cursor.fetchall()))
    used = ["reminder_by_day", "reminder_promised", "message_by_day", "message_waiting"]
    assert len(plans) == len(used)
    assert all(index in plan for index, plan in zip(used, plans, strict=True))
    assert len(queries) == 6
