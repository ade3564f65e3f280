"""Attach a file to an answer, and take it away again. Other answers stay as they are."""

from hashlib import sha256
from uuid import UUID, uuid4

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.applications.answer import held_to_fill, keep_answer
from portal.applications.definition import definition_of
from portal.applications.files import (
    KEPT_FOR,
    LARGEST,
    CannotAttach,
    checked_type,
    safe_name,
    scan,
    store,
)
from portal.applications.models import Application, Attachment
from portal.residents.models import Resident

MOST = 5  # files of one question
MOST_A_DAY = 100  # of one resident: what is removed lies on the disk for a day


def attached(application: Application, question: str | None = None) -> list[Attachment]:
    """Return the files of one question, or of all, as they were attached."""
    files = Attachment.objects.of(application).filter(removed_at=None)
    if question:
        files = files.filter(question=question)
    return list(files.order_by("added_at", "pk"))


def attach(*, resident: Resident, uuid, question: str, upload: UploadedFile | None, by):
    """Keep a file with the question. Raises CannotAttach, Closed and Application.DoesNotExist."""
    if upload is None:
        raise CannotAttach(_("Choose a file first."), code="required")
    if upload.size > LARGEST:
        shown = max(upload.size, LARGEST + LARGEST // 100)  # not "10.0 MB, and at most 10.0 MB fit"
        raise CannotAttach(
            _("This file has %(size)s, and at most %(largest)s fit. Make it smaller.")
            % {"size": filesizeformat(shown), "largest": filesizeformat(LARGEST)},
            code="too-large",
        )
    data = upload.read()
    media_type = checked_type(data)
    found = scan(data)
    if found == Attachment.Scan.INFECTED:
        raise CannotAttach(
            _("Something harmful was found in this file. It was not kept."), code="harmful"
        )
    attachment = Attachment(
        resident=resident,
        uuid=uuid4(),
        question=question,
        name=safe_name(upload.name, media_type),
        media_type=media_type,
        size=len(data),
        sha256=sha256(data).hexdigest(),
        scan=found,
        added_by=by,
    )
    with transaction.atomic():
        application = held_to_fill(resident, uuid)
        files = attached(application, question)
        since = timezone.now() - KEPT_FOR
        if Attachment.objects.filter(resident=resident, added_at__gt=since).count() >= MOST_A_DAY:
            raise CannotAttach(
                _("You have attached very many files today. Go on tomorrow."),
                code="too-many-today",
            )
        if len(files) >= MOST:
            raise CannotAttach(
                _("There are %(most)d files already. Remove one first.") % {"most": MOST},
                code="too-many",
            )
        asked = definition_of(application.version.definition).question(question)
        if asked is None or asked.type != "file":
            raise CannotAttach(_("No file is asked for here."), code="not-asked")
        _keep(application, question, [*files, attachment])
        attachment.application = application
        attachment.save(force_insert=True)
        store(attachment.uuid, data)
    return attachment


@transaction.atomic
def remove(*, resident: Resident, uuid, question: str, file: UUID) -> None:
    """Take a file away from its question; one that is not there changes nothing.

    Raises Closed and Application.DoesNotExist.
    """
    application = held_to_fill(resident, uuid)
    files = attached(application, question)
    if file in {one.uuid for one in files}:
        _keep(application, question, [one for one in files if one.uuid != file])
        own = Attachment.objects.of(application).filter(question=question, uuid=file)
        own.update(removed_at=timezone.now())


def _keep(application: Application, question: str, files: list[Attachment]) -> None:
    keep_answer(application, question=question, answer=[str(one.uuid) for one in files])
