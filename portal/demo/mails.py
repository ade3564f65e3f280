"""The mails of the demo: kept in a folder by its mail server, read by its page.

Commands beside it (`manage.py remind`) put theirs into the same folder, without a server.

One file a mail, readable by this user alone: a line of JSON that says to whom it went, then the
mail as it came. Its name is the time in Japan by the demo's clock, so names sort as mails came.
"""

import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from functools import cached_property
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from portal import clock

LARGEST = 2 * 1024 * 1024  # bytes of one mail
MOST = 2000  # mails kept; of more the oldest go
ROOM = 100 * 1024 * 1024  # bytes of all mails kept; of more the oldest go
NAMED = "%Y%m%dT%H%M%S.%f"


def folder() -> Path:
    return settings.RUN_DIR / "demo-mails"


def keep(content: bytes, *, to: Sequence[str]) -> None:
    """Store a mail and let go of the oldest, past the bounds. Raises OSError where that fails."""
    folder().mkdir(mode=0o700, exist_ok=True)
    name = f"{clock.localtime().strftime(NAMED)}-{secrets.token_hex(4)}"
    draft = folder() / f".{name}"  # renamed when whole, so that the page never sees a half
    try:
        draft.touch(mode=0o600)
        draft.write_bytes(json.dumps({"to": list(to)}).encode() + b"\n" + content)
        draft.rename(folder() / f"{name}.mail")
    finally:
        draft.unlink(missing_ok=True)
    drop_oldest()


def drop_oldest() -> None:
    mails = sorted(os.scandir(folder()), key=lambda entry: entry.name, reverse=True)
    used = 0
    for place, entry in enumerate(mails):
        used += entry.stat().st_size
        if place >= MOST or used > ROOM:
            Path(entry).unlink(missing_ok=True)


class KeepingBackend(BaseEmailBackend):
    """Django's way to the folder, where EMAIL_URL names no server."""

    def send_messages(self, messages):
        for message in messages:
            keep(message.message().as_bytes(linesep="\r\n"), to=message.recipients())
        return len(messages)


def kept(address: str = "") -> list["Mail"]:
    """Return the mails to addresses that contain `address`, newest first."""
    paths = sorted(folder().glob("*.mail"), reverse=True)
    wanted = address.casefold()
    return [mail for mail in map(Mail, paths) if any(wanted in one.casefold() for one in mail.to)]


def find(name: str) -> "Mail | None":
    path = folder() / f"{name}.mail"
    return Mail(path) if path.is_file() else None


@dataclass(frozen=True)
class Mail:
    """A mail in the folder, read as far as it is asked for. Nothing in it is trusted."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def at(self) -> datetime:
        """When it came, by the demo's clock."""
        arrived = datetime.strptime(self.name.partition("-")[0], NAMED)  # noqa: DTZ007
        return timezone.make_aware(arrived)

    @cached_property
    def to(self) -> list[str]:
        """The addresses that the server was told, also those that the mail does not name."""
        with suppress(FileNotFoundError), open(self.path, "rb") as file:  # perhaps just let go of
            return json.loads(file.readline())["to"]
        return []

    @cached_property
    def source(self) -> bytes:
        with open(self.path, "rb") as file:
            file.readline()
            return file.read()

    @cached_property
    def message(self) -> Message:
        return message_from_bytes(self.source)

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, decoded(value)) for name, value in self.message.raw_items()]

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def subject(self) -> str:
        return self.header("Subject")

    @property
    def text(self) -> str:
        return next(self._parts("text/plain"), "")

    @property
    def html(self) -> str:
        return next(self._parts("text/html"), "")

    def _parts(self, content_type: str) -> Iterator[str]:
        for part in self.message.walk():
            if part.get_content_type() == content_type:
                content = part.get_payload(decode=True) or b""
                try:
                    yield content.decode(part.get_content_charset("utf-8"), "replace")
                except LookupError:  # a charset that nobody knows
                    yield content.decode("utf-8", "replace")

    @property
    def unsubscribe_url(self) -> str:
        """The web address of List-Unsubscribe, or an empty text."""
        addresses = self.header("List-Unsubscribe").split(",")
        found = (address.strip().removeprefix("<").removesuffix(">") for address in addresses)
        return next((one for one in found if one.startswith(("http://", "https://"))), "")

    @property
    def by_one_click(self) -> bool:
        """Whether the mail offers what RFC 8058 describes."""
        offered = self.header("List-Unsubscribe-Post").strip() == "List-Unsubscribe=One-Click"
        return offered and bool(self.unsubscribe_url)


def decoded(value: str) -> str:
    """Return a header in words: unfolded, RFC 2047 undone, bytes past ASCII taken for UTF-8."""
    value = value.encode("ascii", "surrogateescape").decode("utf-8", "replace")
    value = "".join(value.splitlines())
    with suppress(HeaderParseError, LookupError, ValueError):
        return str(make_header(decode_header(value)))
    return value
