"""Uploads whose worker, sender or server dies, and pages meanwhile, through a real web server."""

import contextlib
import json
import os
import re
import signal
import socket
import urllib.request
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest

from portal.residents.locks import LOCK_OF_PEOPLE
from tests.faults.kills import compare
from tests.faults.site import PATIENCE, Browser, wait_until
from tests.faults.test_pages import OPEN_TASK, Person
from tests.faults.world import PEOPLE

pytestmark = pytest.mark.faults

LINES = int(os.environ.get("FAULTS_LINES", "3000"))
CHUNKS = 10  # of 20 people
UPLOADS = """SELECT state, attempts, read, changed, unchanged, quarantined, people, people_done
    FROM exchange_upload ORDER BY id"""
STANDS = """SELECT p.ref AS person, a.ref, a.state, a.seq FROM applications_application a
    JOIN residents_resident p ON p.id = a.resident_id
    WHERE a.ref LIKE 'S-%' ORDER BY p.ref, a.ref"""
DONE = "SELECT state = 'done' FROM exchange_upload"
MERGED = ("done", PEOPLE + 1, PEOPLE, 0, 1)


@pytest.fixture
def source(dawn):
    """The world, with a source that may send by the API; its key."""
    dawn.key = dawn.site.do("connect_source").strip()
    return dawn


@pytest.fixture
def waiting(source):
    """An upload that has been received; its public id."""
    return source.site.do("receive_statuses", count=PEOPLE).strip()


@pytest.fixture(scope="module")
def undisturbed_end(made):
    made.dawn()
    made.site.do("connect_source")
    uuid = made.site.do("receive_statuses", count=PEOPLE).strip()
    made.site.do("merge_upload", uuid=uuid)
    return made.site.inbox(), made.site.query(STANDS)


def same_end(site, undisturbed_end):
    inbox, stands = undisturbed_end
    compare("inbox", inbox, site.inbox())
    assert site.query(STANDS) == stands
    [(state, _attempts, *counts, people, done)] = site.query(UPLOADS)
    assert (state, *counts) == MERGED
    assert people == done == PEOPLE
    assert site.value("SELECT count(*) FROM exchange_quarantinedline") == 1


# ---- the worker
@pytest.mark.parametrize(
    "moment", ["1:staged", "1:chunk", "2:chunk", f"{CHUNKS}:chunk", f"{CHUNKS + 1}:chunk"]
)
def test_an_upload_whose_worker_was_killed_ends_as_if_undisturbed(
    undisturbed_end, source, waiting, moment
):
    killed = source.site.start("merge_upload", uuid=waiting, crash_at=f"upload:{moment}")
    assert killed.wait() == -signal.SIGKILL, killed.printed()
    assert not source.site.value(DONE)

    source.site.do("merge_upload", uuid=waiting)

    same_end(source.site, undisturbed_end)


def test_the_schedule_takes_up_what_a_killed_worker_and_a_lost_message_left(
    undisturbed_end, source, waiting
):
    site = source.site
    site.start("merge_upload", uuid=waiting, crash_at="upload:3:chunk").wait()
    site.change("UPDATE exchange_upload SET started_at = started_at - interval '1 minute'")
    site.start_worker()

    def done():
        site.do("send_job", name="portal.exchange.jobs.take_up_uploads")
        return site.supervise() or site.value(DONE)

    wait_until(done, "the upload is merged")
    same_end(site, undisturbed_end)


def test_two_workers_with_the_same_message_merge_it_once(undisturbed_end, source, waiting):
    both = [source.site.start("merge_upload", uuid=waiting) for _ in range(2)]
    for one in both:
        one.finish()

    same_end(source.site, undisturbed_end)
    assert source.site.value("SELECT attempts FROM exchange_upload") == 1


def test_what_kills_each_worker_is_given_up_after_five(source, waiting):
    for _ in range(5):
        killed = source.site.start("merge_upload", uuid=waiting, crash_at="upload:1:staged")
        assert killed.wait() == -signal.SIGKILL
    source.site.do("merge_upload", uuid=waiting)

    [(state, why)] = source.site.query("SELECT state, why_failed FROM exchange_upload")
    assert (state, why) == ("failed", "gave-up")
    assert source.site.query(STANDS) == []


