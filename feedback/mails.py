"""Mails to those who asked for an answer: that there is one, and where it stands.

Neither opinion nor answer is in the mail. The same Message-ID at each attempt: where a mail was
taken and the server's answer was lost, the second one is recognised.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from feedback.models import Reply
from tasks.reminders.delivery import Verdict
from tasks.reminders.mail import MailDelivery
from tasks.reminders.plain_mail import PlainMail
from tasks.reminders.whom import ways_to, why_no_mail

LEASE = timedelta(minutes=5)  # longer than one mail may take
GIVEN_UP_AFTER = timedelta(days=3)


def send_due(*, until: Callable[[], bool]) -> int:
    """Send what is owed, one after another, until `until()`; return how many were sent."""
    delivery, sent = MailDelivery(), 0
    try:
        while not until() and (reply := claim(timezone.now())):
            stops = send_one(reply, delivery)
            sent += reply.mail == Reply.Mail.SENT
            if stops:
                break
    finally:
        delivery.close()
    return sent


@transaction.atomic
def claim(at: datetime) -> Reply | None:
    """Return the answer that has waited longest; nobody else gets it before the lease is over."""
    due = Reply.objects.filter(mail=Reply.Mail.WAITING, next_at__lte=at)
    reply = due.select_for_update(skip_locked=True, of=["self"]).order_by("next_at").first()
    if reply:
        Reply.objects.filter(pk=reply.pk).update(next_at=at + LEASE)
    return reply


def send_one(reply: Reply, delivery: MailDelivery) -> bool:
    """Send one mail, or note why not. Tells whether others would fare the same: then stop."""
    ways = ways_to(reply.resident_id)
    if why := why_no_mail(reply.resident, ways):
        end(reply, Reply.Mail.SKIPPED, why)
        return False
    answer = delivery.deliver(compose(reply, address=ways.address, language=ways.language))
    if answer.verdict == Verdict.ACCEPTED:
        end(reply, Reply.Mail.SENT)
    elif answer.verdict == Verdict.REFUSED or timezone.now() > reply.owed_since + GIVEN_UP_AFTER:
        end(reply, Reply.Mail.FAILED, answer.text[:20])
    return answer.stops


def end(reply: Reply, how: str, why: str = "") -> None:
    reply.mail, reply.why, reply.ended_at = how, why, timezone.now()
    reply.save(update_fields=["mail", "why", "ended_at"])


def compose(reply: Reply, *, address: str, language: str) -> PlainMail:
    """Return the mail in the resident's language, as text and as HTML."""
    with translation.override(language):
        context = {
            "subject": _("News from Annai"),
            "page": settings.PORTAL_URL + reverse("tasks:home"),
            "settings": settings.PORTAL_URL + reverse("tasks:settings"),
        }
        message = PlainMail(
            subject=context["subject"],
            body=render_to_string("feedback/mail.txt", context),
            to=[address],
            headers={
                "Message-ID": f"<{reply.uuid}@{settings.MAIL_DOMAIN}>",
                "Auto-Submitted": "auto-generated",
                "Content-Language": language,
            },
        )
        message.attach_alternative(render_to_string("feedback/mail.html", context), "text/html")
    return message
