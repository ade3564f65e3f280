"""Uploads that are whole lists: one with far fewer people than the last waits until staff looked.

Nobody is ever closed by being absent: who is missing in a list goes on as known, and grows stale
(docs/adr/0020). So a list that is held holds up only what it says; and half a list would not be
seen by anybody but for this.
"""

import logging

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.exchange.models import Upload

logger = logging.getLogger(__name__)

LISTED = "SELECT count(DISTINCT person) FROM staged_line WHERE reason = '' AND counted"


def holds(upload: Upload, load) -> bool:
    """Tell whether the upload, staged in `load`, has to wait; then it is held from now on."""
    if not upload.whole_list:
        return False
    [(listed,)] = load.run(LISTED)
    if load.again or upload.looked_at:
        Upload.objects.filter(pk=upload.pk).update(listed=listed)
        return False
    before = listed_before(upload)
    wait = is_far_fewer(listed, before, tolerated=upload.connection.fewer_tolerated)
    fields = {"listed": listed, "listed_before": before}
    if wait:
        fields |= {"state": Upload.State.HELD, "attempts": F("attempts") - 1}
        logger.warning("An upload is held", extra={"upload": upload.pk})
    Upload.objects.filter(pk=upload.pk).update(**fields)
    return wait


def listed_before(upload: Upload) -> int | None:
    """Return how many people the connection's last merged list had; None without one."""
    merged = Upload.objects.filter(
        connection=upload.connection_id, whole_list=True, state=Upload.State.DONE
    )
    last = merged.exclude(pk=upload.pk).order_by("-finished_at", "-pk").first()
    return last and last.listed


def is_far_fewer(listed: int, before: int | None, *, tolerated: int) -> bool:
    """Tell whether a list lost more than `tolerated` of a hundred of its people."""
    return before is not None and listed * 100 < before * (100 - tolerated)


def percent_fewer(upload: Upload) -> int:
    """Return of how many of a hundred people the list is short: never more than it is."""
    if not upload.listed_before:
        return 0
    return (upload.listed_before - upload.listed) * 100 // upload.listed_before


def release(upload: Upload, *, by, why: str) -> bool:
    """Say yes: let a held upload be merged. Return False where it is held no longer."""
    return _looked(upload, by=by, why=why, state=Upload.State.WAITING)


def refuse(upload: Upload, *, by, why: str) -> bool:
    """Say no: nothing of a held upload is merged. Return False where it is held no longer."""
    return _looked(upload, by=by, why=why, state=Upload.State.REFUSED, finished_at=timezone.now())


@transaction.atomic
def _looked(upload: Upload, *, by, why: str, **fields) -> bool:
    held = Upload.objects.filter(pk=upload.pk, state=Upload.State.HELD)
    return bool(held.update(looked_by=by, looked_at=timezone.now(), looked_why=why, **fields))
