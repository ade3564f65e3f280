"""How the portal is used, by day or by week: what the staff page asks of the sums, and its file."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncWeek

from feedback.export import Line, cell
from feedback.page_names import page_name
from portal.applications.called import procedure_name
from portal.bars import Bars
from portal.insights.error_names import error_in_words
from portal.insights.models import UseDay
from portal.insights.models.use import Measure
from portal.insights.roll_up import monday_of
from tasks.rules import registry

DAYS, WEEKS = 56, 52
DAY, WEEK = "day", "week"
MOST_ABOUT = 100
OF_RULES = {Measure.TASK_OPENED, Measure.TASK_SEEN, Measure.TASK_DONE}
OF_PROCEDURES = {
    Measure.APPLICATION_STARTED,
    Measure.APPLICATION_SENT,
    Measure.APPLICATION_DECIDED,
}
COLUMNS = ["day", "measure", "about", "language", "times"]


@dataclass(frozen=True)
class Asked:
    """Which sums a page shows: of one measure, some days or weeks up to `until`."""

    measure: Measure
    by: str  # DAY or WEEK
    about: str
    language: str
    until: date
    today: date

    @property
    def since(self) -> date:
        if self.by == WEEK:
            return monday_of(self.until) - timedelta(weeks=WEEKS - 1)
        return self.until - timedelta(days=DAYS - 1)

    @property
    def earlier(self) -> date:
        return self.since - timedelta(days=1)

    @property
    def later(self) -> date | None:
        if self.until >= self.today:
            return None
        return min(self.today, self.until + (self.until - self.earlier))

    @property
    def days(self) -> list[date]:
        """Return each day shown, or each week's Monday, the oldest first."""
        step = 7 if self.by == WEEK else 1
        many = (self.until - self.since).days // step + 1
        return [self.since + timedelta(days=step * number) for number in range(many)]

    def sums(self) -> QuerySet:
        found = self.of_all()
        return found.filter(about=self.about) if self.about else found

    def of_all(self) -> QuerySet:
        """Return the same, of all pages, rules or procedures."""
        found = UseDay.objects.filter(
            measure=self.measure, day__gte=self.since, day__lte=self.until
        )
        return found.filter(language=self.language) if self.language else found


def asked_of(query: Mapping, *, today: date) -> Asked:
    """Return what a query string asks for; what means nothing in it is passed over."""
    measure, about = query.get("measure", ""), query.get("about", "")
    language = query.get("language", "")
    try:
        until = min(date.fromisoformat(query.get("until", "")), today)
    except ValueError:
        until = today
    return Asked(
        measure=Measure(measure) if measure in Measure.values else Measure.PAGE,
        by=WEEK if query.get("by") == WEEK else DAY,
        about=about[:150] if about.isprintable() else "",
        language=language if language in dict(settings.LANGUAGES) else "",
        until=max(until, date(2000, 1, 1)),
        today=today,
    )


def used(asked: Asked) -> dict:
    """Return what the page shows, read in three statements."""
    when = TruncWeek("day") if asked.by == WEEK else "day"
    counted = asked.sums().order_by().values_list(when).annotate(Sum("times"))
    by_day = dict(counted)
    values = [by_day.get(day, 0) for day in asked.days]
    return {
        "rows": list(zip(asked.days, values, strict=True))[::-1],
        "total": sum(values),
        "bars": Bars(
            days=asked.days,
            rows=[(called(asked.measure, asked.about) or asked.measure.label, values)],
            unfinished=frozenset({running(asked)}),
        ),
        "abouts": [
            (about, called(asked.measure, about), times)
            for about, times in grouped_by(asked.of_all(), "about")[:MOST_ABOUT]
        ],
        "languages": list(grouped_by(asked.sums(), "language")),
    }


def grouped_by(sums: QuerySet, name: str) -> QuerySet:
    return sums.values_list(name).annotate(total=Sum("times")).order_by("-total", name)


def running(asked: Asked) -> date:
    return monday_of(asked.today) if asked.by == WEEK else asked.today


def called(measure: str, about: str) -> str:
    """Return what a page, a rule, a procedure or an error is called."""
    if measure in OF_RULES and about in registry:
        return str(registry[about].title)
    if measure in OF_PROCEDURES and about:
        return procedure_name(about)
    if measure == Measure.ERROR_SHOWN and about:
        return error_in_words(about)
    return page_name(about)


def csv_lines(asked: Asked) -> Iterator[str]:
    """Yield the sums by day, as they are kept, in UTF-8 with its mark."""
    writer = csv.writer(Line(), quoting=csv.QUOTE_ALL)
    yield "\ufeff" + writer.writerow(COLUMNS)
    found = asked.sums().order_by("day", "about", "language").values_list(*COLUMNS)
    for row in found.iterator(chunk_size=2000):
        yield writer.writerow([cell(value) for value in row])
