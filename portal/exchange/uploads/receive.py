"""A body of facts on its way in: kept part by part, merged only when all of it is there.

receiving ─▶ waiting ─▶ merging ─▶ done
    └─▶ failed: broken off, too slow, too large; its parts are deleted, nothing was merged
"""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal.exchange.models import Connection, Upload, UploadPart
from portal.exchange.uploads.body import CUT_OFF, BodyRefused
from portal.exchange.uploads.parts import Parts

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=8)  # parts: an upload can be taken back within seven days
SAYS_EVERY = 10.0  # seconds
LATE = timedelta(minutes=1)  # after the time that a body may take
WORKER_GONE = "receiver-gone"


def receive(
    body: Iterable[bytes],
    *,
    connection: Connection,
    came_by: str = "",
    whole_list: bool = False,
    still_here: Callable[[], object] = lambda: None,
    on_received: Callable[[Upload], object] = lambda upload: None,
) -> tuple[Upload, int]:
    """Keep the content that comes; return its upload, which waits to be merged, and its lines.

    `came_by` is the public name of the key or client. A `whole_list` with far fewer people than the
    one before it is held (whole_lists.py). `still_here` is called from time to time while it comes;
    `on_received` in the transaction from which on the upload counts as received. Raises
    BodyRefused; the upload has then failed.
    """
    upload = Upload.objects.create(
        name=f"API {connection.source.key}",
        connection=connection,
        came_by=came_by,
        whole_list=whole_list,
        state=Upload.State.RECEIVING,
    )
    parts = Parts(upload)
    try:
        said_at = time.monotonic()
        for data in body:
            parts.add(data)
            if time.monotonic() - said_at > SAYS_EVERY:
                still_here()
                said_at = time.monotonic()
        if parts.ends_in_a_line():
            raise BodyRefused(CUT_OFF)
        parts.finish()
        with transaction.atomic():
            upload.state, upload.size, upload.digest = "waiting", parts.size, parts.digest
            received = Upload.objects.filter(pk=upload.pk, state=Upload.State.RECEIVING)
            if not received.update(state=upload.state, size=upload.size, digest=upload.digest):
                raise BodyRefused(CUT_OFF)  # ended meanwhile: it took far too long
            on_received(upload)
    except BodyRefused as refused:
        fail(upload, refused.code)
        raise
    except BaseException:
        fail(upload, WORKER_GONE)
        raise
    return upload, parts.lines


def fail(upload: Upload, why: str) -> None:
    """End an upload of which nothing was merged."""
    with transaction.atomic():
        upload.parts.all().delete()
        Upload.objects.filter(pk=upload.pk).update(
            state=Upload.State.FAILED, why_failed=why, finished_at=timezone.now()
        )
    logger.info("An upload was not received", extra={"upload": upload.pk, "why": why})


def end_lost_ones() -> int:
    """End uploads whose receiver was killed: nobody can still be at them. Return how many."""
    since = timezone.now() - timedelta(seconds=settings.EXCHANGE_BODY_SECONDS) - LATE
    lost = Upload.objects.filter(state=Upload.State.RECEIVING, started_at__lt=since)
    for upload in lost:
        fail(upload, WORKER_GONE)
    return len(lost)


def forget_parts() -> int:
    """Delete the content of uploads that can no longer be taken back; return how many parts."""
    old = UploadPart.objects.filter(upload__finished_at__lt=timezone.now() - KEPT_FOR)
    return old.delete()[0]
