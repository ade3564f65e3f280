"""The demo's mail server: takes every mail, keeps it for the demo's page, sends none on.

Run by `manage.py demo` as `python -m portal.demo.sink NUMBER`, with the number of an inherited
socket that is bound to loopback.
"""

import asyncio
import socket
import sys

from aiosmtpd.smtp import SMTP

from portal.demo import mails

PATIENCE = 60  # seconds for a client that says nothing
PATIENCE_IN_BYTES = 4 * mails.LARGEST  # from one kept mail to the next on a connection


class Session(SMTP):
    """A connection, cut where it sends without end: aiosmtpd bounds a mail, but not a line."""

    since_last_mail = 0  # bytes

    def data_received(self, data):
        self.since_last_mail += len(data)
        if self.since_last_mail > PATIENCE_IN_BYTES:
            self.transport.abort()
        else:
            super().data_received(data)


class Sink:
    """What aiosmtpd asks when a mail has come."""

    async def handle_DATA(self, server, session, envelope):
        server.since_last_mail = 0
        try:
            mails.keep(envelope.original_content, to=envelope.rcpt_tos)
        except OSError as error:
            return f"452 The mail could not be kept: {error.strerror}. Try again later"
        return "250 Kept"


def session() -> Session:
    return Session(
        Sink(),
        data_size_limit=mails.LARGEST,
        enable_SMTPUTF8=True,
        hostname="localhost",
        timeout=PATIENCE,
        loop=asyncio.get_running_loop(),
    )


async def serve(listening: socket.socket) -> None:
    server = await asyncio.get_running_loop().create_server(session, sock=listening)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(socket.socket(fileno=int(sys.argv[1]))))
