"""Facts by the API: the same end as by the command, whatever is split, repeated or broken."""

import gzip
import io
import itertools
import socket
import tracemalloc
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection as database
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.card.models import BenefitAccount
from portal.exchange import jobs
from portal.exchange.loading.load import load
from portal.exchange.models import Connection, QuarantinedLine, Upload, UploadPart
from portal.exchange.uploads import body, merging, receive
from portal.residents.models import FactReport, Resident, Source
from tests.exchange.facts import account, file_of, raw, resident, what_stands

ADDRESS = "/api/v1/facts"
NDJSON = "application/x-ndjson"
SOURCE = "juki-131016"

pytestmark = pytest.mark.django_db


def ndjson(*lines) -> bytes:
    return b"".join(raw(line) + b"\n" for line in lines)


def post(caller, *lines, content=None, **headers):
    content = ndjson(*lines) if content is None else content
    return caller.post(ADDRESS, content, content_type=NDJSON, headers=headers)


def person(n=1, **fields):
    return resident(f"R{n}", **{"source": SOURCE, **fields})


def has_account(n=1, **fields):
    return account(f"R{n}", **{"source": SOURCE, **fields})


def problem(answer) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.json()["type"].rstrip("/").rpartition("/")[2]


# ---- what comes of it
def test_a_few_lines_are_merged_before_the_answer(caller):
    answer = post(caller, person(), has_account())

    assert answer.status_code == 200
    told = answer.json()
    assert told["state"] == "done"
    assert told["lines"] == {"read": 2, "changed": 2, "unchanged": 0, "set_aside": 0}
    assert told["people"] == {"done": 1, "of": 1}
    assert told["report"] is None
    assert BenefitAccount.objects.get().status == "not-registered"
    assert caller.get(told["address"]).json() == told


def test_an_upload_knows_the_public_part_of_the_key_that_brought_it(caller, key):
    status = {
        "resident": "R1",
        "procedure": "child-allowance",
        "status": "received",
        "seq": 1,
        "at": "2026-11-20T10:15:00+09:00",
    }
    post(caller, person())
    caller.post("/api/v1/applications/A-1/status", status, content_type="application/json")

    by = Upload.objects.values_list("came_by", flat=True)
    assert list(by) == [key.partition(".")[0]] * 2


def test_the_same_again_changes_nothing(caller):
    post(caller, person(), has_account())

    told = post(caller, person(), has_account()).json()

    assert told["lines"] == {"read": 2, "changed": 0, "unchanged": 2, "set_aside": 0}


def test_packed_with_gzip_in_one_member_or_several(caller):
    packed = gzip.compress(ndjson(person())) + gzip.compress(ndjson(has_account()))

    answer = post(caller, content=packed, content_encoding="gzip")

    assert answer.json()["lines"]["changed"] == 2
    assert answer.json()["bytes"] == len(ndjson(person(), has_account()))


def test_nothing_at_all_is_an_upload_of_no_lines(caller):
    answer = post(caller, content=b"")

    assert answer.status_code == 200
    assert answer.json()["lines"]["read"] == 0


def test_more_lines_wait_for_a_worker_and_tell_where_to_ask(caller, monkeypatch, queue):
    monkeypatch.setattr(merging, "SMALL", 3)

    answer = post(caller, *[person(n) for n in range(4)])

    assert answer.status_code == 202
    told = answer.json()
    assert told["state"] == "waiting"
    assert answer.headers["Location"] == told["address"]
    assert Resident.objects.count() == 0
    [[uuid], _named, _more] = queue.get(block=False).decode()
    assert uuid == told["upload"]

    jobs.merge_upload(uuid)
    jobs.merge_upload(uuid)
    told = caller.get(answer.headers["Location"]).json()
    assert (told["state"], told["lines"]["changed"]) == ("done", 4)
    assert told["people"] == {"done": 4, "of": 4}


LINES = [
    *[person(n, checked_at=f"2026-11-0{day}T00:00:00Z") for n in (1, 2) for day in (1, 2)],
    *[
        has_account(n, status=status, checked_at=f"2026-11-0{day}T00:00:00Z")
        for n in (1, 2, 3)
        for day, status in [(1, "registered"), (3, "not-registered")]
    ],
    has_account(1, source="kokin"),
    person(4, municipality="131024"),
    b"{not json}",
]


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.permutations(LINES), cuts=st.sets(st.integers(1, len(LINES) - 1)), again=st.booleans()
)
def test_every_order_and_split_ends_as_one_file_by_the_command(
    caller, connection, order, cuts, again
):
    edges = [0, *sorted(cuts), len(order)]
    splits = [order[low:high] for low, high in itertools.pairwise(edges)]
    with database.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        for split in splits + splits * again:
            assert post(caller, *split).status_code == 200
        by_api = what_stands(cursor)
        cursor.execute("ROLLBACK TO SAVEPOINT before")
        load([file_of(*LINES)], connection=connection)
        by_command = what_stands(cursor)
        cursor.execute("ROLLBACK TO SAVEPOINT before")
    assert by_api == by_command
    assert by_api["waiting"]


