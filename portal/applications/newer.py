"""What changed since a draft was begun, and how it goes on with the form that is offered now."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.applications.answer import Closed, held_to_fill
from portal.applications.definition import Definition, Question, definition_of
from portal.applications.models import Application, Attachment, ProcedureVersion, State
from portal.residents.models import Resident

GONE = (ProcedureVersion.State.WITHDRAWN, ProcedureVersion.State.REPLACED)


@dataclass(frozen=True)
class Superseded:
    """The version of a draft is no longer offered; `newer` is what is, if anything.

    `version` is the one that was withdrawn, where the draft can no longer be sent; else its own.
    """

    version: ProcedureVersion
    newer: ProcedureVersion | None
    added: list[Question]
    changed: list[Question]
    gone: list[Question]


def withdrawn_as(version: ProcedureVersion) -> ProcedureVersion | None:
    """Return the version with which the procedure of this one was withdrawn; None while it is not.

    Who began with an earlier version than that cannot send it either.
    """
    if version.state not in GONE:
        return None
    if version.state == ProcedureVersion.State.WITHDRAWN:
        return version
    ever = ProcedureVersion.objects.filter(procedure=version.procedure_id)
    ever = ever.exclude(state=ProcedureVersion.State.DRAFT)
    newest = ever.order_by("-number").first()
    return newest if newest.state == ProcedureVersion.State.WITHDRAWN else None


def superseded(application: Application) -> Superseded | None:
    """Return what is to be told about a draft whose version is no longer offered."""
    version = application.version
    if application.state != State.DRAFT or version.state not in GONE:
        return None
    offered = ProcedureVersion.objects.offered_in(application.municipality_id)
    newer = offered.filter(procedure__key=application.procedure_key).first()
    told_of = withdrawn_as(version) or version
    if newer is None:
        return Superseded(told_of, None, [], [], [])
    before, after = definition_of(version.definition), definition_of(newer.definition)
    return Superseded(told_of, newer, *changes_between(before, after))


def changes_between(before: Definition, after: Definition):
    """Return the questions that are new, that are asked otherwise, and that are no longer asked."""
    earlier = {question.key: question for question in before.questions}
    later = {question.key: question for question in after.questions}
    added = [question for key, question in later.items() if key not in earlier]
    changed = [
        question for key, question in later.items() if key in earlier and question != earlier[key]
    ]
    gone = [question for key, question in earlier.items() if key not in later]
    return added, changed, gone


@transaction.atomic
def go_on_with_newer(*, resident: Resident, uuid) -> Application:
    """Go on with the form that is offered now; answers to questions that stayed are kept.

    Without a newer form the draft stays as it is. Raises Closed, and Application.DoesNotExist.
    """
    draft = held_to_fill(resident, uuid)
    if draft.state != State.DRAFT:
        raise Closed(_("This has been sent, so the answer can no longer be changed here."))
    found = superseded(draft)
    if found is None or found.newer is None:
        return draft
    asked_anew = {question.key for question in [*found.added, *found.changed, *found.gone]}
    draft.version = found.newer
    draft.answers = {key: answer for key, answer in draft.answers.items() if key not in asked_anew}
    draft.saved_at = timezone.now()
    Application.objects.for_resident(resident).filter(pk=draft.pk).update(
        version=draft.version, answers=draft.answers, saved_at=draft.saved_at
    )
    files = Attachment.objects.of(draft).filter(question__in=asked_anew, removed_at=None)
    files.update(removed_at=draft.saved_at)
    return draft
