"""One message posted to an address that was checked, within a time limit for all of it.

Over `http.client`, which follows no redirect, asks no proxy of the environment, and lets the
connection be made to an address of ours while certificate and `Host` are those of the name.
"""

import re
import socket
import ssl
import time
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from django.conf import settings

from portal.deadline import hung_up_after
from portal.exchange.webhooks.address import NotAllowed, Target, addresses_of, target_of

CONNECTED_WITHIN = 5  # seconds, for each address of a host
NOBODY_THERE = {429, 502, 503, 504}


@dataclass(frozen=True)
class Answer:
    """What a receiver said: a status, or none; and why it is a failure, as a code, if it is one.

    `nobody_there`: others would fare the same at the moment. `later`: in so many seconds, it says.
    """

    status: int | None = None
    why: str = ""
    nobody_there: bool = False
    later: int | None = None

    @property
    def taken(self) -> bool:
        return not self.why


def post(url: str, *, body: bytes, headers: dict[str, str]) -> Answer:
    """Post a message; whatever comes of it is an answer."""
    ends_at = time.monotonic() + settings.WEBHOOK_TAKES_AT_MOST
    try:
        target = target_of(url)
        return first_of(addresses_of(target), target, body, headers, ends_at)
    except NotAllowed as error:
        return Answer(why=error.why, nobody_there=True)
    except ssl.SSLCertVerificationError:
        return Answer(why="certificate", nobody_there=True)
    except (OSError, HTTPException):
        return Answer(why="no-answer", nobody_there=True)


def first_of(addresses, target: Target, body, headers, ends_at: float) -> Answer:
    """Post to the first address that lets us in. Raises OSError, HTTPException."""
    *others, last = addresses
    for address in others:
        with closing(connection_to(address, target)) as connection:
            try:
                connection.reach(ends_at)
            except OSError:
                continue
            return asked(connection, target, body, headers, ends_at)
    with closing(connection_to(last, target)) as connection:
        connection.reach(ends_at)
        return asked(connection, target, body, headers, ends_at)


def asked(connection, target: Target, body, headers, ends_at: float) -> Answer:
    """Post over a connection and read the status. The body of the answer is nobody's concern."""
    with hung_up_after(left(ends_at), connection):
        connection.secure()
        connection.request("POST", target.path, body, headers)
        response = connection.getresponse()
        return read(response.status, response.headers.get("Retry-After", ""))


def read(status: int, retry_after: str = "") -> Answer:
    if 200 <= status < 300:
        return Answer(status)
    if status == 410:
        return Answer(status, "gone")
    if 300 <= status < 400:
        return Answer(status, "redirect")
    later = int(retry_after) if re.fullmatch(r"[0-9]{1,6}", retry_after) else None
    return Answer(status, "status", status in NOBODY_THERE, later)


def left(ends_at: float) -> float:
    return max(ends_at - time.monotonic(), 0.001)


# ---- connections to an address, in the name of a host
class ToAddress(HTTPConnection):
    """Goes to `address`, whatever the name of the host would be resolved to now."""

    def __init__(self, address: str, host: str, port: int, **options):
        super().__init__(host, port, **options)
        self.address = address

    def reach(self, ends_at: float) -> None:
        """Open the connection. Raises OSError."""
        timeout = min(CONNECTED_WITHIN, left(ends_at))
        self.sock = socket.create_connection((self.address, self.port), timeout)
        self.sock.settimeout(left(ends_at))

    def secure(self) -> None:
        """Nothing to do: the text goes in the clear, to loopback only."""


class SecureToAddress(ToAddress, HTTPSConnection):
    default_port = HTTPSConnection.default_port

    def secure(self) -> None:
        """Ask for the certificate of the host, and check that it is for its name.

        The handshake is a step of its own, so that it too is cut off when the time is over.
        """
        self.sock = self._context.wrap_socket(
            self.sock, server_hostname=self.host, do_handshake_on_connect=False
        )
        self.sock.do_handshake()


@cache
def client_context() -> ssl.SSLContext:
    return ssl.create_default_context()


def connection_to(address: str, target: Target) -> ToAddress:
    if target.scheme == "https":
        return SecureToAddress(address, target.host, target.port, context=client_context())
    return ToAddress(address, target.host, target.port)
