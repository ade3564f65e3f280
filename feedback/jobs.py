"""The queue's doors to opinions. Every message may be lost or come three times."""

import time

from celery import shared_task

from feedback import mails

SENDS_FOR = 30  # seconds, then other jobs have their turn


@shared_task
def send_replies():
    """Send the mails that are owed for half a minute; the job of the next minute goes on."""
    ends_at = time.monotonic() + SENDS_FOR
    mails.send_due(until=lambda: time.monotonic() > ends_at)
