"""The queue's doors to the applications. Every message may be lost or come three times."""

import time

from celery import shared_task

from portal import clock
from portal.applications import files, mails
from portal.applications.durations import count_durations

SENDS_FOR = 30  # seconds, then other jobs have their turn


@shared_task
def count_usual_durations():
    """Count how long finished cases took. Safe to run twice."""
    return count_durations(today=clock.today())


@shared_task
def send_mails():
    """Send what is owed for half a minute; the job of the next minute goes on."""
    ends_at = time.monotonic() + SENDS_FOR
    mails.send_due(until=lambda: time.monotonic() > ends_at)


@shared_task
def scan_files():
    """Scan for half a minute what could not be scanned when it was attached."""
    files.scan_waiting(until=time.monotonic() + SENDS_FOR)


@shared_task
def tidy_files():
    """Delete the files of drafts that are gone. Safe to run twice."""
    return files.tidy()
