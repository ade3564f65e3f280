"""What was promised for each day, and what came of it: from the ledger."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings

from tasks.history import starts_by_day
from tasks.reminders.figures import counted
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
    """Return the days that `starts_by_day` has, the oldest first: three statements."""
    rounds = starts_by_day(ReminderRound, since=since, until=until, due_at=settings.REMINDERS_FROM)
    lines = defaultdict(Counter)
    reminders = Reminder.objects.filter(day__range=(since, until))
    for (day, outcome), count in counted(reminders, "day", "outcome").items():
        lines[day][outcome] = count
    return [DayOf(day, started, lines[day]) for day, started in rounds.items()]


def of_day(day: date) -> DayOf:
    """Return one day, whether or not anything was promised for it."""
    rounds = list(ReminderRound.objects.filter(day=day).order_by("run"))
    return DayOf(day, rounds, counted(Reminder.objects.filter(day=day), "outcome"))
