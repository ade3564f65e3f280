"""The dates of a family's children as a calendar (RFC 5545), by address or as a file.

Other people look into calendars, so an event says that there is something and when, not what and
for whom. Two events a period, its first and its last day, since one over three months would fill
every day of the calendar. What is possible already has its last day only.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from childcare.dose_rule import TOO_YOUNG_FOR_A_RECORD
from childcare.models import CalendarFeed, DueCheckup, DueDose
from portal.residents.models import Resident
from tasks.acts import Refused
from tasks.reconcile import hold

AHEAD = timedelta(days=365)
REFRESH = timedelta(hours=12)  # how often a calendar program is asked to look again
MOST_ADDRESSES = 5


class Entry(NamedTuple):
    """An event of a whole day: the first day of something to do, or its last.

    `uid` stays that of the same thing when its day moves; `changed_at` is when that was found.
    """

    on: date
    is_last: bool
    uid: UUID
    changed_at: datetime

    @property
    def title(self) -> str:
        if self.is_last:
            return _("Annai: the last day for something")
        return _("Annai: there is something to do from today")


class Period(NamedTuple):
    """When something should be done: a dose, or a checkup (`subject`)."""

    child: Resident
    subject: str
    first: date
    last: date
    checked_at: datetime


def entries_of(children: Iterable[Resident], *, today: date) -> list[Entry]:
    """Return the events of these children from `today` on, a year ahead, one a child and day."""
    by_id = {child.pk: child for child in children}
    found: dict[tuple[int, date, bool], list[Period]] = {}
    for period in [*_doses(by_id, today), *_checkups(by_id)]:
        for day, is_last in [(period.first, False), (period.last, True)]:
            if today <= day <= today + AHEAD and not (is_last and day == period.first):
                found.setdefault((period.child.pk, day, is_last), []).append(period)
    return sorted(
        _entry(day, is_last, together) for (_child, day, is_last), together in found.items()
    )


def _entry(day: date, is_last: bool, together: list[Period]) -> Entry:
    first = min(together, key=lambda period: period.subject)
    name = f"{'last' if is_last else 'first'} {first.subject}"
    changed_at = max(period.checked_at for period in together)
    return Entry(day, is_last, uuid5(first.child.uuid, name), changed_at)


def _doses(children: dict[int, Resident], today: date) -> Iterable[Period]:
    """Return when the next doses should be had, of children of whom a record is known."""
    known = Q(record_known=True) | Q(born__gt=today - TOO_YOUNG_FOR_A_RECORD)
    due = DueDose.objects.filter(known, resident__in=children, given_on=None, ended=False)
    for dose in due:
        first = max(dose.earliest, dose.recommended_from or dose.earliest)
        last = dose.recommended_until
        if last is None or last < max(first, today):
            last = dose.legal_until
        if first <= last:
            child = children[dose.resident_id]
            yield Period(child, f"dose {dose.subject}", first, last, dose.checked_at)


def _checkups(children: dict[int, Resident]) -> Iterable[Period]:
    for due in DueCheckup.objects.filter(resident__in=children, done_on=None):
        yield Period(
            children[due.resident_id],
            f"checkup {due.checkup}",
            due.window_from,
            due.window_until,
            due.checked_at,
        )


def written(entries: Iterable[Entry], *, url: str) -> bytes:
    """Return the calendar in the reader's language; `url` is where the portal tells more.

    The same entries give the same bytes, so that a hash of them tells whether anything changed.
    """
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Annai//Children//EN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Annai"))
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT12H")
    for entry in entries:
        calendar.add_component(_event(entry, url))
    return calendar.to_ical()


def _event(entry: Entry, url: str) -> Event:
    event = Event()
    event.add("uid", str(entry.uid))
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("sequence", int(entry.changed_at.timestamp()) // 60)
    event.add("dtstart", entry.on)
    event.add("dtend", entry.on + timedelta(days=1))
    event.add("summary", entry.title)
    event.add("description", _("See what it is and for whom: %(url)s") % {"url": url})
    event.add("url", url)
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")  # it does not make anybody busy
    return event


# ---- secret addresses


def token_of(feed: CalendarFeed) -> str:
    """Return the part of the address that nobody can guess."""
    return _signer().sign(feed.uuid.hex)


def feed_of(token: str) -> CalendarFeed | None:
    """Return the feed whose address this is, with its person; None where it was revoked.

    The same None for an address that never was, and for a person who may no longer sign in.
    """
    try:
        uuid = UUID(_signer().unsign(token))
    except (BadSignature, ValueError):
        return None
    standing = CalendarFeed.objects.standing().filter(resident__user__is_active=True)
    return standing.select_related("resident__user").filter(uuid=uuid).first()


def _signer() -> Signer:
    return Signer(sep=".", salt="childcare.calendar-feed")


def feeds_of(resident: Resident) -> list[CalendarFeed]:
    return list(CalendarFeed.objects.standing().filter(resident=resident).order_by("pk"))


def create(*, resident: Resident, by) -> CalendarFeed:
    """Make a new address. Raises Refused where there are enough."""
    with transaction.atomic():
        hold([resident.pk])
        if len(feeds_of(resident)) >= MOST_ADDRESSES:
            raise Refused(
                _("You have %(most)s addresses. Revoke one that you no longer use, then try again.")
                % {"most": MOST_ADDRESSES}
            )
        feed = CalendarFeed(resident=resident, created_by=by)
        feed.save(force_insert=True)
        return feed


def revoke(*, resident: Resident, feed: UUID, by) -> None:
    """End an address at once and for good; the second time nothing happens."""
    standing = CalendarFeed.objects.standing().filter(resident=resident, uuid=feed)
    standing.update(revoked_by=by, revoked_at=timezone.now())
