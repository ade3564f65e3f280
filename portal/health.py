"""Whether the parts that the portal needs are well, for `/healthz`; and `/livez`.

Worker and beat say so themselves (portal/celery.py), by marks in Valkey that fade:
- `beat`     it has published something; its schedule has a heartbeat every 10 seconds
- `worker`   its main process lives; Celery says so every 2 seconds
- `answered` it has run a heartbeat job; a worker that lives but does nothing is not well

With the beat dead no heartbeat is asked for, so the worker is not blamed for answering none.
"""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import redis
from django.conf import settings
from django.db import Error, connection
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

# Seconds until a mark fades. Without a beat, its own goes before that of the job it asks for.
FADES_AFTER = {"beat": 22, "worker": 22, "answered": 26}
PATIENCE = 0.3  # seconds for Valkey, for each of connecting and answering
DATABASE_PATIENCE = 0.8  # seconds from the request's start

# One thread, so that a database that swallows connections holds up one thread and not many.
_database_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="healthz")


def mark(name):
    """Note that a part is well: "beat", "worker" or "answered". Without Valkey, do nothing."""
    with contextlib.suppress(redis.RedisError), _valkey() as valkey:
        valkey.set(_key(name), 1, ex=FADES_AFTER[name])


def forget():
    """Drop the marks of an earlier run. Without Valkey, do nothing."""
    with contextlib.suppress(redis.RedisError), _valkey() as valkey:
        valkey.delete(*map(_key, FADES_AFTER))


def report() -> dict[str, bool]:
    """Return whether each part is well, within a second."""
    database = _database_thread.submit(_database_answers)
    try:
        with _valkey() as valkey:
            found = dict(zip(FADES_AFTER, valkey.mget(map(_key, FADES_AFTER)), strict=True))
            queue = True
    except redis.RedisError:
        found, queue = dict.fromkeys(FADES_AFTER), False
    beat = found["beat"] is not None
    return {
        "database": _in_time(database),
        "queue": queue,
        "worker": found["worker"] is not None and (found["answered"] is not None or not beat),
        "beat": beat,
    }


@never_cache
@require_safe
def livez(request):
    """Answer that this process takes requests. Nothing is asked, so nothing else can be ill."""
    return JsonResponse({"alive": True})


@never_cache
@require_safe
def healthz(request):
    parts = report()
    return JsonResponse(
        {"well": all(parts.values()), **parts}, status=200 if all(parts.values()) else 503
    )


def _valkey():
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )


def _key(name):
    return f"annai:well:{name}"


def _database_answers():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except Error:
        return False
    finally:
        connection.close()


def _in_time(answer):
    try:
        return answer.result(timeout=DATABASE_PATIENCE)
    except TimeoutError:
        answer.cancel()
        return False