# ---- taking back
RANGES = 4  # of 50 people
AGAIN = 120  # lines of a later upload that said the same
BACK = """SELECT u.state, b.people, b.reports, b.removed, b.finished_at IS NOT NULL AS finished
    FROM exchange_takingback b JOIN exchange_upload u ON u.id = b.upload_id"""
TAKEN_BACK = ("taken-back", PEOPLE, PEOPLE, 0, True)
REPORTS = """SELECT upload_id, count(*) FROM residents_factreport
    WHERE kind = 'application-status' GROUP BY upload_id"""


@pytest.fixture(scope="module")
def merged(made):
    """A copy of the database: an upload and a later one with some of its lines; the first's id."""
    site = made.site
    made.dawn()
    site.do("connect_source")
    uuid, later = (site.do("receive_statuses", count=count).strip() for count in (PEOPLE, AGAIN))
    for one in (uuid, later):
        site.do("merge_upload", uuid=one, people=PEOPLE)
    asked = site.do("ask_to_take_back", uuid=uuid).strip()
    site.keep_as("merged")
    yield int(asked), later
    site.drop("merged")


@pytest.fixture(scope="module")
def end_of_taking_back(made, merged):
    asked, later = merged
    made.site.go_back_to("merged")
    made.site.do("take_back_upload", asked=asked)
    made.site.do("merge_upload", uuid=later, people=PEOPLE)
    return made.site.inbox(), made.site.query(STANDS)


@pytest.mark.parametrize(
    "moment",
    ["1:before_commit", "1:range", f"{RANGES}:before_commit", f"{RANGES}:range", "1:lines_tried"],
)
def test_a_taking_back_whose_worker_was_killed_ends_as_if_undisturbed(
    end_of_taking_back, undisturbed, merged, moment
):
    site, (asked, later) = undisturbed.site, merged
    site.go_back_to("merged")
    killed = site.start("take_back_upload", asked=asked, crash_at=f"taking-back:{moment}")
    assert killed.wait() == -signal.SIGKILL, killed.printed()
    [half] = site.query(BACK)
    assert half.state == "done" and not half.finished
    passed, _colon, name = moment.partition(":")
    done = RANGES if name == "lines_tried" else int(passed) - (name == "before_commit")
    assert half.people == done * PEOPLE / RANGES

    site.do("do_job", module="portal.exchange.jobs", name="take_up_uploads")
    assert b"take_back_upload" in b"".join(site.messages())
    site.do("take_back_upload", asked=asked)
    site.do("merge_upload", uuid=later, people=PEOPLE)

    inbox, stands = end_of_taking_back
    compare("inbox", inbox, site.inbox())
    assert site.query(STANDS) == stands
    assert len(stands) == AGAIN
    assert site.query(BACK) == [TAKEN_BACK]
    [(_later, kept)] = site.query(REPORTS)
    assert kept == AGAIN
    assert site.value("SELECT count(*) FROM exchange_takenbackreport") == PEOPLE


# ---- pages
@contextlib.contextmanager
def loads_wait(site):
    """Hold the lock for which a load waits once its lines are staged."""
    with contextlib.closing(psycopg.connect(site.postgres.url)) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK_OF_PEOPLE])
        yield


@pytest.fixture
def body_seconds():
    """How long a sender may take in all, where it is not what is tried: longer than any does."""
    return "600"


@pytest.fixture
def web(made, body_seconds):
    yield (web := made.site.start_web(EXCHANGE_BODY_SECONDS=body_seconds))
    if web in made.site.children:
        made.site.kill(web)


