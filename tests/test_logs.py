"""Every line says to which request or job it belongs, and none says anything about a person."""

import io
import json
import logging
import re

import pytest
from celery.app.trace import trace_task
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from portal.accounts.jobs import send_mail
from portal.celery import app
from portal.logs import json_lines, readable_lines
from tests.factories import PASSWORD, InsuranceUseFactory, ResidentFactory, UserFactory

GIVEN = "0197f3c2-6a51-7cc0-9d2e-5b7e11aa0042"


class Log(io.StringIO):
    def lines(self):
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def of(self, event):
        return [line for line in self.lines() if line["event"] == event]


def listen(formatter):
    log = Log()
    handler = logging.StreamHandler(log)
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    return log, handler


@pytest.fixture
def log():
    """What production would log."""
    log, handler = listen(json_lines())
    yield log
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def readable_log():
    """What demo and development log."""
    log, handler = listen(readable_lines())
    yield log
    logging.getLogger().removeHandler(handler)


def work_on(message):
    """Do a job as a worker does."""
    arguments, keywords, _embedded = message.payload
    task = app.tasks[message.headers["task"]]
    trace_task(task, message.headers["id"], arguments, keywords, request=message.headers, app=app)
    message.ack()


# ---- ids
@pytest.mark.parametrize("given", [GIVEN, GIVEN.replace("-", ""), "A" * 64])
def test_the_id_that_a_proxy_gave_is_kept(client, db, log, given):
    answer = client.get("/account/sign-in/", headers={"X-Request-ID": given})

    assert answer["X-Request-ID"] == given
    assert {line["request_id"] for line in log.lines()} == {given}


@pytest.mark.parametrize(
    "given", ["", "yamada-hanako-1990", "090-1234-5678", "f" * 65, f"{GIVEN}\n{GIVEN}", "１" * 32]
)
def test_what_may_be_something_else_is_no_id(client, db, log, given):
    answer = client.get("/account/sign-in/", headers={"X-Request-ID": given})

    assert re.fullmatch("[0-9a-f]{32}", answer["X-Request-ID"])
    assert {line["request_id"] for line in log.lines()} == {answer["X-Request-ID"]}


def test_a_line_says_how_a_request_was_answered_by_the_name_of_its_route(client, db, log):
    client.get("/?q=yamada")

    [line] = log.lines()
    assert line["logger"] == "portal.middleware"
    assert (line["event"], line["level"]) == ("Request answered", "info")
    assert (line["method"], line["route"], line["status"]) == ("GET", "tasks:home", 302)
    assert 0 < line["seconds"] < 10
    assert set(line) == {
        *("event", "request_id", "method", "route", "status", "seconds", "level", "logger", "at")
    }


def test_what_is_asked_every_few_seconds_is_logged_only_when_ill(client, db, log, settings):
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"

    client.get("/livez")
    client.get("/healthz")

    assert [line["route"] for line in log.of("Request answered")] == ["healthz"]


def test_the_id_is_forgotten_after_the_request(client, db, log):
    client.get("/account/sign-in/")
    logging.getLogger("portal").info("Afterwards")

    [line] = log.of("Afterwards")
    assert "request_id" not in line


def test_a_job_has_its_own_id_and_that_of_the_request_that_caused_it(client, db, log, queue):
    person = UserFactory()
    asked = client.post(reverse("account_reset_password"), {"email": person.email})
    message = queue.get(timeout=60)
    work_on(message)
    logging.getLogger("portal").info("Afterwards")

    [line] = log.of("Job ended")
    assert line["request_id"] == asked["X-Request-ID"]
    assert (line["task"], line["task_id"]) == (send_mail.name, message.headers["id"])
    assert line["state"] == "SUCCESS"
    assert not {"request_id", "task", "task_id"} & set(log.of("Afterwards")[0])


def test_a_job_that_no_request_caused_has_its_own_id_alone(db, log, queue):
    app.send_task("tasks.jobs.take_up_lost_work")
    work_on(queue.get(timeout=60))

    [line] = log.of("Job ended")
    assert line["task_id"]
    assert "request_id" not in line


# ---- nothing about a person
PRIVATE = [
    "山田",
    "ヤマダ",
    "example.jp",
    PASSWORD,
    "q=",
    "not-registered",
    "20270331",
    "127.0.0.1",
]


