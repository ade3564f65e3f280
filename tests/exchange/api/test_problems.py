"""Whatever is wrong, the answer is a problem document (RFC 9457) of its own kind."""

import json

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, UnreadablePostError
from django.test import Client

from portal.exchange.api import problems, rate
from portal.exchange.api.problems import Problem

ADDRESS = "/api/v1/connection"
MEMBERS = {"type", "title", "status", "detail", "instance", "request_id"}


def is_problem(answer, status, name):
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = json.loads(answer.content)
    assert set(told) >= MEMBERS
    assert told["status"] == status
    assert told["type"] == f"{settings.PORTAL_URL}/api/problems/{name}/"
    assert told["request_id"] == answer.headers["X-Request-ID"]
    assert not answer.cookies
    return told


@pytest.fixture
def failing(monkeypatch):
    """Let the call fail by what is given."""

    def fails_by(error):
        def fail(*arguments):
            raise error

        # Whatever the call does first: it asks for the source's name.
        monkeypatch.setattr("portal.residents.models.Source.called", fail)

    return fails_by


@pytest.mark.parametrize(
    "address",
    ["/api/nothing", "/api/v1/", "/api/v1/nothing", "/api/v2/facts", "/api/v1/connection/"],
)
def test_an_unknown_address(db, address):
    told = is_problem(Client().get(address), 404, "not-found")
    assert told["instance"] == address


def test_the_instance_is_an_address_whatever_was_asked_for(db):
    told = is_problem(Client().get("/api/v1/山 田"), 404, "not-found")

    assert told["instance"] == "/api/v1/%E5%B1%B1%20%E7%94%B0"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_another_method(caller, method):
    answer = caller.generic(method, ADDRESS)

    is_problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET"


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (Problem(problems.BAD_REQUEST), 400, "bad-request"),
        (SuspiciousOperation("x"), 400, "bad-request"),
        (UnreadablePostError("x"), 400, "bad-request"),
        (PermissionDenied("x"), 403, "not-yours"),
        (Problem(problems.MAY_NOT), 403, "not-yours"),
        (Http404("x"), 404, "not-found"),
        (RequestDataTooBig("x"), 413, "too-large"),
        (Problem(problems.WRONG_TYPE), 415, "unsupported-content"),
        (Problem(problems.NOT_VALID), 422, "not-valid"),
        (OperationalError("x"), 503, "not-available"),
    ],
)
def test_what_a_call_raises(caller, failing, error, status, name):
    failing(error)

    answer = caller.get(ADDRESS)

    is_problem(answer, status, name)
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_what_nobody_foresaw_is_told_without_details_and_logged(caller, failing, caplog):
    failing(ValueError("山田 花子"))
    caller.raise_request_exception = False

    answer = caller.get(ADDRESS)

    is_problem(answer, 500, "failed")
    assert "花子" not in answer.content.decode()
    assert "ValueError" not in answer.content.decode()
    assert any(record.exc_info for record in caplog.records)


def test_a_problem_says_what_is_wrong_here_and_may_say_more(caller, failing):
    failing(Problem(problems.MAY_NOT, "Of another source.", headers={"X-A": 1}, source="jpki"))

    answer = caller.get(ADDRESS)

    told = is_problem(answer, 403, "not-yours")
    assert (told["detail"], told["source"]) == ("Of another source.", "jpki")
    assert answer.headers["X-A"] == "1"


@pytest.mark.parametrize(
    ("asked", "language", "title"),
    [
        ("", "ja", "このアドレスには何もありません"),
        ("en", "en", "There is nothing at this address"),
        ("en-GB,en;q=0.8", "en", "There is nothing at this address"),
        ("fr, ja;q=0.5", "ja", "このアドレスには何もありません"),
        ("fr", "ja", "このアドレスには何もありません"),
    ],
)
def test_problems_are_told_in_the_language_asked_for(db, asked, language, title):
    answer = Client(headers={"Accept-Language": asked}).get("/api/nothing")

    assert answer.headers["Content-Language"] == language
    assert answer.json()["title"] == title


def test_no_kind_of_problem_is_registered_twice():
    with pytest.raises(ValueError, match="twice"):
        problems.kind("not-found", 404, "x", "y")


# ---- rates
@pytest.fixture
def few(connection):
    """Three requests a minute, of a minute that nobody has used."""
    connection.per_minute = 3
    connection.save()
    rate.valkey(settings.REDIS_URL).flushdb()
    return connection


def test_too_many_requests_in_a_minute_are_told_when_to_go_on(caller, few, time_machine_at):
    assert [caller.get(ADDRESS).status_code for _ in range(3)] == [200] * 3

    answer = caller.get(ADDRESS)

    is_problem(answer, 429, "too-many-requests")
    assert answer.headers["Retry-After"] == "40"
    time_machine_at.shift(40)
    assert caller.get(ADDRESS).status_code == 200


def test_a_rate_is_of_all_keys_of_a_connection_and_of_no_other(few, time_machine_at):
    assert rate.used(few.pk, now=1_000_000_000) == 1
    assert rate.used(few.pk, now=1_000_000_000) == 2
    assert rate.used(few.pk + 1, now=1_000_000_000) == 1
    assert rate.used(few.pk, now=1_000_000_060) == 1


def test_with_valkey_gone_requests_go_on(caller, few, monkeypatch):
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")

    assert {caller.get(ADDRESS).status_code for _ in range(9)} == {200}


# ---- by another name
@pytest.mark.parametrize("path", ["connection", "oauth/token", "nothing", "openapi.json"])
def test_a_call_to_a_host_that_is_not_ours_is_refused(caller, path):
    answer = caller.get(f"/api/v1/{path}", headers={"Host": "elsewhere.example.jp"})

    is_problem(answer, 400, "bad-request")


# ---- bytes a day
def send(caller, **headers):
    line = b'{"kind":"account"}\n'
    return caller.post("/api/v1/facts", line, content_type="application/x-ndjson", headers=headers)


def test_a_connection_that_sent_a_days_worth_has_to_wait_for_the_next_day(
    caller, few, settings, time_machine_at
):
    few.per_minute = 600
    few.save()
    settings.EXCHANGE_DAY_BYTES = 30
    assert [send(caller).status_code for _ in range(2)] == [200, 200]  # the second crosses it

    answer = send(caller)

    is_problem(answer, 429, "too-much-today")
    assert answer.headers["Retry-After"] == str(14 * 3600 - 20)
    assert caller.get(ADDRESS).status_code == 200
    assert few.uploads.count() == 2
    time_machine_at.shift(14 * 3600)
    assert send(caller).status_code == 200


def test_with_valkey_gone_facts_go_in_however_many(caller, few, settings):
    settings.EXCHANGE_DAY_BYTES = 0
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert send(caller).status_code == 200