def test_pages_and_acts_go_on_while_an_upload_is_merged(undisturbed, web):
    undisturbed.dawn()
    site = undisturbed.site
    site.do("connect_source")
    uuid = site.do("receive_statuses", count=PEOPLE).strip()
    [(resident, task)] = site.query(OPEN_TASK)
    browser = Browser(site.web, site.do("sign_in", person=resident).strip())
    wait_until(lambda: browser.get("/").status == 200, "the portal answers")
    person = Person(site, resident, task, browser)

    with loads_wait(site):
        merging = site.start("merge_upload", uuid=uuid)
        wait_until(lambda: site.waiting_for_locks() == 1, "the upload is staged")
        assert person.browser.get("/").status == 200
        assert person.browser.post(f"/tasks/{person.task}/done/").status == 302
        assert site.value("SELECT state FROM exchange_upload") == "merging"
    merging.finish()

    assert site.value(DONE)
    assert site.value("SELECT status FROM tasks_task WHERE id = %s", task) == "reported"


def test_a_page_is_read_while_a_chunk_is_written(undisturbed, web):
    undisturbed.dawn()
    site = undisturbed.site
    site.do("connect_source")
    uuid = site.do("receive_statuses", count=PEOPLE).strip()
    [(resident, _task)] = site.query(OPEN_TASK)
    browser = Browser(site.web, site.do("sign_in", person=resident).strip())
    wait_until(lambda: browser.get("/").status == 200, "the portal answers")

    with site.nobody_is_reconciled():
        merging = site.start("merge_upload", uuid=uuid)
        wait_until(lambda: site.waiting_for_locks() == 1, "the first people are written")
        assert browser.get("/").status == 200
    merging.finish()
    assert site.value(DONE)


# ---- the sender
class Sender:
    """A sender that writes its request by hand."""

    def __init__(
        self, site, key, *headers, path="/api/v1/facts", content_type="application/x-ndjson"
    ):
        address = urlsplit(site.web)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=PATIENCE)
        lines = [
            f"POST {path} HTTP/1.1",
            f"Host: {address.netloc}",
            f"Authorization: Bearer {key}",
            f"Content-Type: {content_type}",
            *headers,
        ]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    def send(self, content: bytes):
        self.socket.sendall(content)

    def answer(self) -> bytes:
        """Return the answer up to its end, or what came until the server closed."""
        got = b""
        while not got.endswith(b"}") and (some := self.socket.recv(65_536)):
            got += some
        self.socket.close()
        return got


@pytest.fixture
def served(undisturbed, web):
    undisturbed.dawn()
    undisturbed.key = undisturbed.site.do("connect_source").strip()
    anyone = Browser(undisturbed.site.web)
    wait_until(lambda: anyone.get("/healthz").status != 500, "the portal answers")
    return undisturbed


LINE = b'{"kind":"application-status","source":"shinsei","ref":"S-1","resident":"C0000001",'
LINE += b'"procedure":"x","status":"received","seq":1,"at":"2027-04-01T10:00:00+09:00"}\n'


def nothing_is_left(site, why):
    wait_until(
        lambda: site.query("SELECT state, why_failed FROM exchange_upload") == [("failed", why)],
        f"the upload has failed: {why}",
    )
    assert site.value("SELECT count(*) FROM exchange_uploadpart") == 0
    assert site.query(STANDS) == []


def test_a_body_in_chunks_is_taken(served):
    sender = Sender(served.site, served.key, "Transfer-Encoding: chunked")
    for piece in (LINE[:50], LINE[50:]):
        sender.send(b"%x\r\n%s\r\n" % (len(piece), piece))
    sender.send(b"0\r\n\r\n")

    answer = sender.answer()
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    assert len(served.site.query(STANDS)) == 1


def test_chunks_that_are_none_are_refused(served):
    sender = Sender(served.site, served.key, "Transfer-Encoding: chunked")
    sender.send(b"%x\r\n%s\r\nnot a size\r\n" % (len(LINE), LINE))

    assert sender.answer().startswith(b"HTTP/1.1 400 ")
    nothing_is_left(served.site, "body-cut-off")


