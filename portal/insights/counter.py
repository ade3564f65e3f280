"""What is counted while requests are answered: sums in Valkey, one hash a minute.

    annai:use:minute:29400000         hash    "page|tasks:home|ja" -> 17
    annai:use:minutes                 set     the minutes that have such a hash
    annai:use:batch:29400000:<uuid>   hash    a minute that is being written (write.py)
    annai:use:batches                 set     "29400000:<uuid>"

A minute is a whole number: minutes since 1970 in UTC. A hash and its place in the set change in
one transaction, so neither is ever without the other.
"""

import atexit
import logging
import threading
import time
from collections import Counter as Sums

import redis
from django.conf import settings

from portal.valkey import valkey

logger = logging.getLogger(__name__)

HANDED_OVER_EVERY = 1  # second: what a killed process may lose
SILENT_FOR = 10  # seconds in which a process does not try again after a failure
MINUTES, BATCHES = "annai:use:minutes", "annai:use:batches"


class Counter:
    """The sums of this process, which hands them to Valkey about once a second.

    The first request after a second does so, after its answer is made; no other waits for it. What
    Valkey did not take is left out, since nobody knows whether it arrived: better lost than double.
    """

    def __init__(self):
        self.lock, self.sums, self.next_at = threading.Lock(), Sums(), 0.0

    def count(self, fields: list[str], *, now: float) -> None:
        """Add 1 to each field in the minute of `now`, seconds since 1970. Never raises for Valkey.

        Without fields it only hands over what is due.
        """
        minute = int(now // 60)
        with self.lock:
            self.sums.update((minute, field) for field in fields)
            if not self.sums or time.monotonic() < self.next_at:
                return
            self.next_at = time.monotonic() + HANDED_OVER_EVERY
        self.hand_over()

    def hand_over(self) -> None:
        """Hand over all sums now. Never raises for Valkey."""
        with self.lock:
            sums, self.sums = self.sums, Sums()
        if not sums:
            return
        try:
            add(sums)
        except redis.RedisError as error:
            self.next_at = time.monotonic() + SILENT_FOR
            logger.warning("Use is not counted", extra={"why": type(error).__name__})


def add(sums: dict[tuple[int, str], int]) -> None:
    """Add sums, by minute and field, in one round trip. Raises redis.RedisError."""
    with valkey(settings.REDIS_URL).pipeline(transaction=True) as pipeline:
        for (minute, field), times in sums.items():
            pipeline.hincrby(minute_key(minute), field, times)
        pipeline.sadd(MINUTES, *{minute for minute, _ in sums})
        pipeline.execute()


def field(measure: str, route: str, language: str) -> str:
    return f"{measure}|{route}|{language}"


def minute_key(minute) -> str:
    return f"annai:use:minute:{minute}"


def batch_key(batch: str) -> str:
    return f"annai:use:batch:{batch}"


counter = Counter()
atexit.register(counter.hand_over)
