"""What a connection fetches of its changes: page by page, by a cursor that says how far it is.

A cursor is a position and the end of the public id of the change that has it. So a cursor
given out before a backup was restored, whose position is another change's now, is noticed.
"""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

from portal.exchange.changes.number import number_changes
from portal.exchange.models import Change, Connection, Numbering

AT_MOST = 1000
_CURSOR = re.compile(r"(\d{1,18}) ([0-9a-f]{12}|-)", re.ASCII)


class NotACursor(ValueError):
    """It was not given out here."""


class CursorTooOld(ValueError):
    """What followed it is no longer kept, or a backup was restored: begin anew, without one."""


class Page(NamedTuple):
    """Changes in their order; `next` goes on behind them, and `more` says that some are there."""

    changes: list[Change]
    next: str
    more: bool


def changes_since(connection: Connection, cursor: str = "", *, limit: int = 100) -> Page:
    """Return the changes behind a cursor, from 1 to AT_MOST; without one, from the oldest kept.

    `next` is good for 90 days, also where nothing of this connection has changed.
    Raises NotACursor, CursorTooOld.
    """
    number_changes()
    # Read before the changes: what is numbered between the two is not behind the cursor unseen.
    reached = Numbering.objects.first() or Numbering()
    position = position_of(cursor, reached) if cursor else 0
    found = list(Change.objects.of(connection, since=position, limit=limit + 1))
    changes, more = found[:limit], len(found) > limit
    last = max(position, changes[-1].position if changes else 0)
    if not more:
        last = max(last, reached.last)
    return Page(changes, cursor_of(last), more)


def cursor_of(position: int) -> str:
    return urlsafe_b64encode(f"{position} {mark_of(position)}".encode()).decode().rstrip("=")


def position_of(cursor: str, reached: Numbering) -> int:
    """Return the position of a cursor. Raises NotACursor, CursorTooOld."""
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise NotACursor from error
    if not (found := _CURSOR.fullmatch(text)):
        raise NotACursor
    position, mark = int(found[1]), found[2]
    if position < reached.forgotten or (position > 0 and mark != mark_of(position)):
        raise CursorTooOld
    return position


def mark_of(position: int) -> str:
    """Return the part of the public id at a position that no other change there would have."""
    found = Change.objects.filter(position=position).values_list("uuid", flat=True).first()
    return found.hex[-12:] if found else "-"
