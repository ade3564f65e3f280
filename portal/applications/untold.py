"""Mails that did not reach the resident: why, in words for staff, and trying again."""

from collections.abc import Iterable

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.applications.models import Application, Notice
from portal.residents.models import Municipality

UNTOLD = [Notice.Status.FAILED, Notice.Status.SKIPPED]


def given_up(offices: Iterable[Municipality]) -> QuerySet:
    """Return the mails given up about cases of these offices, the newest first."""
    own = Notice.objects.filter(
        status=Notice.Status.FAILED,
        application__municipality__in=list(offices),
        application__resident=F("resident"),  # by the application's id alone all would be read
    )
    return own.select_related("application").order_by("-ended_at", "-pk")


def untold(case: Application) -> Notice | None:
    """Return the newest mail about a case if it did not reach the resident."""
    newest = Notice.objects.of(case).order_by("-owed_since", "-pk").first()
    return newest if newest and newest.status in UNTOLD else None


def why_untold(notice: Notice) -> str:
    """Say in words why a mail was not sent or was given up."""
    said = {
        "no-address": _("No address is known."),
        "mail-off": _("The resident wants no mail."),
        "deceased": _("The resident has died."),
        "moved-away": _("The resident has moved away."),
        "merged": _("The resident is another person in the register now."),
    }
    if notice.status == Notice.Status.SKIPPED:
        return said.get(notice.why, notice.why)
    if notice.why:
        return _("The mail server’s last answer: %(answer)s") % {"answer": notice.why}
    return _("The mail server did not take it.")


def try_again(notice: Notice) -> bool:
    """Owe a mail given up once more, for three days from now; tried again twice it is owed once.

    It keeps its Message-ID: where it did arrive, it is recognised.
    """
    now = timezone.now()
    own = Notice.objects.filter(resident=notice.resident_id, pk=notice.pk)
    return bool(
        own.filter(status=Notice.Status.FAILED).update(
            status=Notice.Status.WAITING, why="", ended_at=None, owed_since=now, next_at=now
        )
    )
