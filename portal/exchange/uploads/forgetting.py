"""Which uploads are forgotten: those that have left nothing behind.

A source that sends again what is known leaves a row a time, and nothing that the row would explain.
An upload of which a report or a line set aside is kept stays as long as these: for good.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from portal.exchange.models import Connection, Upload
from portal.residents.models import FactReport

KEPT_FOR = timedelta(days=90)  # as long as the changes that name them
LOOKED_FOR = timedelta(days=8)  # on so many days it is asked of each upload
AT_ONCE = 1_000


def forget_empty_uploads() -> int:
    """Delete uploads by the API of 90 days ago that have left nothing; return how many.

    Safe to run twice. What it misses, since it did not run for days, stays.
    """
    until = timezone.now() - KEPT_FOR
    forgotten = 0
    for connection in Connection.objects.all():
        for ids in without_lines(connection, until):
            told = FactReport.objects.filter(upload_id__in=ids).values_list("upload_id", flat=True)
            empty = Upload.objects.filter(pk__in=set(ids) - set(told.distinct()))
            forgotten += empty.count()
            empty.delete()
    return forgotten


def without_lines(connection: Connection, until: datetime) -> Iterator[list[int]]:
    """Yield uploads (ids) that ended with each line known already, or without any, some at a time.

    The last whole list stays: the next one is compared with it.
    """
    ended = Upload.objects.filter(
        connection=connection,
        started_at__range=(until - LOOKED_FOR, until),
        finished_at__lt=until,
        state__in=[Upload.State.DONE, Upload.State.FAILED],
        read=F("unchanged"),
        whole_list=False,
        again_since=None,
        taking_back=None,
    )
    ids = list(ended.values_list("pk", flat=True))
    for first in range(0, len(ids), AT_ONCE):
        yield ids[first : first + AT_ONCE]
