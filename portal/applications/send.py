"""Send an application: it gets its receipt number, and the office's turn begins.

Sent twice, by a double click, a reload or from two devices, it is one application.
"""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.applications.act_for import acts_for
from portal.applications.answer import Missing, missing
from portal.applications.deadline import closed_since, why_closed
from portal.applications.definition import definition_of
from portal.applications.models import Application, State
from portal.applications.move import held, move
from portal.applications.newer import withdrawn_as
from portal.applications.receipt import next_number
from portal.applications.states import RESIDENT
from portal.applications.unasked import put_away_unasked
from portal.residents.models import Resident


class CannotSend(ValueError):
    """The text says why; `missing` the questions that have to be answered first."""

    def __init__(self, text: str, missing: list[Missing] = ()):
        super().__init__(text)
        self.missing = missing


@transaction.atomic
def send(*, resident: Resident, uuid, by, today: date) -> Application:
    """Send the draft; what was sent before is returned as it stands.

    Raises CannotSend, and Application.DoesNotExist.
    """
    own = Application.objects.for_resident(resident).select_related("version", "about", "resident")
    application = held(own, uuid)
    if application.state not in (State.DRAFT, State.WITHDRAWN) or application.sent_at:
        return application
    _check(application, today)
    answers = put_away_unasked(application)
    move(
        application,
        to=State.RECEIVED,
        side=RESIDENT,
        by=by,
        today=today,
        receipt_number=next_number(today),
        sent_at=timezone.now(),
        answers=answers,
    )
    return application


def _check(application: Application, today: date) -> None:
    version = application.version
    if withdrawn_as(version):
        raise CannotSend(
            _("Your municipality no longer offers this. What you typed is kept; ask it what to do.")
        )
    if not acts_for(application.resident, application.about, today=today):
        raise CannotSend(
            _(
                "By what is known here you no longer act for this child, so this cannot be sent. "
                "What you typed is kept. Ask your municipality if that is wrong."
            )
        )
    deadline = definition_of(version.definition).deadline
    whom = {"resident": application.resident, "about": application.about}
    if last := closed_since(deadline, **whom, today=today):
        raise CannotSend(why_closed(last))
    if found := missing(application, today=today):
        raise CannotSend(_("Some answers are missing."), found)
