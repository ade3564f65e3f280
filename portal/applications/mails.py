"""Mails to the resident about an application: sent after what they are about, each once.

The subject says nothing of what was applied for, the text neither name nor answer, and its link
leads to a page for which one signs in.
"""

from functools import partial

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.applications.models import Application, Notice
from tasks import owed_mails
from tasks.owed_mails import Kind, Words, to_resident


def owed() -> QuerySet:
    return Notice.objects.filter(status=Notice.Status.WAITING).select_related("resident")


def own(notice: Notice) -> QuerySet:
    return Notice.objects.filter(resident=notice.resident_id, pk=notice.pk)


def words(notice: Notice) -> Words:
    own = Application.objects.for_resident(notice.resident)
    application = own.get(pk=notice.application_id)
    return Words(
        uuid=notice.uuid,
        subject=_("News about an application, from Annai"),
        said=what_is_said(notice),
        page=reverse("applications:application", args=[application.uuid]),
        lines=(f"{_('Receipt number')}: {application.receipt_number}",),
    )


def what_is_said(notice: Notice) -> str:
    return {
        Notice.About.RECEIVED: _("Your application has arrived at the office."),
        Notice.About.CORRECTION: _("The office asks you to correct something."),
        Notice.About.MESSAGE: _("The office has written to you."),
        Notice.About.DECIDED: _("The office has decided."),
        Notice.About.COMPLETED: _("What was decided has been carried out."),
    }[Notice.About(notice.what)]


NOTICES = Kind(
    owed=owed,
    own=own,
    whom=lambda notice: to_resident(notice.resident),
    words=words,
    state="status",
)
send_due = partial(owed_mails.send_due, NOTICES)
