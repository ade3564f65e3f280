"""The vaccination pages of the Maternal and Child Health Handbook as a form: which rows it has."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from childcare.forms import BaseHandbookPage, DoseForm, HandbookPage
from childcare.schedule import the_schedule
from childcare.words import vaccine_name

FREE_ROWS = 3  # for what has no line: given abroad, or early, or not part of the schedule


@dataclass
class Group:
    """The rows of one vaccine, each with the number of its dose."""

    vaccine: str
    rows: list[tuple[int, DoseForm]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return vaccine_name(self.vaccine)

    @property
    def is_filled(self) -> bool:
        return any(row.has_changed() for _number, row in self.rows)

    @property
    def has_more(self) -> bool:
        """Tell whether more than dates was typed, or has to be mended."""
        return any(
            row[name].errors or row[name].data
            for _number, row in self.rows
            for name in ("lot", "clinic")
        )


def blank_page(given: Iterable[str], *, child, today: date, first: str = "") -> BaseHandbookPage:
    """Return an empty page with a row for each dose that may have been given and was not.

    `given` are the vaccines of the doses that are known, one for each dose. `first` is a vaccine
    that gets a row in any case.
    """
    given = list(given)
    known = in_series(given)
    rows = [
        {"vaccine": vaccine, "fixed": True}
        for vaccine, lines in doses_of_vaccines().items()
        for number in range(known[series_of(vaccine)] + 1, lines + 1)
        if may_follow(vaccine, given) and begins(vaccine, number, child.born, today) <= today
    ]
    if first in the_schedule().vaccines and not any(row["vaccine"] == first for row in rows):
        rows.append({"vaccine": first, "fixed": True})
    page = HandbookPage(initial=rows, form_kwargs={"child": child, "today": today})
    page.extra = len(rows) + FREE_ROWS
    return page


@cache
def doses_of_vaccines() -> dict[str, int]:
    """Return every vaccine of the schedule, and of how many doses at most it is given."""
    schedule = the_schedule()
    most: dict[str, int] = {}
    for series in schedule.series.values():
        of_series = [rule for rule in schedule.rules if rule.series == series.code]
        for vaccine in series.vaccines:
            own = [rule.dose for rule in of_series if rule.vaccine == vaccine]
            most[vaccine] = max(own or [rule.dose for rule in of_series])
    return most


def older(today: date) -> set[str]:
    """Return the vaccines with which nobody begins any more; handbooks of earlier years have them.

    They are those of which the rules of `today` offer no first dose.
    """
    begun = {
        rule.vaccine for rule in the_schedule().on(today).rules if rule.dose == 1 and rule.forecast
    }
    return set(the_schedule().vaccines) - begun


def in_series(given: Iterable[str]) -> Counter:
    """Return how many doses of each series are known."""
    return Counter(map(series_of, given))


def series_of(vaccine: str) -> str:
    every = the_schedule().series.values()
    return next((series.code for series in every if vaccine in series.vaccines), vaccine)


def may_follow(vaccine: str, given: Iterable[str]) -> bool:
    """Tell whether a child who has had the vaccines `given` may have had this one too."""
    series = the_schedule().series[series_of(vaccine)]
    others = set(series.vaccines) - {vaccine}
    return not (series.one_product and others & set(given))


def begins(vaccine: str, number: int, born: date, today: date) -> date:
    """Return the day from which a dose is free by whichever rule; without a rule, the birth."""
    return min(
        (
            max(day.find(born) for day in rule.free_from)
            for rule in the_schedule().on(today).rules
            if (rule.vaccine, rule.dose) == (vaccine, number)
        ),
        default=born,
    )


def groups(page: BaseHandbookPage, given: Iterable[str], first: str = "") -> list[Group]:
    """Return the rows that were made for a dose by vaccine, in the handbook's order."""
    known = in_series(given)
    found: dict[str, Group] = {}
    for row in page.forms:
        if row["fixed"].value():
            vaccine = row["vaccine"].value()
            group = found.setdefault(vaccine, Group(vaccine))
            group.rows.append((known[series_of(vaccine)] + len(group.rows) + 1, row))
    return sorted(found.values(), key=lambda group: group.vaccine != first)


def free_rows(page: BaseHandbookPage) -> list[DoseForm]:
    return [row for row in page.forms if not row["fixed"].value()]
