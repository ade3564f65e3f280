"""The queue's doors. Every message may be lost or come three times: the rows decide."""

import logging
import os
import socket
import time
from datetime import date, datetime

from celery import shared_task
from django.conf import settings

from portal import clock, health
from tasks import answer_mails, sweep, versions
from tasks.models import RuleVersion, Sweep

logger = logging.getLogger(__name__)

TELLS_FOR = 30  # seconds, then other jobs have their turn


@shared_task
def start_night():
    """Start the day's sweep, unless it has been started; wake a worker for each range."""
    night, new = sweep.start_sweep(day=clock.today(), started_by=Sweep.StartedBy.BEAT)
    if not new:
        logger.info("The night of %s has been started before (run %s).", night.day, night.run)
        return
    for rule in versions.waiting():
        logger.warning("%s", rule)
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
def tell_answers():
    """Mail for half a minute who asked why their data were looked at and has an answer."""
    ends_at = time.monotonic() + TELLS_FOR
    answer_mails.send_due(until=lambda: time.monotonic() > ends_at)


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
def weigh_version(version_id: int):
    """Ask what would change if a version of a rule went live. Safe to run twice."""
    version = RuleVersion.objects.select_related("rule").get(pk=version_id)
    try:
        change = versions.weigh(version)
    except versions.Refused as reason:  # this worker was not started again since the update
        logger.warning("Version %s was not asked what it would change: %s", version_id, reason)
    else:
        logger.info("Version %s would change: %s.", version_id, dict(change.counts))


@shared_task
def weigh_waiting_versions():
    """Ask each rule that waits, once a day, so that staff find the answer there."""
    for rule in versions.waiting():
        if rule.version and versions.is_to_be_asked(rule.version):
            weigh_version.delay(rule.version.pk)


@shared_task
def heartbeat():
    """Show `/healthz` that a worker takes jobs and does them."""
    health.mark("answered")
