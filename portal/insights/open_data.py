"""The figures as files: CSV and JSON, as they are published, with an empty value where hidden."""

import csv
import json
from collections.abc import Iterator
from datetime import date

from django.db.models import F, OuterRef, Q, Subquery

from feedback.export import Line, cell
from portal.insights.models import ALL, Week, WeekFigure
from portal.residents.models import Municipality

COLUMNS = [
    *("week", "measure", "municipality_code", "municipality", "procedure"),
    *("value", "shown", "corrected_at"),
]


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
        WeekFigure.objects.filter(Q(monday__in=Week.objects.filter(closed=True).values("monday")))
        .annotate(
            municipality_name=Subquery(name),
            corrected_at=Subquery(week.values("corrected_at")),
        )
        .order_by(F("monday").desc(), "measure", "municipality", "procedure")
    )


def record(figure) -> dict:
    corrected_at = figure.corrected_at
    return {
        "week": figure.monday.isoformat(),
        "measure": figure.measure,
        "municipality_code": figure.municipality,
        "municipality": figure.municipality_name or "",
        "procedure": figure.procedure,
        "value": figure.value if figure.shown else None,
        "shown": figure.shown,
        "corrected_at": corrected_at.isoformat(timespec="seconds") if corrected_at else None,
    }


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
