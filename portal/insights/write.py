"""The minutes' sums go from Valkey to PostgreSQL, each once whatever is killed in between.

A minute that is over is renamed to a batch with an id of its own; the id and the sums are written
in one transaction; then the batch is deleted. Whoever finds a batch whose id is written deletes it
only. A request that counts into a minute already renamed begins it anew: another batch, which adds.

Only sums that Valkey itself loses are lost. If it is set back to an older copy of its own, what
was written since is there again as a minute not yet renamed, and counts twice.
"""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import redis
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.crash_points import reached
from portal.insights.counter import BATCHES, MINUTES, batch_key, minute_key
from portal.insights.models import UseBatch, UseMinute

PATIENCE = 5  # seconds: nobody waits for this
MINUTES_KEPT = timedelta(days=14)

# What a rolled-back transaction or another writer of the same batch left is not added again. The
# rows are sorted, so that two batches never wait for each other.
WRITE = """
    WITH written AS (
        INSERT INTO insights_usebatch (id, written_at) VALUES (%(id)s, now())
        ON CONFLICT DO NOTHING RETURNING id),
    sums AS MATERIALIZED (
        SELECT measure, about, language, sum(times) AS times
        FROM written, unnest(%(measures)s::text[], %(abouts)s::text[], %(languages)s::text[],
            %(times)s::int[]) AS one (measure, about, language, times)
        GROUP BY measure, about, language ORDER BY measure, about, language),
    minutes AS (
        INSERT INTO insights_useminute (minute, measure, about, language, times)
        SELECT %(minute)s, * FROM sums
        ON CONFLICT (minute, measure, about, language)
            DO UPDATE SET times = insights_useminute.times + excluded.times)
    INSERT INTO insights_useday (day, measure, about, language, times)
    SELECT %(day)s, * FROM sums
    ON CONFLICT (day, measure, about, language)
        DO UPDATE SET times = insights_useday.times + excluded.times
"""


def write_minutes(*, now: datetime) -> int:
    """Write what was counted in the minutes that were over at `now`; return how many batches.

    Raises redis.RedisError and django.db.Error; whatever was begun is ended by the next run.
    """
    with _valkey() as valkey:
        for minute in sorted(map(int, valkey.smembers(MINUTES))):
            if minute < now.timestamp() // 60:
                take(valkey, minute)
        batches = sorted(valkey.smembers(BATCHES))
        for batch in batches:
            write(batch, valkey.hgetall(batch_key(batch)))
            reached("use", "before_delete")
            drop(valkey, batch)
            reached("use", "after_delete")
    return len(batches)


def take(valkey, minute: int) -> None:
    """Rename a minute to a batch. Another writer may have done so a moment ago: then nothing."""
    batch = f"{minute}:{uuid4()}"
    with valkey.pipeline(transaction=True) as pipeline:
        pipeline.rename(minute_key(minute), batch_key(batch))
        pipeline.srem(MINUTES, minute)
        pipeline.sadd(BATCHES, batch)
        pipeline.execute(raise_on_error=False)
    reached("use", "after_rename")


def drop(valkey, batch: str) -> None:
    with valkey.pipeline(transaction=True) as pipeline:
        pipeline.delete(batch_key(batch))
        pipeline.srem(BATCHES, batch)
        pipeline.execute()


def write(batch: str, sums: dict[str, str]) -> None:
    """Write a batch's sums and its id, or nothing if the id is written."""
    minute, _, number = batch.partition(":")
    minute = datetime.fromtimestamp(int(minute) * 60, UTC)
    fields = [parts(field) for field in sums]
    parameters = {
        "id": UUID(number),
        "minute": minute,
        "day": timezone.localdate(minute),
        "measures": [measure for measure, _, _ in fields],
        "abouts": [about[:150] for _, about, _ in fields],
        "languages": [language for _, _, language in fields],
        "times": [int(times) for times in sums.values()],
    }
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(WRITE, parameters)
        reached("use", "before_commit")


def parts(field: str) -> tuple[str, str, str]:
    """Return a field's measure, route and language."""
    measure, _, rest = field.partition("|")
    about, _, language = rest.rpartition("|")
    return measure, about, language


def forget_minutes(*, today: date) -> int:
    """Delete minutes that are older than two weeks, and as old batch ids; return how many minutes.

    Their days are kept: they were written together with the minutes.
    """
    begins = datetime.combine(today - MINUTES_KEPT, datetime.min.time())
    before = timezone.make_aware(begins, timezone.get_default_timezone())
    UseBatch.objects.filter(written_at__lt=before).delete()
    return UseMinute.objects.filter(minute__lt=before).delete()[0]


def _valkey() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        decode_responses=True,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )
