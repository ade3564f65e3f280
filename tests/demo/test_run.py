"""The whole demo as a person runs it: started, used and stopped; and what stands in its way."""

import contextlib
import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psutil
import psycopg
import pytest
from django.conf import settings as project

READY_WITHIN = 120  # seconds; ten are enough on a quiet machine


@pytest.fixture(scope="module")
def database_url():
    """The address of a database for this demo alone."""
    name = f"annai_demo_{os.getpid()}"
    given = os.environ["DATABASE_URL"]
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield re.sub(r"/[^/?]*($|\?)", rf"/{name}\1", given)
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.fixture
def demo(database_url, run_dir):
    """Start `manage.py demo` with more arguments or variables; what still runs is ended."""
    started = []

    def start(*arguments, **variables):
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", *arguments],
            cwd=project.BASE_DIR,
            env={
                **os.environ,
                "DATABASE_URL": database_url,
                "ANNAI_RUN_DIR": str(run_dir),
                "DEMO_RESIDENTS": "50",
                **variables,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])


def wait_for_note(process, run_dir):
    """Return what demo.json says, as soon as it is there."""
    note = run_dir / "demo.json"
    until = time.monotonic() + READY_WITHIN
    while not (note.exists() and note.read_text().endswith("}")):
        if process.poll() is not None or time.monotonic() > until:
            process.terminate()
            pytest.fail(process.communicate(timeout=60)[0], pytrace=False)
        time.sleep(0.1)
    return json.loads(note.read_text())


def end_of(process):
    """Wait for the end; return the exit code and what was printed."""
    printed, _ = process.communicate(timeout=60)
    return process.returncode, printed


