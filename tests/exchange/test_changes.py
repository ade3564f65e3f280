"""What happened, in one order for all: nothing missing, nothing twice, nothing of others."""

import random
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from django.db import connection as database
from django.db import transaction

from portal.exchange.changes.fetch import CursorTooOld, NotACursor, changes_since
from portal.exchange.changes.number import (
    COPY_UPLOADS,
    KEPT_FOR,
    forget_changes,
    number_changes,
)
from portal.exchange.changes.tell import tell
from portal.exchange.loading.load import load, retry
from portal.exchange.models import Change, Numbering, QuarantinedLine, Upload
from tests.applications.factories import ApplicationFactory, SentApplicationFactory
from tests.at_once import at_once
from tests.exchange.connections import ConnectionFactory, event
from tests.exchange.facts import file_of, insurance, load_lines, resident
from tests.factories import MunicipalityFactory, SourceFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)
SHIBUYA = "131130"


@pytest.fixture
def office():
    MunicipalityFactory()
    return ConnectionFactory()


def told(connection, **options):
    return [(one.what, one.data) for one in changes_since(connection, **options).changes]


def states(connection, **options):
    return [one.data["state"] for one in changes_since(connection, **options).changes]


def everything(connection, limit=100):
    """Page through all that there is, as a reader does."""
    cursor, found, more = "", [], True
    while more:
        changes, cursor, more = changes_since(connection, cursor, limit=limit)
        found += changes
    return found


# ---- what is told
def test_a_state_of_an_application_is_told_by_its_public_id_and_number_and_nothing_else(office):
    application = SentApplicationFactory(answers={"name": "花子"})

    event(application, "correction", step="check", note="花子さん", at=NOW)

    [one] = changes_since(office).changes
    assert (one.what, one.about, one.at) == ("application.changed", application.uuid, NOW)
    assert one.data == {
        "application": str(application.uuid),
        "receipt_number": application.receipt_number,
        "procedure": application.procedure_key,
        "municipality": "131016",
        "state": "correction",
        "turn": "office",
        "step": "check",
    }


@pytest.mark.parametrize("what", ["taken", "handed-over", "proposed", "rejected"])
def test_who_works_on_it_and_what_is_proposed_is_told_nobody(office, what):
    event(SentApplicationFactory(), what=what)

    assert told(office) == []
    assert number_changes() == 0


def test_drafts_are_told_nobody(office):
    event(ApplicationFactory(state="withdrawn", turn="nobody"), "withdrawn")

    assert told(office) == []


def test_events_from_before_and_those_told_are_not_told_again(office):
    event(SentApplicationFactory(), told=True)
    event(SentApplicationFactory(), "granted")

    assert states(office) == ["granted"]
    assert states(office) == ["granted"]
    assert number_changes() == 0


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ["received"]),
        ({"municipality_id": SHIBUYA}, ["granted"]),
        ({"municipality_id": None}, ["received", "granted"]),
        ({"told_of_applications": False}, []),
    ],
)
def test_a_connection_is_told_of_its_own_municipality_and_only_where_it_may(
    office, fields, expected
):
    MunicipalityFactory(code=SHIBUYA)
    other = ConnectionFactory(**fields)
    event(SentApplicationFactory())
    event(SentApplicationFactory(municipality_id=SHIBUYA), "granted")

    assert states(other) == expected


def test_each_end_of_an_upload_is_told_its_sender_alone_and_once(office):
    upload = Upload.objects.create(name="a", connection=office, state="waiting", read=3)
    Upload.objects.create(name="by a command", state="done")
    assert told(office) == []

    for state in ["held", "merging", "done", "done", "taken-back"]:
        Upload.objects.filter(pk=upload.pk).update(state=state)
        number_changes()

    assert states(office) == ["held", "done", "taken-back"]
    assert told(office)[0] == (
        "upload.changed",
        {
            "upload": str(upload.uuid),
            "state": "held",
            "read": 3,
            "changed": 0,
            "unchanged": 0,
            "set_aside": 0,
        },
    )
    assert told(ConnectionFactory()) == []


@pytest.fixture
def insurer(office):
    return ConnectionFactory(source=SourceFactory(key="insurer-0601"), kinds=["insurance"])


