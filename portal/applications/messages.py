"""What the resident and the office write to one another about an application."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from portal.applications.models import Application, Message, Notice, State, Turn
from portal.applications.tell import tell
from portal.applications.written import Refused, as_kept, why_not_kept

MOST = 200  # messages of one application


class CannotWrite(Refused):
    """The text says why, and what next."""


@transaction.atomic
def write(
    application: Application,
    *,
    side: str,
    text: str,
    token: UUID,
    by,
    answer_by: date | None = None,
) -> Message:
    """Write a message at the present step. `token` makes one of what is sent twice.

    `application` comes from `for_resident` or `of_office`. Raises CannotWrite.
    """
    text = as_kept(text)
    own = Message.objects.of(application)
    if written := own.filter(token=token).first():
        return written
    if reason := why_closed(application, side=side):
        raise CannotWrite(reason)
    if not text:
        raise CannotWrite(_("Write something."), field="text")
    if reason := why_not_kept(text):
        raise CannotWrite(reason, field="text")
    if own.count() >= MOST:
        raise CannotWrite(_("There are too many messages already. Call the office."))
    message, made = own.get_or_create(
        token=token,
        defaults={
            "resident_id": application.resident_id,
            "application": application,
            "side": side,
            "step": application.step,
            "text": text,
            "answer_by": answer_by,
            "by": by,
        },
    )
    if made and side == Message.Side.OFFICE:
        tell(application, Notice.About.MESSAGE)
    return message


def why_closed(application: Application, *, side: str) -> str:
    """Say why nothing more can be written about an application; "": it can.

    The office may still write once it has decided, the resident until it is finished.
    """
    if application.version_id is None:
        return _("This was reported by another office. Ask there.")
    if application.state == State.DRAFT:
        return _("This has not been sent, so no clerk has it yet. Send it first.")
    if application.state == State.WITHDRAWN:
        return _("This was taken back, so no clerk works on it any more. Call the office.")
    if application.turn == Turn.NOBODY and side == Message.Side.RESIDENT:
        return _("This is finished, so no clerk works on it any more. Call the office.")
    return ""


def to_answer(messages: Iterable[Message]) -> Message | None:
    """Return the office's newest question with a day to answer by, if nothing was written since.

    `messages` are those of one application, the newest first.
    """
    for one in messages:
        if one.side == Message.Side.RESIDENT:
            return None
        if one.answer_by:
            return one
    return None
