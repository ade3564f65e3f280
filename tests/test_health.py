"""/healthz says which part is not well, soon, whatever has happened to it."""

import socket
import time

import pytest
from django.db import connections

from portal import health
from tasks.jobs import heartbeat

DATABASE_PATIENCE = health.DATABASE_PATIENCE  # the portal's own; most tests have more
ALL_WELL = {"database": True, "queue": True, "worker": True, "beat": True}


@pytest.fixture
def patient(monkeypatch):
    """On a busy machine what is well may take longer than the portal waits for it."""
    monkeypatch.setattr(health, "PATIENCE", 60)
    monkeypatch.setattr(health, "DATABASE_PATIENCE", 60)


@pytest.fixture
def all_well(db, patient):
    health.mark("worker")
    health.mark("beat")
    heartbeat()
    yield
    health.forget()
    health._database_thread.submit(int).result(timeout=120)  # free for the next test


def test_all_well_is_200_uncached_and_the_same_for_everybody(all_well, client):
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json() == {"well": True, **ALL_WELL}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("faded", "ill"),
    [
        (["beat"], "beat"),
        (["beat", "answered"], "beat"),  # nobody asks the worker any more
        (["worker"], "worker"),
        (["answered"], "worker"),  # it lives and does nothing
    ],
)
def test_the_part_that_gives_no_sign_is_named(all_well, client, faded, ill):
    with health._valkey() as valkey:
        valkey.delete(*map(health._key, faded))

    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json() == {"well": False, **ALL_WELL, ill: False}


def test_marks_fade_within_half_a_minute(all_well):
    with health._valkey() as valkey:
        left = [valkey.ttl(health._key(name)) for name in health.FADES_AFTER]

    assert all(0 < seconds < 30 for seconds in left)


def test_without_a_queue_marks_are_lost_and_it_is_named(all_well, client, settings):
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"

    health.mark("beat")
    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json()["queue"] is False
    assert answer.json()["database"] is True


def test_a_database_that_is_gone_is_named(all_well, client, monkeypatch):
    monkeypatch.setitem(connections.settings["default"], "HOST", "/nowhere")

    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json() == {"well": False, **ALL_WELL, "database": False}


def test_a_database_that_does_not_answer_takes_no_more_than_a_second(all_well, monkeypatch):
    assert DATABASE_PATIENCE < 1
    monkeypatch.setattr(health, "DATABASE_PATIENCE", DATABASE_PATIENCE)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        default = connections.settings["default"]
        monkeypatch.setitem(default, "HOST", "127.0.0.1")
        monkeypatch.setitem(default, "PORT", str(silent.getsockname()[1]))
        monkeypatch.setitem(default, "OPTIONS", {"connect_timeout": 120})
        started = time.monotonic()

        parts = health.report()

        assert time.monotonic() - started < 60  # long before the database would be given up
        assert parts == {**ALL_WELL, "database": False}


def test_alive_is_whoever_answers_even_with_nothing_else_well(client, settings, monkeypatch):
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    monkeypatch.setitem(connections.settings["default"], "HOST", "/nowhere")

    answer = client.get("/livez")  # without the fixture `db`, a query would be refused

    assert answer.status_code == 200
    assert answer.json() == {"alive": True}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("address", ["/livez", "/healthz", "/metrics"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_read(client, method, address, db):
    assert getattr(client, method)(address).status_code == 405
