"""What everyone may see of the weeks that are over: read in four statements, kept some minutes.

All that the page says is worked out from numbers that are themselves published: so a share or an
average never tells what was hidden.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.core.cache import caches
from django.db.models import OuterRef, Q, Subquery
from django.utils.formats import number_format
from django.utils.translation import get_language

from portal.applications.models import ProcedureVersion
from portal.insights.models import ALL, Measure, Week, WeekFigure
from portal.residents.models import Municipality

WEEKS_SHOWN = 53
AVERAGE_OF = 4  # weeks
MOST_ROWS = 50  # of a table of municipalities; the file has all
KEPT = 300  # seconds
COUNTED = [Measure.APPLICATIONS, Measure.DECIDED, Measure.COMPLETED]
MINUS, WIDE, HIGH = "−", 1000, 200  # of the picture: its width and height


def signed(difference: int) -> str:
    """Return a difference with its sign: +1,234, ±0 or, with a true minus, −7,825."""
    sign = MINUS if difference < 0 else "+" if difference else "±"
    return sign + number_format(abs(difference), force_grouping=True)


@dataclass(frozen=True)
class Line:
    """One measure over the weeks, the oldest first; None where the number is not shown."""

    measure: Measure
    mondays: list[date]
    values: list[int | None]

    @property
    def last(self) -> int | None:
        return self.values[-1] if self.values else None

    @property
    def before(self) -> int | None:
        return self.values[-2] if len(self.values) > 1 else None

    @property
    def difference(self) -> str | None:
        known = self.last is not None and self.before is not None
        return signed(self.last - self.before) if known else None

    @property
    def per_day(self) -> float | None:
        """Return the average over the last four weeks, or None if one of them is not shown."""
        found = self.values[-AVERAGE_OF:]
        if len(found) < AVERAGE_OF or None in found:
            return None
        return sum(found) / (7 * AVERAGE_OF)

    @property
    def most(self) -> int:
        return max((value for value in self.values if value), default=0)

    @cached_property
    def strokes(self) -> list[str]:
        """Return the picture's line as points of polylines: broken where a week is not shown."""
        step = WIDE / max(1, len(self.values) - 1)
        strokes, points = [], []
        for number, value in enumerate([*self.values, None]):
            if value is not None:
                height = HIGH - HIGH * value / (self.most or 1)
                points.append(f"{number * step:.1f},{height:.1f}")
            elif points:
                # One week alone is a point: a line as long as it is thick.
                strokes.append(" ".join(points if len(points) > 1 else points * 2))
                points = []
        return strokes

    @property
    def rows(self) -> list[tuple[date, int | None]]:
        return list(zip(self.mondays, self.values, strict=True))[::-1]


@dataclass(frozen=True)
class Share:
    """The part of `yes` in all, over those of the last four weeks of which both are shown."""

    weeks: int
    yes: int
    of: int

    @property
    def percent(self) -> int | None:
        return round(100 * self.yes / self.of) if self.of else None


def share(yes: Line, no: Line) -> Share:
    both = [
        pair
        for pair in zip(yes.values[-AVERAGE_OF:], no.values[-AVERAGE_OF:], strict=True)
        if None not in pair
    ]
    return Share(len(both), sum(pair[0] for pair in both), sum(map(sum, both)))


@dataclass(frozen=True)
class Row:
    """One municipality or procedure of the last week: what is shown of each of COUNTED."""

    name: str
    values: list[int | None]


def published(*, today: date) -> dict | None:
    """Return what the page shows, or None as long as no week is over; the same for everyone."""
    key = f"figures-{today}-{get_language()}"
    if (found := caches["fragments"].get(key)) is None:
        found = read()
        caches["fragments"].set(key, found, KEPT)
    return found


def read() -> dict | None:
    weeks = list(Week.objects.filter(closed=True)[:WEEKS_SHOWN])[::-1]
    if not weeks:
        return None
    lines = read_lines([week.monday for week in weeks])
    last = weeks[-1]
    margins = list(margins_of(last.monday))
    names = procedure_names()
    return {
        "last": last.monday,
        "sunday": last.monday + timedelta(days=6),
        "counted_at": max(week.counted_at for week in weeks),
        "corrected": [week for week in weeks[::-1] if week.corrected_at],
        "lines": [lines[measure] for measure in COUNTED],
        "in_time": share(lines[Measure.TASKS_IN_TIME], lines[Measure.TASKS_LATE]),
        "clear": share(lines[Measure.CLEAR], lines[Measure.NOT_CLEAR]),
        "promised": lines[Measure.REMINDERS_PROMISED],
        "sent": lines[Measure.REMINDERS_SENT],
        "procedures": rows(
            (one.procedure, names.get(one.procedure, one.procedure), one)
            for one in margins
            if one.municipality == ALL
        ),
        "municipalities": rows(
            (one.municipality, one.name or one.municipality, one)
            for one in margins
            if one.procedure == ALL
        )[:MOST_ROWS],
    }


def read_lines(mondays: list[date]) -> dict[str, Line]:
    """Return each measure's sums of everything, in one statement."""
    found = {
        (measure, monday): value
        for measure, monday, value in WeekFigure.objects.filter(
            municipality=ALL, procedure=ALL, shown=True, monday__range=(mondays[0], mondays[-1])
        ).values_list("measure", "monday", "value")
    }
    return {
        measure: Line(measure, mondays, [found.get((measure, monday)) for monday in mondays])
        for measure in Measure
    }


def margins_of(monday: date):
    """Return the sums by municipality and by procedure of a week, each with its municipality."""
    name = Municipality.objects.filter(code=OuterRef("municipality")).values("name")
    return (
        WeekFigure.objects.filter(Q(municipality=ALL) | Q(procedure=ALL), monday=monday)
        .filter(measure__in=COUNTED)
        .exclude(municipality=ALL, procedure=ALL)
        .annotate(name=Subquery(name))
    )


def procedure_names() -> dict[str, str]:
    """Return the names of the procedures offered, by key, in the language of the page."""
    language = "en" if get_language() == "en" else "ja"
    found = ProcedureVersion.objects.offered().order_by("-procedure__municipality")
    return {
        key: name
        for key, name in found.values_list("procedure__key", f"definition__name__{language}")
        if name
    }


def rows(found: Iterable[tuple[str, str, WeekFigure]]) -> list[Row]:
    """Return a row a name, those with the largest shown numbers first."""
    values, names = {}, {}
    for key, name, one in found:
        names[key] = name
        values.setdefault(key, {})[one.measure] = one.value if one.shown else None
    made = [Row(names[key], [values[key].get(measure) for measure in COUNTED]) for key in names]
    return sorted(made, key=lambda row: ([-(value or 0) for value in row.values], row.name))
