from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller

from tests.ports import free_port

JAPAN = timezone(timedelta(hours=9))


def at(text: str) -> datetime:
    """Return a moment in Japan: "2027-02-21 08:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=JAPAN).astimezone(UTC)


@dataclass
class MailServer:
    """A real mail server on loopback that answers as the test says, and keeps what it took."""

    accepted: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)  # per address: RCPT's, in turn
    after_data: list = field(default_factory=list)  # in turn: an answer, or a coroutine function

    async def handle_RCPT(self, server, session, envelope, address, options):
        if waiting := self.answers.get(address):
            return waiting.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.after_data:
            answer = self.after_data.pop(0)
            if callable(answer):
                answer = await answer()
            if not answer.startswith("2"):
                return answer
        self.accepted.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def mail_server(settings):
    server = MailServer()
    settings.EMAIL_BACKEND = "portal.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    controller = Controller(server, settings.EMAIL_HOST, settings.EMAIL_PORT)
    controller.start()
    yield server
    controller.stop()
