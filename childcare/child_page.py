"""What the pages show of a child: made of its record and the schedule, without another query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from childcare.counting import reach
from childcare.forecast import Counted, Dose, Forecast, Series
from childcare.outlook import best_day, outlook
from childcare.plan import forecast_of
from childcare.record import Family, Municipal, Record
from childcare.schedule import edition_label, the_schedule
from childcare.timeline import Mark, Row, Timeline
from childcare.visits import Visit, plan
from childcare.words import language, series_name
from portal.residents.models import Resident
from tasks.words import day

SILENT_FROM = 6  # months: without any record from then on, "nothing given" is no fair guess
NEW_DAYS = 3  # days of vaccinations that are listed without being unfolded
WAITS_AT_MOST = timedelta(weeks=4)
LATER_THAN = timedelta(days=60)  # a guardian who is registered so long after a birth came later
AFTER_BIRTH = timedelta(days=365)  # for so long the page leads to what a birth asks for
APART = timedelta(weeks=6)  # injected live vaccines nearer than that are left as they are planned
TERM = 37  # weeks; a child born before is premature


@dataclass(frozen=True)
class Done:
    """A dose that was given, as one side or both have it; without a number where none counts."""

    vaccine: str
    on: date
    number: int | None
    reviewed: bool
    municipal: tuple[Municipal, ...]
    family: tuple[Family, ...]


@dataclass(frozen=True)
class NextVisit:
    """A visit to come and what may be given at it: best from `on` to `until`."""

    on: date
    until: date
    doses: Sequence[Dose]

    @property
    def free_until(self) -> date:
        return min(dose.legal_until for dose in self.doses)

    @property
    def best_until(self) -> date | None:
        return self.until if self.until < self.free_until else None

    @property
    def chooses(self) -> bool:
        """Whether one of several products is to be chosen."""
        return len({dose.series for dose in self.doses}) < len(self.doses)

    @property
    def names(self) -> str:
        """What is given, each series once."""
        every = dict.fromkeys(dose.series for dose in self.doses)
        return _(", ").join(map(series_name, every))

    @property
    def together(self) -> bool:
        return len({dose.series for dose in self.doses}) > 1


def visits(doses: Iterable[Dose], *, today: date) -> list[NextVisit]:
    """Return the fewest visits for these doses, but let none wait long for another.

    The plan may put a dose that can be given now beside one of next summer, since the fewest
    visits are so. To a family that is no help.
    """
    planned = plan(doses, today=today)
    live = [best_day(dose, today) for dose in every_live(planned)]
    found = []
    for visit in planned:
        by_day: dict[date, list[Dose]] = {}
        for dose in visit.doses:
            start = best_day(dose, today)
            keeps_apart = dose.live_injected and sum(abs(day - start) < APART for day in live) > 1
            waits = start + WAITS_AT_MOST < visit.on_from and not keeps_apart
            by_day.setdefault(start if waits else visit.on_from, []).append(dose)
        for on, some in by_day.items():
            until = min(dose.recommended_until or dose.legal_until for dose in some)
            until = visit.on_until if on == visit.on_from else until
            found.append(NextVisit(on, until, sorted(some, key=in_order)))
    return sorted(found, key=lambda visit: visit.on)


def every_live(planned: Iterable[Visit]) -> list[Dose]:
    return [dose for visit in planned for dose in visit.doses if dose.live_injected]


def in_order(dose: Dose) -> tuple[int, str]:
    """Sort doses as the schedule has their series, and products of one series together."""
    return list(the_schedule().series).index(dose.series), dose.vaccine


@dataclass(frozen=True)
class Line:
    """A series in the picture and its table. `next_on` is when the next dose is best given."""

    name: str
    given: Sequence[Counted]
    next: Sequence[Dose]
    next_on: date | None
    later: Sequence[date]

    @property
    def free(self) -> tuple[date, date] | None:
        if not self.next:
            return None
        return min(d.earliest for d in self.next), max(d.legal_until for d in self.next)

    @property
    def best(self) -> tuple[date, date] | None:
        dated = [one for one in self.next if one.recommended_from]
        if not dated:
            return None
        ends = [one.recommended_until or one.legal_until for one in dated]
        return min(one.recommended_from for one in dated), max(ends)


class ChildPage:
    """Everything about `child` on `today`, a date in Japan."""

    def __init__(self, child: Resident, record: Record, *, today: date):
        self.child, self.record, self.today = child, record, today

    @cached_property
    def acting_since(self) -> date | None:
        """Since when the one who looks has acted for the child; None where that is itself."""
        return self.child.acting_since

    @property
    def began_later(self) -> bool:
        """Whether the guardian came long after the birth, as when a child is adopted."""
        since = self.acting_since
        return bool(since) and since > self.record.born + LATER_THAN

    # -- what is known

    @property
    def moved_away(self) -> bool:
        return self.child.state == Resident.State.MOVED_AWAY

    @property
    def unborn(self) -> bool:
        """Whether the register's date of birth has not come yet: a mistake, and no dates."""
        return self.record.born > self.today

    @property
    def unknown(self) -> bool:
        """Whether so little is known that no date would be fair."""
        return not self.record.known and reach(self.record.born, SILENT_FROM) <= self.today

    @property
    def newly_born(self) -> bool:
        return self.today < self.record.born + AFTER_BIRTH

    @cached_property
    def forecast(self) -> Forecast | None:
        if self.moved_away or self.unborn:
            return None
        return forecast_of(self.record, today=self.today)

    @property
    def shown(self) -> Forecast | None:
        """The forecast where its dates are shown."""
        return None if self.unknown else self.forecast

    @property
    def edition(self) -> str:
        return edition_label(self.today, language())

    # -- what comes

    @cached_property
    def visits(self) -> list[NextVisit]:
        return visits(self.shown.next, today=self.today) if self.shown else []

    @property
    def visit(self) -> NextVisit | None:
        return self.visits[0] if self.visits else None

    @property
    def later(self) -> list[NextVisit]:
        return self.visits[1:]

    @property
    def settled(self) -> list[Series]:
        """The series in which nothing comes any more, with their sentences."""
        if not self.shown:
            return []
        quiet = ("next", "sex-unknown", "not-eligible")
        return [
            one for one in self.shown.series if (one.given or one.note) and one.state not in quiet
        ]

    @property
    def cautions(self) -> list[str]:
        """What a parent should know of these dates in particular."""
        birth, found = self.record.birth, []
        if birth and birth.gestation_weeks and birth.gestation_weeks < TERM:
            found.append(
                _(
                    "Your child was born early, after %(weeks)s weeks. The dates count from the "
                    "day of birth all the same. Talk with the clinic about when to begin."
                )
                % {"weeks": birth.gestation_weeks}
            )
        if birth and birth.born != self.record.born:
            found.append(
                _(
                    "The record of the birth says %(birth)s, the resident register %(register)s. "
                    "The dates count from the register’s. Ask your municipality which is right."
                )
                % {"birth": day(birth.born), "register": day(self.record.born)}
            )
        return found

    # -- what is asked

    @property
    def asks_sex(self) -> bool:
        """Whether to ask for the sex: without any record too, since the growth chart needs it."""
        return bool(self.forecast) and any(
            one.state == "sex-unknown" for one in self.forecast.series
        )

    @property
    def asks_first(self) -> bool:
        """Whether to ask, of a young child without a record, if anything has been given."""
        return bool(self.shown) and not self.record.known

    @property
    def asks(self) -> bool:
        return bool(self.record.conflicts) or self.asks_sex or self.asks_first

    # -- what is done

    def entered_in(self, page: str) -> int:
        """Return how many doses stand that were entered on one page of the handbook."""
        return sum(str(entry.page) == page for entry in self.record.family)

    @cached_property
    def done(self) -> list[Done]:
        """Every dose of either side, the newest first; where the sides differ, both."""
        doses = []
        for pair in self.record.pairs:
            sides = (
                [pair.sides]
                if pair.difference == "none"
                else [
                    (pair.municipal, ()),
                    ((), pair.family),
                ]
            )
            for municipal, family in sides:
                if records := municipal or family:
                    one = records[0]
                    number = self.numbers.get((one.vaccine, one.on))
                    reviewed = (one.vaccine, one.on) in self.reviewed
                    doses.append(Done(one.vaccine, one.on, number, reviewed, municipal, family))
        return sorted(doses, key=lambda dose: (dose.on, dose.vaccine), reverse=True)

    @cached_property
    def numbers(self) -> dict[tuple[str, date], int]:
        """Under which number a dose counts in its own series."""
        every = self.forecast.series if self.forecast else ()
        return {
            (dose.vaccine, dose.on): dose.dose
            for series in reversed(every)
            for dose in series.given
        }

    @cached_property
    def days(self) -> list[tuple[date, list[Done]]]:
        return [(on, list(doses)) for on, doses in groupby(self.done, key=lambda one: one.on)]

    @property
    def newest_days(self):
        return self.days[:NEW_DAYS]

    @property
    def older_days(self):
        return self.days[NEW_DAYS:]

    @property
    def older_count(self) -> int:
        return sum(len(doses) for _on, doses in self.older_days)

    @property
    def review(self):
        return self.forecast.review if self.forecast else ()

    @cached_property
    def reviewed(self) -> set[tuple[str, date]]:
        return {(one.vaccine, one.on) for one in self.review}

    @property
    def notes(self):
        return self.forecast.notes if self.forecast else ()

    # -- the picture

    @cached_property
    def lines(self) -> list[Line]:
        """Return the series that concern the child."""
        if not self.shown:
            return []
        supposed: dict[str, list[date]] = {}
        for on, dose in outlook(self.record, today=self.today):
            supposed.setdefault(dose.series, []).append(on)
        return [
            self.line(one, supposed.get(one.series, [])[1:])
            for one in self.shown.series
            if one.given or one.next
        ]

    def line(self, series: Series, later: Sequence[date]) -> Line:
        coming = [dose for dose in series.next if not dose.covered_by]
        next_on = best_day(coming[0], self.today) if coming else None
        return Line(series_name(series.series), series.given, coming, next_on, later)

    @cached_property
    def timeline(self) -> Timeline | None:
        rows = [Row(line.name, list(self.marks(line)), line.free, line.best) for line in self.lines]
        return Timeline(self.record.born, self.today, rows) if rows else None

    def marks(self, line: Line) -> Iterable[Mark]:
        for dose in line.given:
            said = _("%(series)s: given on %(date)s") % self.said(line, dose.on)
            state = "review" if (dose.vaccine, dose.on) in self.reviewed else "done"
            yield Mark(dose.on, state, said)
        if on := line.next_on:
            yield Mark(on, "next", _("%(series)s: next from %(date)s") % self.said(line, on))
        for on in line.later:
            yield Mark(on, "later", _("%(series)s: later, about %(date)s") % self.said(line, on))

    def said(self, line, on) -> dict:
        return {"series": line.name, "date": day(on)}

    @property
    def timeline_words(self) -> list[tuple[str, str]]:
        return [
            ("done", pgettext("key of a picture", "given")),
            ("review", pgettext("key of a picture", "given, to be looked at")),
            ("next", pgettext("key of a picture", "next")),
            ("later", pgettext("key of a picture", "later, about")),
        ]
