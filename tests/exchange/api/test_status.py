"""One state of one application: any order, repeated, and what can't be taken."""

import itertools
import json

import pytest
from django.test import Client

from portal.applications.models import Application
from portal.exchange import jobs
from portal.exchange.connections.keys import make_key
from portal.exchange.models import Connection, QuarantinedLine, Upload, UploadPart
from portal.exchange.uploads import merging
from portal.residents.models import FactReport, Source
from tests.exchange.api.test_facts import problem
from tests.exchange.facts import load_lines, resident

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/applications/S-17/status"
AT = "2026-11-20T10:15:00+09:00"


@pytest.fixture
def person(connection):
    load_lines(resident("R1"), resident("R2"), resident("R3", municipality="131024"))


def status(**fields):
    return {
        "resident": "R1",
        "procedure": "child-allowance",
        "status": "received",
        "seq": 1,
        "at": AT,
        **fields,
    }


def post(caller, content=None, address=ADDRESS, **fields):
    content = json.dumps(status(**fields)) if content is None else content
    return caller.post(address, content, content_type="application/json")


def nothing_came_of_it():
    assert not Application.objects.exists()
    assert not FactReport.objects.filter(kind="application-status").exists()


def test_a_status_stands_at_once(caller, person):
    answer = post(caller)

    assert answer.status_code == 200
    told = answer.json()
    assert (told["taken"], told["changed"], told["reason"]) == (True, True, None)
    assert told["stands"] == {"status": "received", "seq": 1}
    assert Application.objects.get().state == "received"
    assert caller.get(told["address"]).json()["lines"]["changed"] == 1


def test_in_every_order_and_repeated_the_highest_seq_stands(caller, person):
    reports = [("received", 1), ("under-review", 2), ("granted", 3)]
    for n, order in enumerate(itertools.permutations(reports)):
        address = f"/api/v1/applications/A-{n}/status"
        highest = 0
        for state, seq in [*order, order[0]]:
            answer = post(caller, address=address, status=state, seq=seq)
            assert answer.status_code == 200
            told = answer.json()
            assert told["changed"] == (seq > highest)
            highest = max(highest, seq)
            assert told["stands"] == {
                "status": dict(map(reversed, reports))[highest],
                "seq": highest,
            }
    assert set(Application.objects.values_list("state", flat=True)) == {"granted"}


def test_a_person_who_is_not_known_yet_is_waited_for(caller, person):
    answer = post(caller, resident="R9")

    assert answer.status_code == 202
    told = answer.json()
    assert (told["taken"], told["changed"], told["reason"]) == (False, False, "unknown-person")
    assert told["sentence"].startswith("The person R9 has not been reported yet.")
    assert told["stands"] is None
    load_lines(resident("R9"))
    assert Application.objects.get().resident.ref == "R9"


def test_a_number_of_another_person_changes_nobodys_page(caller, person):
    post(caller)

    answer = post(caller, resident="R2", seq=2, status="granted")

    assert (answer.status_code, problem(answer)) == (422, "line-not-taken")
    assert answer.json()["reason"] == "ref-of-another-person"
    assert Application.objects.get().state == "received"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"source": "kokin"}, "another-source"),
        ({"resident": "R3"}, "another-municipality"),
    ],
)
def test_what_the_connection_may_not_send_is_forbidden(caller, person, fields, reason):
    answer = post(caller, **fields)

    assert (answer.status_code, problem(answer)) == (403, "not-yours")
    assert answer.json()["reason"] == reason
    nothing_came_of_it()


def test_a_connection_without_the_kind_is_forbidden(caller, connection, person):
    connection.kinds = ["account"]
    connection.save()

    answer = post(caller)

    assert (answer.status_code, answer.json()["reason"]) == (403, "kind-not-agreed")
    nothing_came_of_it()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"[1]", "not-an-object"),
        (b'"x"', "not-an-object"),
        (b"{}", "missing-field"),
        (b"\xff", "not-utf-8"),
        (json.dumps(status(status="lost")), "not-a-choice"),
        (json.dumps(status(seq=-1)), "number-out-of-range"),
        (json.dumps(status(seq="1")), "wrong-type"),
        (json.dumps(status(at="yesterday")), "not-a-date"),
        (json.dumps(status(resident="")), "wrong-length"),
        (json.dumps(status())[:-1] + ', "seq": 2}', "duplicate-key"),
        (json.dumps(status(note="123456789018")), "my-number"),
        (json.dumps(status(kind="account")), "missing-field"),
        (b"[" * 30_000, "too-deep"),
    ],
)
def test_a_bad_status_is_told_with_its_reason_and_nothing_is_kept(caller, person, content, reason):
    uploads = Upload.objects.count()
    answer = post(caller, content)

    assert (answer.status_code, problem(answer)) == (422, "line-not-taken")
    assert answer.json()["reason"] == reason
    assert "123456789018" not in answer.content.decode()
    nothing_came_of_it()
    assert not QuarantinedLine.objects.exists()
    assert Upload.objects.count() == uploads
    assert not UploadPart.objects.exists()


def test_address_and_body_name_the_same_application(caller, person):
    assert post(caller, ref="S-17").status_code == 200
    assert post(caller, ref=None, source=None).status_code == 200

    answer = post(caller, ref="S-18")
    assert (answer.status_code, problem(answer)) == (422, "ref-differs")


@pytest.mark.parametrize("ref", ["S/17", "受付-17", "S%2017"])
def test_numbers_may_hold_what_a_file_may(caller, person, ref):
    answer = post(caller, address=f"/api/v1/applications/{ref}/status", seq=5)

    taken = "%20" not in ref
    assert answer.status_code == (200 if taken else 422)


def test_a_body_beyond_a_line_is_too_large(caller, person):
    answer = post(caller, b" " * 70_000)

    assert (answer.status_code, problem(answer)) == (413, "too-large")


def test_two_lines_are_no_status(caller, person):
    line = json.dumps(status())

    assert post(caller, f"{line}\n{line}").status_code == 422
    nothing_came_of_it()


def test_a_status_that_finds_others_at_work_waits_for_a_worker(caller, person, monkeypatch, queue):
    monkeypatch.setattr(merging, "merge", lambda upload, patience: False)
    answer = post(caller)

    assert answer.status_code == 202
    told = answer.json()
    assert (told["taken"], told["changed"], told["stands"]) == (False, False, None)
    monkeypatch.undo()
    jobs.merge_upload(told["upload"])
    assert Application.objects.get().state == "received"


def test_two_sources_may_use_the_same_number(caller, person):
    post(caller)
    other = Connection.objects.create(
        source=Source.objects.create(key="shinsei"), kinds=["application-status"]
    )
    its = Client(headers={"Authorization": f"Bearer {make_key(other)[1]}"})
    assert post(its, resident="R2", status="granted").json()["stands"]["status"] == "granted"
    assert Application.objects.count() == 2