def test_no_line_tells_of_a_person(log, readable_log, tmp_path, queue, municipalities):
    resident = ResidentFactory(ref="R1", user=UserFactory(email="hanako@example.jp"))
    InsuranceUseFactory(resident=resident)
    UserFactory(email="desk@example.jp", is_staff=True, is_superuser=True)
    facts = tmp_path / "facts.ndjson"
    facts.write_text(
        '{"kind":"insurance","source":"insurer-0601","resident":"R1","status":"not-registered",'
        '"valid_until":"2027-03-31","checked_at":"2026-11-02T03:00:00+09:00"}\n'
        '{"kind":"insurance","source":"insurer-0601","resident":"山田","status":"ヤマダ"}\n'
    )

    for email in ("hanako@example.jp", "desk@example.jp"):
        browser = Client()
        for password in ("wrong", PASSWORD):
            browser.post("/account/sign-in/", {"login": email, "password": password})
        browser.post("/account/password/forgotten/", {"email": email})
        work_on(queue.get(timeout=60))
        for address in (
            "/",
            "/why/?q=山田",
            "/staff/residents/resident/?q=山田",
            f"/staff/residents/resident/{resident.uuid}/",
        ):
            browser.get(address)
    with pytest.raises(SystemExit):
        call_command("load_facts", facts)

    # 2 people, each signing in twice, asking for a link, and reading 4 pages
    assert len(log.of("Request answered")) == 14
    assert {line["logger"] for line in log.lines()} >= {
        "portal.exchange.loading.load",
        "portal.celery",
    }
    for text in PRIVATE:
        assert text not in log.getvalue()
        assert text not in readable_log.getvalue()


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/account/password/new/abc-{}/"),
        ("get", "/reminders/stop/{}/"),
        ("get", "/nowhere/{}/"),
        ("post", "/account/sign-in/?{}"),  # without the token of the form
        ("delete", "/healthz?{}"),
    ],
)
def test_no_line_has_an_address_or_where_it_was_found(log, readable_log, db, method, address):
    browser = Client(enforce_csrf_checks=True)

    getattr(browser, method)(
        address.format("d41d8cd98f"), headers={"Referer": "http://d41d8cd98f.example.jp/?q=1"}
    )

    assert log.of("Request answered")
    assert "d41d8cd98f" not in log.getvalue() + readable_log.getvalue()


def test_a_failure_is_logged_with_its_place_and_without_its_text(log, db, monkeypatch):
    def fail(request):
        raise ValueError("the key of 山田 花子") from KeyError("hanako@example.jp")

    monkeypatch.setattr("portal.health.report", lambda: fail(None))

    answer = Client(raise_request_exception=False).get("/healthz")

    failed, answered = log.lines()
    assert (failed["level"], failed["logger"]) == ("error", "django.request")
    assert failed["request_id"] == answered["request_id"] == answer["X-Request-ID"]
    assert [error["type"] for error in failed["exception"]] == [
        "builtins.ValueError",
        "builtins.KeyError",
    ]
    assert re.fullmatch(r"tests\.test_logs:\d+ fail", failed["exception"][0]["at"][-1])
    assert answered["status"] == 500
    assert "山田" not in log.getvalue()
    assert "example.jp" not in log.getvalue()


def test_a_job_that_fails_is_logged_without_what_it_was_given(log, db, queue, monkeypatch):
    def fail(self):
        raise ValueError(f"no mail for {self.to}")

    monkeypatch.setattr(EmailMessage, "send", fail)
    send_mail.delay("Your request", "Dear 山田 花子", ["hanako@example.jp"])

    work_on(queue.get(timeout=60))

    failed, ended = log.lines()
    assert failed["logger"] == "celery.app.trace"
    assert failed["event"].startswith(f"Task {send_mail.name}[{failed['task_id']}]")
    assert failed["exception"][0]["type"] == "builtins.ValueError"
    assert (ended["state"], ended["task_id"]) == ("FAILURE", failed["task_id"])
    assert "山田" not in log.getvalue()
    assert "example.jp" not in log.getvalue()


@pytest.mark.parametrize(
    ("name", "text", "arguments", "logged"),
    [
        ("tasks.jobs", "Range %s: opened %s.", (7, 3), "Range 7: opened 3."),
        ("celery.worker", "The body was: %s", ("hanako@example.jp",), "The body was: …"),
        (
            "celery.worker",
            "Again in %.2f s: %s",
            (2.0, OSError("S-77")),
            "Again in 2.00 s: OSError",
        ),
        (
            "kombu",
            "%(name)s[%(id)s] of %(args)s",
            {"name": "a", "id": "b", "args": "S-77"},
            "a[b] of …",
        ),
        (
            "gunicorn.error",
            "Invalid request from ip=192.0.2.1: GET /?q=S-77",
            (),
            "Invalid request",
        ),
        ("gunicorn.error", ValueError("S-77"), (), "ValueError"),
        ("any.other", "100 % done", (), "100 % done"),
        ("any.other", "Line %d", ("S-77",), "Line %d"),
    ],
)
def test_of_others_sentences_numbers_and_kinds_of_failure_are_filled_in(
    name, text, arguments, logged
):
    record = logging.LogRecord(name, logging.INFO, "", 0, text, arguments, None)

    assert json.loads(json_lines().format(record))["event"] == logged
