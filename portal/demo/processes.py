"""The demo's children: its servers, worker and beat, all of which end when the demo does."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

ENDS_WITHIN = 6  # seconds for a child to end by itself
ENDS_TOO_OFTEN, TOO_OFTEN_WITHIN = 3, 60  # so many ends in so many seconds: it is of no use
STOP_SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
PR_SET_PDEATHSIG = 1


class CannotRun(Exception):
    """The demo cannot start or go on. The text is one sentence or two: what, where, what next."""


class StopSignals:
    """Turns the first Ctrl-C, SIGTERM or SIGHUP into a KeyboardInterrupt; later ones only count.

    So nothing that tidies up is broken off half-way, however often somebody presses.
    """

    def __init__(self):
        self.count = 0
        for number in STOP_SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._arrived)

    def _arrived(self, number, frame):
        self.count += 1
        if self.count == 1:
            raise KeyboardInterrupt

    def from_now_on_only_count(self):
        self.count = max(self.count, 1)


class Child:
    """A process in a session of its own: Ctrl-C reaches the demo, which then ends its children."""

    def __init__(self, name: str, arguments: list[str], *, log: Path, environment, keep_open=()):
        self.name, self.arguments, self.log = name, arguments, log
        self.environment, self.keep_open = environment, keep_open
        self.ends = deque(maxlen=ENDS_TOO_OFTEN)
        log.unlink(missing_ok=True)
        self.start()

    def start(self):
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.arguments],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=self.keep_open,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def has_ended(self) -> str:
        """Return a sentence if the process has ended, else an empty string."""
        code = self.process.poll()
        if code is None:
            return ""
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"The {self.name} has ended by itself ({how})"

    def check(self):
        """Raise CannotRun if the process has ended."""
        if ended := self.has_ended():
            raise CannotRun(f"{ended}, so the demo stops. Its log says why: {self.log}")

    def start_again(self):
        """Start it once more, with nothing left of it. Raises CannotRun if it ends too often."""
        self.ends.append(time.monotonic())
        if len(self.ends) == ENDS_TOO_OFTEN and self.ends[-1] - self.ends[0] < TOO_OFTEN_WITHIN:
            self.check()
        self.send(signal.SIGKILL)
        self.start()

    def send(self, number: int):
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


def end_with_parent():
    """In the child: let the kernel end it if the demo is killed outright. Linux alone can."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_all(children: list[Child], signals: StopSignals):
    """End every child and whatever it has started; at once when told to stop a second time."""
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    pressed = signals.count
    until = time.monotonic() + ENDS_WITHIN
    while time.monotonic() < until and signals.count == pressed:
        if all(child.process.poll() is not None for child in children):
            break
        time.sleep(0.05)
    for child in children:
        child.send(signal.SIGKILL)
        child.process.wait()


def reserve_port(port: str) -> socket.socket:
    """Return a socket bound to the port on loopback, not yet listening.

    Raises CannotRun if that is not possible.
    """
    other = "Choose another one: make demo PORT=8001"
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise CannotRun(f'PORT is "{port}" and must be a number from 1 to 65535. {other}')
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", int(port)))
    except PermissionError:
        reason = f"Port {port} needs rights that this user does not have. {other}"
    except OSError:
        reason = f"Port {port} is in use by another program. {other}"
    else:
        return bound
    bound.close()
    raise CannotRun(reason)


def reserve_any_port() -> socket.socket:
    """Return a socket bound to a free port on loopback, not yet listening."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    return bound