def test_a_person_starts_it_signs_in_and_stops_it(demo, run_dir, port):
    process = demo(PORT=port)
    note = wait_for_note(process, run_dir)
    family = psutil.Process(process.pid).children(recursive=True)
    browser = build_opener(HTTPCookieProcessor(http.cookiejar.CookieJar()))

    health = json.load(browser.open(f"{note['url']}/healthz"))
    page = browser.open(f"{note['url']}/account/sign-in/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(.+?)"', page)[1]
    person = note["people"][0]
    form = {"login": person["email"], "password": person["password"]}
    home = browser.open(
        f"{note['url']}/account/sign-in/",
        urlencode({"csrfmiddlewaretoken": token, **form}).encode(),
    )

    assert health["well"]
    assert browser.open(note["mails_url"]).status == 200
    assert home.url == f"{note['url']}/"
    assert "山田 花子" in home.read().decode()
    assert len(family) >= 3

    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    code, printed = end_of(process)

    assert code == 0
    assert note["url"] in printed
    assert not (run_dir / "demo.json").exists()
    assert psutil.wait_procs(family, timeout=10)[1] == []


def test_the_clock_goes_on_a_reminder_comes_and_one_click_ends_them(demo, run_dir, port):
    wait_for_note(demo(PORT=port), run_dir)
    url = f"http://127.0.0.1:{port}"
    browser = build_opener(HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def page(path, **form):
        """Get a page; with a form, post it there, with the token of the clock's page."""
        if form:
            found = re.search(r'name="csrfmiddlewaretoken" value="(.+?)"', page("/demo/clock/"))
            form = urlencode({"csrfmiddlewaretoken": found[1], **form}).encode()
        return browser.open(url + path, form or None).read().decode()

    page("/account/language/", language="en", next="/demo/clock/")
    page("/demo/clock/", of="demo-hanako")
    until = time.monotonic() + READY_WITHIN
    while 'id="walk"' in page("/demo/clock/") and time.monotonic() < until:
        time.sleep(0.2)
    listed = page("/demo/mails/?to=hanako@example.jp")
    mail = re.search(r'href="(/demo/mails/\d.+?/)"', listed)[1]

    said = page(f"{mail}unsubscribe/", one="click")
    page("/account/password/forgotten/", email="alex@example.jp")

    assert "1 day ahead" in page("/demo/clock/")
    assert "The portal answered: 200 OK." in said
    assert f'<a href="{url}/' in page(mail)
    until = time.monotonic() + READY_WITHIN
    while "Set a new password" not in page("/demo/mails/?to=alex@") and time.monotonic() < until:
        time.sleep(0.2)
    assert "Set a new password" in page("/demo/mails/?to=alex@")


def test_a_mail_server_of_ones_own_is_used(demo, run_dir, port):
    process = demo(PORT=port, EMAIL_URL="smtp://127.0.0.1:9")

    note = wait_for_note(process, run_dir)

    with build_opener().open(f"{note['url']}/demo/mails/") as page:
        assert "EMAIL_URL" in page.read().decode()
    assert note["mails_url"] is None
    family = psutil.Process(process.pid).children(recursive=True)
    assert not any("portal.demo.sink" in one.cmdline() for one in family)


def test_a_second_start_keeps_the_data_and_a_third_is_told_of_it(demo, run_dir, port):
    first = demo(PORT=port)
    password = wait_for_note(first, run_dir)["people"][0]["password"]
    assert end_of(demo(PORT=port)) == (
        1,
        f"A demo runs at http://127.0.0.1:{port}. Stop it with Ctrl-C first.\n",
    )
    assert end_of(demo("--reset"))[0] == 1
    first.terminate()
    assert end_of(first)[0] == 0

    second = demo(PORT=port)

    assert wait_for_note(second, run_dir)["people"][0]["password"] == password
    second.terminate()
    assert "The residents of an earlier run are there" in end_of(second)[1]


@pytest.mark.parametrize(
    ("name", "argument", "log"),
    [
        ("worker", "worker", "worker.log"),
        ("mail server", "portal.demo.sink", "mail.log"),
    ],
)
def test_a_child_that_ends_is_named_with_its_log_and_started_again(
    demo, run_dir, port, name, argument, log
):
    process = demo(PORT=port)
    wait_for_note(process, run_dir)
    first = child_with(argument, of=process)

    first.kill()
    while (line := process.stdout.readline()) and "has ended" not in line:
        pass

    assert f"The {name} has ended by itself (signal 9) and is started again" in line
    assert str(run_dir / "logs" / log) in line
    assert child_with(argument, of=process).pid != first.pid


def test_a_child_that_ends_again_and_again_ends_the_others(demo, run_dir, port):
    process = demo(PORT=port)
    wait_for_note(process, run_dir)
    family = psutil.Process(process.pid).children(recursive=True)

    killed = set()
    while process.poll() is None:
        beat = child_with("beat", of=process)
        if beat and beat.pid not in killed:
            killed.add(beat.pid)
            beat.kill()
        time.sleep(0.1)
    code, printed = end_of(process)

    assert code == 1
    assert len(killed) == 3
    assert "The beat has ended by itself (signal 9), so the demo stops" in printed
    assert "Traceback" not in printed
    assert psutil.wait_procs(family, timeout=10)[1] == []


def child_with(argument, *, of):
    """Return the demo's child with this argument, or None."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in psutil.Process(of.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if argument in one.cmdline():
                    return one
    return None


def test_a_port_in_use_is_one_sentence(demo):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        answer = end_of(demo(PORT=str(port)))

    sentence = f"Port {port} is in use by another program. Choose another one: make demo PORT=8001"
    assert answer == (1, sentence + "\n")


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PORT": "http"}, 'PORT is "http" and must be a number from 1 to 65535.'),
        ({"DEMO_RESIDENTS": "-5"}, 'DEMO_RESIDENTS is "-5" and must be a whole number'),
        ({"DATABASE_URL": "postgresql:///x?host=/nowhere"}, "The database cannot be used: "),
    ],
)
def test_what_cannot_be_is_one_line(demo, port, variables, sentence):
    code, printed = end_of(demo(**{"PORT": port, **variables}))

    assert code == 1
    assert printed.startswith(sentence)
    assert printed.count("\n") == 1


def test_a_database_of_ones_own_is_not_emptied_unasked(demo, database_url):
    code, printed = end_of(demo("--reset"))

    assert code == 1
    assert "names a database of your own" in printed
    assert "--reset --yes" in printed


def test_asked_for_it_is_emptied(demo, database_url, run_dir):
    assert end_of(demo("--reset", "--yes"))[0] == 0

    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert found.fetchone() == (0,)
    assert not (run_dir / "demo-password").exists()
