"""What everyone may see of the weeks that are over: read in four statements, kept some minutes.

All that the page says is worked out from numbers that are themselves published: so a share or an
average never tells what was hidden.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache

from django.contrib.postgres.expressions import ArraySubquery
from django.core.cache import caches
from django.db.models import Case, F, OuterRef, Q, Subquery, When
from django.db.models.functions import JSONObject
from django.utils.formats import number_format
from django.utils.translation import get_language, pgettext_lazy
from jaconv import kata2hira

from feedback.improvements import newest
from portal.applications.models import ProcedureVersion
from portal.bars import in_words, rounded_up
from portal.insights.models import ALL, Measure, Week, WeekFigure
from portal.residents.models import Municipality
from portal.residents.romaji import PLACES, compared, romaji, spelled, with_prefecture

WEEKS_SHOWN = 53
AVERAGE_OF = 4  # weeks
MOST_ROWS = 50  # of a table of municipalities; the file has all
MOST_IMPROVEMENTS = 3
KEPT = 300  # seconds
MINUS = "−"
# Of the picture: pixels from the upper edge, of the highest number and of nothing; and what its
# line is drawn in, which is as wide as there is room.
TOP, FOOT, WIDE, HIGH = 24, 136, 1000, 200

# The measures of applications, with what they are called where the heading says of what they are.
COUNTED = {
    Measure.APPLICATIONS: pgettext_lazy("figures", "Received"),
    Measure.DECIDED: pgettext_lazy("figures", "Decided"),
    Measure.COMPLETED: pgettext_lazy("figures", "Completed"),
}


def signed(difference: int) -> str:
    """Return a difference with its sign: +1,234, ±0 or, with a true minus, −7,825."""
    sign = MINUS if difference < 0 else "+" if difference else "±"
    return sign + number_format(abs(difference), force_grouping=True)


@dataclass(frozen=True)
class Mark:
    """A week's place in the picture: percent from the left, pixels from the upper edge."""

    monday: date
    left: str
    top: str
    anchor: str = "middle"
    said: str = ""


@dataclass(frozen=True)
class Line:
    """One measure over the weeks, the oldest first; None where the number is not shown."""

    measure: Measure
    mondays: list[date]
    values: list[int | None]
    corrected: frozenset[date] = frozenset()

    @property
    def name(self) -> str:
        return COUNTED[self.measure]

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
    def scale(self) -> float:
        """Return the value at the picture's upper edge: a round one."""
        return rounded_up(self.most or 1)

    @property
    def scale_in_words(self) -> str:
        return in_words(self.scale)

    @cached_property
    def strokes(self) -> list[str]:
        """Return the picture's line as points of polylines: broken where a week is not shown."""
        strokes, points = [], []
        for number, value in enumerate([*self.values, None]):
            if value is not None:
                height = HIGH - HIGH * value / self.scale
                points.append(f"{number * WIDE / self.steps:.1f},{height:.1f}")
            elif points:
                # One week alone is a point: a line as long as it is thick.
                strokes.append(" ".join(points if len(points) > 1 else points * 2))
                points = []
        return strokes

    @property
    def steps(self) -> int:
        return max(1, len(self.values) - 1)

    @cached_property
    def highest(self) -> Mark | None:
        """Return the newest week with the largest number, or None if no number is shown."""
        if not self.most:
            return None
        return self.mark(len(self.values) - 1 - self.values[::-1].index(self.most))

    @property
    def corrections(self) -> list[Mark]:
        return [
            self.mark(number)
            for number, (monday, value) in enumerate(zip(self.mondays, self.values, strict=True))
            if monday in self.corrected and value is not None
        ]

    @cached_property
    def gaps(self) -> list[tuple[str, str]]:
        """Return the weeks not shown as areas: left and width in percent, half a week wider."""
        found, begins = [], None
        for number, value in enumerate([*self.values, 0]):
            if value is None and begins is None:
                begins = number
            elif value is not None and begins is not None:
                left = max(0, (begins - 0.5) / self.steps)
                right = min(1, (number - 0.5) / self.steps)
                found.append((f"{100 * left:.2f}", f"{100 * (right - left):.2f}"))
                begins = None
        return found

    def mark(self, number: int) -> Mark:
        share, value = number / self.steps, self.values[number]
        return Mark(
            self.mondays[number],
            f"{100 * share:.2f}",
            f"{FOOT - (FOOT - TOP) * value / self.scale:.1f}",
            "start" if share < 0.15 else "end" if share > 0.85 else "middle",
            in_words(value),
        )

    @property
    def rows(self) -> list[tuple[date, int | None, bool]]:
        """Return Monday, number and whether the week was corrected, the newest first."""
        pairs = zip(self.mondays, self.values, strict=True)
        return [(monday, value, monday in self.corrected) for monday, value in pairs][::-1]


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


