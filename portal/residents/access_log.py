"""Who looked at whose record: written in a chain, so that what is changed or removed shows.

Each row carries an HMAC of its own content and of the hash of the row before it; the head of each
resident's chain says how long it is, under a seal. The key (ACCESS_LOG_KEY) is not in the
database, so who can only write there cannot mend the chain. docs/adr/0015.
"""

import hmac
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from portal.residents.models import (
    AccessLogCheck,
    AccessLogHead,
    Municipality,
    RecordAccess,
    Resident,
)

START = ""
PLACES_KEPT = 100  # of broken logs that a check found
BROKEN = "broken"  # the seal of a head that did not fit: it never fits again


def link(before: str, row: RecordAccess) -> str:
    """Return the hash of a row that follows one with the hash `before`."""
    content = [
        before,
        row.resident_id,
        row.number,
        row.by_id,
        row.office_id,
        row.what,
        row.purpose,
        row.at.astimezone(UTC).isoformat(),
    ]
    return _hash(content)


def seal(resident_id: int, count: int, chained: str) -> str:
    """Return the seal of a head: who cannot make one cannot put a head back to an earlier row."""
    return _hash(["head", resident_id, count, chained])


def _fits(head: AccessLogHead) -> bool:
    return hmac.compare_digest(head.sealed, seal(head.resident_id, head.count, head.chained))


def _hash(content: list) -> str:
    text = json.dumps(content, ensure_ascii=False).encode()
    return hmac.new(settings.ACCESS_LOG_KEY.encode(), text, "sha256").hexdigest()


@transaction.atomic
def note_access(
    *,
    resident: Resident,
    purpose: str,
    by,
    office: Municipality | None = None,
    what: str = "record",
    at: datetime | None = None,
    once_within: timedelta | None = None,
) -> RecordAccess:
    """Add a row at the end of the resident's log; of two at once, one follows the other.

    Where the same person of the same office looked at the same for the same purpose less than
    `once_within` before, that row stands for both, and is returned.
    """
    at = at or timezone.now()
    AccessLogHead.objects.bulk_create(
        [
            AccessLogHead(
                resident=resident, count=0, chained=START, sealed=seal(resident.pk, 0, START)
            )
        ],
        ignore_conflicts=True,
    )
    head = AccessLogHead.objects.select_for_update().get(resident=resident)
    same = {"by": by, "office": office, "what": what, "purpose": purpose}
    if once_within:
        noted = RecordAccess.objects.filter(resident=resident, at__gt=at - once_within, **same)
        if stands := noted.order_by("-at").first():
            return stands
    row = RecordAccess(resident=resident, number=head.count + 1, at=at, **same)
    row.chained = link(head.chained, row)
    row.save(force_insert=True)
    sealed = seal(resident.pk, row.number, row.chained) if _fits(head) else BROKEN
    AccessLogHead.objects.filter(resident=resident).update(
        count=row.number, chained=row.chained, sealed=sealed
    )
    return row


@dataclass(frozen=True)
class Broken:
    """The first place in a resident's log at which it is not as it was written."""

    resident: str  # the register's id
    number: int
    why: str


# One statement, so that what is written meanwhile is seen with its head or not at all.
EVERYTHING = """
    SELECT coalesce(h.resident_id, a.resident_id) AS resident, h.count, h.chained, h.sealed,
        a.number, a.by_id, a.office_id, a.what, a.purpose, a.at, a.chained
    FROM residents_accessloghead h
    FULL JOIN residents_recordaccess a ON a.resident_id = h.resident_id
    ORDER BY resident, a.number"""


def check_access_logs() -> Iterator[Broken | int]:
    """Yield where logs are broken, and last of all how many rows were read.

    Rows come from a cursor of the server, so memory does not grow with them.
    """
    read = 0
    with connection.chunked_cursor() as cursor:
        cursor.execute(EVERYTHING)
        for resident, rows in groupby(cursor, key=itemgetter(0)):
            broken, number, before, end = None, 0, START, None
            for row in rows:
                end, cells = row[1:4], row[4:]
                if cells[0] is None:  # a head without rows
                    continue
                read, number = read + 1, number + 1
                broken = broken or _break_at(number, before, resident, cells)
                before = cells[-1]
            if broken or end != (number, before, seal(resident, number, before)):
                yield Broken(_ref(resident), *(broken or (number + 1, "removed")))
    yield read


def check_and_keep() -> AccessLogCheck:
    """Check all logs and keep what was found, for the alarm in the staff pages."""
    *broken, read = check_access_logs()
    return AccessLogCheck.objects.create(
        read=read,
        broken=len(broken),
        places=[asdict(one) for one in broken[:PLACES_KEPT]],
    )


def _break_at(number: int, before: str, resident: int, cells) -> tuple[int, str] | None:
    stored, by, office, what, purpose, at, chained = cells
    if stored != number:
        return number, "removed"
    row = RecordAccess(
        resident_id=resident,
        number=number,
        by_id=by,
        office_id=office,
        what=what,
        purpose=purpose,
        at=at,
    )
    return None if hmac.compare_digest(chained, link(before, row)) else (number, "changed")


def _ref(resident_id: int) -> str:
    return Resident.objects.values_list("ref", flat=True).get(pk=resident_id)
