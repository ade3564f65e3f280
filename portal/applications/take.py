"""Who works on a case: taken, or handed over to a colleague of the same office."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from portal.applications.models import Application, ApplicationEvent, State, Turn
from portal.applications.move import held, move
from portal.applications.own_case import is_own_case
from portal.applications.states import OFFICE
from portal.applications.written import Refused
from portal.residents.models import OfficeMembership


class CannotTake(Refused):
    """The text says who has it, and what next."""


@transaction.atomic
def take(*, cases, uuid, by, today: date) -> Application:
    """Take a case that nobody has; with that its review begins. Taken twice it is taken once.

    Who was handed one that nobody had begun with takes it too.

    `cases` comes from `of_office`. Raises CannotTake, and Application.DoesNotExist.
    """
    case = held(cases.select_related("version", "assigned_to"), uuid)
    _check(case, by)
    if case.assigned_to_id and case.assigned_to_id != by.pk:
        raise CannotTake(
            _("%(who)s has taken this case. Ask for it to be handed over.")
            % {"who": case.assigned_to}
        )
    if case.assigned_to_id is None:
        _assign(case, to=by, by=by, what=ApplicationEvent.What.TAKEN)
    if case.state == State.RECEIVED:
        move(case, to=State.UNDER_REVIEW, side=OFFICE, by=by, today=today)
    return case


@transaction.atomic
def hand_over(*, cases, uuid, to, by) -> Application:
    """Give the case to a colleague who works in the same office."""
    case = held(cases.select_related("version"), uuid)
    _check(case, to)
    if not OfficeMembership.objects.filter(user=to, municipality=case.municipality_id).exists():
        raise CannotTake(_("This person does not work in your office."), field="to")
    if not to.is_active or not to.has_perm("applications.process_application"):
        raise CannotTake(_("This person may not process applications."), field="to")
    if case.assigned_to_id != to.pk:
        _assign(case, to=to, by=by, what=ApplicationEvent.What.HANDED_OVER)
    return case


def _check(case, to) -> None:
    """Raise CannotTake where nobody works on the case any more, or `to` should not."""
    if case.turn == Turn.NOBODY:
        raise CannotTake(_("This is finished, so nobody works on it any more."))
    if is_own_case(case, to):
        raise CannotTake(_("Nobody works on their own application. Leave it to a colleague."))


def _assign(case, *, to, by, what) -> None:
    case.assigned_to = to
    Application.objects.filter(resident=case.resident_id, pk=case.pk).update(assigned_to=to)
    note_event(case, what=what, by=by, note="" if to == by else str(to))


def note_event(case: Application, *, what: str, by, note: str = "") -> None:
    """Note what happened to a case without another state."""
    ApplicationEvent.objects.create(
        resident_id=case.resident_id,
        application=case,
        what=what,
        state=case.state,
        turn=case.turn,
        step=case.step,
        note=note,
        by=by,
    )
