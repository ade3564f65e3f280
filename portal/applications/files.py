"""Attached files: what may be attached, where the bytes lie, and whether they were scanned.

The bytes lie in ATTACHMENTS_DIR, outside everything that is served, under the attachment's id; only
the views of residents and staff open them. A file is what its content says, whatever its name.
"""

import os
import socket
import struct
import time
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path, PurePath
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q
from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.applications.models import Attachment, State
from portal.deadline import hung_up_after
from portal.residents.codes import holds_my_number

LARGEST = 10 * 1024 * 1024  # bytes
PDF, JPEG, PNG, HEIC = "application/pdf", "image/jpeg", "image/png", "image/heic"
ENDINGS = {PDF: ".pdf", JPEG: ".jpg", PNG: ".png", HEIC: ".heic"}
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"}
HEAD = 1024  # bytes in which readers look for the beginning of a PDF or of a page
TAIL = 65_557  # bytes in which a ZIP archive's end stands
SCAN_TAKES_AT_MOST = 30  # seconds
KEPT_FOR = timedelta(days=1)  # what was removed from a draft


class CannotAttach(ValueError):
    """The text says what is wrong with the file, and what next; `code` what it is called there."""

    def __init__(self, text: str, *, code: str):
        super().__init__(text)
        self.code = code


def checked_type(data: bytes) -> str:
    """Return the media type by content. Raises CannotAttach: empty, another, or two at once."""
    if not data:
        raise CannotAttach(_("This file is empty. Choose another one."), code="empty")
    found = _type_of(data)
    if found is None:
        raise CannotAttach(
            _("This is not a PDF, JPEG, PNG or HEIC file, whatever its name says. Choose another."),
            code="other-kind",
        )
    if _is_cut_off(data, found):
        raise CannotAttach(
            _("This file is damaged or cut off. Save it again and attach that."), code="damaged"
        )
    if _is_something_else_too(data, found):
        raise CannotAttach(
            _("Something else is hidden in this file. Save or photograph it again."),
            code="two-kinds",
        )
    return found


def _type_of(data: bytes) -> str | None:
    if data.startswith(b"%PDF-"):
        return PDF
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS:
        return HEIC
    return None


def _is_cut_off(data: bytes, found: str) -> bool:
    if found == PDF:
        return b"%%EOF" not in data[-HEAD:]
    if found == PNG:
        return b"IEND\xaeB`\x82" not in data
    return found == JPEG and b"\xff\xd9" not in data


def _is_something_else_too(data: bytes, found: str) -> bool:
    head, tail = data[:HEAD].lower(), data[-TAIL:]
    if found != PDF and b"%pdf-" in head:
        return True
    if found == PNG and not data.endswith(b"IEND\xaeB`\x82"):
        return True
    page = any(mark in head for mark in (b"<script", b"<html", b"<!doctype html", b"<?php"))
    return page or b"PK\x05\x06" in tail


def safe_name(name: str, media_type: str) -> str:
    """Return the file's name for whoever downloads it, ending as its content asks."""
    plain = "".join(one for one in name if unicodedata.category(one)[0] != "C")
    stem = PurePath(plain.replace("\\", "/")).stem.strip(" .")
    if not stem or holds_my_number(stem):
        stem = "file"
    return stem[:150] + ENDINGS[media_type]


def path_of(uuid: UUID) -> Path:
    return Path(settings.ATTACHMENTS_DIR) / uuid.hex[-2:] / str(uuid)


def store(uuid: UUID, data: bytes) -> None:
    """Write the bytes where only the portal reads them; on the disk before it returns."""
    path = path_of(uuid)
    Path(settings.ATTACHMENTS_DIR).mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def download(attachment: Attachment) -> FileResponse:
    """Answer with the file, to be saved and never shown within the portal.

    Raises FileNotFoundError.
    """
    response = FileResponse(
        path_of(attachment.uuid).open("rb"),
        as_attachment=True,
        filename=attachment.name,
        content_type=attachment.media_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


def scan(data: bytes) -> Attachment.Scan:
    """Ask clamd, where CLAMD_URL names one; without an answer the file is "not scanned"."""
    if not settings.CLAMD_URL:
        return Attachment.Scan.NOT_SCANNED
    try:
        answer = _asked_clamd(data)
    except OSError:
        return Attachment.Scan.NOT_SCANNED
    if answer.endswith(b"FOUND"):
        return Attachment.Scan.INFECTED
    return Attachment.Scan.CLEAN if answer.endswith(b"OK") else Attachment.Scan.NOT_SCANNED


class Talk:
    """A connection to clamd; as `hung_up_after` asks, with a `sock`."""

    def __init__(self, url: str):
        where = urlsplit(url)
        if where.scheme == "unix":
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(SCAN_TAKES_AT_MOST)
            self.sock.connect(where.path)
        else:
            address = (where.hostname, where.port or 3310)
            self.sock = socket.create_connection(address, SCAN_TAKES_AT_MOST)


def _asked_clamd(data: bytes) -> bytes:
    """Return clamd's answer to INSTREAM: "stream: OK", "stream: … FOUND", "… ERROR"."""
    talk = Talk(settings.CLAMD_URL)
    with talk.sock, hung_up_after(SCAN_TAKES_AT_MOST, talk):
        talk.sock.sendall(b"zINSTREAM\0" + struct.pack("!I", len(data)) + data + bytes(4))
        answer = b""
        while not answer.endswith(b"\0") and (part := talk.sock.recv(4096)):
            answer += part
    return answer.rstrip(b"\0\n ")


def scan_waiting(*, until: float = float("inf")) -> int:
    """Scan what was not scanned yet, until that `time.monotonic()`; return how many were."""
    done = 0
    if not settings.CLAMD_URL:
        return done
    waiting = Attachment.objects.filter(scan=Attachment.Scan.NOT_SCANNED, removed_at=None)
    for attachment in waiting.order_by("added_at")[:1000]:
        if time.monotonic() > until:
            break
        try:
            found = scan(path_of(attachment.uuid).read_bytes())
        except FileNotFoundError:
            continue
        own = Attachment.objects.filter(resident=attachment.resident_id, pk=attachment.pk)
        own.update(scan=found)
        done += found != Attachment.Scan.NOT_SCANNED
    return done


def tidy() -> int:
    """Delete files removed before sending, of drafts put away, and of no attachment at all.

    What an office has received stays. Return how many files were deleted. Safe to run twice.
    """
    before = timezone.now() - KEPT_FOR
    unsent = Q(application__sent_at=None)
    put_away = unsent & Q(application__state=State.WITHDRAWN)
    gone = Attachment.objects.filter(application__resident=F("resident")).filter(
        Q(removed_at__lt=before) & (unsent | Q(removed_at__lte=F("application__sent_at")))
        | put_away & Q(application__state_since__lt=before)
    )
    deleted = 0
    for attachment in gone.iterator():
        path_of(attachment.uuid).unlink(missing_ok=True)
        Attachment.objects.filter(resident=attachment.resident_id, pk=attachment.pk).delete()
        deleted += 1
    for path in _stored(before.timestamp()):
        if not Attachment.objects.filter(uuid=path.name).exists():
            path.unlink(missing_ok=True)
            deleted += 1
    return deleted


def _stored(before: float) -> Iterator[Path]:
    for path in Path(settings.ATTACHMENTS_DIR).glob("??/*-*-*-*-*"):
        if path.stat().st_mtime < before:
            yield path
