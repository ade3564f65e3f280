"""An upload that is taken back: who asked for it and why, how far it is, and what was taken."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.exchange.models.upload import Upload
from portal.residents.models import Source


class TakingBack(models.Model):
    """An upload is to be taken back, is being so, or was. It may wait for a second person’s yes."""

    upload = models.OneToOneField(
        Upload, models.PROTECT, related_name="taking_back", verbose_name=_("upload")
    )
    why = models.CharField(_("reason"), max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("who"),
        db_index=False,
    )
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    # What the first person said yes to.
    expected_people = models.PositiveIntegerField(_("people expected"), default=0)
    expected_reports = models.PositiveIntegerField(_("reports expected"), default=0)
    second = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("second person"),
        db_index=False,
    )
    # From this moment on it is carried out; null while a second person is waited for.
    agreed_at = models.DateTimeField(_("agreed at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    people = models.PositiveIntegerField(_("people"), default=0)
    reports = models.PositiveIntegerField(_("reports"), default=0)
    removed = models.PositiveIntegerField(_("people removed"), default=0)
    # People of whom no report is left and who stay: [{"ref": "R9", "why": "accounts_user"}, …].
    left = models.JSONField(_("people left"), default=list, blank=True)

    class Meta:
        verbose_name = _("taking back of an upload")
        verbose_name_plural = _("takings back of uploads")
        constraints = [
            models.CheckConstraint(
                condition=Q(second__isnull=True) | ~Q(second=F("by")),
                name="taking_back_second_yes_by_another",
            )
        ]
        indexes = [
            models.Index(
                fields=["agreed_at"],
                condition=Q(agreed_at__isnull=False, finished_at=None),
                name="taking_back_under_way",
            )
        ]

    def __str__(self):
        return f"{self.upload_id}"


class TakenBackReport(models.Model):
    """A report that was taken back with an upload: it counts no longer, and is kept as evidence.

    By the register’s id and not by the person, who may be gone with it.
    """

    upload = models.ForeignKey(
        Upload, models.PROTECT, related_name="taken_back_reports", verbose_name=_("upload")
    )
    # Another upload’s report, where it was about somebody whom only this one had made.
    brought_by = models.BigIntegerField(null=True)
    ref = models.CharField(_("register’s id"), max_length=64)
    kind = models.CharField(_("kind"), max_length=32)
    key = models.CharField(_("key"), max_length=160, blank=True)
    source = models.ForeignKey(Source, models.PROTECT, verbose_name=_("source"), db_index=False)
    checked_at = models.DateTimeField(_("checked at"))
    timed = models.BooleanField(_("the source said when"))
    value = models.JSONField(_("what was said"))
    received_at = models.DateTimeField(_("received at"))
    taken_back_at = models.DateTimeField(_("taken back at"), default=timezone.now)

    class Meta:
        verbose_name = _("report taken back")
        verbose_name_plural = _("reports taken back")

    def __str__(self):
        return f"{self.kind} {self.key}"
