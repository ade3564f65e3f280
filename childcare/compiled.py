"""An edition of the schedule made ready for many children: lists and numbers instead of words.

The days that the rules name are found once for each birth date and kept, since thousands of
children share one.
"""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from childcare.schedule import Caution, Day, Edition, Interval, Rule, Schedule, Sentence

BIRTHS_KEPT = 8192  # more than there are days in 20 years


class Deciding(NamedTuple):
    """A day of one child's life, and the words for how it is counted."""

    on: date
    words: Sentence


class Ready:
    """A rule with its days replaced by their numbers in the child's list of days."""

    __slots__ = (
        "begun_after",
        "begun_until",
        "dose",
        "dose_2_until",
        "dose_3_until",
        "first_words",
        "free_from",
        "free_until",
        "given_from",
        "live_injected",
        "not_before",
        "recommended_from",
        "recommended_until",
        "rule",
        "stage_from",
        "vaccine",
        "warnings",
    )

    def __init__(self, rule: Rule, number: "Numbers", schedule: Schedule):
        self.rule = rule
        self.vaccine = rule.vaccine
        self.dose = rule.dose
        self.first_words = Sentence(rule.words)
        self.live_injected = schedule.vaccines[rule.vaccine].live_injected
        self.not_before = rule.not_before
        self.given_from = rule.given_from or rule.not_before
        self.free_from = number(rule.free_from, max)
        self.free_until = number(rule.free_until, min)
        self.recommended_from = number(rule.recommended_from, max)
        self.recommended_until = number(rule.recommended_until, min)
        self.stage_from = number(rule.stage_from, max)
        self.begun_until = number(rule.begun_until, min)
        self.begun_after = number(rule.begun_after, max)
        self.dose_2_until = number(rule.dose_2_until, min)
        self.dose_3_until = number(rule.dose_3_until, min)
        self.warnings: tuple[tuple[Caution, int | None, Sentence], ...] = ()


class Numbers:
    """Gives each distinct combination of days a number in the list that every child has.

    `pick` is max where the latest of the days is meant, min for the earliest. Intervals count from
    a dose and not from birth, so they stay as they are.
    """

    def __init__(self) -> None:
        self.combinations: list[tuple[tuple[Day, ...], Callable]] = []
        self._known: dict[tuple, int] = {}

    def __call__(self, days: tuple[Day, ...] | Interval | None, pick: Callable):
        if days is None or isinstance(days, Interval):
            return days
        key = (days, pick is max and len(days) > 1)
        if key not in self._known:
            self._known[key] = len(self.combinations)
            self.combinations.append((days, pick))
        return self._known[key]


class Compiled:
    """What is in force on a day, made ready for many children."""

    def __init__(self, edition: Edition):
        self.schedule = schedule = edition.schedule
        self.edition = edition
        self.sentences = schedule.sentences
        number = Numbers()
        self.by_dose: dict[str, dict[int, list[Ready]]] = {code: {} for code in schedule.series}
        for rule in edition.rules:
            ready = Ready(rule, number, schedule)
            ready.warnings = tuple(
                (warning, number(warning.after, max), Sentence(warning.words))
                for warning in edition.warnings
                if rule.key in warning.rules
            )
            self.by_dose[rule.series].setdefault(rule.dose, []).append(ready)
        self.staged = {
            code: by_dose[max(by_dose)]
            for code, by_dose in self.by_dose.items()
            if any(ready.rule.stage_from for ready in by_dose[max(by_dose)])
        }
        # Series whose first dose is offered by itself.
        self.offered = {
            code: any(ready.rule.forecast for ready in by_dose[1])
            for code, by_dose in self.by_dose.items()
        }
        self.series_of = {
            code: series for series in schedule.series.values() for code in series.vaccines
        }
        self.others = _by_name(schedule.others)
        self.had = _by_name(schedule.had)
        self.live_days = edition.live_interval.days if edition.live_interval else None
        self._combinations = [
            ([(day.find, schedule.day_in_words(day)) for day in days], pick)
            for days, pick in number.combinations
        ]
        self.days_of = lru_cache(maxsize=BIRTHS_KEPT)(self._days_of)

    def _days_of(self, born: date) -> list[Deciding]:
        """Return every day that the rules name, for a child born on that day."""
        found = []
        for days, pick in self._combinations:
            if len(days) == 1:
                ((find, words),) = days
                found.append(Deciding(find(born), words))
            else:
                found.append(
                    pick(
                        (Deciding(find(born), words) for find, words in days),
                        key=lambda deciding: deciding.on,
                    )
                )
        return found


def _by_name(table: dict) -> dict:
    names = {}
    for item in table.values():
        for name in (item.code, *item.names):
            names[name.casefold()] = item
    return names


@lru_cache(maxsize=32)
def compiled(edition: Edition) -> Compiled:
    return Compiled(edition)