# ---- the report
def test_the_report_tells_number_reason_and_a_sentence_in_the_senders_language(caller):
    bad = [b"{}", b"\xff", has_account(9), has_account(1, source="kokin")]
    told = post(caller, person(), b"", *bad).json()
    assert told["lines"]["set_aside"] == 4

    report = caller.get(told["report"]).json()
    assert [(line["number"], line["reason"]) for line in report["lines"]] == [
        (3, "missing-field"),
        (4, "not-utf-8"),
        (5, "unknown-person"),
        (6, "another-source"),
    ]
    assert report["lines"][0]["sentence"].startswith("The field kind is missing.")
    in_japanese = caller.get(told["report"], headers={"Accept-Language": "ja"}).json()
    assert in_japanese["lines"][3]["sentence"].startswith("項目「source」")


def test_the_report_is_paged_and_each_upload_has_its_own_though_a_line_is_kept_once(caller):
    lines = [b"{}"] * 5
    for _ in range(2):
        told = post(caller, person(), *lines).json()

    numbers, address = [], f"{told['report']}?limit=2"
    while address:
        page = caller.get(address).json()
        numbers += [line["number"] for line in page["lines"]]
        address = page["next"]
    assert numbers == [2, 3, 4, 5, 6]
    assert QuarantinedLine.objects.count() == 5


def test_a_line_that_was_taken_after_all_says_when(caller):
    told = post(caller, has_account()).json()
    assert caller.get(told["report"]).json()["lines"][0]["taken_at"] is None

    post(caller, person())

    assert caller.get(told["report"]).json()["lines"][0]["taken_at"]


def test_a_my_number_is_told_nowhere(caller):
    told = post(caller, {**person(), "name": "山田 123456789018"}).json()

    report = caller.get(told["report"])
    assert report.json()["lines"][0]["reason"] == "my-number"
    assert b"123456789018" not in report.content
    assert not QuarantinedLine.objects.exclude(text="").exists()


# ---- own uploads
@pytest.fixture
def other(db):
    return Connection.objects.create(
        source=Source.objects.create(key="kokin"), kinds=["account"], municipality=None
    )


def test_uploads_are_listed_newest_first_by_pages_and_anothers_are_not_found(caller, other):
    own = [post(caller, person(n)).json()["upload"] for n in range(3)]
    foreign, _lines = receive.receive([b""], connection=other)

    first = caller.get("/api/v1/uploads?limit=2").json()
    rest = caller.get(first["next"]).json()
    assert [one["upload"] for one in first["uploads"] + rest["uploads"]] == own[::-1]
    assert rest["next"] is None
    for address in (
        f"/api/v1/uploads/{foreign.uuid}",
        f"/api/v1/uploads/{foreign.uuid}/report",
        f"/api/v1/uploads?before={foreign.uuid}",
        "/api/v1/uploads/00000000-0000-0000-0000-000000000000",
    ):
        answer = caller.get(address)
        assert (answer.status_code, problem(answer)) == (404, "not-found")


def test_a_wrong_page_is_told(caller):
    for query in ("limit=0", "limit=1001", "before=x"):
        answer = caller.get(f"/api/v1/uploads?{query}")
        assert (answer.status_code, problem(answer)) == (422, "not-valid")


# ---- bodies that can't be taken
class Slow(io.BytesIO):
    """A body of which a byte comes in each read, and the clock runs on meanwhile."""

    def __init__(self, clock, content, seconds):
        super().__init__(content)
        self.clock, self.seconds = clock, seconds

    def read(self, size=-1):
        self.clock[0] += self.seconds
        return super().read(1)


class Gone(io.BytesIO):
    """A body whose sender leaves after some bytes."""

    def read(self, size=-1):
        if self.tell() > 10:
            raise ConnectionResetError
        return super().read(10)


def nothing_is_left(state="failed", why=None):
    assert Resident.objects.count() == FactReport.objects.count() == 0
    assert not UploadPart.objects.exists()
    assert not QuarantinedLine.objects.exists()
    if state:
        upload = Upload.objects.get()
        assert (upload.state, upload.why_failed) == (state, why)
    else:
        assert not Upload.objects.exists()


def test_a_body_shorter_than_its_length_is_refused(caller):
    content = ndjson(person())
    answer = caller.generic(
        "POST", ADDRESS, content, NDJSON, **{"wsgi.input": io.BytesIO(content[:-9])}
    )

    assert (answer.status_code, problem(answer)) == (400, "body-cut-off")
    nothing_is_left(why="body-cut-off")


