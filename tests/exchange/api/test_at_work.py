"""A small upload that finds another load at work waits for a worker, and its sender does not."""

import time

import psycopg
import pytest
from django.db import connection as database
from django.test import Client

from portal.exchange import jobs
from portal.exchange.models import Upload
from portal.exchange.uploads import merging
from portal.residents.locks import LOCK_OF_PEOPLE, LOCK_OF_UPLOAD
from portal.residents.models import Resident
from tests.exchange.api.test_facts import person, post

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("municipalities"),
    pytest.mark.serial,
]


@pytest.fixture
def other():
    """Another connection to the same database, as another worker has it."""
    settings = database.get_connection_params()
    wanted = {
        name: settings[name] for name in ("dbname", "user", "host", "port") if name in settings
    }
    with psycopg.connect(**wanted) as other:
        yield other


def held(upload) -> bool:
    with database.cursor() as cursor:
        cursor.execute(
            """SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""",
            [LOCK_OF_UPLOAD, upload.pk],
        )
        return cursor.fetchone() is not None


def test_it_is_answered_at_once_and_merged_later(connection, key, other, monkeypatch, queue):
    monkeypatch.setattr(merging, "PATIENCE", 1)
    caller = Client(headers={"Authorization": f"Bearer {key}"})
    other.execute("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK_OF_PEOPLE])

    answer = post(caller, person())

    assert answer.status_code == 202
    assert answer.json()["state"] == "waiting"
    assert answer.headers["Location"] == answer.json()["address"]
    other.rollback()
    jobs.merge_upload(answer.json()["upload"])
    assert caller.get(answer.json()["address"]).json()["lines"]["changed"] == 1
    assert Upload.objects.get().attempts == 1


def test_what_another_worker_merges_is_left_to_it(connection, key, other, monkeypatch, queue):
    monkeypatch.setattr(merging, "SMALL", -1)
    caller = Client(headers={"Authorization": f"Bearer {key}"})
    uuid = post(caller, person()).json()["upload"]
    upload = Upload.objects.get()
    other.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_OF_UPLOAD, upload.pk])
    other.commit()

    jobs.merge_upload(uuid)
    assert not Resident.objects.exists()

    other.close()  # as the server does where a worker was killed
    until = time.monotonic() + 60
    while held(upload):
        assert time.monotonic() < until
    jobs.merge_upload(uuid)
    assert Resident.objects.count() == 1
