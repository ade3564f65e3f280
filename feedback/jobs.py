"""The queue's doors to opinions. Every message may be lost or come three times."""

import time

from celery import shared_task
from django.utils import timezone

from feedback import alerts, mails, read, rising_now
from portal import clock

SENDS_FOR = 30  # seconds, then other jobs have their turn
READS_FOR = 5


@shared_task
def send_replies():
    """Send the mails that are owed for half a minute; the job of the next minute goes on."""
    ends_at = time.monotonic() + SENDS_FOR
    mails.send_replies(until=lambda: time.monotonic() > ends_at)


@shared_task
def tell_owners():
    """Mail for half a minute the owners of pages that have become less clear."""
    ends_at = time.monotonic() + SENDS_FOR
    mails.send_alerts(until=lambda: time.monotonic() > ends_at)


@shared_task
def read_words():
    """Read the texts that nobody has read yet; the job ten seconds later goes on."""
    ends_at = time.monotonic() + READS_FOR
    read.read(until=lambda: time.monotonic() > ends_at)


@shared_task
def find_rising():
    """Look for the words that are rising, if it is time again. Safe to run twice, also at once."""
    return rising_now.look(now=timezone.now())


@shared_task
def find_alerts():
    """Look for pages that have become less clear: the first job of a day that comes through."""
    alerts.look(day=clock.today())