def test_lines_that_were_taken_later_are_told_by_their_upload_and_numbers(insurer):
    load([file_of(insurance("R1"), insurance("R9"), insurance("R2"))], connection=insurer)
    number_changes()

    load_lines(resident("R1"), resident("R2"))

    ends, taken = told(insurer)
    assert ends[1]["state"] == "done"
    assert taken == ("lines.taken", {"upload": str(insurer.uploads.get().uuid), "lines": [1, 3]})


def test_each_upload_that_brought_a_line_is_told_of_it(insurer):
    for _ in range(2):
        load([file_of(insurance("R1"))], connection=insurer)
        number_changes()

    load_lines(resident("R1"))

    uploads = {str(uuid) for uuid in insurer.uploads.values_list("uuid", flat=True)}
    taken = [data for what, data in told(insurer) if what == "lines.taken"]
    assert {one["upload"] for one in taken} == uploads
    assert [one["lines"] for one in taken] == [[1], [1]]


def test_lines_that_staff_tried_again_are_told_too(insurer):
    load([file_of(insurance("R1"))], connection=insurer)
    QuarantinedLine.objects.update(waits_for_ref="")
    load_lines(resident("R1"))
    assert [what for what, _data in told(insurer)] == ["upload.changed"]

    retry(QuarantinedLine.objects.all(), by=None)

    assert [what for what, _data in told(insurer)] == ["upload.changed", "lines.taken"]


# ---- the order
def test_changes_of_one_application_come_as_they_happened(office):
    application = SentApplicationFactory()
    for state in ["received", "under-review", "correction", "under-review", "granted"]:
        event(application, state)

    assert states(office) == ["received", "under-review", "correction", "under-review", "granted"]


@pytest.mark.parametrize("uploads", [1, 3])
def test_an_upload_has_ended_before_its_lines_are_taken(insurer, monkeypatch, uploads):
    """Also where both happen between two numberings, and one pass does not reach them all."""
    one_by_one = COPY_UPLOADS.replace("LIMIT 1000", "LIMIT 1")
    monkeypatch.setattr("portal.exchange.changes.number.COPY_UPLOADS", one_by_one)
    for _ in range(uploads):
        load([file_of(insurance("R1"))], connection=insurer)
    load_lines(resident("R1"))

    changes = [(one.about, one.what) for one in everything(insurer)]

    assert len(changes) == 2 * uploads
    for about in {about for about, _what in changes}:
        assert [what for whose, what in changes if whose == about] == [
            "upload.changed",
            "lines.taken",
        ]


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_pages_of_any_size_give_each_change_once(office, limit):
    for number in range(7):
        event(SentApplicationFactory(), step=str(number))
        tell(office, what="ref.merged", about=_uuid(number), number=number)

    assert len(everything(office, limit)) == 14
    positions = [one.position for one in everything(office, limit)]
    assert positions == sorted(set(positions))


def _uuid(number):
    return f"00000000-0000-7000-8000-{number:012}"


def test_a_cursor_goes_on_where_it_was_though_only_others_changed_meanwhile(office):
    event(SentApplicationFactory())
    first = changes_since(office)
    tell(ConnectionFactory(), what="ref.merged", about=_uuid(1))

    second = changes_since(office, first.next)
    event(SentApplicationFactory(), "granted")

    assert (second.changes, second.more) == ([], False)
    assert second.next != first.next
    assert states(office, cursor=second.next) == states(office, cursor=first.next) == ["granted"]


@pytest.mark.parametrize("cursor", ["1", "?", "MQ", "é", "x" * 500, "MSBub3RoaW5n"])
def test_a_cursor_that_was_not_given_out_is_refused(office, cursor):
    with pytest.raises(NotACursor):
        changes_since(office, cursor)


def test_many_pages_take_as_many_statements_each(office, statements):
    def asked():
        statements.clear()
        changes_since(office, limit=1)
        return len(statements)

    event(SentApplicationFactory())
    number_changes()
    few = asked()
    for _ in range(30):
        event(SentApplicationFactory())
    number_changes()

    assert asked() == few


