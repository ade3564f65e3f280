"""Decide on a case. Not to grant takes two: one proposes it with the reason, another decides.

Every deed may come twice, or from two clerks at once: the later finds what the first did, and gets
a sentence that says what stands now (CannotChange or CannotDecide).
"""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.applications.correct_request import open_request
from portal.applications.models import Application, ApplicationEvent, Outcome, State
from portal.applications.move import held, move
from portal.applications.own_case import is_own_case
from portal.applications.states import OFFICE, change
from portal.applications.take import note_event
from portal.applications.written import Refused, as_kept, why_not_kept
from tasks.words import day


class CannotDecide(Refused):
    """The text says why, and what next."""


@transaction.atomic
def grant(*, cases, uuid, reason: str, by, today: date) -> Application:
    case = _held(cases, uuid)
    refuse_own(case, by)
    reason = _checked(reason, field="reason")
    refuse_while_proposed(case)
    move(
        case,
        to=State.GRANTED,
        side=OFFICE,
        by=by,
        today=today,
        **_decided(Outcome.GRANTED, reason, by),
    )
    return case


@transaction.atomic
def propose_refusal(*, cases, uuid, reason: str, by, today: date) -> Application:
    """Propose not to grant, with the reason that the resident will read.

    What the resident may still correct is not refused before that day is over.
    """
    case = _held(cases, uuid)
    refuse_own(case, by)
    reason = _checked(reason, field="reason")
    if not reason:
        raise CannotDecide(_("Write the reason. The resident reads it."), field="reason")
    change(case.state, State.REFUSED, side=OFFICE)
    refuse_while_proposed(case)
    if (asked_for := open_request(case)) and asked_for.answer_by >= today:
        raise CannotDecide(
            _("The resident may answer until %(day)s. Wait for that, or for the correction.")
            % {"day": day(asked_for.answer_by)}
        )
    _write(case, proposed_by=by, proposed_at=timezone.now(), outcome_reason=reason)
    note_event(case, what=ApplicationEvent.What.PROPOSED, by=by)
    return case


@transaction.atomic
def refuse(*, cases, uuid, by, today: date, proposal: str | None = None) -> Application:
    """Decide, as the second person, not to grant, for the reason that the first wrote.

    `proposal` is when what this person read was proposed, as `proposal_of` says it.
    """
    case = _held(cases, uuid)
    refuse_own(case, by)
    change(case.state, State.REFUSED, side=OFFICE)
    if case.proposed_by_id is None:
        raise CannotDecide(_("Nobody has proposed this. One proposes, another decides."))
    if case.proposed_by_id == by.pk:
        raise CannotDecide(_("You proposed it, so somebody else must decide."))
    if proposal is not None and proposal != proposal_of(case):
        raise CannotDecide(_("It has been proposed anew since you looked. Read the reason again."))
    move(
        case,
        to=State.REFUSED,
        side=OFFICE,
        by=by,
        today=today,
        **_decided(Outcome.REFUSED, case.outcome_reason, by),
    )
    return case


@transaction.atomic
def send_back(*, cases, uuid, by) -> Application:
    """Say no to the proposal: the case is under review as before."""
    case = _held(cases, uuid)
    if case.proposed_by_id is None or case.outcome:
        raise CannotDecide(_("There is no proposal to send back."))
    _write(case, proposed_by=None, proposed_at=None, outcome_reason="")
    note_event(case, what=ApplicationEvent.What.PROPOSAL_REJECTED, by=by)
    return case


@transaction.atomic
def pass_on(*, cases, uuid, to_whom: str, by, today: date) -> Application:
    """Note that somebody else must do something first; the resident reads who."""
    case = _held(cases, uuid)
    to_whom = _checked(to_whom, field="to_whom")
    if not to_whom:
        said = _("Write who has to do something. The resident reads it.")
        raise CannotDecide(said, field="to_whom")
    refuse_while_proposed(case)
    move(case, to=State.WITH_OTHERS, side=OFFICE, by=by, today=today, note=to_whom[:200])
    return case


@transaction.atomic
def take_up_again(*, cases, uuid, by, today: date) -> Application:
    """Note that the case is back from somebody else."""
    case = _held(cases, uuid)
    move(case, to=State.UNDER_REVIEW, side=OFFICE, by=by, today=today)
    return case


@transaction.atomic
def complete(*, cases, uuid, by, today: date) -> Application:
    """Note that what was granted has been carried out."""
    case = _held(cases, uuid)
    move(case, to=State.COMPLETED, side=OFFICE, by=by, today=today)
    return case


def proposal_of(case: Application) -> str:
    """Return what tells one proposal from the next."""
    return case.proposed_at.isoformat() if case.proposed_at else ""


def refuse_own(case: Application, by) -> None:
    """Raise CannotDecide where `by` is who applied, or whom it is about."""
    if is_own_case(case, by):
        raise CannotDecide(_("This is your own application, so a colleague must decide."))


def refuse_while_proposed(case: Application) -> None:
    """Raise CannotDecide where not granting is proposed: a second person decides on that first."""
    if case.proposed_by_id is not None and not case.outcome:
        raise CannotDecide(
            _("Not granting has been proposed already. A second person decides on it.")
        )


def _held(cases, uuid) -> Application:
    return held(cases.select_related("version"), uuid)


def _checked(text: str, *, field: str) -> str:
    """Return the text as it is kept. Raises CannotDecide."""
    text = as_kept(text)
    if why := why_not_kept(text):
        raise CannotDecide(why, field=field)
    return text


def _decided(outcome: Outcome, reason: str, by) -> dict:
    return {
        "outcome": outcome,
        "outcome_reason": reason,
        "decided_by": by,
        "decided_at": timezone.now(),
    }


def _write(case, **fields) -> None:
    for name, value in fields.items():
        setattr(case, name, value)
    Application.objects.filter(resident=case.resident_id, pk=case.pk).update(**fields)
