"""What was promised for each day, and what came of it: from the ledger."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Count, Min

from portal import clock
from tasks.reminders.models import Reminder, ReminderRound

Outcome = Reminder.Outcome


@dataclass(frozen=True)
class DayOf:
    """The lines of the ledger for one day, by outcome. Without a round, nobody looked."""

    day: date
    rounds: list[ReminderRound] = field(default_factory=list)
    lines: Counter = field(default_factory=Counter)

    @property
    def promised(self) -> int:
        """Every line: those sent, skipped, failed and waiting."""
        return self.lines.total()

    @property
    def sent(self) -> int:
        return self.lines[Outcome.SENT]

    @property
    def skipped(self) -> int:
        return self.lines[Outcome.SKIPPED]

    @property
    def failed(self) -> int:
        return self.lines[Outcome.FAILED]

    @property
    def waiting(self) -> int:
        return self.lines[Outcome.PROMISED]


def days(*, since: date, until: date) -> list[DayOf]:
    """Return each day from `since` to `until`, the oldest first: three statements.

    Days before the portal's first round are left out, and today while its round is not yet due.
    """
    first = ReminderRound.objects.aggregate(first=Min("day"))["first"]
    if first is None:
        return []
    rounds = defaultdict(list)
    for one in ReminderRound.objects.filter(day__range=(since, until)).order_by("run"):
        rounds[one.day].append(one)
    lines = defaultdict(Counter)
    counted = Reminder.objects.filter(day__range=(since, until)).values_list("day", "outcome")
    for day, outcome, count in counted.annotate(lines=Count("*")).order_by():
        lines[day][outcome] = count
    now = clock.localtime()
    if until == now.date() and until not in rounds and now.time() < settings.REMINDERS_FROM:
        until -= timedelta(1)
    found, day = [], max(since, first)
    while day <= until:
        found.append(DayOf(day, rounds[day], lines[day]))
        day += timedelta(1)
    return found


def of_day(day: date) -> DayOf:
    """Return one day, whether or not anything was promised for it."""
    rounds = list(ReminderRound.objects.filter(day=day).order_by("run"))
    counted = Reminder.objects.filter(day=day).values_list("outcome")
    return DayOf(day, rounds, Counter(dict(counted.annotate(lines=Count("*")).order_by())))
