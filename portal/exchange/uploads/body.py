"""The body of a call, as it comes from the network: in pieces, within limits of size and time.

    sender ─▶ pieces ─▶ unpacked ─▶ whoever keeps or reads it

Whatever is wrong with it ends in one exception, `BodyRefused`, whose code says what.
"""

import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings

READ = 8 * 1024  # bytes at a time: with a slow sender one read must not take long
UNPACK = 256 * 1024
TRUSTED = 1024 * 1024  # bytes that may be unpacked from however little
BEGINS_SLOWLY = 20  # seconds before the rate is looked at
LOOKS = 1.0  # seconds between two looks at a sender from whom nothing comes
GZIP = 16 + zlib.MAX_WBITS

CUT_OFF = "body-cut-off"
TOO_SLOW = "body-too-slow"
TOO_LARGE = "too-large"
TOO_TIGHT = "packed-too-tightly"
NOT_GZIP = "not-gzip"


class BodyRefused(Exception):
    """The body can't be taken; `code` is one of the above."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


class Pace:
    """How much has come, and whether that is too slow: in all, or by the second."""

    def __init__(self, now=time.monotonic):
        self.now, self.began, self.received, self.ended = now, now(), 0, False

    def too_slow(self) -> bool:
        """Tell so; also of one that was ended for it, though what came last would have been enough.

        What a read that was ended gives back is counted after it.
        """
        if self.ended:
            return True
        seconds = self.now() - self.began
        wanted = (seconds - BEGINS_SLOWLY) * settings.EXCHANGE_BODY_RATE
        return seconds > settings.EXCHANGE_BODY_SECONDS or self.received < wanted


def body_of(request, *, at_most: int, pace: Pace | None = None) -> Iterator[bytes]:
    """Yield the body of a request, unpacked, of `at_most` so many bytes.

    Raises BodyRefused. Reads past Django, which knows no body without a length.
    """
    environ, pace = request.environ, pace or Pace()
    length = length_of(environ)
    if length is not None and length > at_most:
        raise BodyRefused(TOO_LARGE)
    with watched(environ.get("gunicorn.socket"), pace):
        came = pieces(environ["wsgi.input"], length=length, pace=pace)
        if environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() == "gzip":
            came = unpacked(came)
        yield from limited(came, at_most)


def length_of(environ) -> int | None:
    """Return how long the sender says that the body is; None where it comes in chunks."""
    if text := environ.get("CONTENT_LENGTH"):
        return int(text) if text.isascii() and text.isdigit() else 0
    return None if environ.get("HTTP_TRANSFER_ENCODING") else 0


def pieces(stream, *, length: int | None, pace: Pace) -> Iterator[bytes]:
    """Yield what comes; raise BodyRefused where it ends early or comes too slowly."""
    left = length
    while left != 0:
        try:
            piece = stream.read(READ if left is None else min(READ, left))
        except Exception as error:  # each server has its own for a chunk that is none
            raise BodyRefused(TOO_SLOW if pace.too_slow() else CUT_OFF) from error
        pace.received += len(piece)
        if pace.too_slow():
            raise BodyRefused(TOO_SLOW)
        if not piece:
            if left is None:
                return
            raise BodyRefused(CUT_OFF)
        if left is not None:
            left -= len(piece)
        yield piece


def unpacked(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what is in gzip's members, one or several; raise BodyRefused where they are none.

    What a little unpacks to too much ends early, however large it would become.
    """
    unpacker, came, made = None, 0, 0
    for piece in packed:
        came += len(piece)
        more = False
        while piece or more:
            unpacker = unpacker or zlib.decompressobj(GZIP)
            data = unpack(unpacker, piece)
            made += len(data)
            if made > max(TRUSTED, came * settings.EXCHANGE_BODY_RATIO):
                raise BodyRefused(TOO_TIGHT)
            if data:
                yield data
            if unpacker.eof:
                piece, more, unpacker = unpacker.unused_data, False, None
            else:
                piece, more = unpacker.unconsumed_tail, len(data) == UNPACK
    if unpacker is not None:
        raise BodyRefused(CUT_OFF)


def unpack(unpacker, piece: bytes) -> bytes:
    try:
        return unpacker.decompress(piece, UNPACK)
    except zlib.error as error:
        raise BodyRefused(NOT_GZIP) from error


def limited(came: Iterator[bytes], at_most: int) -> Iterator[bytes]:
    size = 0
    for data in came:
        size += len(data)
        if size > at_most:
            raise BodyRefused(TOO_LARGE)
        yield data


@contextmanager
def watched(connection: socket.socket | None, pace: Pace):
    """End a read in which nothing comes: the server's own would wait for good.

    Whoever reads finds the body's end, and by the pace the reason.
    """
    if connection is None:
        yield
        return
    done = threading.Event()

    def watch():
        while not done.wait(LOOKS):
            if pace.too_slow():
                pace.ended = True
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
