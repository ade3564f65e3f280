"""The checkout's own servers: started once, shared, stopped by the last, and never stuck."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from portal import local_servers

# Uses the servers of the checkout named as first argument until its standard input ends. It forks
# as a web server does; the child's end must not be taken for the parent's.
USER = """
import os, sys
from pathlib import Path
from portal import local_servers

local_servers.ensure(Path(sys.argv[1]))
if (child := os.fork()) == 0:
    sys.exit()
os.waitpid(child, 0)
print(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], flush=True)
sys.stdin.read()
"""


class ServerUser:
    """A process of its own that uses the servers of `checkout`, as `make demo` would."""

    def __init__(self, checkout):
        unset = {"DATABASE_URL", "REDIS_URL"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(checkout)],
            env={name: value for name, value in os.environ.items() if name not in unset},
            cwd=local_servers.CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def addresses(self):
        """Wait for the servers; return DATABASE_URL and REDIS_URL."""
        line = self.process.stdout.readline()
        return line.split() if line else pytest.fail(self.process.stderr.read(), pytrace=False)

    def leave(self):
        _, errors = self.process.communicate("", timeout=300)
        return errors

    def kill(self):
        self.process.kill()
        self.process.communicate()


@contextlib.contextmanager
def new_checkout():
    """A checkout that has no servers yet. Its name has a space, as home folders may."""
    folder = Path(tempfile.mkdtemp(prefix="annai "))
    try:
        yield folder
    finally:
        local_servers.erase(folder)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def shared_checkout():
    with new_checkout() as folder:
        yield folder


@pytest.fixture
def checkout(shared_checkout):
    """A checkout whose servers do not run, or have not yet been made."""
    yield shared_checkout
    assert not servers_of(shared_checkout)


@pytest.fixture
def user_of():
    """Start users of a checkout's servers; those that still run leave at the end of the test."""
    users = []

    def start(checkout):
        users.append(ServerUser(checkout))
        return users[-1]

    yield start
    for user in users:
        if user.process.returncode is None:
            user.leave()


def servers_of(checkout):
    return local_servers.Postgres(local_servers.Place(checkout))._processes()


def test_two_starts_at_the_same_moment_share_servers_that_the_last_one_stops(checkout, user_of):
    first, second = user_of(checkout), user_of(checkout)
    addresses = first.addresses()

    assert len(addresses) == 2
    assert second.addresses() == addresses
    first.leave()
    assert servers_of(checkout)
    second.leave()
    assert not servers_of(checkout)


def test_a_killed_user_leaves_servers_that_the_next_one_uses_and_stops(checkout, user_of):
    killed = user_of(checkout)
    addresses = killed.addresses()
    killed.kill()
    assert servers_of(checkout)

    after = user_of(checkout)

    assert after.addresses() == addresses
    assert after.leave() == ""
    assert not servers_of(checkout)


def test_a_killed_server_is_started_again(checkout, user_of):
    user_of(checkout).leave()
    killed = user_of(checkout)
    killed.addresses()
    for process in servers_of(checkout):
        process.send_signal(signal.SIGKILL)

    after = user_of(checkout)

    assert len(after.addresses()) == 2
    assert servers_of(checkout)
    killed.leave()
    after.leave()


def test_a_killed_server_has_ended_and_a_paused_one_has_not(checkout, user_of):
    user = user_of(checkout)
    user.addresses()
    server = local_servers.Postgres(local_servers.Place(checkout))

    server._send(signal.SIGSTOP)
    assert local_servers.listens(server.socket)
    server._send(signal.SIGKILL)
    assert local_servers.wait_until(lambda: not local_servers.listens(server.socket))
    local_servers.start_again(server)
    assert local_servers.listens(server.socket)

    user.leave()


def test_a_start_killed_at_any_moment_does_not_disturb_the_next(user_of):
    with new_checkout() as checkout:
        for seconds in (0.6, 0.9, 1.2):
            killed = user_of(checkout)
            time.sleep(seconds)
            killed.kill()

        after = user_of(checkout)

        assert len(after.addresses()) == 2
        after.leave()


def test_a_stale_pid_file_with_the_number_of_another_program_is_no_obstacle(checkout, user_of):
    user_of(checkout).leave()
    place = local_servers.Place(checkout)
    lines = [str(os.getpid()), str(place.home / "data"), "1", "5432", "", "", "", "ready"]
    (place.home / "data" / "postmaster.pid").write_text("\n".join(lines) + "\n")

    after = user_of(checkout)

    assert len(after.addresses()) == 2
    after.leave()


def test_data_in_use_is_not_erased(checkout, user_of):
    user = user_of(checkout)
    user.addresses()

    with pytest.raises(local_servers.LocalServerError, match=r"is in use\. Stop the demo"):
        local_servers.erase(checkout)

    user.leave()


def test_data_of_another_major_version_is_refused_with_a_way_out(checkout, user_of):
    user_of(checkout).leave()
    version = local_servers.Place(checkout).home / "data" / "PG_VERSION"
    installed = version.read_text()
    version.write_text("9\n")

    errors = user_of(checkout).leave()

    version.write_text(installed)
    assert "was made by PostgreSQL 9" in errors
    assert "delete" in errors


def test_sockets_are_closed_to_other_users_however_deep_the_checkout(checkout):
    deep = checkout / ("deep" * 30)
    deep.mkdir()
    place = local_servers.Place(deep)

    sockets = place.sockets()

    assert len(os.fsencode(sockets / ".s.PGSQL.5432")) <= local_servers.SOCKET_PATH_LIMIT
    assert sockets.stat().st_mode & 0o077 == 0
    local_servers.erase(deep)


def test_addresses_in_the_environment_are_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example.jp/annai")
    monkeypatch.setenv("REDIS_URL", "redis://cache.example.jp")

    local_servers.ensure(tmp_path)

    assert os.environ["DATABASE_URL"] == "postgresql://db.example.jp/annai"
    assert os.environ["REDIS_URL"] == "redis://cache.example.jp"
    assert not (tmp_path / ".run").exists()


@pytest.mark.parametrize(
    ("redis_url", "broker_url"),
    [
        ("redis://host:6379/2", "redis://host:6379/2"),
        ("rediss://:secret@host/0", "rediss://:secret@host/0"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock?virtual_host=0"),
        ("unix:///a%20b/valkey.sock?db=3", "redis+socket:///a%20b/valkey.sock?virtual_host=3"),
        ("unix://:secret@/v.sock", "redis+socket://:secret@/v.sock?virtual_host=0"),
    ],
)
def test_celery_gets_the_address_in_its_own_spelling(redis_url, broker_url):
    assert local_servers.celery_broker_url(redis_url) == broker_url
