"""How many requests a connection may make a minute: counted in Valkey, by all processes together.

annai:rate:17:29400000   number   requests of connection 17 in a minute since 1970, UTC
"""

import logging
import time

import redis
from django.conf import settings
from ninja.throttling import BaseThrottle

from portal.valkey import valkey

logger = logging.getLogger(__name__)


class PerMinute(BaseThrottle):
    """Lets `per_minute` requests of a connection through in each minute of the clock.

    Valkey gone: all go on, since a source's facts are worth more than its rate.
    """

    def allow_request(self, request) -> bool:
        return used(request.auth.pk, now=time.time()) <= request.auth.per_minute

    def wait(self) -> int:
        return 60 - int(time.time() % 60)


def used(connection_id: int, *, now: float) -> int:
    """Count one request more; return how many there were in this minute, 0 where nobody knows."""
    key = f"annai:rate:{connection_id}:{int(now // 60)}"
    try:
        with valkey(settings.REDIS_URL).pipeline(transaction=False) as pipeline:
            count, _set = pipeline.incr(key).expire(key, 120).execute()
        return count
    except redis.RedisError as error:
        logger.warning("Requests are not counted", extra={"why": type(error).__name__})
        return 0
