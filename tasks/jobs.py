"""The queue's doors. Every message may be lost or come three times: the rows decide."""

import logging
import os
import socket
from datetime import date, datetime

from celery import shared_task
from django.conf import settings

from portal import clock, health
from tasks import sweep
from tasks.models import Sweep

logger = logging.getLogger(__name__)


@shared_task
def start_night():
    """Start the day's sweep, unless it has been started; wake a worker for each range."""
    night, new = sweep.start_sweep(day=clock.today(), started_by=Sweep.StartedBy.BEAT)
    if not new:
        logger.info("The night of %s has been started before (run %s).", night.day, night.run)
        return
    wake_workers(sweep.unfinished(night).values_list("pk", flat=True))


def wake_workers(range_ids):
    """Queue a message for each range: a hint, since the ranges themselves say what is to do."""
    for range_id in range_ids:
        sweep_range.delay(range_id)


@shared_task
def sweep_range(range_id: int):
    """Reconcile one range. Safe to run twice: a finished or leased range is left alone."""
    done = sweep.work_on(range_id, worker=f"{socket.gethostname()}:{os.getpid()}")
    if done:
        logger.info(
            "Range %s: opened %s, updated %s, closed %s.",
            range_id,
            done.opened,
            done.updated,
            done.closed,
        )


@shared_task
def take_up_lost_work():
    """Find what messages lost or workers killed have left: as often as the schedule says."""
    now = clock.localtime()
    wake_workers(sweep.lost_work(day=now.date()))
    if _night_was_missed(now):
        start_night()


def _night_was_missed(now: datetime) -> bool:
    today: date = now.date()
    return now.time() >= settings.NIGHT_STARTS_AT and not Sweep.objects.filter(day=today).exists()


@shared_task
def heartbeat():
    """Show `/healthz` that a worker takes jobs and does them."""
    health.mark("answered")
