"""How many requests a connection may make a minute: counted in Valkey, by all processes together.

annai:rate:17:29400000   number   requests of connection 17 in a minute since 1970, UTC
"""

import logging
import time

import redis
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from ninja.throttling import BaseThrottle

from portal.exchange.api import problems
from portal.exchange.api.problems import Problem
from portal.valkey import valkey

logger = logging.getLogger(__name__)

DAY, AHEAD = 86_400, 9 * 3600  # seconds: of a day, and Japan's time before UTC
TOO_MUCH_TODAY = problems.kind(
    "too-much-today",
    429,
    _("Too many bytes for one day"),
    _(
        "Nothing of this body was read. Go on after as many seconds as the header “Retry-After” "
        "says, or ask the office whether so much is meant to come."
    ),
)


class PerMinute(BaseThrottle):
    """Lets `per_minute` requests of a connection through in each minute of the clock."""

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


def require_room(connection_id: int, *, now: float) -> None:
    """Raise Problem where a connection has sent a day's worth already.

    What crosses the limit still goes in: how much a body holds is known at its end.
    """
    try:
        sent = int(valkey(settings.REDIS_URL).get(_sent(connection_id, now)) or 0)
    except redis.RedisError as error:
        logger.warning("Bytes are not counted", extra={"why": type(error).__name__})
        return
    if sent >= settings.EXCHANGE_DAY_BYTES:
        wait = DAY - int((now + AHEAD) % DAY)
        raise Problem(TOO_MUCH_TODAY, headers={"Retry-After": wait})


def sent(connection_id: int, size: int, *, now: float) -> None:
    """Count `size` unpacked bytes more."""
    key = _sent(connection_id, now)
    try:
        with valkey(settings.REDIS_URL).pipeline(transaction=False) as pipeline:
            pipeline.incrby(key, size).expire(key, 2 * DAY).execute()
    except redis.RedisError as error:
        logger.warning("Bytes are not counted", extra={"why": type(error).__name__})


def _sent(connection_id: int, now: float) -> str:
    return f"annai:sent:{connection_id}:{int((now + AHEAD) // DAY)}"
