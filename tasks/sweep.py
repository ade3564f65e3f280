"""The night: everyone reconciled, in ranges that workers lease.

The rows here are the truth and a queue message is only a hint. A range is one transaction that
also notes the range as finished, so a killed worker leaves it as it was. The lease only keeps two
workers from the same work; that a range is done once is held by its row's lock.
"""

import time
from collections.abc import Callable
from datetime import date, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Max, Min, Q
from django.utils import timezone

from portal.crash_points import reached
from portal.residents.locks import BLOCK, LOCK_OF_DAY
from portal.residents.models import Resident
from tasks.derived import refresh_range
from tasks.models import Sweep, SweepRange
from tasks.reconcile import Reconciled, reconcile_range

# Whole blocks: of two ranges that share one, the second waits for the lock of the first.
RANGE_SIZE = 12 * BLOCK


def start_sweep(
    *, day: date, started_by: Sweep.StartedBy, range_size: int = RANGE_SIZE
) -> tuple[Sweep, bool]:
    """Return the sweep to work on and whether it is new.

    An unfinished one of the same day and size is gone on with. The schedule starts at most one
    a day, so that a beat that fires twice, or two beats, do no more than one.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_OF_DAY, day.toordinal()])
        latest = Sweep.objects.filter(day=day).first()
        if latest and started_by == Sweep.StartedBy.BEAT:
            return latest, False
        if latest and latest.finished_at is None and latest.range_size == range_size:
            return latest, False
        sweep = Sweep.objects.create(
            day=day,
            run=latest.run + 1 if latest else 1,
            started_by=started_by,
            range_size=range_size,
        )
        SweepRange.objects.bulk_create(
            [
                SweepRange(sweep=sweep, low=low, high=low + range_size)
                for low in range_starts(range_size)
            ],
            batch_size=5000,
        )
        _finish_if_done(sweep)
        return sweep, True


def range_starts(size: int) -> range:
    ids = Resident.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ids["first"] is None:
        return range(0)
    return range(ids["first"] // size * size, ids["last"] + 1, size)


def unfinished(sweep: Sweep):
    return sweep.ranges.filter(finished_at=None)


def work_on(range_id: int, *, worker: str, steal: bool = False) -> Reconciled | None:
    """Reconcile one range, or return None where it is finished or leased by another.

    `steal` ignores a lease: whoever holds it is dead, or will find the range finished.
    """
    if not _lease(range_id, worker, steal):
        return None
    reached("range", "leased")
    with transaction.atomic():
        mine = SweepRange.objects.select_for_update(of=["self"]).select_related("sweep")
        one = mine.get(pk=range_id)
        if one.finished_at:
            return None
        started = time.perf_counter()
        refresh_range(today=one.sweep.day, low=one.low, high=one.high)
        done = reconcile_range(today=one.sweep.day, low=one.low, high=one.high)
        one.opened, one.updated, one.closed = done.opened, done.updated, done.closed
        one.by_rule = {
            rule_id: [counts.opened, counts.updated, counts.closed]
            for rule_id, counts in done.by_rule.items()
        }
        one.seconds = time.perf_counter() - started
        one.finished_at = timezone.now()
        one.lease_until = None
        one.save()
        reached("range", "before_commit")
    reached("range", "after_commit")
    _finish_if_done(one.sweep)
    return done


def _lease(range_id: int, worker: str, steal: bool) -> bool:
    now = timezone.now()
    free = Q() if steal else Q(lease_until=None) | Q(lease_until__lt=now)
    one = SweepRange.objects.filter(free, pk=range_id, finished_at=None)
    leased = one.update(
        lease_until=now + _lease_time(), leased_by=worker, attempts=F("attempts") + 1
    )
    return bool(leased)


def _lease_time() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)


def _finish_if_done(sweep: Sweep) -> None:
    if not unfinished(sweep).exists():
        Sweep.objects.filter(pk=sweep.pk, finished_at=None).update(finished_at=timezone.now())


def run_sweep(
    *,
    day: date,
    worker: str,
    range_size: int = RANGE_SIZE,
    progress: Callable[[list[int]], list[int]] = list,
) -> Reconciled:
    """Go through a whole sweep of `day` in this process, taking up what another left unfinished.

    `progress` may wrap the list of range ids to show how far it is. Raises nothing of its own;
    whatever a range raises ends the sweep, whose finished ranges stay finished.
    """
    sweep, _new = start_sweep(day=day, started_by=Sweep.StartedBy.COMMAND, range_size=range_size)
    total = Reconciled()
    for range_id in progress(list(unfinished(sweep).values_list("pk", flat=True))):
        total += work_on(range_id, worker=worker, steal=True) or Reconciled()
    _finish_if_done(sweep)
    return total


def lost_work(*, day: date) -> list[int]:
    """Return the ranges (ids) of the day's newest sweep that no worker has or will come to.

    Their lease has run out; or nothing at all has moved for the length of a lease, so that the
    messages must have been lost.
    """
    sweep = Sweep.objects.filter(day=day, finished_at=None).first()
    if sweep is None:
        return []
    now = timezone.now()
    moved_since = now - _lease_time()
    _finish_if_done(sweep)  # whoever did the last range may have been killed just before this
    still = sweep.started_at < moved_since and not (
        sweep.ranges.filter(Q(finished_at__gte=moved_since) | Q(lease_until__gte=now)).exists()
    )
    lost = Q(lease_until__lt=now) | (Q(lease_until=None) if still else Q(pk__in=[]))
    return list(unfinished(sweep).filter(lost).values_list("pk", flat=True))
