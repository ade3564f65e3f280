"""Take an application back: a draft is put away, what was sent is withdrawn before its decision."""

from datetime import date

from django.db import transaction

from portal.applications.models import Application, State
from portal.applications.move import held, move
from portal.applications.states import RESIDENT
from portal.residents.models import Resident


@transaction.atomic
def take_back(*, resident: Resident, uuid, by, today: date) -> Application:
    """Raises CannotChange where it has been decided, and Application.DoesNotExist."""
    application = held(Application.objects.for_resident(resident).select_related("version"), uuid)
    if application.state != State.WITHDRAWN:
        move(application, to=State.WITHDRAWN, side=RESIDENT, by=by, today=today)
    return application
