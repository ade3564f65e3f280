"""Reminders by e-mail: what they say, and how the mail server's answers are taken.

The subject says nothing private, the text no name. One-click unsubscribe: RFC 8058.
"""

import re
import smtplib
from contextlib import suppress
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.core import mail, signing
from django.core.mail.message import sanitize_address
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from portal.deadline import hung_up_after
from tasks import words
from tasks.reminders.delivery import Answer, Letter, Verdict
from tasks.reminders.plain_mail import PlainMail, as_written

SIGNED_FOR = "tasks.reminders.stop"


def stop_token(resident_uuid) -> str:
    """Return what names a resident in an unsubscribe link: signed, so that none can be guessed."""
    return signing.Signer(salt=SIGNED_FOR).sign(str(resident_uuid))


def read_stop_token(token: str) -> str:
    """Return the resident's uuid. Raises signing.BadSignature if the token is not ours."""
    return signing.Signer(salt=SIGNED_FOR).unsign(token)


class Said(NamedTuple):
    """What a mail says of one reminder, in the reader's language."""

    title: str
    due_on: date | None
    passed: bool
    of_a_child: bool
    possible_later: bool

    @property
    def day(self) -> str:
        return words.day(self.due_on) if self.due_on else ""


def compose(letter: Letter) -> PlainMail:
    """Return the mail in the resident's language, as text and as HTML."""
    address = settings.PORTAL_URL
    stop = address + reverse("reminders:stop", args=[stop_token(letter.resident_uuid)])
    with translation.override(letter.language):
        lines = tuple(
            Said(
                str(line.title),
                line.due_on,
                line.due_on is not None and line.due_on < letter.day,
                line.of_a_child,
                line.possible_later,
            )
            for line in letter.lines
        )
        subject, text, html = _texts(letter.language, lines, address)
    message = PlainMail(
        subject=subject,
        body=text.replace(STOP, stop),
        to=[letter.address],
        headers={
            "Message-ID": f"<{letter.uuid}@{settings.MAIL_DOMAIN}>",
            "Auto-Submitted": "auto-generated",
            "Content-Language": letter.language,
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    message.attach_alternative(html.replace(STOP, stop), "text/html")
    return message


STOP = "{stop}"  # stands for the link that differs from person to person


@lru_cache(maxsize=500)
def _texts(language: str, lines: tuple[Said, ...], address: str) -> tuple[str, str, str]:
    """Return subject, text and HTML, in the active language, which is `language`.

    A morning's mails say much the same, for all of a step have the same date. Only what they
    say is kept here, nobody's name or address.
    """
    context = {
        "lines": lines,
        "home": address + reverse("tasks:home"),
        "settings": address + reverse("tasks:settings"),
        "stop": STOP,
        "subject": _("Something to do, from Annai"),
    }
    return (
        context["subject"],
        render_to_string("reminders/mail.txt", context),
        render_to_string("reminders/mail.html", context),
    )


class MailDelivery:
    """One connection to the mail server, opened for the first mail and after a failure."""

    def __init__(self):
        self.connection = mail.get_connection()

    def send(self, letter: Letter) -> Answer:
        return self.deliver(compose(letter))

    def deliver(self, message: PlainMail) -> Answer:
        """Hand a mail to one address over to the server, and say what became of it."""
        [address] = message.to
        if not goes_as_it_stands(address):
            return Answer(Verdict.REFUSED, "address")
        try:
            self._open()
        except OSError as error:  # smtplib's own errors among them
            self.close()
            return Answer(Verdict.LATER, _code(error) or "no-connection", stops=True)
        try:
            with hung_up_after(settings.MAIL_TAKES_AT_MOST, self._server()):
                self._hand_over(message)
        except OSError as error:
            self.close()
            return read_failure(error)
        return Answer(Verdict.ACCEPTED)

    def _open(self):
        """Connect, unless it stands; only then may the server take its time over each mail."""
        self.connection.open()
        if server := self._server():
            server.sock.settimeout(settings.MAIL_TAKES_AT_MOST)

    def _hand_over(self, message: PlainMail):
        if server := self._server():  # as Django does, which would read both addresses once more
            content = message.message().as_bytes(linesep="\r\n")
            server.sendmail(as_written(message.from_email), message.to, content)
        else:
            self.connection.send_messages([message])

    def _server(self) -> smtplib.SMTP | None:
        """Return the conversation with a mail server; where mails go into files there is none."""
        return getattr(self.connection, "connection", None)

    def close(self):
        with suppress(OSError):
            self.connection.close()


ATOM = r"[\w!#$%&'*+/^`{|}~-]+"  # without what an encoded word begins with
USUAL = re.compile(rf"{ATOM}(\.{ATOM})*@[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII | re.IGNORECASE)


def goes_as_it_stands(address: str) -> bool:
    """Tell whether a mail to it reaches this very mailbox: what must be quoted, or is a comment or
    an encoded word, would be sent to another one."""
    if USUAL.fullmatch(address):
        return True
    try:
        return sanitize_address(address, "utf-8") == address
    except ValueError:
        return False


def read_failure(error: OSError) -> Answer:
    """Return what a failed attempt means: 5xx for this person ends it, all else is tried again."""
    code = _code(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) and code >= "500":
        return Answer(Verdict.REFUSED, code)
    # 421: the server is closing. About our own address or password: everybody's mail would fail.
    stops = code == "421" or isinstance(
        error, smtplib.SMTPSenderRefused | smtplib.SMTPAuthenticationError
    )
    return Answer(Verdict.LATER, code or "no-answer", stops=stops)


def _code(error: OSError) -> str:
    """Return the server's code, never its words, in which the address may stand; "" for none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return str(max(code for code, _words in error.recipients.values()))
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0:
        return str(error.smtp_code)
    return ""
