"""Which day it is. Whoever asks the rules for today asks here, not Django.

In production this is the real clock, in Japan's time. The demo's can be moved on by whole days
(portal/demo/clock.py), so that somebody can see a whole ladder of reminders (docs/adr/0011). What
says when something truly happened (a lease, a session, the time of an event) stays with
`timezone.now()`.
"""

from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.utils import timezone


def today() -> date:
    """Return the date in Japan."""
    return localtime().date()


def localtime() -> datetime:
    """Return the time in Japan."""
    return timezone.localtime() + timedelta(days=days_ahead())


def days_ahead() -> int:
    """Return by how many days the clock of this database has been moved on: 0 in production."""
    if not settings.PRODUCTION:
        with suppress(FileNotFoundError), open(moved_by()) as file:
            return int(file.read())
    return 0


def moved_by() -> Path:
    """Return the file that keeps the number of days, one a database: its inbox is as of that day.

    A file, so that every process sees a change at once and no page asks the database once more.
    """
    return _file(settings.RUN_DIR, connection.settings_dict["NAME"])


@cache
def _file(folder: Path, database: str) -> Path:
    return folder / f"clock-{quote(database, safe='')}"
