"""The figures as files: CSV and JSON, as they are published, with an empty value where hidden."""

import csv
import json
from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import F, Max, OuterRef, Q, Subquery
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from feedback.export import Line, cell
from portal.insights.models import ALL, Measure, Week, WeekFigure
from portal.residents.models import Municipality

COLUMNS = [
    *("week", "measure", "municipality_code", "municipality", "procedure"),
    *("value", "shown", "corrected_at"),
]

# What of each measure is counted, and in the week of which day.
MEANINGS = {
    Measure.APPLICATIONS: _("Applications sent to a municipality, by the day they were sent."),
    Measure.DECIDED: _("Applications granted or not granted, by the day of the decision."),
    Measure.COMPLETED: _(
        "Applications that were granted and of which that has been carried out, such as a "
        "certificate issued, by the day it was carried out. What is completed stays completed."
    ),
    Measure.TASKS_IN_TIME: _("To-dos with a date, done by then, by the day they were done."),
    Measure.TASKS_LATE: _(
        "To-dos with a date, done later or whose date passed, by the day they were done or ended."
    ),
    Measure.REMINDERS_PROMISED: _(
        "Reminders for which a message was made, such as a mail, by the day they were meant for."
    ),
    Measure.REMINDERS_SENT: _("Of these the ones that were sent, by the same day."),
    Measure.CLEAR: _("Answers “yes” at the foot of a page, by the day they were given."),
    Measure.NOT_CLEAR: _("Answers “no” at the foot of a page, by the day they were given."),
}


def counted_at():
    """Return when what is published was counted last, None before the first week is over."""
    return Week.objects.filter(closed=True).aggregate(last=Max("counted_at"))["last"]


def totals():
    """Every week's sums of everything."""
    return of_closed_weeks().filter(municipality=ALL, procedure=ALL)


def of_week(monday: date):
    """Every sum of one week."""
    return of_closed_weeks().filter(monday=monday).exclude(procedure="")


def of_closed_weeks():
    week = Week.objects.filter(monday=OuterRef("monday"), closed=True)
    name = Municipality.objects.filter(code=OuterRef("municipality")).values("name")
    return (
        WeekFigure.objects.published()
        .filter(Q(monday__in=Week.objects.filter(closed=True).values("monday")))
        .annotate(
            municipality_name=Subquery(name),
            corrected_at=Subquery(week.values("corrected_at")),
        )
        .order_by(F("monday").desc(), "measure", "municipality", "procedure")
    )


def record(figure) -> dict:
    return {
        "week": figure.monday.isoformat(),
        "measure": figure.measure,
        "municipality_code": figure.municipality,
        "municipality": figure.municipality_name or "",
        "procedure": figure.procedure,
        "value": figure.told if figure.shown else None,
        "shown": figure.shown,
        "corrected_at": as_text(figure.corrected_at),
    }


def as_text(moment: datetime | None) -> str | None:
    """Return a moment by the clock in Japan, such as 2026-11-24T04:50:00+09:00."""
    return localtime(moment).isoformat(timespec="seconds") if moment else None


def csv_lines(figures) -> Iterator[str]:
    """Yield a table in UTF-8 with its mark, by which spreadsheets know it."""
    writer = csv.writer(Line(), quoting=csv.QUOTE_ALL)
    yield "\ufeff" + writer.writerow(COLUMNS)
    for figure in figures.iterator(chunk_size=2000):
        yield writer.writerow([cell(value) for value in record(figure).values()])


def json_lines(figures, *, about: dict) -> Iterator[str]:
    """Yield an object: what it is, and "figures", a list of records."""
    yield json.dumps(about, ensure_ascii=False)[:-1] + ', "figures": ['
    before = ""
    for figure in figures.iterator(chunk_size=2000):
        yield before + json.dumps(record(figure), ensure_ascii=False)
        before = ",\n"
    yield "]}\n"