def share_of(part: int | None, of: int | None) -> int | None:
    """Return a part in percent of the whole, or None if one of both is not shown."""
    return None if part is None or not of else round(100 * part / of)


@dataclass(frozen=True)
class Row:
    """One municipality or procedure of the last week: what is shown of each of COUNTED."""

    key: str
    names: dict[str, str]
    values: list[int | None]

    @property
    def name(self) -> str:
        return self.names.get("name", "")

    @property
    def romaji(self) -> str:
        """Return a municipality in the Latin alphabet, with its prefecture: "Kobe, Hyogo"."""
        return with_prefecture(*self.place)

    @property
    def place(self) -> tuple[str, str, str, str]:
        names = self.names
        return tuple(
            names.get(one, "") for one in ("name", "kana", "prefecture", "prefecture_kana")
        )

    def is_meant(self, asked: str) -> bool:
        ways = [self.key, *ways_to_write(*self.place)]
        return bool(asked) and any(one.startswith(asked) for one in ways)


@lru_cache(maxsize=PLACES)
def ways_to_write(name: str, kana: str, prefecture: str, prefecture_kana: str) -> tuple[str, ...]:
    """Return by what a municipality is found, each from its beginning."""
    place, above = romaji(name, kana), romaji(prefecture, prefecture_kana)
    whole, whole_above = spelled(name, kana), spelled(prefecture, prefecture_kana)
    found = [
        *(name, kana, prefecture + name, prefecture_kana + kana),
        *(place, whole, f"{above} {place}", f"{whole_above} {whole}"),
        *(f"{place} {above}", f"{whole} {above}"),
    ]
    return tuple(dict.fromkeys(plain(one) for one in found if one))


