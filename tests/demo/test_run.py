"""The whole demo as a person runs it: started, used and stopped; and what stands in its way."""

import contextlib
import http.cookiejar
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psutil
import psycopg
import pytest
from django.conf import settings as project

from portal import local_servers
from tests.ports import free_port

# Seconds until a test takes what it waits for as not to come; ten are enough on a quiet machine.
READY_WITHIN = 600

# The demo with the servers of the checkout that is named as first argument, for it to lose.
WITH_SERVERS_OF = """
import sys
from pathlib import Path
from portal import local_servers

local_servers.ensure(Path(sys.argv[1]))
sys.argv = ["manage.py", "demo"]
import manage
manage.main()
"""


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

    def start(*arguments, program=("manage.py", "demo"), **variables):
        process = subprocess.Popen(
            [sys.executable, *program, *arguments],
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
        process.communicate(timeout=READY_WITHIN)


@pytest.fixture
def port():
    return str(free_port())


@pytest.fixture
def own_servers():
    """A checkout whose servers are nobody else's."""
    folder = Path(tempfile.mkdtemp(prefix="annai-"))
    yield folder
    local_servers.erase(folder)
    shutil.rmtree(folder)


def sign_in(note):
    """Sign the first person in; return the browser and the page that comes."""
    browser = build_opener(HTTPCookieProcessor(http.cookiejar.CookieJar()))
    address = f"{note['url']}/account/sign-in/"
    page = browser.open(address).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(.+?)"', page)[1]
    person = note["people"][0]
    form = {"login": person["email"], "password": person["password"]}
    return browser, browser.open(
        address, urlencode({"csrfmiddlewaretoken": token, **form}).encode()
    )


def answer(browser, url):
    """Get a page; return its status, 0 where nobody answers, and its text."""
    try:
        with browser.open(url, timeout=READY_WITHIN) as page:
            return page.status, page.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def wait_for(condition):
    until = time.monotonic() + READY_WITHIN
    while not (found := condition()) and time.monotonic() < until:
        time.sleep(0.05)
    assert found
    return found


@contextlib.contextmanager
def paused(process):
    """Let the demo look after nothing for a while, so that what is gone stays so until seen."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def child_with(argument, *, of):
    """Return the demo's child with this argument, or None."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in psutil.Process(of.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if argument in one.cmdline():
                    return one
    return None


def wait_for_note(process, run_dir):
    """Return what demo.json says, as soon as it is there."""
    note = run_dir / "demo.json"
    until = time.monotonic() + READY_WITHIN
    while not (note.exists() and note.read_text().endswith("}")):
        if process.poll() is not None or time.monotonic() > until:
            process.terminate()
            pytest.fail(process.communicate(timeout=READY_WITHIN)[0], pytrace=False)
        time.sleep(0.1)
    return json.loads(note.read_text())


def end_of(process):
    """Wait for the end; return the exit code and what was printed."""
    printed, _ = process.communicate(timeout=READY_WITHIN)
    return process.returncode, printed


def test_a_person_starts_it_signs_in_and_stops_it(demo, run_dir, port):
    process = demo(PORT=port)
    note = wait_for_note(process, run_dir)
    family = psutil.Process(process.pid).children(recursive=True)

    health = f"{note['url']}/healthz"
    wait_for(lambda: answer(build_opener(), health)[0] == 200)
    browser, home = sign_in(note)

    api = note["api"]
    sender = build_opener()
    sender.addheaders = [("Authorization", f"Bearer {api['key']}")]
    assert json.load(sender.open(f"{api['url']}/connection"))["source"]["key"] == "sandbox"
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
    assert psutil.wait_procs(family, timeout=READY_WITHIN)[1] == []


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

    # How many: one, unless the demo's own beat has reminded today already.
    assert re.search(r"That is \d+ days? ahead", page("/demo/clock/"))
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


def test_each_child_that_is_killed_is_started_again_and_all_is_well(demo, run_dir, port):
    process = demo(PORT=port)
    url = wait_for_note(process, run_dir)["url"]
    logs = {
        "portal.demo.sink": "mail.log",
        "gunicorn": "web.log",
        "worker": "worker.log",
        "beat": "beat.log",
    }

    for argument in logs:
        killed = child_with(argument, of=process)
        family = killed.children(recursive=True)
        killed.kill()
        wait_for(lambda: child_with(argument, of=process) not in (None, killed))  # noqa: B023
        assert psutil.wait_procs(family, timeout=READY_WITHIN)[1] == []
    time.sleep(30)  # until the marks of a worker and a beat that are dead have faded

    wait_for(lambda: answer(build_opener(), f"{url}/healthz")[0] == 200)
    family = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    code, printed = end_of(process)
    assert code == 0
    assert printed.count("has ended by itself (signal 9) and is started again") == 4
    assert all(str(run_dir / "logs" / log) in printed for log in logs.values())
    assert psutil.wait_procs(family, timeout=READY_WITHIN)[1] == []


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
    assert psutil.wait_procs(family, timeout=READY_WITHIN)[1] == []


def test_its_own_servers_that_are_killed_are_started_again(demo, own_servers, run_dir, port):
    process = demo(
        program=("-c", WITH_SERVERS_OF, str(own_servers)), DATABASE_URL="", REDIS_URL="", PORT=port
    )
    note = wait_for_note(process, run_dir)
    browser, home = sign_in(note)
    healthz = f"{note['url']}/healthz"
    children = psutil.Process(process.pid).children()
    place = local_servers.Place(own_servers)

    def failure(url):
        status, text = answer(browser, url)
        return status not in (0, 200) and (status, text)

    [valkey] = [
        one
        for one in psutil.process_iter(["name", "cwd"])
        if one.info["name"] == "valkey-server" and one.info["cwd"] == str(place.home / "valkey")
    ]
    with paused(process):
        valkey.kill()
        status, said = wait_for(lambda: failure(healthz))
        assert status == 503
        assert not json.loads(said)["well"]
        assert answer(browser, home.url)[0] == 200
    wait_for(lambda: answer(browser, healthz)[0] == 200)

    with paused(process):
        local_servers.Postgres(place)._send(signal.SIGKILL)
        status, said = wait_for(lambda: failure(home.url))
    assert status == 503
    assert "This site cannot be used at the moment" in said
    wait_for(lambda: answer(browser, home.url)[0] == 200)
    wait_for(lambda: answer(browser, healthz)[0] == 200)

    # The same as before, once what started the servers again has ended.
    wait_for(lambda: psutil.Process(process.pid).children() == children)
    process.terminate()
    code, printed = end_of(process)
    assert code == 0
    assert "Valkey has ended by itself and is started again" in printed
    assert "PostgreSQL has ended by itself and is started again" in printed
    assert not local_servers.Postgres(place)._processes()


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
