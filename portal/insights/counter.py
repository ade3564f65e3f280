"""What is counted while requests are answered: sums in Valkey, one hash a minute.

    annai:use:minute:29400000         hash    "page|tasks:home|ja" -> 17
    annai:use:minutes                 set     the minutes that have such a hash
    annai:use:batch:29400000:<uuid>   hash    a minute that is being written (write.py)
    annai:use:batches                 set     "29400000:<uuid>"

A minute is a whole number: minutes since 1970 in UTC. A hash and its place in the set change in
one transaction, so neither is ever without the other.
"""

import logging
import time
from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

PATIENCE = 0.1  # seconds for Valkey, for each of connecting and answering
SILENT_FOR = 10  # seconds in which this process does not try again after a failure
MINUTES, BATCHES = "annai:use:minutes", "annai:use:batches"


class Counter:
    """Counts for this process. What cannot be counted is left out, and nobody waits for it."""

    def __init__(self):
        self.silent_until = 0.0

    def count(self, fields: list[str], *, now: float) -> None:
        """Add 1 to each field in the minute of `now`, seconds since 1970. Never raises for Valkey.

        Other threads do not wait while one finds out that Valkey is gone; each may find it out.
        """
        if time.monotonic() < self.silent_until:
            return
        try:
            add(fields, minute=int(now // 60))
        except redis.RedisError as error:
            self.silent_until = time.monotonic() + SILENT_FOR
            logger.warning("Use is not counted", extra={"why": type(error).__name__})


def add(fields: list[str], *, minute: int) -> None:
    """Add 1 to each field, in one round trip. Raises redis.RedisError."""
    with valkey(settings.REDIS_URL).pipeline(transaction=True) as pipeline:
        for field in fields:
            pipeline.hincrby(minute_key(minute), field, 1)
        pipeline.sadd(MINUTES, minute)
        pipeline.execute()


@cache
def valkey(url: str) -> redis.Redis:
    """Return the process's client, whose connections its threads share."""
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )


def field(measure: str, route: str, language: str) -> str:
    return f"{measure}|{route}|{language}"


def minute_key(minute) -> str:
    return f"annai:use:minute:{minute}"


def batch_key(batch: str) -> str:
    return f"annai:use:batch:{batch}"
