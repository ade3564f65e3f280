"""Who sends what: messages leased by the hundred, as far as the hour's cap allows."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal.database import run
from tasks.reminders.models import Message, SendingHour

AT_ONCE = 100


class Claimed(NamedTuple):
    """A message leased to this process."""

    resident: int
    message: int
    channel: str


CLAIM = f"""
    WITH picked AS (
        SELECT resident_id, id, channel, priority, due_on FROM {Message._meta.db_table}
        WHERE state = 'waiting' AND day = %(day)s AND try_at <= %(at)s
            AND channel = ANY(%(channels)s)
            AND (%(past_leases)s OR lease_until IS NULL OR lease_until < clock_timestamp())
        ORDER BY priority, due_on, id LIMIT %(room)s FOR UPDATE SKIP LOCKED),
    leased AS (
        UPDATE {Message._meta.db_table} m SET lease_until = clock_timestamp() + %(lease)s
        FROM picked WHERE m.resident_id = picked.resident_id AND m.id = picked.id)
    SELECT resident_id, id, channel FROM picked ORDER BY priority, due_on, id"""


def claim(*, at: datetime, channels: Collection[str], past_leases: bool = False) -> list[Claimed]:
    """Lease up to a hundred messages due at `at`, the most urgent first, while the cap allows.

    Leases go by the server's clock, not by `at`, which a command may set to another day.
    `past_leases` takes those of others, too.
    """
    hour = _hour(at)
    with transaction.atomic():
        room = min(AT_ONCE, settings.REMINDERS_PER_HOUR - _taken_up(hour))
        if room <= 0:
            return []
        claimed = run(
            CLAIM,
            {
                "day": timezone.localdate(at),
                "at": at,
                "room": room,
                "lease": timedelta(seconds=settings.LEASE_SECONDS),
                "channels": list(channels),
                "past_leases": past_leases,
            },
        )
        _count(hour, len(claimed))
    return [Claimed(*one) for one in claimed]


HOURS = SendingHour._meta.db_table


def _taken_up(hour: datetime) -> int:
    """Return how many messages of the hour were taken up; hold its row, so that none else claim."""
    [(messages,)] = run(
        f"""INSERT INTO {HOURS} AS h (hour, messages) VALUES (%(hour)s, 0)
        ON CONFLICT (hour) DO UPDATE SET messages = h.messages RETURNING messages""",
        {"hour": hour},
    )
    return messages


def _count(hour: datetime, messages: int) -> None:
    run(
        f"UPDATE {HOURS} SET messages = greatest(messages + %(messages)s, 0) WHERE hour = %(hour)s",
        {"hour": hour, "messages": messages},
    )


def give_back(claimed: Sequence[Claimed], *, at: datetime) -> None:
    """End the leases of messages that were not tried, so that they need not wait for that."""
    if not claimed:
        return
    with transaction.atomic():
        _count(_hour(at), -len(claimed))
        run(
            f"""UPDATE {Message._meta.db_table} SET lease_until = NULL
            WHERE state = 'waiting' AND (resident_id, id) IN (
                SELECT * FROM unnest(%(people)s::bigint[], %(ids)s::bigint[]))""",
            {
                "people": [one.resident for one in claimed],
                "ids": [one.message for one in claimed],
            },
        )


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
