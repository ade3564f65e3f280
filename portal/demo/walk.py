"""The demo's clock on its way: a day after the other, each with its night and its reminders.

Where it is going stands in a file beside the clock's own, which the queue's job, the page and a
"stop" share. Only forward, and why by whole days: docs/adr/0011.
"""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from feedback import alerts
from portal import clock
from tasks.models import Sweep
from tasks.reminders import promise, send
from tasks.reminders.models import Reminder
from tasks.sweep import run_sweep

FURTHEST = timedelta(days=366)  # at once; what the sources said a year ago counts as unknown


@dataclass(frozen=True)
class Walk:
    """From a day to another, or to the first on which `ref` is reminded if that comes before."""

    since: str
    until: str
    ref: str = ""
    failed: bool = False

    @property
    def days(self) -> int:
        return (date.fromisoformat(self.until) - date.fromisoformat(self.since)).days

    @property
    def days_done(self) -> int:
        return (clock.today() - date.fromisoformat(self.since)).days

    @property
    def goal(self) -> date:
        return date.fromisoformat(self.until)

    @property
    def has_arrived(self) -> bool:
        return clock.today() >= self.goal or bool(self.ref and reminders_of(self.ref).exists())


def reminders_of(ref: str):
    """Return the day's lines in the ledger of a person, sent or skipped."""
    return Reminder.objects.filter(resident__ref=ref, day=clock.today())


# ---- where it is going
def path() -> Path:
    moved_by = clock.moved_by()
    return moved_by.with_name(f"{moved_by.name}.walk")


def current() -> Walk | None:
    with suppress(FileNotFoundError):
        return Walk(**json.loads(path().read_text()))
    return None


def set_out(*, until: date, ref: str = "") -> bool:
    """Note where the clock is to go; False if it is on a way already."""
    if (before := current()) and before.failed:
        end()
    walk = Walk(clock.today().isoformat(), until.isoformat(), ref)
    with written(json.dumps(asdict(walk))) as draft:
        try:
            os.link(draft, path())  # of two at once, one
        except FileExistsError:
            return False
    return True


def fail() -> None:
    """Note that the way has ended before its goal, so that the page can say so."""
    if walk := current():
        with written(json.dumps(asdict(replace(walk, failed=True)))) as draft:
            draft.replace(path())


def end() -> None:
    path().unlink(missing_ok=True)


@contextmanager
def written(text: str) -> Iterator[Path]:
    """Write a draft, to take its place whole, and let go of what is left of it."""
    draft = path().with_suffix(f".{secrets.token_hex(4)}")
    try:
        draft.write_text(text)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


# ---- a day
def live_through(day: date) -> None:
    """Move the clock on to `day`, then do its night, its morning and its look at all pages.

    Safe to run twice. The clock goes first: were the night's tasks there before it, whatever else
    is reconciled meanwhile would close them again.
    """
    if day < clock.today():
        return
    move_to(day)
    run_sweep(day=day, worker="demo")
    morning = datetime.combine(day, settings.REMINDERS_FROM, tzinfo=timezone.get_default_timezone())
    promise.start_round(at=morning, started_by=Sweep.StartedBy.COMMAND)
    send.send_due(clock=lambda: morning, past_leases=True)
    alerts.look(day=day)


def move_to(day: date) -> None:
    days = clock.days_ahead() + (day - clock.today()).days
    with written(str(days)) as draft:
        draft.replace(clock.moved_by())


def forget() -> None:
    """Set the clock back to the real one, for data that are made anew."""
    end()
    clock.moved_by().unlink(missing_ok=True)
