"""The benchmark runs on few residents; what it finds is not judged here."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from bench.load import by_hand

ROOT = Path(__file__).resolve().parents[2]
RESIDENTS = """1,2026-05-01,t,t
2,2030-05-01,f,t
3,2030-05-01,t,f
4,2030-05-01,t,t
"""
CHILDREN = "9,4,2026-04-20,2026-06-19\n"


def bench(*command, **environment):
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "", **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture
def empty_database():
    name = f"annai_bench_test_{os.getpid()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield make_conninfo(os.environ["DATABASE_URL"], dbname=name)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.serial
def test_the_engine_answers_each_phase_with_the_rows_it_wrote(empty_database, tmp_path):
    (tmp_path / "resident.csv").write_text(RESIDENTS)
    (tmp_path / "child.csv").write_text(CHILDREN)
    (tmp_path / "changed.csv").write_text("3\n")

    answers = {}
    for phase in ["load", "first", "noop", "change", "changed", "dirty", "ingest", "replay"]:
        printed = bench(
            "bench/engine.py",
            phase,
            BENCH_DSN=empty_database,
            BENCH_FACTS=str(tmp_path),
            BENCH_RESIDENTS="4",
            BENCH_TODAY="2026-04-01",
        )
        answers[phase] = json.loads(printed.splitlines()[-1])

    rows = {phase: answer["rows"] for phase, answer in answers.items() if "rows" in answer}
    assert rows == {"first": 4, "noop": 0, "changed": 1, "dirty": 1}
    assert answers["ingest"] == answers["replay"] == {"skipped": True}


@pytest.mark.serial
def test_the_benchmark_prints_ratios_and_goals():
    printed = bench("-m", "bench", BENCH_RESIDENTS="2000", BENCH_PEER_RESIDENTS="50")

    for words in ("times plain SQL", "get_or_create by the row", "P1 ", "P3 ", "P6 ", "P15 "):
        assert words in printed


@pytest.mark.serial
def test_the_benchmark_of_pages_prints_ratios_and_goals():
    printed = bench("-m", "bench.page", BENCH_RESIDENTS="2000", BENCH_SECONDS="1", BENCH_TURNS="1")

    for words in ("least page", "home, 3 to do", "P11 ", "P12 ", "P13 "):
        assert words in printed


@pytest.mark.serial
def test_the_benchmark_of_the_counter_prints_ratios_and_its_goal():
    printed = bench("-m", "bench.use", BENCH_REQUESTS="5")

    for words in ("home, 3 to do, with", "sign-in page, with, Valkey gone", "Once a", "P16 "):
        assert words in printed


@pytest.mark.serial
def test_the_benchmark_of_forecasts_says_where_the_time_goes():
    out = bench("-m", "bench.forecast", BENCH_CHILDREN="200")

    assert "children a second of a core, at least 2000" in out
    assert "% " in out


def test_the_benchmark_of_reminders_prints_its_goal():
    printed = bench("-m", "bench.reminders", BENCH_REMINDED="500")

    assert "P14 " in printed
    assert "messages of" in printed


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        found = self.path == "/page"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", "2")
        if not found:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *arguments):
        """Keep the test's output quiet."""


@pytest.mark.parametrize(("path", "goes_wrong"), [("/page", False), ("/nowhere", True)])
def test_without_wrk_a_page_is_asked_by_hand(path, goes_wrong):
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever).start()
        address = "http://{}:{}".format(*server.server_address) + path

        # In a thread of its own: in this one Playwright's event loop may run, after a browser test.
        with ThreadPoolExecutor() as pool:
            asked = pool.submit(asyncio.run, by_hand(address, "", connections=2, seconds=1))
            lap = asked.result()

        server.shutdown()
    assert lap["per_second"] > 0
    assert (lap["wrong"] > 0) == goes_wrong
