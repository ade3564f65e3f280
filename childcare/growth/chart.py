"""A child's growth as a picture: one measure over age, with the standard's percentiles behind it.

Drawn by the server without any script. Places across are in percent and places down in pixels, so
that a picture is as wide as there is room while its text keeps its size; curves are drawn in a
square of 100 by 100 that is stretched over the same place. Nothing is told by colour alone, and the
table beneath says the same. Template: templates/childcare/_growth_chart.html.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import ceil, floor
from typing import NamedTuple

from childcare.growth.standard import PERCENTILES, Measure, Place, months, place_of, stretches

HEIGHT = 260  # pixels from the upper edge to the lower
SPANS = (12, 24, 60, 120, 216)  # months that a picture may show
TICKS = {12: 3, 24: 6, 60: 12, 120: 24, 216: 36}  # months from one number beneath it to the next
STEPS = (0.5, 1, 2, 5, 10, 20, 50)  # from one number beside it to the next
MOST_STEPS = 7


class Value(NamedTuple):
    """What was measured (kg or cm) on a day, and whether the family entered it."""

    on: date
    amount: float
    by_family: bool


class Point(NamedTuple):
    """A measured value in its place. `place` is None where the standard says nothing."""

    value: Value
    days: int
    x: float
    y: float
    place: Place | None


class Curve(NamedTuple):
    percentile: int
    points: str  # of an SVG polyline in a square of 100 by 100


class Label(NamedTuple):
    text: float
    x: float
    y: float


@dataclass(frozen=True)
class Chart:
    """One measure of one child. Without a sex there is no standard behind it.

    `age` is the child's on the day of the page, in days. It counts from birth, whatever the weeks
    at which the child was born.
    """

    measure: Measure
    born: date
    age: int
    sex: str | None
    values: Sequence[Value]

    height = HEIGHT

    @cached_property
    def span(self) -> int:
        """Return how many months the picture shows."""
        ages = [self.age, *(self._days(value) for value in self.values)]
        return next((span for span in SPANS if months(max(ages)) <= span), SPANS[-1])

    @cached_property
    def points(self) -> list[Point]:
        return [self._point(value) for value in sorted(self.values)]

    @cached_property
    def line(self) -> str:
        """Return the child's own curve."""
        return _polyline((point.x, self._share(point.value.amount)) for point in self.points)

    @cached_property
    def curves(self) -> list[Curve]:
        return [
            Curve(percentile, self._curve(part, percentile))
            for percentile in PERCENTILES
            for part in self._standard
        ]

    @cached_property
    def bands(self) -> list[str]:
        """Return what lies between the outermost curves, as polygons."""
        outermost = PERCENTILES[0], PERCENTILES[-1]
        lower_and_upper = [
            [self._curve(part, percentile) for percentile in outermost] for part in self._standard
        ]
        return [f"{lower} {' '.join(reversed(upper.split()))}" for lower, upper in lower_and_upper]

    @cached_property
    def names(self) -> list[Label]:
        """Return the names of the outermost percentiles and the middle one, where they end."""
        if not self._standard:
            return []
        last = self._standard[-1][-1]
        return [
            Label(percentile, self._x(last.month), self._y(last.value(percentile)))
            for percentile in PERCENTILES[::2]
        ]

    @cached_property
    def ages(self) -> list[Label]:
        """Return the numbers beneath: months up to two years, else years."""
        return [
            Label(month if self.in_months else month // 12, self._x(month), HEIGHT)
            for month in range(0, self.span + 1, TICKS[self.span])
        ]

    @property
    def in_months(self) -> bool:
        return self.span <= 24

    @cached_property
    def amounts(self) -> list[Label]:
        """Return the numbers beside."""
        low, high, step = self._scale
        return [
            Label(low + step * number, 0, self._y(low + step * number))
            for number in range(round((high - low) / step) + 1)
        ]

    @cached_property
    def _standard(self) -> list[list]:
        """Return the rows of the standard that are in the picture, by stretches."""
        if self.sex is None:
            return []
        parts = stretches(self.sex, self.measure)
        shown = ([row for row in part if row.month <= self.span] for part in parts)
        return [rows for rows in shown if len(rows) > 1]

    @cached_property
    def _scale(self) -> tuple[float, float, float]:
        """Return the lowest and the highest number beside the picture, and the step between."""
        amounts = [value.amount for value in self.values]
        for part in self._standard:
            amounts += [row.value(PERCENTILES[0]) for row in part]
            amounts += [row.value(PERCENTILES[-1]) for row in part]
        if amounts and not self._standard:
            # Else the scale of a single value would show grams.
            amounts += [min(amounts) * 0.8, max(amounts) * 1.2]
        least, most = (min(amounts), max(amounts)) if amounts else (0, 1)
        for step in STEPS:
            low, high = floor(least / step) * step, ceil(most / step) * step
            if high - low <= MOST_STEPS * step:
                break
        return low, max(high, low + step), step

    def _point(self, value: Value) -> Point:
        days = self._days(value)
        place = place_of(self.sex, self.measure, days, value.amount) if self.sex else None
        return Point(value, days, self._x(months(days)), self._y(value.amount), place)

    def _days(self, value: Value) -> int:
        return (value.on - self.born).days

    def _curve(self, rows, percentile: int) -> str:
        return _polyline((self._x(row.month), self._share(row.value(percentile))) for row in rows)

    def _x(self, month: float) -> float:
        return round(100 * month / self.span, 2)

    def _share(self, amount: float) -> float:
        """Return how far down an amount stands, in percent."""
        low, high, _step = self._scale
        return round(100 * (high - amount) / (high - low), 2)

    def _y(self, amount: float) -> float:
        return round(self._share(amount) * HEIGHT / 100, 1)


def _polyline(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
