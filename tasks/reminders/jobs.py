"""The queue's doors to the reminders. Every message may be lost or come three times."""

import logging
import time

from celery import shared_task
from django.utils import timezone

from portal import clock
from tasks.models import Sweep
from tasks.reminders import promise, send
from tasks.reminders.models import Message

logger = logging.getLogger(__name__)

SENDERS = 2  # that work at the same time, at most
SENDS_FOR = 30  # seconds, then other jobs have their turn


@shared_task
def remind():
    """Promise the day's reminders, once, and see to it that somebody sends what is due."""
    at = clock.localtime()
    if send.is_quiet(at):
        return
    day, new = promise.start_round(at=at, started_by=Sweep.StartedBy.BEAT)
    if new:
        logger.info("Reminders of %s: promised %s, skipped %s.", day.day, day.promised, day.skipped)
    wake_senders()


def wake_senders():
    """Queue messages for senders, unless some are at work."""
    due = Message.objects.due(clock.localtime())
    if due.exists() and not due.filter(lease_until__gt=timezone.now()).exists():
        for _number in range(SENDERS):
            send_reminders.delay()


@shared_task
def send_reminders():
    """Send for half a minute, then leave the rest to a next job."""
    ends_at = time.monotonic() + SENDS_FOR
    done = send.send_due(clock=clock.localtime, until=lambda: time.monotonic() > ends_at)
    if done.sent or done.skipped or done.failed:
        logger.info(
            "Reminders: sent %s in %s messages, skipped %s, failed %s.",
            done.sent,
            done.messages,
            done.skipped,
            done.failed,
        )
    if time.monotonic() > ends_at:
        send_reminders.delay()
