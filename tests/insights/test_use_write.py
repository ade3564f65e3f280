"""From Valkey to PostgreSQL: each count once, whatever is killed in between."""

import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from portal.insights import counter, write
from portal.insights.models import UseBatch, UseDay, UseMinute
from tests.at_once import at_once

NOON = datetime(2025, 4, 1, 3, 0, tzinfo=UTC)  # in Japan
MINUTE = int(NOON.timestamp()) // 60
HOME, CHILD = "page|tasks:home|ja", "page|childcare:child|en"


def count(field=HOME, times=1, minute=MINUTE):
    counter.add({(minute, field): times})


def minutes():
    return {(row.minute, row.about): row.times for row in UseMinute.objects.all()}


def days():
    return {
        (row.day, row.measure, row.about, row.language): row.times for row in UseDay.objects.all()
    }


def written():
    return sum(UseMinute.objects.values_list("times", flat=True))


@pytest.mark.django_db
def test_minutes_that_are_over_are_written_and_the_present_one_goes_on(valkey):
    count(times=3)
    count(CHILD)
    count(minute=MINUTE + 1)

    assert write.write_minutes(now=NOON + timedelta(seconds=60)) == 1

    assert minutes() == {(NOON, "tasks:home"): 3, (NOON, "childcare:child"): 1}
    assert days() == {
        (date(2025, 4, 1), "page", "tasks:home", "ja"): 3,
        (date(2025, 4, 1), "page", "childcare:child", "en"): 1,
    }
    assert sorted(valkey.scan_iter("annai:use:*")) == [
        f"annai:use:minute:{MINUTE + 1}",
        counter.MINUTES,
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("second, over", [(59.9, 0), (60, 1)])
def test_a_minute_is_over_with_its_last_second(valkey, second, over):
    count()

    assert write.write_minutes(now=NOON + timedelta(seconds=second)) == over


@pytest.mark.django_db
@pytest.mark.parametrize(
    "hours, day", [(11.99, date(2025, 4, 1)), (12, date(2025, 4, 2))], ids=["23:59", "midnight"]
)
def test_a_day_begins_at_midnight_in_japan(valkey, hours, day):
    count(minute=MINUTE + int(hours * 60))

    write.write_minutes(now=NOON + timedelta(days=1))

    assert UseDay.objects.get().day == day


@pytest.mark.django_db
def test_a_late_request_adds_to_a_minute_that_is_written(valkey):
    for times in (2, 3):
        count(times=times)
        write.write_minutes(now=NOON + timedelta(minutes=5))

    assert minutes() == {(NOON, "tasks:home"): 5}
    assert UseDay.objects.get().times == 5
    assert UseBatch.objects.count() == 2


@pytest.mark.django_db
def test_a_second_run_writes_nothing(valkey):
    count()
    write.write_minutes(now=NOON + timedelta(minutes=5))

    assert write.write_minutes(now=NOON + timedelta(minutes=5)) == 0
    assert written() == 1


@pytest.mark.django_db
def test_a_minute_is_written_by_so_many_statements_whatever_it_counted(
    valkey, django_assert_num_queries
):
    for number in range(200):
        count(f"page|route-{number}|ja")

    with django_assert_num_queries(3):  # one, between a savepoint's two
        write.write_minutes(now=NOON + timedelta(minutes=5))

    assert UseMinute.objects.count() == 200


@pytest.mark.django_db
def test_minutes_of_two_weeks_ago_are_forgotten_and_their_days_kept(valkey):
    count()
    count(minute=MINUTE + 24 * 60)
    write.write_minutes(now=NOON + timedelta(days=2))

    write.forget_minutes(today=date(2025, 4, 16))

    assert [row.minute for row in UseMinute.objects.all()] == [NOON + timedelta(days=1)]
    assert UseDay.objects.count() == 2


@pytest.mark.django_db
def test_ids_of_batches_are_kept_as_long_as_minutes(valkey):
    count()
    write.write_minutes(now=NOON + timedelta(days=2))
    UseBatch.objects.update(written_at=NOON)

    write.forget_minutes(today=date(2025, 4, 15))
    assert UseBatch.objects.exists()

    write.forget_minutes(today=date(2025, 4, 16))
    assert not UseBatch.objects.exists()


# ---- killed
def killed(moment):
    """Run the job in a process that is killed at the moment."""
    address = urlsplit(os.environ["DATABASE_URL"])
    ours = urlunsplit(address._replace(path="/" + connection.settings_dict["NAME"]))
    program = (
        "import django; django.setup(); from portal.insights.jobs import write_use; write_use()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": ours, "CRASH_AT": f"use:1:{moment}"},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "moment, before",
    [("after_rename", 0), ("before_commit", 0), ("before_delete", 7), ("after_delete", 7)],
)
def test_a_job_killed_at_any_moment_loses_nothing_and_counts_nothing_twice(valkey, moment, before):
    count(times=7)

    killed(moment)
    assert written() == before
    count(times=2)  # a late request meanwhile
    for _ in range(2):
        write.write_minutes(now=NOON + timedelta(minutes=5))

    assert minutes() == {(NOON, "tasks:home"): 9}
    assert UseDay.objects.get().times == 9
    assert not list(valkey.scan_iter("annai:use:*"))


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_write_each_count_once(valkey):
    for minute in range(10):
        count(times=2, minute=MINUTE + minute)
        count(CHILD, minute=MINUTE + minute)

    def deed():
        return write.write_minutes(now=NOON + timedelta(hours=1))

    at_once(deed, deed, deed)

    assert written() == 30
    assert sum(days().values()) == 30
    assert not list(valkey.scan_iter("annai:use:*"))


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_is_found_again_is_only_deleted(valkey):
    """As after a Valkey that lost its last deletions."""
    count(times=4)
    write.write_minutes(now=NOON + timedelta(minutes=5))
    batch = f"{MINUTE}:{UseBatch.objects.get().pk}"
    valkey.hset(counter.batch_key(batch), HOME, 4)
    valkey.sadd(counter.BATCHES, batch)

    write.write_minutes(now=NOON + timedelta(minutes=5))

    assert written() == 4
    assert not list(valkey.scan_iter("annai:use:*"))


@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_gone_counts_wait_in_valkey(valkey, monkeypatch):
    count(times=4)

    def gone(*args):
        raise ConnectionError

    with monkeypatch.context() as patch, pytest.raises(ConnectionError):
        patch.setattr(write, "write", gone)
        write.write_minutes(now=NOON + timedelta(minutes=5))
    write.write_minutes(now=NOON + timedelta(minutes=5))

    assert written() == 4
