"""Mails to the resident about an application: sent after what they are about, each once.

The subject says nothing of what was applied for, the text neither name nor answer, and its link
leads to a page for which one signs in. The same Message-ID at each attempt: where a mail was taken
and the server's answer was lost, the second one is recognised.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal.applications.models import Application, Notice
from portal.residents.models import Resident
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
        while not until() and (notice := claim(timezone.now())):
            stops = send_one(notice, delivery)
            sent += notice.status == Notice.Status.SENT
            if stops:
                break
    finally:
        delivery.close()
    return sent


@transaction.atomic
def claim(at: datetime) -> Notice | None:
    """Return the mail that has waited longest; nobody else gets it before the lease is over."""
    due = Notice.objects.filter(status=Notice.Status.WAITING, next_at__lte=at)
    notice = due.select_for_update(skip_locked=True, of=["self"]).order_by("next_at").first()
    if notice:
        own(notice).update(next_at=at + LEASE)
    return notice


def own(notice: Notice):
    return Notice.objects.filter(resident=notice.resident_id, pk=notice.pk)


def send_one(notice: Notice, delivery: MailDelivery) -> bool:
    """Send one mail, or note why not. Tells whether others would fare the same: then stop."""
    resident = Resident.objects.get(pk=notice.resident_id)
    notice.application = Application.objects.for_resident(resident).get(pk=notice.application_id)
    ways = ways_to(resident.pk)
    if why := why_no_mail(resident, ways):
        end(notice, Notice.Status.SKIPPED, why)
        return False
    answer = delivery.deliver(compose(notice, address=ways.address, language=ways.language))
    if answer.verdict == Verdict.ACCEPTED:
        end(notice, Notice.Status.SENT)
    elif answer.verdict == Verdict.REFUSED or timezone.now() > notice.owed_since + GIVEN_UP_AFTER:
        end(notice, Notice.Status.FAILED, answer.text[:20])
    return answer.stops


def end(notice: Notice, status: Notice.Status, why: str = "") -> None:
    notice.status, notice.why = status, why
    own(notice).update(status=status, why=why, ended_at=timezone.now())


def compose(notice: Notice, *, address: str, language: str) -> PlainMail:
    """Return the mail in the resident's language, as text and as HTML."""
    with translation.override(language):
        page = reverse("applications:application", args=[notice.application.uuid])
        context = {
            "subject": _("News about an application, from Annai"),
            "said": what_is_said(notice),
            "number": notice.application.receipt_number,
            "page": settings.PORTAL_URL + page,
            "settings": settings.PORTAL_URL + reverse("tasks:settings"),
        }
        message = PlainMail(
            subject=context["subject"],
            body=render_to_string("applications/mail.txt", context),
            to=[address],
            headers={
                "Message-ID": f"<{notice.uuid}@{settings.MAIL_DOMAIN}>",
                "Auto-Submitted": "auto-generated",
                "Content-Language": language,
            },
        )
        message.attach_alternative(render_to_string("applications/mail.html", context), "text/html")
    return message


def what_is_said(notice: Notice) -> str:
    return {
        Notice.About.RECEIVED: _("Your application has arrived at the office."),
        Notice.About.CORRECTION: _("The office asks you to correct something."),
        Notice.About.MESSAGE: _("The office has written to you."),
        Notice.About.DECIDED: _("The office has decided."),
        Notice.About.COMPLETED: _("What was decided has been carried out."),
    }[Notice.About(notice.what)]
