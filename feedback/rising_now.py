"""What is rising now: looked for by a job and kept, so that no page waits for it.

With the largest number of texts it takes most of a minute (docs/performance.md). A look that took
long is followed by a pause ten times as long: so it takes a tenth of a processor at most.
"""

import logging
from dataclasses import asdict
from datetime import datetime, timedelta
from time import monotonic

from django.db import OperationalError, transaction

from feedback.models import RisingWords
from feedback.rising import Rising, rising
from portal.database import run
from portal.residents.locks import LOCK_OF_WORDS

PAUSE = 10  # times what it took
LONGEST = 120  # seconds; then it is given up, and what was found before stays
logger = logging.getLogger(__name__)


@transaction.atomic
def look(*, now: datetime, longest: float = LONGEST) -> bool:
    """Look for what is rising, if it is time again and nobody does it; tell whether it was found.

    `longest`: seconds that it may take.
    """
    [[mine]] = run("SELECT pg_try_advisory_xact_lock(%(lock)s, 0)", {"lock": LOCK_OF_WORDS})
    kept = RisingWords.objects.first()
    if not mine or (kept and now < kept.next_at):
        return False
    started = monotonic()
    words = within(longest, now)
    fields = {"next_at": now + timedelta(seconds=PAUSE * (monotonic() - started))}
    if words is None:
        logger.warning("What is rising took too long", extra={"seconds": longest})
    else:
        fields |= {"at": now, "words": [asdict(one) for one in words]}
    RisingWords.objects.update_or_create(id=RisingWords.ONE, defaults=fields)
    return words is not None


def within(seconds: float, now: datetime) -> list[Rising] | None:
    """Return what is rising, or None where the database needs longer than that."""
    try:
        with transaction.atomic():
            run(f"SET LOCAL statement_timeout = {int(1000 * seconds)}", {})
            return rising(until=now)
    except OperationalError:
        return None


def rising_now() -> tuple[datetime | None, list[Rising]]:
    """Return when it was looked last, None for never, and what was found."""
    kept = RisingWords.objects.first()
    return (kept.at, [Rising(**one) for one in kept.words]) if kept else (None, [])
