"""What came in from sources, and the lines that could not be taken."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Upload(models.Model):
    """One file, or one run of `load_facts`: what it was and what came of its lines."""

    name = models.CharField(_("name"), max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
        db_index=False,
        help_text=_("Empty: a command."),
    )
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    read = models.PositiveIntegerField(_("lines read"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    quarantined = models.PositiveIntegerField(_("set aside"), default=0)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ["-started_at"]

    def __str__(self):
        return self.name


class QuarantinedLine(models.Model):
    """A line set aside: where it stood, why it was not taken, and what it said."""

    upload = models.ForeignKey(
        Upload, models.CASCADE, related_name="quarantined_lines", verbose_name=_("upload")
    )
    file = models.CharField(_("file"), max_length=200)
    line_number = models.PositiveBigIntegerField(_("line"))
    reason = models.CharField(_("reason"), max_length=40)
    detail = models.CharField(_("what exactly"), max_length=300, blank=True)
    text = models.TextField(
        _("the line"),
        blank=True,
        help_text=_("Empty where it must not be kept (a My Number) or is too long."),
    )
    waits_for_ref = models.CharField(
        _("waits for"),
        max_length=64,
        blank=True,
        help_text=_("The line is tried again by itself when this person is reported."),
    )
    received_at = models.DateTimeField(_("received at"), default=timezone.now)
    resolved_at = models.DateTimeField(_("taken at"), null=True, blank=True)

    class Meta:
        verbose_name = _("line set aside")
        verbose_name_plural = _("lines set aside")
        ordering = ["-received_at", "file", "line_number"]
        permissions = [
            ("view_line_text", "Can read the text of a line set aside"),
            ("retry_line", "Can try a line set aside again"),
        ]
        indexes = [
            models.Index(
                fields=["-received_at", "file", "line_number"], name="quarantined_newest_first"
            ),
            models.Index(
                fields=["waits_for_ref"],
                condition=Q(resolved_at=None) & ~Q(waits_for_ref=""),
                name="quarantined_waiting",
            ),
            models.Index(
                fields=["file", "line_number"],
                condition=Q(resolved_at=None),
                name="quarantined_by_place",
            ),
        ]

    def __str__(self):
        return f"{self.file}:{self.line_number}"
