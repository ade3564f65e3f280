"""What was answered or attached before an earlier answer led elsewhere: no office receives it."""

from django.utils import timezone

from portal.applications.branch import answers_of_branch, asked
from portal.applications.definition import definition_of
from portal.applications.models import Application, Attachment


def put_away_unasked(application: Application) -> dict:
    """Take away the files of questions that are not asked; return the answers that are sent.

    `application` is held.
    """
    definition = definition_of(application.version.definition)
    keys = [question.key for question in asked(definition, application.answers)]
    files = Attachment.objects.of(application).filter(removed_at=None)
    files.exclude(question__in=keys).update(removed_at=timezone.now())
    return answers_of_branch(definition, application.answers)
