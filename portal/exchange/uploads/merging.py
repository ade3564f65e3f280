"""From an upload that has been received to facts: by one worker at a time, and once.

    waiting ─▶ merging ─▶ done
      ▲           ├─▶ failed, after ATTEMPTS workers did not come to its end
      └── held ◀──┘ a whole list with far fewer people than the last one (whole_lists.py)
            └─▶ refused

Whoever merges holds a lock that ends with its connection, so a killed worker's upload is free at
once; loading the same again writes nothing twice. In which order the uploads of a connection are
merged does not matter, since facts do not depend on the order of their reports. One that is done
is merged again when another was taken back that had said the same first (taking_back.py).
"""

import itertools
import logging
import time
from contextlib import contextmanager
from datetime import timedelta

from django.db import OperationalError, connection
from django.db.models import F, Q
from django.utils import timezone

from portal import clock
from portal.crash_points import reached
from portal.database import LOCK_NOT_AVAILABLE, sqlstate
from portal.exchange.loading.load import Load
from portal.exchange.models import Upload
from portal.exchange.uploads import whole_lists
from portal.exchange.uploads.parts import content_of
from portal.residents.locks import LOCK_OF_UPLOAD

logger = logging.getLogger(__name__)

SMALL = 1_000  # lines that are merged while their sender waits
PATIENCE = 5  # seconds that a sender waits for the locks of others
LINES_AT_ONCE = 10_000  # in memory
TELLS_EVERY = 1.0  # seconds
ATTEMPTS = 5
GAVE_UP = "gave-up"
TAKEN_UP_AFTER = timedelta(seconds=10)  # until then the message is likely on its way

OPEN = [Upload.State.WAITING, Upload.State.MERGING]


def merge(upload: Upload, *, patience: int | None = None) -> bool:
    """Merge an upload that has been received, unless another does or has done so.

    Returns whether it was merged here; with `patience` (seconds) also False where others' locks
    took longer, and then it waits again. `upload` is read anew.
    """
    with alone_with(upload) as alone:
        upload.refresh_from_db()
        if alone and upload.again_since and upload.state == Upload.State.DONE:
            return merge_again(upload)
        if not alone or upload.state not in OPEN:
            return False
        if upload.attempts >= ATTEMPTS:
            give_up(upload)
            return False
        note(upload, state=Upload.State.MERGING, attempts=F("attempts") + 1)
        try:
            if not load(upload, patience):
                return False
        except OperationalError as error:
            if patience is None or sqlstate(error) != LOCK_NOT_AVAILABLE:
                raise
            note(upload, state=Upload.State.WAITING, attempts=F("attempts") - 1)
            return False
        upload.refresh_from_db()
        return True


def merge_again(upload: Upload) -> bool:
    """Merge an upload that is done once more, from what is kept of it; its state stays."""
    if upload.attempts >= ATTEMPTS:
        return False  # staff are told (alarms.py)
    note(upload, attempts=F("attempts") + 1)
    load(upload, None)
    since = upload.again_since
    Upload.objects.filter(pk=upload.pk, again_since=since).update(again_since=None)
    upload.refresh_from_db()
    return True


def load(upload: Upload, patience: int | None) -> bool:
    """Load the upload's lines, some at a time, telling how far it is; return whether it went in.

    It does not where it is a whole list that somebody has to look at first.
    """
    file = content_of(upload)
    with Load(upload, clock.today(), patience=patience) as one:
        lines = one.lines_of([(upload.name, file)], lambda size: None)
        tell, read = (quiet if one.again else Teller(upload)), 0
        while some := list(itertools.islice(lines, LINES_AT_ONCE)):
            one.stage(some)
            read += len(some)
            tell(read=read)
        reached("upload", "staged")
        if whole_lists.holds(upload, one):
            return False

        def on_people(done, total):
            tell(read=read, people=total, people_done=done)
            reached("upload", "chunk")

        one.merge(on_people)
    reached("upload", "merged")
    return True


def quiet(**how_far) -> None:
    """Tell nothing: of an upload that is done, its sender knows what came of it."""


class Teller:
    """Writes how far an upload is, outside of transactions, and not more than once a second."""

    def __init__(self, upload: Upload):
        self.upload, self.told_at = upload, 0.0

    def __call__(self, **how_far) -> None:
        now = time.monotonic()
        if now - self.told_at >= TELLS_EVERY:
            note(self.upload, **how_far)
            self.told_at = now


def note(upload: Upload, **fields) -> None:
    Upload.objects.filter(pk=upload.pk).update(**fields)


def give_up(upload: Upload) -> None:
    note(upload, state=Upload.State.FAILED, why_failed=GAVE_UP, finished_at=timezone.now())
    logger.error("An upload was given up", extra={"upload": upload.pk, "attempts": ATTEMPTS})


@contextmanager
def alone_with(upload: Upload):
    """Hold the upload's lock until the block, or the connection, ends; yield whether it is ours."""
    number = upload.pk % 2**31
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_OF_UPLOAD, number])
        [ours] = cursor.fetchone()
    try:
        yield ours
    finally:
        if ours and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_OF_UPLOAD, number])


def left_over() -> list[Upload]:
    """Return the uploads that wait or were being merged, and that nobody may come to any more."""
    since = timezone.now() - TAKEN_UP_AFTER
    return list(
        Upload.objects.filter(
            Q(state__in=OPEN) | Q(state=Upload.State.DONE, again_since__isnull=False),
            started_at__lt=since,
            attempts__lte=ATTEMPTS,
            connection__isnull=False,
        )
    )
