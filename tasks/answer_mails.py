"""Mails that an office has answered a question about an access: owed with the answer, each once.

The mail says neither what was asked nor what was answered; its link leads to a page for which one
signs in.
"""

from functools import partial
from uuid import NAMESPACE_URL, uuid5

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.residents.models import AccessQuestion
from tasks import owed_mails
from tasks.owed_mails import Kind, Words, to_resident


def owed() -> QuerySet:
    return AccessQuestion.objects.filter(tell_at__isnull=False).select_related("resident")


def own(question: AccessQuestion) -> QuerySet:
    return AccessQuestion.objects.filter(resident=question.resident_id, pk=question.pk)


def words(question: AccessQuestion) -> Words:
    number, looked_at = question.access_number, question.resident
    page = reverse("tasks:ask-access", args=[number])
    if looked_at.who_stands() != looked_at:
        page += f"?record={looked_at.uuid}"
    return Words(
        uuid=uuid5(NAMESPACE_URL, f"{looked_at.uuid}/{number}"),
        subject=_("The office has answered your question, from Annai"),
        said=_("You asked why your data were looked at. The office has answered."),
        page=page,
    )


ANSWERS = Kind(
    owed=owed,
    own=own,
    whom=lambda question: to_resident(question.resident.who_stands()),
    words=words,
    state="told",
    why="told_why",
    next_at="tell_at",
    since="answered_at",
    ended="",
)
send_due = partial(owed_mails.send_due, ANSWERS)
