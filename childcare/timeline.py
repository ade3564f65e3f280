"""A child's vaccinations as a picture: a row for each series, age across, drawn by the server.

Places across are in percent and places down in pixels, as in portal.bars, so that the picture is
as wide as there is room. Nothing is told by colour alone, and all of it stands in a table too.
Template: templates/childcare/_timeline.html.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

ROW = 56  # pixels: a line for the name, and the signs below it
HEAD = 52  # pixels above the first row: what "today" and the ages need
MONTH = 365.2425 / 12  # days
# Where ages (months) stand, in percent, by how old the child is: the first year has the most doses
# and gets most room while it matters, then what is to come.
SCALES = [
    (18, [(0, 2), (12, 48), (24, 62), (84, 82), (216, 100)]),
    (72, [(0, 2), (12, 22), (24, 32), (84, 75), (216, 100)]),
    (216, [(0, 2), (24, 18), (84, 36), (216, 100)]),
]
APART = 3.2  # percent between two signs of a row, which would else cover each other


@dataclass(frozen=True)
class Mark:
    """A dose: `state` is done, review, next or later; `said` tells it in words."""

    on: date
    state: str
    said: str


@dataclass(frozen=True)
class Row:
    """A series. `free` and `best` are first and last day of those periods of what is to come."""

    name: str
    marks: Sequence[Mark]
    free: tuple[date, date] | None = None
    best: tuple[date, date] | None = None


@dataclass(frozen=True)
class Span:
    left: float
    width: float


@dataclass(frozen=True)
class Timeline:
    """The picture of some rows for a child born on `born`, as of `today`."""

    born: date
    today: date
    rows: Sequence[Row]

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.rows)

    @property
    def today_at(self) -> float:
        return self.place(self.today)

    @property
    def today_turned(self) -> bool:
        """Whether the word beside the line of today has its room on the left."""
        return self.today_at > 80

    @cached_property
    def ages(self) -> list[tuple[float, int]]:
        """Return the lines that divide the ages: place, months."""
        shown = (0, 6, 12, 24, 84) if self.scale is SCALES[0][1] else (0, 24, 84, 132)
        return [(self.place_of(months), months) for months in shown]

    @cached_property
    def scale(self) -> list[tuple[int, int]]:
        age = (self.today - self.born).days / MONTH
        return next((scale for until, scale in SCALES if age < until), SCALES[-1][1])

    @cached_property
    def drawn(self) -> list[dict]:
        """Return each row with the places of what is in it."""
        return [
            {
                "row": row,
                "top": HEAD + ROW * number,
                "middle": HEAD + ROW * number + 39,
                "free": self.span(row.free),
                "best": self.span(row.best),
                "marks": self.marks(row),
            }
            for number, row in enumerate(self.rows)
        ]

    @property
    def states(self) -> set[str]:
        """Return which signs the key has to explain."""
        return {mark.state for row in self.rows for mark in row.marks}

    @property
    def has_periods(self) -> bool:
        return any(row.free for row in self.rows)

    def place(self, day: date) -> float:
        return self.place_of((day - self.born).days / MONTH)

    def place_of(self, months: float) -> float:
        """Return where an age stands, in percent; before and after the scale, at its ends."""
        for (low, left), (high, right) in pairwise(self.scale):
            if months < high:
                return round(left + (right - left) * max(months - low, 0) / (high - low), 2)
        return self.scale[-1][1]

    def span(self, period: tuple[date, date] | None) -> Span | None:
        if period is None:
            return None
        left, right = map(self.place, period)
        return Span(left, max(right - left, 0.5))

    def marks(self, row: Row) -> list[tuple[float, Mark]]:
        """Return the signs by date, each far enough to the right of the one before."""
        placed, least = [], 0.0
        for mark in sorted(row.marks, key=lambda mark: mark.on):
            at = min(max(self.place(mark.on), least), 98.0)
            placed.append((at, mark))
            least = at + APART
        return placed
