"""Which checkups there are, and when a child is to come. No Django: dates in, dates out.

What a checkup is called and rests on stands in `checkups.toml`. A window comes from the law where
it has one for the whole country (18 months, 3 years), else from the municipality's calendar
alone: without one there is no date, and none is invented.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import NamedTuple, Protocol

from childcare.counting import reach

SHOWN_BEFORE = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Checkup:
    """One entry of `checkups.toml`; what the parts mean is said there."""

    code: str
    of: str
    name: Mapping[str, str]
    basis: Mapping[str, str]
    valid_from: date
    source: str
    verified: bool
    valid_to: date = date.max
    window: Mapping[str, int] | None = None

    def window_of(self, born: date) -> tuple[date, date]:
        """Return the first and the last day for a child, by a window of the law.

        An age is exceeded from the day after the one at whose end it is reached: the like day.
        """
        first = reach(born, self.window["over"]) + timedelta(days=1)
        return first, reach(born, self.window["under"])


class Calendar(Protocol):
    """When a municipality holds a checkup (childcare.models.CheckupCalendar)."""

    checkup: str
    born_from: date
    born_until: date
    held_from: date
    held_until: date
    place: str
    note: str


class Due(NamedTuple):
    """A checkup of one child and when; named as the columns of DueCheckup are."""

    checkup: str
    basis: str  # "law" or "calendar"
    done_on: date | None
    window_from: date
    window_until: date
    opens_on: date
    place: str = ""
    note: str = ""


@cache
def entries() -> tuple[Checkup, ...]:
    """Return every entry, in the order of the file."""
    text = files("childcare.checkups").joinpath("checkups.toml").read_text(encoding="utf-8")
    return tuple(Checkup(**entry) for entry in tomllib.loads(text)["checkup"])


@cache
def current() -> dict[str, Checkup]:
    """Return the latest entry of every code, in the order of the file."""
    by_age = sorted(entries(), key=lambda entry: entry.valid_from)
    latest = {entry.code: entry for entry in by_age}
    return {entry.code: latest[entry.code] for entry in entries()}


@cache
def of_children() -> dict[str, Checkup]:
    """Return those that a municipality's calendar may name."""
    return {code: one for code, one in current().items() if one.of == "child"}


@cache
def by_law() -> dict[str, list[Checkup]]:
    """Return the entries of those for which the law has a window, by code."""
    found: dict[str, list[Checkup]] = {}
    for entry in entries():
        if entry.of == "child" and entry.window:
            found.setdefault(entry.code, []).append(entry)
    return found


def name_of(code: str, language: str) -> str:
    """Return what a checkup is called; the code itself where a source has one of its own."""
    known = current().get(code)
    return known.name.get(language, known.name["en"]) if known else code


def due_rows(*, born: date, done: Mapping[str, date], calendars: Iterable[Calendar]) -> list[Due]:
    """Return the checkups of a child that have dates, in the order of the file.

    `done` says on which day each was done (code: date); `calendars` are those of the child's
    municipality, which come before the law's window. A function of these alone, whatever the day.
    """
    by_code: dict[str, list[Calendar]] = {}
    for calendar in calendars:
        if calendar.born_from <= born <= calendar.born_until:
            by_code.setdefault(calendar.checkup, []).append(calendar)
    rows = []
    for code in of_children():
        if mine := by_code.get(code):
            held = max(mine, key=lambda calendar: calendar.born_from)
            window = (held.held_from, held.held_until)
            where = ("calendar", held.place, held.note)
        else:
            window, where = _window_by_law(code, born), ("law", "", "")
        if window:
            rows.append(_due(code, done.get(code), window, *where))
    return rows


def _window_by_law(code: str, born: date) -> tuple[date, date] | None:
    """Return the window of the entry that holds when it begins."""
    windows = ((entry, entry.window_of(born)) for entry in by_law().get(code, []))
    return next((w for entry, w in windows if entry.valid_from <= w[0] <= entry.valid_to), None)


def _due(code, done_on, window, basis, place, note) -> Due:
    first, last = window
    return Due(code, basis, done_on, first, last, first - SHOWN_BEFORE, place, note)
