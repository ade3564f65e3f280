"""The night through a real queue and a real worker. Where they are killed: tests/faults."""

import os
import signal
import subprocess
import sys
import time
from datetime import date
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from portal.celery import app
from tasks import jobs, sweep
from tasks.models import Sweep, Task
from tests.factories import BenefitAccountFactory

pytestmark = [
    pytest.mark.serial,  # the queue is one
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("municipalities"),
]

PEOPLE = 40
TODAY = date(2027, 2, 21)


def start_worker():
    """Start a Celery worker of two processes on this test's database, in a group of its own."""
    address = urlsplit(os.environ["DATABASE_URL"])
    ours = address._replace(path="/" + connection.settings_dict["NAME"])
    environment = os.environ | {"DATABASE_URL": urlunsplit(ours)}
    return subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "portal", "worker", "-c", "2", "-l", "WARNING"],
        cwd=settings.BASE_DIR,
        env=environment,
        start_new_session=True,
    )


def kill(worker):
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def wait_until(true, *, seconds=300):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def messages():
    """Return how many messages wait; each priority has a list of its own."""
    with app.connection_for_read() as queue:
        valkey = queue.default_channel.client
        return sum(valkey.llen(key) for key in valkey.keys("celery*"))


@pytest.fixture
def empty_queue():
    app.control.purge()
    yield
    app.control.purge()


@pytest.fixture
def people(empty_queue):
    return BenefitAccountFactory.create_batch(PEOPLE, status="not-registered")


@pytest.fixture
def small_ranges(monkeypatch):
    monkeypatch.setattr(sweep, "RANGE_SIZE", 7)
    monkeypatch.setattr(sweep.start_sweep, "__kwdefaults__", {"range_size": 7})


@pytest.fixture
def worker(people):
    running = start_worker()
    yield running
    if running.poll() is None:
        kill(running)


def test_a_worker_does_the_night_that_the_schedule_starts(worker):
    jobs.start_night.delay()

    wait_until(lambda: Sweep.objects.filter(finished_at__isnull=False).exists())

    assert Sweep.objects.get().started_by == Sweep.StartedBy.BEAT
    assert Task.objects.live().count() == PEOPLE


def test_a_night_sends_a_message_for_each_range_and_none_for_a_resident(people, small_ranges):
    jobs.start_night()

    assert messages() == Sweep.objects.get().ranges.count() < PEOPLE


def test_a_schedule_that_fires_twice_starts_one_night(people, small_ranges):
    jobs.start_night()
    sent = messages()

    jobs.start_night()

    assert Sweep.objects.count() == 1
    assert messages() == sent > 0


def test_messages_that_come_three_times_have_one_effect(people, small_ranges):
    jobs.start_night()
    ranges = list(Sweep.objects.get().ranges.values_list("pk", flat=True))

    for range_id in ranges * 3:
        jobs.sweep_range(range_id)

    assert Task.objects.count() == PEOPLE
    assert set(Sweep.objects.get().ranges.values_list("attempts", flat=True)) == {1}


def test_a_night_whose_messages_were_lost_is_taken_up_after_the_length_of_a_lease(
    people, small_ranges, settings
):
    jobs.start_night()
    app.control.purge()
    settings.LEASE_SECONDS = 0

    lost = sweep.lost_work(day=Sweep.objects.get().day)

    assert len(lost) == Sweep.objects.get().ranges.count()


def test_a_night_missed_while_nothing_ran_is_started_later_the_same_day(people, time_machine):
    time_machine.move_to(f"{TODAY}T09:00:00+09:00")

    jobs.take_up_lost_work()

    assert Sweep.objects.get().day == TODAY


def test_before_two_in_the_morning_no_night_is_missed(people, time_machine):
    time_machine.move_to(f"{TODAY}T01:59:00+09:00")

    jobs.take_up_lost_work()

    assert not Sweep.objects.exists()


def test_the_schedule_starts_the_night_at_two_in_japan():
    night = settings.CELERY_BEAT_SCHEDULE["night"]

    assert night["task"] == jobs.start_night.name
    assert (night["schedule"].hour, night["schedule"].minute) == ({2}, {0})
    assert settings.CELERY_TIMEZONE == "Asia/Tokyo"