# ---- 90 days
def test_after_90_days_changes_are_forgotten_and_a_cursor_before_them_is_too_old(office):
    event(SentApplicationFactory(), at=NOW - KEPT_FOR - timedelta(minutes=1))
    early = changes_since(office).next
    event(SentApplicationFactory(), "correction", at=NOW - KEPT_FOR - timedelta(seconds=1))
    late = changes_since(office).next
    event(SentApplicationFactory(), "granted", at=NOW - KEPT_FOR)
    newest = changes_since(office).next

    assert forget_changes(now=NOW) == 2
    assert forget_changes(now=NOW) == 0

    for cursor in [early, late]:
        with pytest.raises(CursorTooOld):
            changes_since(office, cursor)
    assert states(office, cursor=newest) == []
    assert states(office) == ["granted"]


def test_the_newest_is_never_forgotten_so_that_idle_readers_keep_their_place(office):
    event(SentApplicationFactory())
    cursor = changes_since(office).next

    forget_changes(now=NOW + timedelta(days=3650))

    assert changes_since(office, cursor).changes == []


def test_a_cursor_from_after_a_backup_that_was_restored_is_noticed(office):
    event(SentApplicationFactory())
    number_changes()
    before = transaction.savepoint()
    event(SentApplicationFactory(), "correction")
    cursor = changes_since(office).next

    transaction.savepoint_rollback(before)

    with pytest.raises(CursorTooOld):
        changes_since(office, cursor)
    event(SentApplicationFactory(), "granted")
    with pytest.raises(CursorTooOld):
        changes_since(office, cursor)
    assert states(office) == ["received", "granted"]


# ---- at the same time
@pytest.fixture
def committing(transactional_db, municipalities):
    return SimpleNamespace(
        office=ConnectionFactory(), applications=[SentApplicationFactory() for _ in range(8)]
    )


@pytest.mark.django_db(transaction=True)
def test_what_began_first_and_is_committed_last_is_not_missed(committing):
    begun, go_on = threading.Event(), threading.Event()
    first, second, *_ = committing.applications

    def slow():
        with transaction.atomic():
            event(first, "correction")
            begun.set()
            assert go_on.wait(60)

    def quick():
        assert begun.wait(60)
        event(second, "granted")
        page = changes_since(committing.office)
        go_on.set()
        return page

    pages = [one for one in at_once(slow, quick) if one]

    assert [one.data["state"] for one in pages[0].changes] == ["granted"]
    assert states(committing.office, cursor=pages[0].next) == ["correction"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_reader_beside_many_writers_misses_nothing_and_sees_nothing_twice(committing, seed):
    writers, each = 4, 25
    ended = threading.Semaphore(0)

    def writer(number):
        chance = random.Random(f"{seed}:{number}")
        own = committing.applications[number * 2 : number * 2 + 2]
        try:
            for turn in range(each):
                with transaction.atomic():
                    event(chance.choice(own), step=f"{turn}")
                    time.sleep(chance.random() * 0.01)  # so that commits pass each other
                    if chance.random() < 0.2:
                        transaction.set_rollback(True)
                if chance.random() < 0.3:
                    number_changes()
        finally:
            ended.release()

    def reader():
        cursor, seen, left = "", [], writers
        while True:
            while left and ended.acquire(blocking=False):
                left -= 1
            last_round = not left
            changes, cursor, more = changes_since(committing.office, cursor, limit=3)
            seen += changes
            if last_round and not more:
                return seen

    [seen] = [one for one in at_once(*(partial(writer, n) for n in range(writers)), reader) if one]

    with database.cursor() as cursor:
        cursor.execute(
            """SELECT a.uuid, e.step FROM applications_applicationevent e
            JOIN applications_application a ON a.id = e.application_id ORDER BY e.id"""
        )
        happened = cursor.fetchall()
    as_seen = [(one.about, one.data["step"]) for one in seen]
    assert sorted(as_seen) == sorted(happened)
    for application in committing.applications:
        of_one = [step for uuid, step in happened if uuid == application.uuid]
        assert [step for uuid, step in as_seen if uuid == application.uuid] == of_one
    positions = list(Change.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, len(happened) + 1))
    assert Numbering.objects.get().last == len(happened)
