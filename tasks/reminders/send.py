"""Sending what is promised: claimed by the hundred, then one message, one transaction.

The lease on a claimed message only keeps workers from the same work. That a message goes once is
held by its row's lock, from before its tasks are looked at until its outcome is committed: a
process killed in between gives it up at once, and only where the server has said yes by then does
the message go again, under the same Message-ID. Why so: docs/adr/0010.
"""

import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, transaction
from django.utils import timezone, translation

from portal.crash_points import reached
from portal.database import run
from portal.residents.models import Resident
from tasks.models import Task
from tasks.reminders.claim import Claimed, claim, give_back
from tasks.reminders.delivery import Answer, Delivery, Letter, Line, Verdict
from tasks.reminders.mail import MailDelivery
from tasks.reminders.models import Channel, Message, Reason, Reminder
from tasks.reminders.push import PushDelivery
from tasks.reminders.whom import ADDRESS, LANGUAGE, WHY_NOT
from tasks.rules import registry

logger = logging.getLogger(__name__)

GIVES_UP_AFTER = timedelta(days=3)
LONGEST_WAIT = timedelta(hours=1)
REFUSED_IN_A_ROW = 20


@dataclass
class Sent:
    """What a sending did: reminders sent, skipped and failed so far, and messages accepted."""

    sent: int = 0
    skipped: int = 0
    failed: int = 0
    messages: int = 0

    @property
    def reminders(self) -> int:
        return self.sent + self.skipped + self.failed


def is_quiet(at: datetime) -> bool:
    """Tell whether nobody is to be disturbed: 21:00 to 08:00 in Japan."""
    return not settings.REMINDERS_FROM <= timezone.localtime(at).time() < settings.REMINDERS_UNTIL


def due_reminders(at: datetime) -> int:
    """Return how many reminders wait to be sent at this moment."""
    due = Message.objects.due(at)
    return Reminder.objects.filter(outcome="promised", message__in=due).count()


def send_due(
    *,
    clock: Callable[[], datetime],
    past_leases: bool = False,
    until: Callable[[], bool] = lambda: False,
    progress: Callable[[int], object] = lambda reminders: None,
) -> Sent:
    """Send what is due by `clock`, the most urgent first, until nothing is or `until` is true.

    `past_leases` takes up what another process has claimed, too: it is dead, or holds the lock of
    the one message that it sends. `progress` is told how many reminders were gone through. When
    a channel's server takes nothing from anybody, the other channel goes on; one that refuses
    everybody for good is not asked on either, lest a wrong setting end a whole morning.
    """
    total, channels, refused = Sent(), set(Channel), Counter()
    with Deliveries() as deliveries:
        while channels and not until() and not is_quiet(at := clock()):
            claimed = claim(at=at, channels=channels, past_leases=past_leases)
            reached("claim", "after_commit")
            if not claimed:
                break
            untried = []
            for one in claimed:
                if one.channel not in channels or until():
                    untried.append(one)
                    continue
                before = total.reminders
                answer = send(one, delivery=deliveries[one.channel], at=at, total=total)
                progress(total.reminders - before)
                if answer:
                    every_time = answer.verdict == Verdict.REFUSED
                    refused[one.channel] = refused[one.channel] + 1 if every_time else 0
                    if answer.stops or refused[one.channel] == REFUSED_IN_A_ROW:
                        channels.remove(one.channel)
            give_back(untried, at=at)
    return total


class Deliveries(dict):
    """The channels, each opened when its first message goes and closed at the end."""

    KINDS: dict[str, type[Delivery]] = {Channel.MAIL: MailDelivery, Channel.PUSH: PushDelivery}

    def __missing__(self, channel):
        self[channel] = self.KINDS[channel]()
        return self[channel]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for delivery in self.values():
            delivery.close()


# ---- one message
TAKE = f"""
    SELECT m.uuid, m.attempts, m.first_tried_at, who.id, who.uuid, {LANGUAGE}, {ADDRESS},
        (SELECT json_agg(json_build_array(
                r.id, t.rule_id, t.subject, t.due_on, t.about_id <> t.resident_id,
                {WHY_NOT.format(channel="m.channel", day="%(day)s::date")})
            ORDER BY t.priority, t.due_on, t.rule_id, t.id)
        FROM {Reminder._meta.db_table} r
        JOIN {Task._meta.db_table} t ON t.resident_id = r.resident_id AND t.id = r.task_id
        LEFT JOIN {Resident._meta.db_table} about ON about.id = t.about_id
        WHERE r.resident_id = m.resident_id AND r.message_id = m.id AND r.outcome = 'promised')
    FROM {Message._meta.db_table} m
    JOIN {Resident._meta.db_table} who ON who.id = m.resident_id
    LEFT JOIN {get_user_model()._meta.db_table} account ON account.id = who.user_id
    WHERE m.resident_id = %(resident)s AND m.id = %(message)s AND m.state = 'waiting'
    FOR UPDATE OF m SKIP LOCKED"""


@dataclass
class Taken:
    """A message under its row's lock, with what its reminders say now."""

    resident: int
    message: int
    attempts: int
    first_tried_at: datetime | None
    letter: Letter
    skipped: list[tuple[int, str]] = field(default_factory=list)  # reminder (id), reason


