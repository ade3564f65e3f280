"""What is rising is kept: who looks for it, how often, and what stays when it takes too long."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from feedback import rising_now
from feedback.models import RisingWords
from feedback.rising import Rising
from feedback.rising_now import look
from portal.residents.locks import LOCK_OF_WORDS
from tests.at_once import at_once

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
BOOKING = Rising("窓口 予約", 8, 20, 1, 40, 0.001)
QUEUES = Rising("混雑", 5, 20, 0, 40, 0.002)


@pytest.fixture
def finds(monkeypatch):
    """Return a function that says what will be found, and how long it takes in seconds."""

    def finds(*words, takes=0.0):
        times = iter([100.0, 100.0 + takes])
        monkeypatch.setattr(rising_now, "monotonic", lambda: next(times))
        monkeypatch.setattr(rising_now, "rising", lambda until: list(words))

    return finds


@pytest.mark.django_db
def test_before_the_first_look_there_is_nothing():
    assert rising_now.rising_now() == (None, [])


@pytest.mark.django_db
def test_what_was_found_is_kept_with_its_time(finds):
    finds(BOOKING)
    assert look(now=NOW)
    finds(QUEUES, BOOKING)
    later = NOW + timedelta(minutes=1)
    assert look(now=later)

    assert rising_now.rising_now() == (later, [QUEUES, BOOKING])
    assert RisingWords.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "looks"), [(1, False), (7, False), (7.5, True)])
def test_a_look_that_took_long_is_followed_by_a_pause_ten_times_as_long(finds, minutes, looks):
    finds(BOOKING, takes=45)
    look(now=NOW)
    finds(QUEUES)

    assert look(now=NOW + timedelta(minutes=minutes)) is looks
    assert rising_now.rising_now()[1] == ([QUEUES] if looks else [BOOKING])


@pytest.mark.django_db
def test_where_it_takes_too_long_what_was_found_before_stays_and_a_pause_follows(
    finds, monkeypatch
):
    finds(BOOKING)
    look(now=NOW)

    def slow(until):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(60)")

    finds(takes=120)
    monkeypatch.setattr(rising_now, "rising", slow)
    later = NOW + timedelta(minutes=1)

    assert look(now=later, longest=0.05) is False
    assert rising_now.rising_now() == (NOW, [BOOKING])
    assert RisingWords.objects.get().next_at == later + timedelta(minutes=20)


@pytest.mark.django_db(transaction=True)
def test_two_never_look_at_once(finds):
    finds(BOOKING)

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK_OF_WORDS])
        assert at_once(lambda: look(now=NOW)) == [False]

    assert look(now=NOW)
