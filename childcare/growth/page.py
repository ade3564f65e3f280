"""What the page of a child's growth shows: a picture and a table of each measure."""

from datetime import date
from functools import cached_property
from typing import NamedTuple

from django.utils.translation import gettext as _

from childcare.checkups import windows as checkups
from childcare.growth.chart import Chart, Value
from childcare.growth.measurements import Measurement, checkups_of, entries_of, measurements_of
from childcare.growth.standard import Measure
from childcare.handover import words as handover_words
from childcare.record import Record
from childcare.words import language

TERM = 37  # weeks; who is born before is premature


class Line(NamedTuple):
    """A line of the table, in words."""

    on: date
    age: str
    amount: str
    place: str
    source: str
    occasion: str


class Panel(NamedTuple):
    measure: Measure
    title: str
    chart: Chart
    lines: list[Line]
    summary: str


class GrowthPage:
    def __init__(self, child, record: Record, *, today: date):
        self.child, self.record, self.today = child, record, today

    @cached_property
    def entries(self):
        """The family's own entries, the newest first, to be taken back."""
        return sorted(entries_of(self.child), key=lambda entry: (entry.on, entry.pk), reverse=True)

    @cached_property
    def measurements(self) -> list[Measurement]:
        return measurements_of(self.record, checkups_of(self.child, self.record), self.entries)

    @property
    def premature(self) -> bool:
        weeks = self.record.birth and self.record.birth.gestation_weeks
        return bool(weeks and weeks < TERM)

    @cached_property
    def past_the_standard(self) -> bool:
        return any(chart.span > 60 for chart in (panel.chart for panel in self.panels))

    @cached_property
    def panels(self) -> list[Panel]:
        titles = {
            Measure.WEIGHT: _("Weight (kg)"),
            Measure.HEIGHT: _("Height (cm)"),
            Measure.HEAD: _("Head circumference (cm)"),
        }
        return [self._panel(measure, title) for measure, title in titles.items()]

    def _panel(self, measure, title) -> Panel:
        taken = [(one, one.amount(measure)) for one in self.measurements]
        taken = [(one, value) for one, value in taken if value is not None]
        values = [Value(one.on, value, one.source is None) for one, value in taken]
        age = (self.today - self.child.born).days
        chart = Chart(measure, self.child.born, age, self.record.sex, values)
        places = {point.value: point.place for point in chart.points}
        lines = [
            Line(
                one.on,
                handover_words.age(self.child.born, one.on),
                handover_words.amount(measure, value),
                handover_words.place(places[shown]) if places[shown] else "",
                handover_words.side(one.source),
                occasion(one.occasion),
            )
            for (one, value), shown in zip(taken, values, strict=True)
        ]
        return Panel(measure, title, chart, lines[::-1], summary(lines))


def occasion(code: str) -> str:
    if code == "birth":
        return _("at birth")
    return checkups.name_of(code, language()) if code else ""


def summary(lines: list[Line]) -> str:
    """Say of a picture what whoever does not see it needs first."""
    if not lines:
        return _("No measurement.")
    last = lines[-1]
    parts = {"amount": last.amount, "age": last.age, "place": last.place}
    if last.place:
        return _("The latest: %(amount)s at %(age)s, %(place)s.") % parts
    return _("The latest: %(amount)s at %(age)s.") % parts