def send(one: Claimed, *, delivery: Delivery, at: datetime, total: Sent) -> Answer | None:
    """Send one message, unless another does or has; add what came of it to `total`."""
    with transaction.atomic():
        taken = take(one, day=timezone.localdate(at))
        if taken is None:
            return None
        reached("message", "taken")
        answer = deliver(taken.letter, delivery) if taken.letter.lines else None
        reached("message", "answered")
        outcome = note(taken, answer, at=at)
        reached("message", "before_commit")
    reached("message", "after_commit")
    for name, count in outcome.items():
        setattr(total, name, getattr(total, name) + count)
    return answer


def deliver(letter: Letter, delivery: Delivery) -> Answer:
    """Hand a message to its channel. A fault of ours in one must not hold up those behind it."""
    try:
        return delivery.send(letter)
    except DatabaseError:  # nothing can be noted in this transaction any more
        raise
    except Exception:
        logger.exception("Message %s could not be handed over.", letter.uuid)
        delivery.close()
        return Answer(Verdict.LATER, "error")


def take(one: Claimed, *, day: date) -> Taken | None:
    """Lock a message and look again at all that it was promised for, by one statement."""
    rows = run(TAKE, {"resident": one.resident, "message": one.message, "day": day})
    if not rows:
        return None
    [(uuid, attempts, first_tried_at, person, public_id, language, address, told)] = rows
    lines, skipped = [], []
    with translation.override(language):  # a rule may name an occurrence there and then
        for reminder, rule_id, subject, due_on, of_a_child, reason in told or []:
            rule = registry.by_id(rule_id)
            if reason or rule is None:
                skipped.append((reminder, reason or Reason.TASK_WITHDRAWN.value))
            else:
                due_on = due_on and date.fromisoformat(due_on)
                title, later = rule.title_of(subject), bool(rule.urgent_until)
                lines.append(Line(reminder, title, due_on, of_a_child, later))
    letter = Letter(uuid, day, person, public_id, language, address, lines)
    return Taken(one.resident, one.message, attempts, first_tried_at, letter, skipped)


# ---- what came of it
NOTE = f"""
    WITH lines AS (
        UPDATE {Reminder._meta.db_table} r SET outcome = said.outcome, reason = said.reason
        FROM unnest(%(ids)s::bigint[], %(outcomes)s::text[], %(reasons)s::text[])
            AS said (id, outcome, reason)
        WHERE r.resident_id = %(resident)s AND r.id = said.id)
    UPDATE {Message._meta.db_table} SET state = %(state)s, attempts = %(attempts)s,
        first_tried_at = CASE WHEN %(attempts)s > 0 THEN coalesce(first_tried_at, %(at)s) END,
        last_answer = %(answer)s, try_at = %(try_at)s, lease_until = NULL, ended_at = %(ended_at)s
    WHERE resident_id = %(resident)s AND id = %(message)s"""


def note(taken: Taken, answer: Answer | None, *, at: datetime) -> dict[str, int]:
    """Write down what came of a message; return what it adds to the counts of a sending."""
    reminders = [line.reminder for line in taken.letter.lines]
    state, reason = _outcome(taken, answer, at)
    rows = [(one, "skipped", why) for one, why in taken.skipped]
    if state != Message.State.WAITING:
        rows += [(one, str(state.value), reason) for one in reminders]
    attempts = taken.attempts + (answer is not None)
    run(
        NOTE,
        {
            "resident": taken.resident,
            "message": taken.message,
            "ids": [row[0] for row in rows],
            "outcomes": [row[1] for row in rows],
            "reasons": [row[2] for row in rows],
            "state": state.value,
            "at": at,
            "attempts": attempts,
            "answer": answer.text if answer and answer.verdict != Verdict.ACCEPTED else "",
            "try_at": next_try(attempts, at) if state == Message.State.WAITING else at,
            "ended_at": None if state == Message.State.WAITING else at,
        },
    )
    skipped = len(taken.skipped)
    if state == Message.State.SENT:
        return {"sent": len(reminders), "skipped": skipped, "messages": 1}
    if state == Message.State.SKIPPED:
        return {"skipped": skipped + len(reminders)}
    return {"failed": len(reminders), "skipped": skipped}


def _outcome(taken: Taken, answer: Answer | None, at: datetime) -> tuple[Message.State, str]:
    if answer is None:
        return Message.State.SKIPPED, ""
    if answer.verdict == Verdict.ACCEPTED:
        return Message.State.SENT, ""
    if answer.verdict == Verdict.NOBODY:
        return Message.State.SKIPPED, Reason.NO_DEVICE.value
    if answer.verdict == Verdict.REFUSED:
        return Message.State.FAILED, Reason.REFUSED.value
    if at - (taken.first_tried_at or at) >= GIVES_UP_AFTER:
        return Message.State.FAILED, Reason.GIVEN_UP.value
    return Message.State.WAITING, ""


def next_try(attempts: int, at: datetime) -> datetime:
    """Return when to try again: 2, 4, 8 … minutes later, up to an hour, give or take half.

    By chance, so that thousands that failed together do not come back together.
    """
    wait = min(timedelta(minutes=2 ** min(attempts, 10)), LONGEST_WAIT)
    return at + wait * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
