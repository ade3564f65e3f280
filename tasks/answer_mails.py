"""Mails that an office has answered a question about an access: owed with the answer, each once.

The mail says neither what was asked nor what was answered; its link leads to a page for which one
signs in. Each attempt has the same Message-ID.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal.residents.models import AccessQuestion, Resident
from tasks.reminders.delivery import Verdict
from tasks.reminders.mail import MailDelivery
from tasks.reminders.plain_mail import PlainMail
from tasks.reminders.whom import ways_to, why_no_mail

LEASE = timedelta(minutes=5)  # longer than one mail may take
GIVEN_UP_AFTER = timedelta(days=3)
Told = AccessQuestion.Told


def send_due(*, until: Callable[[], bool]) -> int:
    """Send what is owed, one after another, until `until()`; return how many were sent."""
    delivery, sent = MailDelivery(), 0
    try:
        while not until() and (question := claim(timezone.now())):
            stops = send_one(question, delivery)
            sent += question.told == Told.SENT
            if stops:
                break
    finally:
        delivery.close()
    return sent


@transaction.atomic
def claim(at: datetime) -> AccessQuestion | None:
    """Return what has waited longest; nobody else gets it before the lease is over."""
    due = AccessQuestion.objects.filter(tell_at__lte=at)
    question = due.select_for_update(skip_locked=True, of=["self"]).order_by("tell_at").first()
    if question:
        own(question).update(tell_at=at + LEASE)
    return question


def own(question: AccessQuestion):
    return AccessQuestion.objects.filter(resident=question.resident_id, pk=question.pk)


def send_one(question: AccessQuestion, delivery: MailDelivery) -> bool:
    """Send one mail, or note why not. Tells whether others would fare the same: then stop."""
    resident = Resident.objects.get(pk=question.resident_id)
    ways = ways_to(resident.pk)
    if why := why_no_mail(resident, ways):
        end(question, Told.SKIPPED, why)
        return False
    answer = delivery.deliver(compose(question, resident, ways))
    if answer.verdict == Verdict.ACCEPTED:
        end(question, Told.SENT)
    elif (
        answer.verdict == Verdict.REFUSED or timezone.now() > question.answered_at + GIVEN_UP_AFTER
    ):
        end(question, Told.FAILED, answer.text[:20])
    return answer.stops


def end(question: AccessQuestion, told: str, why: str = "") -> None:
    question.told, question.told_why = told, why
    own(question).update(told=told, told_why=why, tell_at=None)


def compose(question: AccessQuestion, resident: Resident, ways) -> PlainMail:
    """Return the mail in the resident's language, as text and as HTML."""
    number = question.access_number
    uuid = uuid5(NAMESPACE_URL, f"{resident.uuid}/{number}")
    with translation.override(ways.language):
        context = {
            "subject": _("The office has answered your question, from Annai"),
            "page": settings.PORTAL_URL + reverse("tasks:ask-access", args=[number]),
            "settings": settings.PORTAL_URL + reverse("tasks:settings"),
        }
        message = PlainMail(
            subject=context["subject"],
            body=render_to_string("tasks/answer_mail.txt", context),
            to=[ways.address],
            headers={
                "Message-ID": f"<{uuid}@{settings.MAIL_DOMAIN}>",
                "Auto-Submitted": "auto-generated",
                "Content-Language": ways.language,
            },
        )
        html = render_to_string("tasks/answer_mail.html", context)
        message.attach_alternative(html, "text/html")
    return message
