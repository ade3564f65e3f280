"""To-dos of some weeks that are over, and the reminders of them: for the figures alone.

They are of people who do not sign in, and about certificates that nothing else knows, so the rules
neither open nor close them.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import cycle, islice
from random import Random

from django.utils import timezone

from portal.residents.models import Resident
from tasks.models import Priority, RuleRecord, Status, Task, TaskEvent
from tasks.reminders.models import Channel, Message, Reminder

RULE = "card.user-authentication-renewal"
WEEKS, A_WEEK, SEED = 10, 80, 6  # so many that those too late are not too few to be shown
IN_TIME = 0.78
OPENS_BEFORE, REMINDED_BEFORE = timedelta(days=90), (30, 7)  # days before the last


def make_past_to_dos(who: list[Resident], *, today: date) -> None:
    """Make them for these people, some each week; each has ended before `today`."""
    rule, chance = RuleRecord.objects.get(key=RULE), Random(SEED)  # noqa: S311 - repeats, no secret
    ends = [
        today - timedelta(days=7 * week + chance.randrange(1, 8))
        for week in range(WEEKS)
        for _number in range(A_WEEK)
    ]
    people = islice(cycle(who), len(ends))
    tasks = Task.objects.bulk_create(
        ended(resident, rule, ended_on, number, in_time=chance.random() < IN_TIME)
        for number, (resident, ended_on) in enumerate(zip(people, ends, strict=True))
    )
    TaskEvent.objects.bulk_create(
        TaskEvent(
            resident_id=task.resident_id,
            task=task,
            what=task.status,
            at=at(task.ended_on),
            day=task.ended_on,
        )
        for task in tasks
    )
    remind(tasks, chance)


def ended(resident, rule, ended_on: date, number: int, *, in_time: bool) -> Task:
    due_on = ended_on + timedelta(days=1 + number % 6 if in_time else -1)
    opened_on = due_on - OPENS_BEFORE
    return Task(
        resident=resident,
        about=resident,
        rule=rule,
        subject=f"demo-past-{number}",
        status=Status.DONE if in_time else Status.EXPIRED,
        opens_on=opened_on,
        due_on=due_on,
        opened_on=opened_on,
        opened_at=at(opened_on),
        ended_on=ended_on,
    )


def remind(tasks: list[Task], chance: Random) -> None:
    """Send what was promised while they were open; now and then a server did not take it."""
    told = {}
    for task in tasks:
        for step, day in steps(task):
            told.setdefault((task.resident_id, day), []).append((task, step))
    outcomes = {key: chance.random() < 0.97 for key in told}
    messages = Message.objects.bulk_create(
        Message(
            resident_id=resident,
            day=day,
            channel=Channel.MAIL,
            state=Message.State.SENT if outcomes[resident, day] else Message.State.FAILED,
            priority=Priority.NORMAL,
            promised_at=at(day),
            try_at=at(day),
            ended_at=at(day),
        )
        for resident, day in told
    )
    Reminder.objects.bulk_create(
        Reminder(
            resident_id=message.resident_id,
            task=task,
            step=step,
            channel=Channel.MAIL,
            day=message.day,
            message=message,
            **outcome(sent=outcomes[message.resident_id, message.day]),
        )
        for message in messages
        for task, step in told[message.resident_id, message.day]
    )


def steps(task: Task) -> Iterator[tuple[int, date]]:
    for step in REMINDED_BEFORE:
        day = task.due_on - timedelta(days=step)
        if day < task.ended_on:
            yield step, day


def outcome(*, sent: bool) -> dict:
    if sent:
        return {"outcome": Reminder.Outcome.SENT}
    return {"outcome": Reminder.Outcome.FAILED, "reason": "given-up"}


def at(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(9)))
