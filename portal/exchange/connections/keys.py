"""Keys of connections: made, found by what was sent, ended. The key itself is kept nowhere."""

import hashlib
import secrets
import string
from datetime import datetime

from django.utils import timezone

from portal.exchange.models import Connection, Key

BEGINS = "ak_"  # so that whoever finds one in a log or a repository knows what it is
_LETTERS = string.ascii_lowercase + string.digits


def make_key(
    connection: Connection, *, by=None, ends_at: datetime | None = None
) -> tuple[Key, str]:
    """Return a new key and its text, which can never be shown again: `ak_…` `.` 256 bits of chance.

    The connection's other keys stay as they are, so that a source changes over when it likes.
    """
    prefix = BEGINS + "".join(secrets.choice(_LETTERS) for _ in range(9))
    text = f"{prefix}.{secrets.token_urlsafe(32)}"
    key = Key.objects.create(
        connection=connection, prefix=prefix, digest=digest(text), made_by=by, ends_at=ends_at
    )
    return key, text


def looks_like_one(text: str) -> bool:
    """Tell a key from an OAuth token, which has no full stop."""
    return text.startswith(BEGINS) and "." in text


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def key_of(text: str, *, now: datetime | None = None) -> Key | None:
    """Return the key that a text is, if it is good now."""
    key = (
        Key.objects.good(now or timezone.now())
        .select_related("connection__source", "connection__municipality")
        .filter(prefix=text.partition(".")[0][:12])
        .first()
    )
    return key if key and secrets.compare_digest(key.digest, digest(text)) else None
