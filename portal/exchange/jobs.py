"""Jobs of the exchange: hints only, the tables know what is to be done."""

from celery import shared_task
from django.utils import timezone

from portal.exchange import idempotency, merging, oauth_clients, receive
from portal.exchange.models import Upload
from portal.exchange.number import forget_changes, number_changes


@shared_task
def forget_tokens():
    """Delete OAuth tokens that have ended. Safe to run twice."""
    return oauth_clients.forget_tokens()


@shared_task
def number_what_changed():
    """Give positions to what has been committed meanwhile. Safe to run twice."""
    return number_changes()


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
    receive.end_lost_ones()


@shared_task
def tidy_uploads():
    """Delete what is no longer needed of uploads and calls. Safe to run twice."""
    receive.forget_parts()
    idempotency.forget_old_calls()
