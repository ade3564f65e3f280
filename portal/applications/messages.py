"""What the resident and the office write to one another about an application."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from portal.applications.models import Application, Message, State
from portal.residents.codes import holds_my_number

CLOSED = (State.DRAFT, State.WITHDRAWN)
LONGEST = 4000
MOST = 200  # messages of one application


class CannotWrite(ValueError):
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
    text = text.strip()
    if application.state in CLOSED:
        raise CannotWrite(
            _("Nothing can be written about this: it has not been sent, or taken back.")
        )
    if not text:
        raise CannotWrite(_("Write something."))
    if len(text) > LONGEST:
        raise CannotWrite(
            _("This is too long. Write at most %(most)d characters.") % {"most": LONGEST}
        )
    if holds_my_number(text):
        raise CannotWrite(_("This holds twelve digits that may be a My Number. Leave them out."))
    own = Message.objects.of(application)
    if own.count() >= MOST:
        raise CannotWrite(_("There are too many messages already. Call the office."))
    message, _made = own.get_or_create(
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
    return message
