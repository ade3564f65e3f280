"""Jobs of the exchange: hints only, the tables know what is to be done."""

import time

from celery import shared_task
from django.utils import timezone

from portal.exchange.changes.number import forget_changes, number_changes
from portal.exchange.connections import oauth_clients
from portal.exchange.models import TakingBack, Upload
from portal.exchange.uploads import forgetting, idempotency, merging, receive, taking_back
from portal.exchange.webhooks.plan import with_work
from portal.exchange.webhooks.send import send_due

WAKES_EVERY = 5  # seconds
SENDS_FOR = 30  # seconds, then other jobs have their turn
LAST = 9  # with Valkey as broker: after whatever else waits, so that slow receivers hold up nobody


@shared_task
def forget_tokens():
    """Delete OAuth tokens that have ended. Safe to run twice."""
    return oauth_clients.forget_tokens()


@shared_task
def tell_changes():
    """Give positions to what has been committed meanwhile, and wake who brings it to receivers.

    Safe to run twice.
    """
    number_changes()
    for endpoint in with_work(timezone.now()):
        send_webhooks.apply_async([endpoint], expires=WAKES_EVERY, priority=LAST)


@shared_task
def send_webhooks(endpoint):
    """Bring an endpoint (id) what is due for half a minute; the next one woken goes on."""
    ends_at = time.monotonic() + SENDS_FOR
    return send_due(endpoint, until=lambda: time.monotonic() > ends_at)


@shared_task
def forget_old_changes():
    """Delete the changes of more than 90 days ago. Safe to run twice."""
    return forget_changes(now=timezone.now())


@shared_task
def merge_upload(uuid):
    """Merge an upload, unless somebody does or has done so: the message may come twice."""
    if upload := Upload.objects.filter(uuid=uuid).first():
        merging.merge(upload)


@shared_task
def take_up_uploads():
    """Wake a worker for each upload that waits, or whose worker was killed. Safe to run twice."""
    for upload in merging.left_over():
        merge_upload.apply_async([str(upload.uuid)], expires=60)
    for asked in taking_back.under_way():
        take_back_upload.apply_async([asked.pk], expires=60)
    receive.end_lost_ones()


@shared_task
def take_back_upload(asked):
    """Carry out a taking back (id) that was agreed, or go on with it. Safe to run twice."""
    if one := TakingBack.objects.select_related("upload", "by").filter(pk=asked).first():
        taking_back.take_back(one)


@shared_task
def tidy_uploads():
    """Delete what is no longer needed of uploads and calls. Safe to run twice."""
    receive.forget_parts()
    idempotency.forget_old_calls()


@shared_task
def forget_empty_uploads():
    """Delete uploads of 90 days ago that have left nothing behind. Safe to run twice."""
    return forgetting.forget_empty_uploads()
