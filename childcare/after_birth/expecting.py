"""What the page for expecting parents shows: made of the expected date of birth alone.

That date is the day of 40 weeks 0 days. Weeks are counted in full weeks and days up to it, so it
alone gives the week of every other day.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import ngettext

from childcare.forecast import PregnancyDose, pregnancy
from childcare.schedule import edition_label
from childcare.words import language

TERM = timedelta(weeks=40)
OVERDUE_AT_MOST = timedelta(weeks=4)
COUNTED_BELOW = 60  # days: when fewer are left, their number is said beside the date


@dataclass(frozen=True)
class Pregnancy:
    """One pregnancy as seen on `today`, a date in Japan."""

    due_on: date
    today: date

    @property
    def born_by_now(self) -> bool:
        """Whether the expected date has passed, so that the child may have been born."""
        return self.due_on < self.today

    @property
    def edition(self) -> str:
        return edition_label(self.today, language())

    @property
    def weeks_today(self) -> str:
        return self.weeks_on(self.today)

    @property
    def vaccines(self) -> list["MothersVaccine"]:
        found = pregnancy(due_on=self.due_on, as_of=self.today)
        return [MothersVaccine(dose, self) for dose in found]

    def weeks_on(self, day: date) -> str:
        """Return how far the pregnancy is on a day, in words: 28 weeks 0 days."""
        weeks, days = divmod((day - self.due_on + TERM).days, 7)
        sentence = ngettext("%(weeks)s weeks %(days)s day", "%(weeks)s weeks %(days)s days", days)
        return sentence % {"weeks": weeks, "days": days}


@dataclass(frozen=True)
class MothersVaccine:
    """A vaccination of the mother, and how its period lies to today."""

    dose: PregnancyDose
    of: Pregnancy

    @property
    def state(self) -> str:
        """Return "to come", "now" or "over"; the first and the last day are "now"."""
        if self.of.today < self.dose.free_from:
            return "to come"
        return "now" if self.of.today <= self.dose.free_until else "over"

    @property
    def bounds(self) -> list[tuple[date, str, int]]:
        """Return the first and the last day, each with its week and the days from it to birth."""
        return [
            (day, self.of.weeks_on(day), (self.of.due_on - day).days)
            for day in (self.dose.free_from, self.dose.free_until)
        ]

    @property
    def days_left(self) -> int | None:
        """Return the days until the last one; None where they are none, or too many to count."""
        left = (self.dose.free_until - self.of.today).days
        return left if self.state == "now" and 0 < left < COUNTED_BELOW else None

    @property
    def is_last_day(self) -> bool:
        return self.of.today == self.dose.free_until

    @property
    def established_on(self) -> date | None:
        """Return the first day of a birth for which a vaccination on the last day is early enough.

        None where that is no question any more, or the schedule names no days.
        """
        if self.dose.days_before_birth is None or self.state == "over":
            return None
        return self.dose.free_until + timedelta(days=self.dose.days_before_birth)

    @property
    def established_in_week(self) -> str:
        return self.of.weeks_on(self.established_on)