@pytest.mark.parametrize("body_seconds", ["3"])
def test_a_sender_from_whom_nothing_more_comes_is_ended_and_its_thread_is_free(served):
    sender = Sender(served.site, served.key, "Content-Length: 100000")
    sender.send(LINE)

    answer = sender.answer()

    assert answer.startswith(b"HTTP/1.1 408 "), answer
    assert b"body-too-slow" in answer
    nothing_is_left(served.site, "body-too-slow")


@pytest.mark.parametrize("body_seconds", ["3"])
@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/api/v1/oauth/token", "application/x-www-form-urlencoded"),
        (f"/api/v1/webhooks/{UUID(int=1)}/replay", "application/json"),
        ("/api/v1/applications/S-1/status", "application/json"),
    ],
)
def test_a_small_body_that_stops_coming_is_ended_too(served, path, content_type):
    length = "Content-Length: 100"
    sender = Sender(served.site, served.key, length, path=path, content_type=content_type)
    sender.send(b"{")

    answer = sender.answer()

    assert answer.startswith(b"HTTP/1.1 408 "), answer
    assert b"body-too-slow" in answer


def test_a_sender_that_leaves_leaves_nothing(served):
    sender = Sender(served.site, served.key, "Content-Length: 100000")
    sender.send(LINE * 10)
    sender.socket.close()

    nothing_is_left(served.site, "body-cut-off")


def test_a_body_shorter_than_its_length_is_told(served):
    sender = Sender(served.site, served.key, f"Content-Length: {len(LINE) * 2}")
    sender.send(LINE)
    sender.socket.shutdown(socket.SHUT_WR)

    assert b"body-cut-off" in sender.answer()
    nothing_is_left(served.site, "body-cut-off")


def test_a_web_server_killed_while_it_receives_leaves_an_upload_that_the_schedule_ends(served, web):
    sender = Sender(served.site, served.key, "Content-Length: 100000")
    sender.send(LINE)
    wait_until(
        lambda: served.site.value("SELECT count(*) FROM exchange_upload"), "it is being received"
    )
    served.site.kill(web)
    sender.socket.close()
    assert served.site.value("SELECT state FROM exchange_upload") == "receiving"

    served.site.change("UPDATE exchange_upload SET started_at = started_at - interval '12 minutes'")
    served.site.do("do_job", module="portal.exchange.jobs", name="take_up_uploads")

    nothing_is_left(served.site, "receiver-gone")


def test_a_bulk_file_shows_how_far_it_is_while_pages_and_acts_go_on(served):
    """By hand with more: FAULTS_LINES=100000."""
    site = served.site
    [(resident, task)] = site.query(OPEN_TASK)
    browser = Browser(site.web, site.do("sign_in", person=resident).strip())
    site.start_worker()
    sender = Sender(site, served.key, "Transfer-Encoding: chunked")
    for first in range(0, LINES, 500):
        lines = b"".join(
            LINE.replace(b"S-1", b"S-%d" % n).replace(b"C0000001", b"C%07d" % (n % PEOPLE + 1))
            for n in range(first, min(first + 500, LINES))
        )
        sender.send(b"%x\r\n%s\r\n" % (len(lines), lines))
    sender.send(b"0\r\n\r\n")
    answer = sender.answer()
    assert answer.startswith(b"HTTP/1.1 202 "), answer
    [address] = re.findall(rb'"address": ?"([^"]+)"', answer)

    seen = []
    asks = Browser(site.web)

    def done():
        assert browser.get("/").status == 200
        request = urllib.request.Request(site.web + address.decode())
        request.add_header("Authorization", f"Bearer {served.key}")
        upload = json.loads(asks._send(request).text)
        seen.append((upload["state"], upload["people"]["done"], upload["lines"]["read"]))
        return upload["state"] == "done" and upload

    while not (upload := done()):
        if len(seen) == 2:
            assert browser.post(f"/tasks/{task}/done/").status == 302
    order = ["waiting", "merging", "done"]
    assert seen == sorted(seen, key=lambda one: order.index(one[0]))
    counted = {"read": LINES, "changed": LINES, "unchanged": 0, "set_aside": 0}
    assert upload["lines"] == counted
    assert upload["people"] == {"done": PEOPLE, "of": PEOPLE}
