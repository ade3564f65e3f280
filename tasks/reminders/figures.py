"""How the reminders stand, in plain numbers, for whoever watches."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Min

from tasks.reminders.models import Message, Reminder


@dataclass(frozen=True)
class ReminderFigures:
    """Lines of the ledger that were promised for a day, and how the messages of that day fare.

    `by_outcome` counts the day's lines, those still promised among them. `oldest_waiting` is the
    day of the oldest line, of whatever day, that is still promised. The messages are counted by
    channel: those that failed for good, and those that wait after at least one attempt failed.
    """

    by_outcome: Counter
    oldest_waiting: date | None
    failed: Counter
    trying_again: Counter

    @property
    def promised(self) -> int:
        return self.by_outcome.total()


def reminder_figures(*, day: date) -> ReminderFigures:
    """Return the figures of a day, by four statements, each with an index of its own."""
    messages = Message.objects
    return ReminderFigures(
        by_outcome=counted(Reminder.objects.filter(day=day), "outcome"),
        oldest_waiting=waiting().aggregate(oldest=Min("day"))["oldest"],
        failed=counted(messages.filter(day=day, state=Message.State.FAILED), "channel"),
        trying_again=counted(messages.waiting().filter(attempts__gt=0), "channel"),
    )


def left_over(*, today: date) -> list[tuple[date, int, int]]:
    """Return the days before today of which reminders are neither sent nor ended.

    Of each: the day, how many are left, and how many were promised in all. The newest day first.
    """
    left = counted(waiting().filter(day__lt=today), "day")
    promised = counted(Reminder.objects.filter(day__in=left), "day") if left else left
    return [(day, left[day], promised[day]) for day in sorted(left, reverse=True)]


def waiting():
    return Reminder.objects.filter(outcome=Reminder.Outcome.PROMISED)


def counted(rows, *by: str) -> Counter:
    """Count rows by the values of a column, or by those of several: then each key is a tuple."""
    found = rows.values_list(*by).annotate(rows=Count("*")).order_by()
    return Counter({row[0] if len(by) == 1 else row[:-1]: row[-1] for row in found})
