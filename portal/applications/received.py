"""What an office has received: not what the resident is still correcting."""

from portal.applications.attach import attached
from portal.applications.definition import definition_of
from portal.applications.models import Application, Attachment


def received_answers(case: Application) -> dict:
    return case.answers if case.as_received is None else case.as_received


def received_files(case: Application) -> list[Attachment]:
    """Return the files as they were attached; one taken away in a correction stays until then."""
    if case.as_received is None:
        return attached(case)
    files = [
        question.key
        for question in definition_of(case.version.definition).questions
        if question.type == "file"
    ]
    named = [uuid for key in files for uuid in case.as_received.get(key) or []]
    return list(Attachment.objects.of(case).filter(uuid__in=named).order_by("added_at", "pk"))
