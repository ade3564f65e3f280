"""How long a conversation with another server may take in all."""

import socket
from contextlib import contextmanager, suppress
from threading import Event, Timer


@contextmanager
def hung_up_after(seconds: float, connection):
    """Within, end a connection that takes longer in all; a socket's timeout is of each read alone.

    Raises TimeoutError then, whatever was read: half an answer may look like a whole one.
    `connection` has a `sock`, or is None.
    """
    hung_up = Event()

    def hang_up():
        hung_up.set()
        if sock := connection.sock:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, hang_up)
    timer.daemon = True
    if connection:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if hung_up.is_set():
            raise TimeoutError(f"It took longer than {seconds} seconds in all.")
