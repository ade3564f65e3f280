"""Figures by the day as a picture: rows of bars, drawn by the server without any script.

Places across are in percent and places down in pixels, so that a picture is as wide as there is
room while its text keeps its size. Nothing is told by colour: each row has its own heading, and a
day without a bar says by a sign why. Template: templates/staff/bars.html.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import ceil
from statistics import median

from django.utils.formats import number_format

TOP, FOOT = 20, 84  # pixels from the upper edge: where the scale ends, and where bars stand
LEAST = 2  # pixels of a bar for anything above nothing
OUTLIER = 8  # times the usual value: longer bars are drawn broken, or they would flatten the others

MISSING, UNKNOWN = "×", "?"


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar (`height`) or, where there can be none, a sign in its place."""

    day: date
    said: str
    middle: float
    left: float
    width: float
    top: float = FOOT
    height: float = 0
    broken: bool = False
    unfinished: bool = False
    sign: str = ""


@dataclass(frozen=True)
class Bars:
    """A picture of some rows over the same days, which are in order and without a gap.

    `rows`: a name and a value for each day, None where it is not known. `missing` are days on
    which what is counted did not happen, `unfinished` those on which it still goes on.
    """

    days: Sequence[date]
    rows: Sequence[tuple[str, Sequence[float | None]]]
    missing: frozenset[date] = frozenset()
    unfinished: frozenset[date] = frozenset()

    @cached_property
    def panels(self) -> list["Panel"]:
        return [Panel(self, name, values) for name, values in self.rows]

    @cached_property
    def signs(self) -> set[str]:
        """Return what the key under the picture has to explain."""
        every = [bar for panel in self.panels for bar in panel.bars]
        found = {bar.sign for bar in every}
        found |= {"broken" for bar in every if bar.broken}
        found |= {"unfinished" for bar in every if bar.unfinished}
        return found

    def left(self, number: int) -> float:
        """Return where the place of a day begins, in percent."""
        return 100 * number / len(self.days)

    @cached_property
    def mondays(self) -> list[tuple[float, date]]:
        return [(self.left(n), day) for n, day in enumerate(self.days) if day.weekday() == 0]

    @cached_property
    def dates(self) -> list[tuple[float, date]]:
        """Return at most four dates under the picture: where each begins, the date.

        More would run into each other on a telephone, where a date takes a sixth of the width.
        """
        every = max(2, ceil(len(self.mondays) / 4))
        return [(x, day) for x, day in self.mondays[::every] if x <= 83]


@dataclass(frozen=True)
class Panel:
    """One row of a picture, as it is drawn."""

    picture: Bars
    name: str
    values: Sequence[float | None]

    @cached_property
    def scale(self) -> float:
        """Return the value at which the scale ends: a round one, and no longer than is of use."""
        values = [value for value in self.values if value]
        usual = OUTLIER * median(values) if values else 0
        return rounded_up(max((value for value in values if value <= usual), default=1))

    @property
    def scale_in_words(self) -> str:
        return in_words(self.scale)

    @cached_property
    def bars(self) -> list[Bar]:
        return [
            self._bar(number, day, value)
            for number, (day, value) in enumerate(zip(self.picture.days, self.values, strict=True))
        ]

    @property
    def most(self) -> Bar | None:
        """Return the longest bar, or None where there is none."""
        values = [value or 0 for value in self.values]
        return self.bars[values.index(max(values))] if any(values) else None

    def _bar(self, number, day, value) -> Bar:
        left, width = self.picture.left(number), self.picture.left(1)
        place = {"left": left + width * 0.15, "width": width * 0.7, "middle": left + width / 2}
        if day in self.picture.missing:
            return Bar(day=day, said=MISSING, sign=MISSING, **place)
        if value is None:
            return Bar(day=day, said=UNKNOWN, sign=UNKNOWN, **place)
        height = max(LEAST, (FOOT - TOP) * min(value / self.scale, 1)) if value else 0
        return Bar(
            day=day,
            said=in_words(value),
            top=FOOT - height,
            height=height,
            broken=value > self.scale,
            unfinished=day in self.picture.unfinished,
            **place,
        )


def rounded_up(value: float) -> float:
    """Return the next of 1, 2, 5, 10, 20, 50, … from `value` on; below 1, of 0.1, 0.2, 0.5, …"""
    step = 0.1 if value < 1 else 1
    while True:
        for times in (1, 2, 5):
            if value <= times * step:
                return times * step
        step *= 10


def in_words(value: float) -> str:
    whole = value == int(value)
    return number_format(int(value) if whole else round(value, 1), force_grouping=True)
