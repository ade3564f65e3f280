"""A resident asks why an office looked; the office answers by a day."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.readable import readable
from portal.residents.codes import HOLDS_MY_NUMBER, holds_my_number
from portal.residents.models import AccessQuestion, RecordAccess, Resident

ANSWERED_WITHIN = timedelta(days=14)
LONGEST_QUESTION, LONGEST_ANSWER = 2000, 4000  # characters


class CannotAsk(ValueError):
    """The text says why, and what next."""


def ask_about_access(*, resident: Resident, number: int, text: str, today: date) -> AccessQuestion:
    """Ask once about one of the resident's accesses; asked again, the first question stands.

    Raises CannotAsk, and RecordAccess.DoesNotExist.
    """
    access = RecordAccess.objects.get(resident=resident, number=number)
    text = readable(text).strip()
    _check_length(text, LONGEST_QUESTION)
    if holds_my_number(text):
        raise CannotAsk(HOLDS_MY_NUMBER)
    question, _made = AccessQuestion.objects.get_or_create(
        resident=resident,
        access_number=access.number,
        defaults={
            "office": access.office,
            "text": text,
            "answer_by": today + ANSWERED_WITHIN,
        },
    )
    return question


@transaction.atomic
def answer_access_question(*, question: AccessQuestion, answer: str, by) -> None:
    """Answer a question; answered twice, the first answer stands. Raises CannotAsk.

    With the answer a mail to the resident is owed (tasks.answer_mails).
    """
    own = AccessQuestion.objects.filter(resident=question.resident_id, pk=question.pk)
    standing = own.select_for_update().get()
    answer = readable(answer).strip()
    if not answer:
        raise CannotAsk(_("Write an answer. The resident reads it."))
    _check_length(answer, LONGEST_ANSWER)
    if holds_my_number(answer):
        raise CannotAsk(HOLDS_MY_NUMBER)
    if standing.answered_at is None:
        now = timezone.now()
        own.update(answer=answer, answered_at=now, answered_by=by, tell_at=now)


def _check_length(text: str, most: int) -> None:
    if len(text) > most:
        raise CannotAsk(_("This is too long. Write at most %(most)d characters.") % {"most": most})
