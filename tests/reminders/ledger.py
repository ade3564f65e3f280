"""Lines of the ledger as they stand after a day, made without promising or sending."""

from datetime import UTC, date, datetime

from tasks.models import Task
from tasks.reminders.models import Message, Reminder
from tasks.rules import registry
from tests.factories import ResidentFactory


def lines(day: date, outcome: str, count: int = 1, *, attempts: int = 0, channel="mail"):
    """Make lines of one outcome, each of a person of its own, in a message unless skipped."""
    rule = registry["card.benefit-account"]
    for _number in range(count):
        resident = ResidentFactory()
        task = Task.objects.create(
            resident=resident, about=resident, rule_id=rule.id, subject="", opened_on=day
        )
        Reminder.objects.create(
            resident=resident,
            task=task,
            step=180,
            channel=channel,
            day=day,
            outcome=outcome,
            reason="" if outcome in ("promised", "sent") else "refused",
            message=_message(resident, day, outcome, attempts, channel),
        )


def _message(resident, day, outcome, attempts, channel):
    eight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    waits = outcome == "promised"
    return Message.objects.create(
        resident=resident,
        day=day,
        channel=channel,
        state="waiting" if waits else outcome,
        priority=3,
        promised_at=eight,
        try_at=eight,
        attempts=attempts,
        ended_at=None if waits else eight,
    )
