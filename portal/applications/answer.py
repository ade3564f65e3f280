"""Save one answer, and find what is still wrong with all of them."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.applications.branch import asked
from portal.applications.correct_request import open_request
from portal.applications.definition import Definition, Question, definition_of
from portal.applications.forms import form_for
from portal.applications.models import Application, State
from portal.residents.models import Resident


class Closed(ValueError):
    """The application can no longer be filled in; the text says what stands now."""


class Missing(NamedTuple):
    question: Question
    text: str


def held_to_fill(resident: Resident, uuid) -> Application:
    """Return one of the resident's applications, its answers alone until the transaction ends.

    Raises Application.DoesNotExist.
    """
    own = Application.objects.for_resident(resident).select_related("version")
    return own.select_for_update(of=["self"]).get(uuid=uuid)


@transaction.atomic
def save_answer(*, resident: Resident, uuid, question: str, answer) -> Application:
    """Keep the answer to one question. Raises Closed, and Application.DoesNotExist."""
    application = held_to_fill(resident, uuid)
    asked_for = definition_of(application.version.definition).question(question)
    if asked_for and asked_for.type == "file":
        # Files come and go one by one (attach.py), perhaps in another window since this page.
        answer = application.answers.get(question, [])
    keep_answer(application, question=question, answer=answer)
    return application


def keep_answer(application: Application, *, question: str, answer) -> None:
    """Write the answer into an application that is held. Raises Closed."""
    if question not in may_be_answered(application):
        raise Closed(_("This has been sent, so the answer can no longer be changed here."))
    answers = {**application.answers, question: answer}
    if answers != application.answers:
        application.answers, application.saved_at = answers, timezone.now()
        own = Application.objects.for_resident(application.resident_id)
        own.filter(pk=application.pk).update(answers=answers, saved_at=application.saved_at)


def may_be_answered(application: Application) -> set[str]:
    """Return the keys of the questions whose answers may be changed now."""
    definition = definition_of(application.version.definition)
    if application.state == State.DRAFT:
        return {question.key for question in definition.questions}
    if application.state != State.CORRECTION or (request := open_request(application)) is None:
        return set()
    named = set(request.questions)
    branch = asked(definition, application.answers)
    if not named:  # what is to be corrected stands in the text alone
        return {question.key for question in branch}
    for question in branch:  # and what another answer to them brings along, however far on
        if any(when.question in named for when in question.when):
            named.add(question.key)
    return named


def unanswered(definition: Definition, answers: Mapping) -> list[Question]:
    """Return the questions of the branch that nobody has been asked yet."""
    return [question for question in asked(definition, answers) if question.key not in answers]


def missing(application: Application, *, today: date) -> list[Missing]:
    """Return what stands in the way of sending: each question with a sentence."""
    definition = definition_of(application.version.definition)
    found = []
    for question in asked(definition, application.answers):
        data = as_data(question, application.answers.get(question.key))
        form = form_for(question, application, today=today, data=data)
        if not form.is_valid():
            sentences = [text for errors in form.errors.values() for text in errors]
            found.append(Missing(question, sentences[0]))
        elif question.stops and application.answers.get(question.key) in question.stops:
            found.append(Missing(question, _("With this answer there is nothing to send here.")))
    return found


def as_data(question: Question, answer) -> dict:
    """Return the answer as a browser would send it."""
    if question.type == "address":
        return answer or {}
    return {"answer": answer or ""}
