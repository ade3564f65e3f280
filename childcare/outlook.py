"""When the doses after the next ones would come, if each were given at its time. Pure: no Django.

The forecaster knows the next dose of each series and no more, since the dates of all later ones
hang on the days on which the earlier are given. For a picture those days are supposed.
"""

from datetime import date
from typing import NamedTuple

from childcare.forecast import Dose, Forecast, Given, forecast

MOST_VISITS = 40  # no child has so many; a mistake in the schedule shall not hold up a page


class Supposed(NamedTuple):
    on: date
    dose: Dose


def outlook(record, *, today: date) -> list[Supposed]:
    """Return every dose still to come, the next ones among them, with a supposed day, in order.

    `record` is a child's, as childcare.record has it: of it are asked `born`, `sex`, `counted` and
    `had`.
    """
    given, as_of = list(record.counted), today
    supposed: list[Supposed] = []
    for _visit in range(MOST_VISITS):
        found = forecast(born=record.born, sex=record.sex, given=given, as_of=as_of, had=record.had)
        days = [(best_day(dose, as_of), dose) for dose in offered(found)]
        if not days:
            break
        as_of = min(on for on, _dose in days)
        together = [Supposed(on, dose) for on, dose in days if on == as_of]
        supposed += together
        given += [Given(dose.vaccine, on) for on, dose in together]
    return supposed


def offered(found: Forecast) -> list[Dose]:
    """Return one next dose a series: the first of a choice, none that comes within another."""
    first = (series.next[0] for series in found.series if series.next)
    return [dose for dose in first if not dose.covered_by]


def best_day(dose: Dose, as_of: date) -> date:
    """Return the first day, from `as_of` on, on which the dose is recommended and still free."""
    start = max(dose.earliest, dose.recommended_from or dose.earliest, as_of)
    return min(start, dose.legal_until)
