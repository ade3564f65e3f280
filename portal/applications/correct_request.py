"""Ask for a correction, and note that it was sent. Ending with the application: move.py."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from portal.applications.branch import asked
from portal.applications.definition import definition_of
from portal.applications.models import Application, CorrectionRequest, State
from portal.applications.move import held, move
from portal.applications.states import OFFICE, RESIDENT, change
from portal.applications.unasked import put_away_unasked
from portal.applications.written import Refused, as_kept, why_no_day_to_answer_by, why_not_kept
from portal.residents.own import own_fact


class CannotAsk(Refused):
    """What was written cannot be asked; the text says why, for the page."""


@transaction.atomic
def ask_for_correction(
    application: Application,
    *,
    text: str,
    questions: Sequence[str],
    answer_by: date,
    by,
    today: date,
) -> CorrectionRequest:
    """Ask the resident to correct an application under review, by a day after `today`.

    `questions` are keys of questions that this person is asked; none: the text says what it is
    about. Raises CannotAsk, CannotChange or Application.DoesNotExist (of another office).
    """
    office = Application.objects.of_office(application.municipality_id)
    application = held(office, application.uuid)
    change(application.state, State.CORRECTION, side=OFFICE)
    if application.proposed_by_id is not None:
        raise CannotAsk(_("Not granting has been proposed already. A second person decides on it."))
    definition = definition_of(application.version.definition)
    branch = {question.key for question in asked(definition, application.answers)}
    text = as_kept(text)
    _check(text, questions=set(questions) - branch, answer_by=answer_by, today=today)
    request = CorrectionRequest.objects.create(
        resident_id=application.resident_id,
        application=application,
        receipt_number=application.receipt_number,
        procedure_key=application.procedure_key,
        procedure_name=definition.name,
        text=text,
        questions=list(questions),
        answer_by=answer_by,
        asked_by=by,
        asked_on=today,
        **own_fact(),
    )
    # After the request, which the rule is then asked about.
    move(
        application,
        to=State.CORRECTION,
        side=OFFICE,
        by=by,
        today=today,
        as_received=application.answers,
    )
    return request


def _check(text: str, *, questions: set[str], answer_by: date, today: date) -> None:
    """Raise CannotAsk with the first thing that is wrong; `questions` are those nobody is asked."""
    if not text:
        raise CannotAsk(_("Write what is to be corrected."), field="text")
    if reason := why_not_kept(text):
        raise CannotAsk(reason, field="text")
    if questions:
        raise CannotAsk(
            _("This person is not asked: %(questions)s.")
            % {"questions": ", ".join(sorted(questions))},
            field="questions",
        )
    if reason := why_no_day_to_answer_by(answer_by, today=today):
        raise CannotAsk(reason, field="answer_by")


@transaction.atomic
def answer_correction(application: Application, *, by, today: date) -> Application:
    """Note that the resident has sent the correction: the office goes on with it.

    What was corrected is in the answers already. Where not granting had been proposed because
    nobody answered, that falls away. Raises CannotChange where nothing is asked, and
    Application.DoesNotExist.
    """
    own = Application.objects.for_resident(application.resident_id)
    application = held(own, application.uuid)
    change(application.state, State.UNDER_REVIEW, side=RESIDENT)
    written = {"answers": put_away_unasked(application), "as_received": None}
    if application.proposed_by_id:  # because nobody had answered
        written |= {"proposed_by": None, "proposed_at": None, "outcome_reason": ""}
    move(application, to=State.UNDER_REVIEW, side=RESIDENT, by=by, today=today, **written)
    return application


def with_request(applications: QuerySet) -> QuerySet:
    """Add what is asked to be corrected now: `asked_text` and `asked_answer_by`, else None."""
    asked_for = CorrectionRequest.objects.filter(
        resident=OuterRef("resident"), application=OuterRef("pk"), answered_on=None, ended_on=None
    )
    return applications.annotate(
        asked_text=Subquery(asked_for.values("text")[:1]),
        asked_answer_by=Subquery(asked_for.values("answer_by")[:1]),
    )


def open_request(application: Application) -> CorrectionRequest | None:
    """Return what the resident is asked to correct now."""
    own = CorrectionRequest.objects.of(application)
    return own.filter(answered_on=None, ended_on=None).first()
