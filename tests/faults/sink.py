"""A mail server that behaves as told, and remembers every mail that it said yes to."""

import asyncio
import email
import logging
import threading
import time
from collections import Counter, deque
from email.policy import default
from typing import NamedTuple

from aiosmtpd.controller import Controller

from tests.ports import free_port

ANSWERS = {
    "accept": "250 OK",
    "421": "421 Closing",
    "451": "451 Try again later",
    "550": "550 No such person",
}
HANG = "hang"  # after DATA, and never answer
LOST = "lost"  # accept, and lose the connection before the answer is out
logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's, a line for each command


class Mail(NamedTuple):
    message_id: str
    to: str


class Sink:
    """`answers` are given to the next mails, one each; then every mail is accepted."""

    def __init__(self):
        self.accepted: list[Mail] = []
        self.answers: deque[str] = deque()
        self.tried = 0
        self.hung_for: list[float] = []
        self._changed = threading.Lock()
        self._controller = None
        self.port = 0

    def __enter__(self):
        self.open()
        return self

    def __exit__(self, *exception):
        self.close()

    def open(self):
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port or free_port())
        self._controller.start()
        self.port = self._controller.port

    def close(self):
        """Refuse connections from now on."""
        self._controller.stop()

    def forget(self):
        with self._changed:
            self.accepted.clear()
            self.answers.clear()
            self.hung_for.clear()
            self.tried = 0

    async def handle_DATA(self, server, session, envelope):
        with self._changed:
            self.tried += 1
            answer = self.answers.popleft() if self.answers else "accept"
        if answer == HANG:
            return await self._hang()
        if answer in ("accept", LOST):
            parsed = email.message_from_bytes(envelope.content, policy=default)
            with self._changed:
                self.accepted.append(Mail(parsed["Message-ID"], parsed["To"]))
        if answer == LOST:
            server.transport.abort()
            return None
        return ANSWERS[answer]

    async def _hang(self):
        began = time.monotonic()
        try:
            await asyncio.sleep(60)
        finally:  # the client has hung up
            self.hung_for.append(time.monotonic() - began)
        return ANSWERS["451"]

    def repeated(self) -> int:
        """Return how many mails came once more, under the Message-ID that they had before."""
        return len(self.accepted) - len(set(self.accepted))

    def told_twice(self) -> list[str]:
        """Return who got two different mails: that must be nobody, whatever was killed."""
        people = Counter(mail.to for mail in set(self.accepted))
        return [person for person, count in people.items() if count > 1]
