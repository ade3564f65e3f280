"""The demo's mail server, as a process that mails are sent to."""

import os
import smtplib
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from django.conf import settings as project

from portal.demo import mails
from portal.demo.processes import reserve_any_port

LISTENS_WITHIN = 300  # seconds; one is enough on a quiet machine


@pytest.fixture(autouse=True)
def run_dir(settings, tmp_path):
    settings.RUN_DIR = tmp_path
    return tmp_path


@pytest.fixture
def sink(run_dir):
    """Start the server and connect to it."""
    with reserve_any_port() as bound:
        process = subprocess.Popen(
            [sys.executable, "-m", "portal.demo.sink", str(bound.fileno())],
            cwd=project.BASE_DIR,
            env=os.environ | {"ANNAI_RUN_DIR": str(run_dir)},
            pass_fds=[bound.fileno()],
        )
        try:
            client = connected(bound.getsockname()[1])
            yield client
            client.close()
        finally:
            process.terminate()
            process.wait(timeout=LISTENS_WITHIN)


def connected(port):
    until = time.monotonic() + LISTENS_WITHIN
    while time.monotonic() < until:
        with suppress(ConnectionRefusedError):
            return smtplib.SMTP("127.0.0.1", port, timeout=LISTENS_WITHIN)
        time.sleep(0.05)
    pytest.fail("The mail server does not listen.")


def test_a_mail_is_kept_as_it_came_before_it_is_accepted(sink):
    sink.sendmail("annai@localhost", ["a@example.jp", "b@example.jp"], b"Subject: x\r\n\r\n.y\r\n")

    [kept] = mails.kept()
    assert kept.to == ["a@example.jp", "b@example.jp"]
    assert kept.source == b"Subject: x\r\n\r\n.y\r\n"


@pytest.mark.parametrize("told_first", [True, False])
def test_a_mail_that_is_too_big_is_refused_and_the_next_one_taken(sink, told_first):
    line = b"x" * 900 + b"\r\n"
    big = b"Subject: big\r\n\r\n" + line * (mails.LARGEST // len(line) + 1)
    sink.ehlo()
    if not told_first:
        del sink.esmtp_features["size"]

    with pytest.raises(smtplib.SMTPResponseException) as refused:
        sink.sendmail("annai@localhost", ["a@example.jp"], big)
    sink.sendmail("annai@localhost", ["a@example.jp"], b"Subject: small\r\n\r\n")

    assert refused.value.smtp_code == 552
    assert [one.subject for one in mails.kept()] == ["small"]


def test_without_room_it_asks_to_try_again(sink, run_dir):
    (run_dir / "demo-mails").write_text("in the way of the folder")

    with pytest.raises(smtplib.SMTPDataError) as refused:
        sink.sendmail("annai@localhost", ["a@example.jp"], b"Subject: x\r\n\r\n")

    assert refused.value.smtp_code == 452


def test_a_line_without_end_is_cut_off_and_others_go_on(sink):
    sink.helo()
    sink.mail("annai@localhost")
    sink.rcpt("a@example.jp")
    sink.docmd("DATA")

    port = sink.sock.getpeername()[1]
    with pytest.raises(ConnectionError):
        for _megabyte in range(200):
            sink.sock.sendall(b"x" * 1024 * 1024)
    with connected(port) as another:
        another.sendmail("annai@localhost", ["a@example.jp"], b"Subject: x\r\n\r\n")

    assert len(mails.kept()) == 1
