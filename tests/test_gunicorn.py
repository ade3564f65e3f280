"""Production as gunicorn serves it: lines in JSON, and the counts of all its workers in one."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import closing
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings as project

from tests.ports import free_port

READY_WITHIN = 300  # seconds; three are enough on a quiet machine
WORKERS = 2


@pytest.fixture
def serve(tmp_path, db):
    """Return a function that starts gunicorn and gives its address, process and log."""
    started = []

    def serve(**environment):
        port = free_port()
        log = tmp_path / f"{port}.log"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "portal.wsgi", "--no-control-socket"),
                    *("--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS)),
                ],
                cwd=project.BASE_DIR,
                env=production(tmp_path) | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        started.append(process)
        until = time.monotonic() + READY_WITHIN
        while log.read_text().count("Booting worker") < WORKERS or not answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        return port, process, log

    yield serve
    for process in started:
        process.terminate()
        process.wait(timeout=READY_WITHIN)


def production(run_dir):
    (run_dir / "static").mkdir(exist_ok=True)  # else whitenoise warns, and not in JSON
    return {
        **os.environ,
        "ANNAI_ENV": "production",
        "ANNAI_RUN_DIR": str(run_dir),
        "SECRET_KEY": "only-for-this-test-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
        "ALLOWED_HOSTS": "127.0.0.1",
        "EMAIL_URL": "smtp://127.0.0.1:9",
        "METRICS_TOKEN": "a-token-of-the-watchers",
    }


def answers(port):
    try:
        return ask(port, "/livez") == '{"alive": true}'
    except OSError:  # URLError is one
        return False


def ask(port, path, method="GET", **headers):
    request = Request(f"http://127.0.0.1:{port}{path}", method=method, headers=headers)
    with urlopen(request, timeout=READY_WITHIN) as answer:  # noqa: S310 - loopback
        return answer.read().decode()


def counted(port, route):
    page = ask(port, "/metrics", Authorization="Bearer a-token-of-the-watchers")
    found = re.search(rf'seconds_count{{method="GET",route="{route}",status="200"}} (\S+)', page)
    return float(found[1]) if found else 0


def test_production_logs_json_alone_and_counts_the_requests_of_all_workers(serve):
    port, process, log = serve()
    before = counted(port, "livez")
    for _ in range(20):
        ask(port, "/livez")
    after = counted(port, "livez")
    with pytest.raises(HTTPError, match="405"):
        ask(port, "/livez", method="OPTIONS")
    process.terminate()
    process.wait(timeout=READY_WITHIN)

    assert after == before + 20
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {line["logger"] for line in lines} == {"gunicorn.error", "portal.middleware"}
    assert all({"event", "level", "logger", "at"} <= set(line) for line in lines)
    assert [line["method"] for line in lines if "request_id" in line] == ["OPTIONS"]


def test_a_new_start_counts_from_the_beginning(serve):
    port, process, _log = serve()
    for _ in range(20):
        ask(port, "/livez")
    process.terminate()
    process.wait(timeout=READY_WITHIN)

    port, _process, _log = serve()

    assert counted(port, "livez") < 20


# ---- what is no request
LONG, MANY = b"a" * 5_000, b"".join(b"X-%d: 1\r\n" % n for n in range(120))
UNREAD = {
    400: b"GE T %s HTTP/1.1\r\n\r\n",
    414: b"GET %s" + LONG + b" HTTP/1.1\r\n\r\n",
    431: b"GET %s HTTP/1.1\r\n" + MANY + b"\r\n",
}
KINDS = {400: "bad-request", 408: "request-too-slow", 414: "address-too-long"}
KINDS |= {431: "headers-too-large"}


def say(port, request):
    """Send bytes, and return status, headers and body of what is answered before the end."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=READY_WITHIN)) as sender:
        sender.sendall(request)
        answer = b""
        while some := sender.recv(65_536):
            answer += some
    head, _empty, body = answer.partition(b"\r\n\r\n")
    status, *headers = head.decode().split("\r\n")
    return int(status.split()[1]), dict(one.split(": ", 1) for one in headers), body


def is_a_problem(answer, status):
    told, headers, body = answer
    document = json.loads(body)
    assert told == document["status"] == status
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Connection"] == "close"
    assert document["type"].endswith(f"/api/problems/{KINDS[status]}/")
    assert document["request_id"] == headers["X-Request-ID"]


def is_a_page(answer, status):
    told, headers, _body = answer
    assert (told, headers["Content-Type"]) == (status, "text/html")


def test_a_call_that_can_not_be_read_is_answered_with_a_problem_and_a_page_with_a_page(serve):
    port, _process, log = serve()

    for status, request in UNREAD.items():
        is_a_problem(say(port, request % b"/api/v1/connection"), status)
        is_a_page(say(port, request % b"/account/"), status)

    for line in map(json.loads, log.read_text().splitlines()):
        assert "/api/" not in line["event"]


def test_a_request_whose_head_does_not_come_to_its_end_is_ended(serve):
    port, _process, _log = serve(HEAD_SECONDS="3")
    for path, holds in (("/api/v1/facts", is_a_problem), ("/account/", is_a_page)):
        holds(say(port, f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode()), 408)
    assert answers(port)
