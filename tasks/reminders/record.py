"""What a resident is told of one task's reminders: which came, and when the next one comes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.db.models import F, FilteredRelation, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tasks import versions
from tasks.models import WAKING, Status, Task
from tasks.reminders import ladder
from tasks.reminders.models import Channel, Reason, Reminder, ReminderRound
from tasks.reminders.whom import Ways, ways_to
from tasks.rules import Rule

SENT = {Channel.MAIL: _("E-mail sent"), Channel.PUSH: _("Notification sent to your device")}
FAILED = {
    Channel.MAIL: _("The e-mail could not be delivered"),
    Channel.PUSH: _("The notification could not be delivered"),
}
SKIPPED = {Channel.MAIL: _("No e-mail sent"), Channel.PUSH: _("No notification sent")}
# The same reasons as staff see, said to the person.
WHY = {
    Reason.NO_ADDRESS: _("no e-mail address of yours was known"),
    Reason.MAIL_OFF: _("you had turned reminders by e-mail off"),
    Reason.NO_DEVICE: _("none of your devices took notifications any more"),
    Reason.DECEASED: _("your record in the resident register was closed"),
    Reason.MOVED_AWAY: _("you had moved away"),
    Reason.MERGED: _("your record in the resident register was closed"),
    Reason.CHILD_GROWN_UP: _("the child is of age and is reminded in person"),
    Reason.NO_LONGER_GUARDIAN: _("you no longer acted for the child"),
    Reason.TASK_DONE: _("it was done by then"),
    Reason.TASK_WITHDRAWN: _("it no longer applied"),
    Reason.TASK_EXPIRED: _("the date had passed"),
    Reason.PUT_OFF: _("you had put it off"),
    Reason.REPORTED: _("you had said that it is done"),
    Reason.DISMISSED: _("you had chosen “not now”"),
    Reason.OVERTAKEN: _("a later reminder came in its place"),
}
WHY_FAILED = {
    (Channel.MAIL, Reason.REFUSED): _("your mail service does not take e-mails to this address"),
    (Channel.PUSH, Reason.REFUSED): _("your browser's service does not take them for this device"),
    (Channel.MAIL, Reason.GIVEN_UP): _("for three days the mail service did not take it"),
    (Channel.PUSH, Reason.GIVEN_UP): _("for three days your browser's service did not take it"),
}


@dataclass(frozen=True)
class Entry:
    """A reminder that came, or did not and why."""

    day: date
    what: str | Promise
    why: str | Promise = ""


@dataclass
class Record:
    """The reminders of `task` at a moment, in Japan's time.

    `woken_on` is when it was last open again, if that was in the days in which it is reminded of.
    """

    task: Task
    at: datetime
    woken_on: date | None

    @cached_property
    def rule(self) -> Rule:
        """The task's rule with the ladder that was released, as the promise goes by."""
        return next(rule for rule in versions.reminded() if rule.id == self.task.rule_id)

    @cached_property
    def ways(self) -> Ways:
        return ways_to(self.task.resident_id)

    @cached_property
    def reminders(self) -> list[Reminder]:
        """Those of the task, each with its message's end. By both columns of both keys."""
        resident = self.task.resident_id
        return list(
            Reminder.objects.filter(resident=resident, task=self.task)
            .alias(carrier=FilteredRelation("message", condition=Q(message__resident=resident)))
            .annotate(carried_on=F("carrier__day"), ended_at=F("carrier__ended_at"))
            .order_by("day", "channel", "pk")
        )

    @property
    def entries(self) -> list[Entry]:
        ended = [one for one in self.reminders if one.outcome != Reminder.Outcome.PROMISED]
        return [_entry(one) for one in ended]

    @cached_property
    def next_on(self) -> date | None:
        """The day of the next reminder, or None if none will come."""
        if not self.ways.channels:
            return None
        if self.task.status in WAKING:
            return self.task.wake_on
        if self.task.status != Status.OPEN:
            return None
        if promised := [one for one in self.reminders if one.outcome == Reminder.Outcome.PROMISED]:
            return max(self._first_day, min(one.carried_on for one in promised))
        if self._reached_and_not_promised():
            return self._next_round
        return ladder.next_day(self.rule, today=self.today, **self._dates)

    @property
    def today(self) -> date:
        return self.at.date()

    @property
    def _dates(self) -> dict[str, date | None]:
        return {"opened_on": self.task.opened_on, "due_on": self.task.due_on}

    @property
    def _first_day(self) -> date:
        """The first day on which anything can still be sent."""
        over = self.at.time() >= settings.REMINDERS_UNTIL
        return self.today + timedelta(days=over)

    @property
    def _next_round(self) -> date:
        """The day on which the next reminders are promised."""
        if ReminderRound.objects.filter(day=self.today).exists():
            return self.today + timedelta(days=1)
        return self._first_day

    def _reached_and_not_promised(self) -> bool:
        """Tell whether the next round promises something, as tasks.reminders.promise does."""
        step = ladder.latest_step(self.rule, today=self.today, **self._dates)
        reached_on = step and ladder.day_of(self.rule, step, **self._dates)
        if self.woken_on and (reached_on is None or self.woken_on > reached_on):
            step, reached_on = (self.task.opened_on - self.woken_on).days, self.woken_on
        if reached_on is None:
            return False
        noted = {
            one.channel
            for one in self.reminders
            if one.step == step or reached_on <= one.day <= self.today
        }
        return not noted.issuperset(self.ways.channels)


def _entry(reminder: Reminder) -> Entry:
    channel, reason = Channel(reminder.channel), reminder.reason
    day = timezone.localdate(reminder.ended_at) if reminder.ended_at else reminder.day
    if reminder.outcome == Reminder.Outcome.SENT:
        return Entry(day, SENT[channel])
    if reminder.outcome == Reminder.Outcome.FAILED:
        return Entry(day, FAILED[channel], WHY_FAILED[channel, Reason(reason)])
    return Entry(day, SKIPPED[channel], WHY[Reason(reason)])
