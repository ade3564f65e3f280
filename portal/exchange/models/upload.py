"""What came in from sources: uploads, their content while it is needed, and lines set aside."""

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.exchange.models.connection import Connection

# Of these its sender is told; what follows by itself (received, being merged) it can ask for.
TOLD_STATES = ["held", "done", "refused", "failed", "taken-back"]


class Upload(models.Model):
    """One file, one run of `load_facts`, or one body sent to the API: what came of its lines."""

    class State(models.TextChoices):
        RECEIVING = "receiving", _("being received")
        WAITING = "waiting", _("received, waits for its turn")
        MERGING = "merging", _("being merged")
        HELD = "held", _("held until somebody has looked")
        DONE = "done", _("merged")
        REFUSED = "refused", _("refused by staff")
        FAILED = "failed", pgettext_lazy("upload", "failed")
        TAKEN_BACK = "taken-back", _("taken back")

    uuid = models.UUIDField(
        _("public id"), unique=True, editable=False, db_default=Func(function="uuid_version_7")
    )
    name = models.CharField(_("name"), max_length=200)
    connection = models.ForeignKey(
        Connection,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="uploads",
        verbose_name=_("connection"),
        help_text=_("Empty: a command."),
    )
    came_by = models.CharField(
        _("key or client"), max_length=64, blank=True, db_default="", editable=False
    )
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
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.MERGING
    )
    # The state that its sender was last told among the changes (changes/number.py).
    told_state = models.CharField(
        _("state told"), max_length=10, blank=True, default="", db_default="", editable=False
    )
    why_failed = models.CharField(_("why it failed"), max_length=300, blank=True)
    size = models.PositiveBigIntegerField(
        _("bytes"), default=0, help_text=_("Unpacked; 0 where it came by a command.")
    )
    digest = models.CharField(max_length=64, blank=True, editable=False)  # SHA-256, unpacked
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    # When its reports without a time of their own count as checked, also if it is merged again.
    arrived_at = models.DateTimeField(null=True, editable=False)
    # Another upload was taken back that may have said first what this one said as well.
    again_since = models.DateTimeField(_("to be merged again since"), null=True, editable=False)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    # How far it is: told while it runs, to whoever asks for it.
    people = models.PositiveIntegerField(_("people in it"), default=0)
    people_done = models.PositiveIntegerField(_("people done"), default=0)
    read = models.PositiveIntegerField(_("lines read"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    quarantined = models.PositiveIntegerField(_("set aside"), default=0)
    # {"resident": {"read": 3, "changed": 1}, …}: of the lines that were taken.
    kinds = models.JSONField(_("kinds of facts"), default=dict, db_default={}, editable=False)
    whole_list = models.BooleanField(_("a whole list"), default=False, db_default=False)
    # Of a whole list: how many people it names, with what it was compared, and who looked.
    listed = models.PositiveIntegerField(_("people in the list"), null=True, editable=False)
    listed_before = models.PositiveIntegerField(_("last time"), null=True, editable=False)
    looked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("who looked"),
        db_index=False,
    )
    looked_at = models.DateTimeField(_("looked at"), null=True, editable=False)
    looked_why = models.CharField(
        _("reason"), max_length=300, blank=True, default="", db_default="", editable=False
    )

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ["-started_at"]
        permissions = [
            ("release_upload", "Can say yes or no to an upload that is held"),
            ("take_back_upload", "Can take an upload back"),
        ]
        indexes = [
            models.Index(fields=["connection", "-started_at"], name="upload_of_connection"),
            models.Index(
                fields=["started_at"],
                condition=Q(state__in=["receiving", "waiting", "merging", "held"]),
                name="upload_running",
            ),
            models.Index(
                fields=["again_since"],
                condition=Q(again_since__isnull=False),
                name="upload_again",
            ),
            models.Index(
                fields=["id"],
                condition=Q(connection__isnull=False, state__in=TOLD_STATES)
                & ~Q(state=F("told_state")),
                name="upload_untold",
            ),
        ]

    def __str__(self):
        return self.name


class UploadPart(models.Model):
    """A part of an upload's content, packed with gzip: kept until the upload can't be taken back.

    In the database, so that every worker reaches it and nothing is left on a disk.
    """

    upload = models.ForeignKey(
        Upload, models.CASCADE, related_name="parts", verbose_name=_("upload"), db_index=False
    )
    number = models.PositiveIntegerField(_("number"))
    content = models.BinaryField(_("content"))

    class Meta:
        verbose_name = _("part of an upload")
        verbose_name_plural = _("parts of uploads")
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="part_once")]

    def __str__(self):
        return f"{self.upload_id} {self.number}"


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


class UploadLine(models.Model):
    """A line of an upload that was set aside, for the report that its sender fetches.

    The line itself is kept once, however often the same is sent.
    """

    upload = models.ForeignKey(
        Upload, models.CASCADE, related_name="lines", verbose_name=_("upload"), db_index=False
    )
    number = models.PositiveBigIntegerField(_("line"))
    line = models.ForeignKey(
        QuarantinedLine, models.CASCADE, related_name="+", verbose_name=_("line set aside")
    )

    class Meta:
        verbose_name = _("line in an upload’s report")
        verbose_name_plural = _("lines in uploads’ reports")
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="line_of_upload_once")
        ]

    def __str__(self):
        return f"{self.upload_id} {self.number}"
