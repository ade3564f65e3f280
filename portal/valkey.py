"""The process's client of Valkey, for what is counted while a request is answered."""

from functools import cache

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

PATIENCE = 0.1  # seconds for Valkey, for each of connecting and answering


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