def plain(text: str) -> str:
    """Return a text in one width and one kana, without spaces: as it is compared.

    What has Latin letters is compared as a name in romaji.
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    return compared(text) or "".join(kata2hira(text).split())


def published(*, today: date) -> dict | None:
    """Return what the page shows, or None as long as no week is over; the same for everyone."""
    return kept(today)[0]


def municipalities(asked: str, *, today: date) -> list[Row]:
    """Return those that may be meant, of the municipalities with a number of last week."""
    asked = plain(asked)
    return [row for row in kept(today)[1] if row.is_meant(asked)][:MOST_ROWS]


def kept(today: date) -> tuple[dict | None, list[Row]]:
    """Return what the page shows, and the rows of all municipalities; read again after KEPT."""
    cache = caches["fragments"]
    keys = [f"figures-{part}-{today}-{get_language()}" for part in ("page", "rows")]
    found = cache.get_many(keys)
    if len(found) < len(keys):
        page = read()
        rows = page["municipalities"] if page else []
        if page:
            page |= {"municipalities": rows[:MOST_ROWS], "many": len(rows)}
        found = dict(zip(keys, (page, rows), strict=True))
        cache.set_many(found, KEPT)
    return found[keys[0]], found[keys[1]]


def read() -> dict | None:
    weeks = list(closed_weeks()[:WEEKS_SHOWN])[::-1]
    if not weeks:
        return None
    lines = lines_of(weeks)
    last = weeks[-1]
    margins = list(margins_of(last.monday))
    return {
        "last": last.monday,
        "sunday": last.monday + timedelta(days=6),
        "counted_at": max(week.counted_at for week in weeks),
        "corrected": [week for week in weeks[::-1] if week.corrected_at],
        "lines": [lines[measure] for measure in COUNTED],
        "in_time": share(lines[Measure.TASKS_IN_TIME], lines[Measure.TASKS_LATE]),
        "clear": share(lines[Measure.CLEAR], lines[Measure.NOT_CLEAR]),
        "promised": lines[Measure.REMINDERS_PROMISED].last,
        "sent": lines[Measure.REMINDERS_SENT].last,
        "sent_percent": share_of(
            lines[Measure.REMINDERS_SENT].last, lines[Measure.REMINDERS_PROMISED].last
        ),
        "procedures": rows(one for one in margins if one.municipality == ALL),
        "municipalities": rows(one for one in margins if one.procedure == ALL),
        "improvements": newest(MOST_IMPROVEMENTS),
    }


def closed_weeks():
    """Return the weeks that are over, the newest first, each with its sums of everything."""
    sums = WeekFigure.objects.published().filter(
        monday=OuterRef("monday"), municipality=ALL, procedure=ALL
    )
    as_object = JSONObject(measure="measure", value="told", shown="shown")
    return Week.objects.filter(closed=True).annotate(
        sums=ArraySubquery(sums.order_by().values(sum=as_object))
    )


def lines_of(weeks: list[Week]) -> dict[str, Line]:
    """Return each measure's line from the first week on in which any application was counted."""
    found = {(one["measure"], week.monday): one for week in weeks for one in week.sums}
    mondays = [week.monday for week in weeks]
    begins = next((day for day in mondays if any((one, day) in found for one in COUNTED)), None)
    mondays = [day for day in mondays if begins is None or day >= begins]
    corrected = frozenset(week.monday for week in weeks if week.corrected_at)
    # Where there is no sum, nothing was counted, and the files say so too.
    shown = {key: one["value"] if one["shown"] else None for key, one in found.items()}
    return {
        one: Line(one, mondays, [shown.get((one, day), 0) for day in mondays], corrected)
        for one in Measure
    }


def margins_of(monday: date):
    """Return the sums by municipality and by procedure of a week, each with its names."""
    municipality = Municipality.objects.filter(code=OuterRef("municipality"))
    # The one that all offer before a municipality's own.
    procedure = (
        ProcedureVersion.objects.offered()
        .filter(procedure__key=OuterRef("procedure"))
        .order_by(F("procedure__municipality").asc(nulls_first=True))
    )
    language = "en" if get_language() == "en" else "ja"
    return (
        WeekFigure.objects.published()
        .filter(Q(municipality=ALL) | Q(procedure=ALL), monday=monday)
        .filter(measure__in=COUNTED)
        .exclude(municipality=ALL, procedure=ALL)
        .order_by()  # by its usual order the planner would read the whole week
        .annotate(
            place=Subquery(
                municipality.values(
                    names=JSONObject(
                        name="name",
                        kana="name_kana",
                        prefecture="prefecture",
                        prefecture_kana="prefecture_kana",
                    )
                )
            ),
            # Asked of sums by procedure alone.
            offer=Case(
                When(
                    municipality=ALL,
                    then=Subquery(procedure.values(f"definition__name__{language}")[:1]),
                )
            ),
        )
    )


def rows(found: Iterable[WeekFigure]) -> list[Row]:
    """Return a row a municipality or procedure, those with the largest shown numbers first.

    What has no sum there was not counted once, which the files tell as well.
    """
    names, values = {}, {}
    for one in found:
        key = one.procedure if one.municipality == ALL else one.municipality
        names[key] = one.place or ({"name": one.offer} if one.offer else {})
        values.setdefault(key, {})[one.measure] = one.told if one.shown else None
    made = [Row(key, names[key], [values[key].get(one, 0) for one in COUNTED]) for key in names]
    return sorted(made, key=lambda row: ([-(value or 0) for value in row.values], row.key))
