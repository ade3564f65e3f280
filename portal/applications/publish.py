"""Versions of procedures: written, published, withdrawn. A published version never changes."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.applications.definition import definition_of
from portal.applications.models import Procedure, ProcedureVersion
from portal.applications.read_text import Mistake, Mistakes, read_text
from portal.applications.searched import searched_form


class CannotPublish(ValueError):
    """The text says why, and what next."""


class Overtaken(ValueError):
    """Somebody else saved `version` since the text that was changed had been opened."""

    def __init__(self, version: ProcedureVersion):
        super().__init__(str(version))
        self.version = version


def newest_of(procedure: Procedure) -> ProcedureVersion | None:
    """Return the version that somebody who writes begins with: the draft, else the last one."""
    versions = procedure.versions.select_related("made_by")
    draft = versions.filter(state=ProcedureVersion.State.DRAFT).first()
    return draft or versions.first()


def seen(version: ProcedureVersion | None) -> str:
    """Return what tells one state of a text from the next: kept is what was begun with."""
    return f"{version.pk} {version.made_at.isoformat()}" if version else ""


@transaction.atomic
def save_draft(
    *, procedure: Procedure, text: str, by, begun_with: str | None = None
) -> ProcedureVersion:
    """Keep what was written as the draft of the procedure.

    `begun_with` is `seen(…)` of the version whose text was changed; None: whatever stands is
    replaced. Raises Mistakes if the text is none, and Overtaken.
    """
    _hold(procedure)
    newest = newest_of(procedure)
    if begun_with is not None and seen(newest) != begun_with and text != newest.text:
        raise Overtaken(newest)
    written = _written(procedure, text, by)
    draft, _made = ProcedureVersion.objects.update_or_create(
        procedure=procedure,
        state=ProcedureVersion.State.DRAFT,
        defaults=written,
        create_defaults={**written, "number": procedure.versions.count() + 1},
    )
    return draft


@transaction.atomic
def publish_text(*, procedure: Procedure, text: str) -> ProcedureVersion:
    """Publish what came with the portal; a draft that staff are writing stays. Raises Mistakes."""
    _hold(procedure)
    written = _written(procedure, text, None)
    now = timezone.now()
    procedure.versions.offered().update(state=ProcedureVersion.State.REPLACED, ended_at=now)
    return ProcedureVersion.objects.create(
        procedure=procedure,
        number=procedure.versions.count() + 1,
        state=ProcedureVersion.State.PUBLISHED,
        published_at=now,
        **written,
    )


@transaction.atomic
def publish(*, version: ProcedureVersion, by, looked_at: str | None = None) -> None:
    """Offer the version to residents, in the place of the one before. Published twice: once.

    `looked_at` is `seen(…)` of what the person looked at. Raises CannotPublish where it was
    replaced, withdrawn or written anew meanwhile.
    """
    _hold(version.procedure)
    version.refresh_from_db()
    if version.state == ProcedureVersion.State.PUBLISHED:
        return
    if looked_at is not None and looked_at != seen(version):
        raise CannotPublish(_("It was changed since you looked at it. Look again."))
    if version.state != ProcedureVersion.State.DRAFT:
        raise CannotPublish(
            _("Version %(number)s has been published before. Write a new one.")
            % {"number": version.number}
        )
    now = timezone.now()
    version.procedure.versions.offered().update(state=ProcedureVersion.State.REPLACED, ended_at=now)
    version.state, version.published_by, version.published_at = (
        ProcedureVersion.State.PUBLISHED,
        by,
        now,
    )
    version.save(update_fields=["state", "published_by", "published_at"])


@transaction.atomic
def withdraw_version(*, version: ProcedureVersion, because: str, by) -> None:
    """Offer the published version no longer; who has a draft of it reads `because`."""
    _hold(version.procedure)
    version.procedure.versions.offered().filter(pk=version.pk).update(
        state=ProcedureVersion.State.WITHDRAWN, ended_at=timezone.now(), ended_because=because
    )


def _written(procedure: Procedure, text: str, by) -> dict:
    """Return the columns that a text gives. Raises Mistakes."""
    definition = read_text(text)
    if definition["key"] != procedure.key:
        raise Mistakes(
            [
                Mistake(
                    1,
                    _("The key must stay “%(key)s”. Copy the procedure to give it another.")
                    % {"key": procedure.key},
                )
            ]
        )
    return {
        "text": text,
        "definition": definition,
        "searched": searched_form(definition_of(definition)),
        "made_by": by,
        "made_at": timezone.now(),
    }


def _hold(procedure: Procedure) -> None:
    """One at a time writes versions of a procedure."""
    Procedure.objects.select_for_update().get(pk=procedure.pk)