def test_a_length_that_cuts_a_line_is_refused(caller):
    answer = post(caller, content=ndjson(person())[:-9])

    assert (answer.status_code, problem(answer)) == (400, "body-cut-off")
    nothing_is_left(why="body-cut-off")


def test_the_last_line_need_not_end(caller):
    assert post(caller, content=ndjson(person())[:-1]).json()["lines"]["changed"] == 1


def test_a_sender_that_leaves_is_refused(caller):
    content = ndjson(person())
    answer = caller.generic("POST", ADDRESS, content, NDJSON, **{"wsgi.input": Gone(content)})

    assert problem(answer) == "body-cut-off"
    nothing_is_left(why="body-cut-off")


def test_chunks_are_read_to_their_end(caller):
    content = ndjson(person())
    environ = {"wsgi.input": io.BytesIO(content), "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = caller.generic("POST", ADDRESS, b"", NDJSON, **environ)

    assert answer.json()["lines"]["changed"] == 1


@pytest.mark.parametrize("seconds", [1, 700])
def test_a_body_that_comes_too_slowly_is_refused(caller, monkeypatch, seconds):
    clock = [0.0]
    monkeypatch.setattr(body.Pace.__init__, "__defaults__", (lambda: clock[0],))
    content = ndjson(person(name="山" * 100))
    slow = Slow(clock, content, seconds)
    answer = caller.generic("POST", ADDRESS, content, NDJSON, **{"wsgi.input": slow})

    assert (answer.status_code, problem(answer)) == (408, "body-too-slow")
    nothing_is_left(why="body-too-slow")


def test_a_sender_that_stops_in_the_midst_is_too_slow_whatever_had_come(monkeypatch, settings):
    monkeypatch.setattr(body, "BEGINS_SLOWLY", 0)
    monkeypatch.setattr(body, "LOOKS", 0.01)
    settings.EXCHANGE_BODY_RATE = 1
    sender, ours = socket.socketpair()
    with sender, ours, ours.makefile("rb") as stream:
        sender.sendall(b" " * 5000)
        environ = {"wsgi.input": stream, "gunicorn.socket": ours, "CONTENT_LENGTH": "6000"}
        with pytest.raises(body.BodyRefused) as refused:
            list(body.body_of(SimpleNamespace(environ=environ), at_most=10_000))

    assert refused.value.code == body.TOO_SLOW


def test_too_large_is_told_before_it_is_read_and_while_it_is_unpacked(caller, settings):
    settings.EXCHANGE_BODY_BYTES = 100
    answer = post(caller, content=ndjson(person()))
    assert (answer.status_code, problem(answer)) == (413, "too-large")
    nothing_is_left(why="too-large")
    Upload.objects.all().delete()

    answer = post(caller, content=gzip.compress(ndjson(person())[:99] * 2), content_encoding="gzip")
    assert (answer.status_code, problem(answer)) == (413, "too-large")
    nothing_is_left(why="too-large")


def test_a_gzip_bomb_is_not_unpacked(caller):
    bomb = gzip.compress(b"\n" * 200_000_000)
    tracemalloc.start()
    answer = post(caller, content=bomb, content_encoding="gzip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (answer.status_code, problem(answer)) == (413, "packed-too-tightly")
    assert peak < 30_000_000
    nothing_is_left(why="packed-too-tightly")


PACKED = gzip.compress(ndjson(person()), mtime=0)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"no gzip at all", "not-gzip"),
        (ndjson(person()), "not-gzip"),
        (PACKED[:-4], "body-cut-off"),
        (PACKED[:30], "body-cut-off"),
        (PACKED + b"and more", "not-gzip"),
        (PACKED[:20] + bytes(byte ^ 255 for byte in PACKED[20:40]) + PACKED[40:], "not-gzip"),
    ],
    ids=["plain", "lines", "end missing", "begun", "more behind", "damaged"],
)
def test_broken_gzip_is_refused(caller, content, name):
    answer = post(caller, content=content, content_encoding="gzip")

    assert (answer.status_code, problem(answer)) == (400, name)
    nothing_is_left(why=name)


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [("application/json", ""), ("image/png", ""), (NDJSON, "br"), (NDJSON, "gzip, gzip")],
)
def test_another_type_or_encoding_is_not_read(caller, content_type, encoding):
    answer = caller.post(
        ADDRESS,
        ndjson(person()),
        content_type=content_type,
        headers={"Content-Encoding": encoding} if encoding else {},
    )

    assert (answer.status_code, problem(answer)) == (415, "unsupported-content")
    nothing_is_left(state=None)


def test_another_method_is_told(caller):
    answer = caller.get(ADDRESS)

    assert (answer.status_code, problem(answer)) == (405, "method-not-allowed")


