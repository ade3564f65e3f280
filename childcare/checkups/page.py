"""What the page of a child's checkups shows: what is to come, and what was done."""

from datetime import date
from functools import cached_property
from typing import NamedTuple

from childcare.growth.measurements import entries_of
from childcare.handover import words as handover_words
from childcare.models import Checkup, DueCheckup, FamilyMeasurement
from childcare.record import Record


class Past(NamedTuple):
    """A checkup, or a measurement of the family's, with the age at which it was."""

    on: date
    age: str
    checkup: Checkup | None
    entry: FamilyMeasurement | None


class CheckupsPage:
    def __init__(self, child, record: Record, *, today: date):
        self.child, self.record, self.today = child, record, today

    @cached_property
    def coming(self) -> list[DueCheckup]:
        """Return what has a date and has not been done, the next first."""
        due = DueCheckup.objects.filter(resident=self.child, done_on=None)
        return list(due.filter(window_until__gte=self.today).order_by("window_from", "checkup"))

    @cached_property
    def past(self) -> list[Past]:
        """Return checkups and the family's own measurements, the newest first."""
        done = [(one.on, one, None) for one in self._checkups if one.pk not in self._hidden]
        done += [(one.on, None, one) for one in entries_of(self.child)]
        return [
            Past(on, handover_words.age(self.child.born, on), checkup, entry)
            for on, checkup, entry in sorted(done, key=lambda one: one[0], reverse=True)
        ]

    @cached_property
    def hidden(self) -> list[Checkup]:
        """Return the checkups that were said not to be this child's."""
        return [one for one in self._checkups if one.pk in self._hidden]

    @property
    def _hidden(self) -> set[int]:
        return self.record.hidden_checkups

    @cached_property
    def _checkups(self) -> list[Checkup]:
        known = Checkup.objects.in_force().filter(resident=self.child).select_related("source")
        return list(known.order_by("on", "pk"))
