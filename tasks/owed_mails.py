"""Mails that rows owe: one after another, each once, and none lost.

A room says which of its rows owe one (Kind), to whom it goes, and in which words. The same
Message-ID at each attempt: where a mail was taken and the server's answer was lost, the second one
is recognised. Reminders have a ledger and a sender of their own (tasks.reminders.send).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from portal.residents.models import Resident
from tasks.reminders.delivery import Verdict
from tasks.reminders.mail import MailDelivery
from tasks.reminders.plain_mail import PlainMail
from tasks.reminders.whom import ways_to, why_no_mail

LEASE = timedelta(minutes=5)  # longer than one mail may take
GIVEN_UP_AFTER = timedelta(days=3)
SENT, SKIPPED, FAILED = "sent", "skipped", "failed"


@dataclass(frozen=True)
class Whom:
    """Where a mail goes and in which language; with `why` (a code of 20 letters) none goes."""

    address: str = ""
    language: str = ""
    why: str = ""
    settings: str = ""  # the page on which who gets it says that it shall stop, if there is one


@dataclass(frozen=True)
class Words:
    """What a mail says, in the reader's language: nothing private, and a page to sign in for.

    `lines` stand below what is said. `uuid` is the same at each attempt.
    """

    uuid: UUID
    subject: str
    said: str
    page: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of mail: its rows, and the columns in which they say how their mail stands.

    `owed`: those that wait. `own`: of a row, itself alone, by its whole key. `since`: of a row,
    since when it waits. `ended`: the column of when it ended; "": it then has no next attempt.
    """

    owed: Callable[[], QuerySet]
    own: Callable[[Model], QuerySet]
    whom: Callable[[Model], Whom]
    words: Callable[[Model], Words]
    state: str = "mail"
    why: str = "why"
    next_at: str = "next_at"
    since: str = "owed_since"
    ended: str = "ended_at"


def send_due(kind: Kind, *, until: Callable[[], bool]) -> int:
    """Send what is owed, one after another, until `until()`; return how many were sent."""
    delivery, sent = MailDelivery(), 0
    try:
        while not until() and (row := claim(kind, timezone.now())):
            stops = send_one(kind, row, delivery)
            sent += getattr(row, kind.state) == SENT
            if stops:
                break
    finally:
        delivery.close()
    return sent


@transaction.atomic
def claim(kind: Kind, at: datetime) -> Model | None:
    """Return what has waited longest; nobody else gets it before the lease is over."""
    due = kind.owed().filter(**{f"{kind.next_at}__lte": at})
    row = due.select_for_update(skip_locked=True, of=["self"]).order_by(kind.next_at).first()
    if row:
        kind.own(row).update(**{kind.next_at: at + LEASE})
    return row


def send_one(kind: Kind, row: Model, delivery: MailDelivery) -> bool:
    """Send one mail, or note why not. Tells whether others would fare the same: then stop."""
    whom = kind.whom(row)
    if whom.why:
        end(kind, row, SKIPPED, whom.why)
        return False
    answer = delivery.deliver(compose(kind, row, whom))
    if answer.verdict == Verdict.ACCEPTED:
        end(kind, row, SENT)
    elif (
        answer.verdict == Verdict.REFUSED
        or timezone.now() > getattr(row, kind.since) + GIVEN_UP_AFTER
    ):
        end(kind, row, FAILED, answer.text[:20])
    return answer.stops


def end(kind: Kind, row: Model, how: str, why: str = "") -> None:
    ended = {kind.ended: timezone.now()} if kind.ended else {kind.next_at: None}
    change = {kind.state: how, kind.why: why} | ended
    kind.own(row).update(**change)
    for column, value in change.items():
        setattr(row, column, value)


def compose(kind: Kind, row: Model, whom: Whom) -> PlainMail:
    """Return the mail in the reader's language, as text and as HTML."""
    with translation.override(whom.language):
        words = kind.words(row)
        context = {
            "subject": words.subject,
            "said": words.said,
            "lines": words.lines,
            "page": settings.PORTAL_URL + words.page,
            "settings": whom.settings and settings.PORTAL_URL + whom.settings,
        }
        message = PlainMail(
            subject=words.subject,
            body=render_to_string("tasks/owed_mail.txt", context),
            to=[whom.address],
            headers={
                "Message-ID": f"<{words.uuid}@{settings.MAIL_DOMAIN}>",
                "Auto-Submitted": "auto-generated",
                "Content-Language": whom.language,
            },
        )
        message.attach_alternative(render_to_string("tasks/owed_mail.html", context), "text/html")
    return message


def to_resident(resident: Resident) -> Whom:
    """Return where mails to a resident go, or why none does: as for reminders."""
    ways = ways_to(resident.pk)
    if why := why_no_mail(resident, ways):
        return Whom(why=why)
    return Whom(ways.address, ways.language, settings=reverse("tasks:settings"))