# ---- what is left over
def test_an_upload_whose_receiver_was_killed_is_ended_by_a_job(connection):
    lost = Upload.objects.create(connection=connection, state=Upload.State.RECEIVING)
    UploadPart.objects.create(upload=lost, number=0, content=b"x")
    jobs.take_up_uploads()
    assert Upload.objects.get().state == "receiving"

    Upload.objects.update(started_at=timezone.now() - timedelta(minutes=12))
    jobs.take_up_uploads()

    nothing_is_left(why="receiver-gone")


def test_content_is_kept_for_eight_days(caller):
    post(caller, person())
    now = timezone.now()
    Upload.objects.update(finished_at=now - timedelta(days=7, hours=23))
    jobs.tidy_uploads()
    assert UploadPart.objects.count() == 1

    Upload.objects.update(finished_at=now - timedelta(days=8, hours=1))
    jobs.tidy_uploads()
    assert UploadPart.objects.count() == 0
    assert Upload.objects.count() == 1


def ended_days_ago(days, **of):
    then = timezone.now() - timedelta(days=days)
    Upload.objects.filter(**of).update(started_at=then, finished_at=then)


@pytest.mark.parametrize(("days", "left"), [(89, 1), (91, 0), (97, 0)])
def test_an_upload_that_has_left_nothing_is_forgotten_after_90_days(caller, days, left):
    post(caller, person())
    first = Upload.objects.get()
    post(caller, person())  # known already
    ended_days_ago(days)
    jobs.tidy_uploads()

    jobs.forget_empty_uploads()

    assert Upload.objects.exclude(pk=first.pk).count() == left
    assert Upload.objects.filter(pk=first.pk).exists()


def test_an_upload_is_kept_while_anything_is_of_which_it_tells(caller, connection):
    kept = [
        post(caller, person(), has_account(checked_at="2026-11-02T00:00:00Z")).json()["upload"],
        post(caller, has_account(checked_at="2026-11-01T00:00:00Z")).json()["upload"],  # history
        post(caller, person(), b"{}").json()["upload"],
    ]
    Upload.objects.create(name="waits", connection=connection, state="held", whole_list=True)
    Upload.objects.create(name="list", connection=connection, state="done", whole_list=True)
    Upload.objects.create(name="by hand", state="done")
    failed = Upload.objects.create(name="failed", connection=connection, state="failed")
    ended_days_ago(91)
    jobs.tidy_uploads()

    assert jobs.forget_empty_uploads() == 1
    assert jobs.forget_empty_uploads() == 0

    assert not Upload.objects.filter(pk=failed.pk).exists()
    assert set(kept) <= {str(one.uuid) for one in Upload.objects.all()}
    assert Upload.objects.count() == 6


# ---- how much it takes
def test_a_small_upload_takes_as_many_statements_whatever_stands(caller, statements):
    def count(*lines):
        statements.clear()
        post(caller, *lines)
        return len(statements)

    post(caller, *[person(n) for n in range(40)])
    alone = count(has_account(1))
    assert count(*[has_account(n) for n in range(2, 30)]) <= alone + 2
    assert alone < 70


class Many(io.RawIOBase):
    """A body of many lines that is nowhere in memory; 20 MB of a hundred thousand."""

    def __init__(self, lines):
        self.lines = lines

    def read(self, size=-1):
        some = min(self.lines, size // 200)
        self.lines -= some
        return b"%-199d\n" % self.lines * some


def test_memory_does_not_grow_with_the_body(caller):
    def peak(lines):
        environ = {"wsgi.input": Many(lines), "HTTP_TRANSFER_ENCODING": "chunked"}
        tracemalloc.start()
        answer = caller.generic("POST", ADDRESS, b"", NDJSON, **environ)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert answer.status_code == 202
        assert answer.json()["bytes"] == lines * 200
        return highest

    peak(10_000)
    assert peak(100_000) < peak(20_000) + 1_000_000


def test_many_small_uploads_keep_a_row_and_a_part_each_and_a_bad_line_once(caller):
    for n in range(30):
        post(caller, person(n), b"{}")

    assert Upload.objects.count() == UploadPart.objects.count() == 30
    assert QuarantinedLine.objects.count() == 1
    Upload.objects.update(finished_at=timezone.now() - timedelta(days=9))
    jobs.tidy_uploads()
    assert not UploadPart.objects.exists()


def test_who_asks_with_curl_reads_japanese_as_such(caller):
    post(caller, person(), {"kind": "account"})
    upload = Upload.objects.get()

    for address in (f"/api/v1/uploads/{upload.uuid}/report", "/api/v1/connection"):
        answer = caller.get(address, headers={"Accept-Language": "ja"})
        assert "\\u" not in answer.content.decode()
