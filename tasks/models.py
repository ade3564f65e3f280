"""What is stored of the inbox: tasks, what happened to them, and the nights that made them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.residents.models import Resident, Source


class RuleRecord(models.Model):
    """The rules that the code registers, so that rows and staff pages can name them."""

    id = models.IntegerField(primary_key=True, help_text=_("CRC-32 of the key, 31 bits."))
    key = models.CharField(_("key"), max_length=64, unique=True)

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ["key"]

    def __str__(self):
        return self.key


class RuleVersion(models.Model):
    """One version of a rule: what decides in it, what it would change, and who let it go live.

    Of a rule only the version in force opens, updates and closes tasks (tasks.versions). A rule
    that the code no longer registers is a version too, with an empty fingerprint.
    """

    # So many new tasks one person may release; for more a second one must say yes.
    ALONE_UP_TO = 1000

    class How(models.TextChoices):
        INSTALLED = "installed", _("with the installation")
        SAME = "same", _("by itself: it gives the same as the version before")
        STAFF = "staff", _("by staff")

    rule = models.ForeignKey(
        RuleRecord, models.CASCADE, related_name="versions", verbose_name=_("rule"), db_index=False
    )
    number = models.PositiveSmallIntegerField(_("version"))
    fingerprint = models.CharField(
        _("fingerprint"), max_length=32, blank=True, help_text=_("Empty: no longer registered.")
    )
    definition = models.JSONField(_("definition"), help_text=_("What the fingerprint is of."))
    ladder = models.JSONField(_("ladder of reminders"))
    first_seen = models.DateTimeField(_("first seen"), default=timezone.now)

    asked_at = models.DateTimeField(_("asked what would change"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    day = models.DateField(_("for the day"), null=True, blank=True)
    would_open = models.PositiveIntegerField(_("would open"), null=True, blank=True)
    would_update = models.PositiveIntegerField(_("would update"), null=True, blank=True)
    would_close = models.PositiveIntegerField(_("would close"), null=True, blank=True)
    answer = models.JSONField(_("what would change"), null=True, blank=True)

    first_yes_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("first yes"),
    )
    first_yes_at = models.DateTimeField(_("first yes at"), null=True, blank=True)
    first_yes_open = models.PositiveIntegerField(
        _("would open, at the first yes"), null=True, blank=True
    )
    second_yes_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("second yes"),
    )
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)
    how = models.CharField(_("released"), max_length=9, choices=How.choices, blank=True)
    in_force = models.BooleanField(_("in force"), default=False)

    class Meta:
        verbose_name = _("version of a rule")
        verbose_name_plural = _("versions of rules")
        permissions = [("release_rule", "Can release a rule")]
        ordering = ["rule", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="rule_version_once"),
            models.UniqueConstraint(
                fields=["rule"], condition=Q(in_force=True), name="rule_version_one_in_force"
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, how="", in_force=False)
                | Q(released_at__isnull=False, how__in=["installed", "same", "staff"]),
                name="rule_version_released_somehow",
            ),
            models.CheckConstraint(
                condition=~Q(how="staff")
                | Q(first_yes_by__isnull=False, would_open__isnull=False)
                & (Q(would_open__lte=1000) | Q(second_yes_by__isnull=False)),
                name="rule_version_released_by_enough",
            ),
            models.CheckConstraint(
                condition=Q(second_yes_by__isnull=True)
                | Q(first_yes_by__isnull=False) & ~Q(second_yes_by=F("first_yes_by")),
                name="rule_version_second_yes_by_another",
            ),
        ]

    def __str__(self):
        return f"{self.rule} {self.number}"


class Status(models.TextChoices):
    OPEN = "open", _("Open")
    SNOOZED = "snoozed", _("Remind me later")
    REPORTED = "reported", _("I have done this (being confirmed)")
    DISMISSED = "dismissed", _("Not now")
    DONE = "done", _("Done")
    WITHDRAWN = "withdrawn", _("No longer applies")
    EXPIRED = "expired", _("The date has passed")


LIVE = [Status.OPEN, Status.SNOOZED, Status.REPORTED, Status.DISMISSED]
ENDED = [Status.DONE, Status.WITHDRAWN, Status.EXPIRED]
WAKING = [Status.SNOOZED, Status.REPORTED]


class Priority(models.IntegerChoices):
    """How a task stands in the list; stored small, since it is written for everyone."""

    URGENT = 1, _("urgent")
    PRIORITY = 2, _("priority")
    NORMAL = 3, _("normal")


class TaskQuerySet(models.QuerySet):
    def for_resident(self, resident):
        return self.filter(resident=resident)

    def live(self):
        return self.filter(status__in=LIVE)

    def ended(self):
        return self.filter(status__in=ENDED)

    def in_order(self):
        """As the list shows them: by priority, then by date, the undated last."""
        return self.order_by("priority", F("due_on").asc(nulls_last=True), "rule_id", "subject")


class Task(models.Model):
    """Something in the inbox of `resident`, who must act, about `about`.

    Opened, updated and closed only by `tasks.reconcile`; `tasks.acts` changes the status among
    the live ones. The row says when and from what it was opened; what happens afterwards makes
    a TaskEvent. Keys for PostgreSQL, other than what Django sees: docs/adr/0004.
    """

    resident = models.ForeignKey(
        Resident,
        models.CASCADE,
        related_name="tasks",
        verbose_name=_("who must act"),
        db_index=False,
    )
    about = models.ForeignKey(
        Resident,
        models.DO_NOTHING,
        related_name="+",
        verbose_name=_("about"),
        db_index=False,
        db_constraint=False,
    )
    rule = models.ForeignKey(
        RuleRecord, models.PROTECT, verbose_name=_("rule"), db_index=False, db_constraint=False
    )
    subject = models.CharField(_("subject"), max_length=64)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.OPEN
    )
    opens_on = models.DateField(_("from"), null=True, blank=True)
    due_on = models.DateField(_("due by"), null=True, blank=True)
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.NORMAL
    )
    wake_on = models.DateField(
        _("back on"),
        null=True,
        blank=True,
        help_text=_("When a task put off, or reported and not confirmed, is open again."),
    )
    opened_on = models.DateField(_("opened on"), help_text=_("The day that the rules were asked."))
    opened_at = models.DateTimeField(_("opened at"), default=timezone.now, db_default=Now())
    opened_source = models.ForeignKey(
        Source,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("opened from"),
        db_index=False,
        db_constraint=False,
    )
    opened_checked_at = models.DateTimeField(
        _("fact checked at"), null=True, blank=True, help_text=_("Of the fact it was opened from.")
    )
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            # With `about`, since what names one child's occurrence may also name a sibling's.
            models.UniqueConstraint(
                fields=["resident", "rule", "subject", "about"],
                condition=Q(status__in=LIVE),
                name="task_one_live",
            ),
            models.CheckConstraint(
                condition=Q(status__in=LIVE, ended_on__isnull=True)
                | Q(status__in=ENDED, ended_on__isnull=False),
                name="task_ended_or_live",
            ),
            models.CheckConstraint(
                condition=Q(status__in=WAKING, wake_on__isnull=False)
                | Q(wake_on__isnull=True) & ~Q(status__in=WAKING),
                name="task_wakes_if_asleep",
            ),
        ]
        indexes = [
            models.Index(fields=["about"], condition=Q(status__in=LIVE), name="task_live_by_about"),
            # What happened lately, for the figures (portal.insights).
            models.Index(fields=["opened_on"], name="task_opened"),
            models.Index(
                fields=["ended_on"], condition=Q(ended_on__isnull=False), name="task_ended"
            ),
        ]

    def __str__(self):
        return f"{self.rule_id} {self.subject}"


class TaskEventQuerySet(models.QuerySet):
    def of(self, task):
        """By both columns of the key: by the task's id alone the table would be read whole."""
        return self.filter(resident=task.resident_id, task=task)


class TaskEvent(models.Model):
    """What happened to a task after it was opened: who, when, what."""

    class What(models.TextChoices):
        UPDATED = "updated", _("dates changed")
        WOKEN = "woken", _("open again")
        SNOOZED = "snoozed", _("put off")
        REPORTED = "reported", _("reported as done")
        DISMISSED = "dismissed", _("not now")
        UNDONE = "undone", _("taken back")
        DONE = "done", _("done")
        WITHDRAWN = "withdrawn", _("no longer applies")
        EXPIRED = "expired", _("the date has passed")

    resident = models.ForeignKey(
        Resident, models.CASCADE, related_name="+", verbose_name=_("resident"), db_index=False
    )
    # The foreign key in the database is (resident, task): see the migration.
    task = models.ForeignKey(
        Task,
        models.CASCADE,
        related_name="events",
        verbose_name=_("task"),
        db_index=False,
        db_constraint=False,
    )
    what = models.CharField(_("what"), max_length=10, choices=What.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
        db_index=False,
        help_text=_("Empty: the reconciliation."),
    )
    at = models.DateTimeField(_("when"), default=timezone.now, db_default=Now())
    day = models.DateField(_("day"), help_text=_("The day that the rules were asked."))
    until = models.DateField(_("until"), null=True, blank=True)

    objects = TaskEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["resident", "task"], name="task_event_by_task"),
            # For the morning after: which tasks are open again, to be reminded of.
            models.Index(fields=["day"], condition=Q(what="woken"), name="task_event_woken"),
        ]

    def __str__(self):
        return self.what


class Sweep(models.Model):
    """One reconciliation of everyone: a date, its ranges, and what it did."""

    class StartedBy(models.TextChoices):
        BEAT = "beat", _("the schedule")
        STAFF = "staff", _("a member of staff")
        COMMAND = "command", _("a command")

    day = models.DateField(_("day"))
    run = models.PositiveSmallIntegerField(_("run"), default=1)
    started_by = models.CharField(_("started by"), max_length=8, choices=StartedBy.choices)
    range_size = models.PositiveIntegerField(_("people per range"))
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("night")
        verbose_name_plural = _("nights")
        permissions = [("start_night", "Can start a night by hand")]
        ordering = ["-day", "-run"]
        constraints = [models.UniqueConstraint(fields=["day", "run"], name="sweep_day_run")]

    def __str__(self):
        return f"{self.day} ({self.run})"


class SweepRange(models.Model):
    """Some of a sweep's people: ids from `low` up to but without `high`, leased by one worker."""

    sweep = models.ForeignKey(Sweep, models.CASCADE, related_name="ranges", verbose_name=_("night"))
    low = models.BigIntegerField(_("from id"))
    high = models.BigIntegerField(_("before id"))
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    leased_by = models.CharField(_("leased by"), max_length=100, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    opened = models.PositiveIntegerField(_("opened"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    closed = models.PositiveIntegerField(_("closed"), default=0)
    seconds = models.FloatField(_("seconds"), default=0)
    # In the row that is written anyway. Numbers of rules, as keys of JSON are text: {"17": [opened,
    # updated, closed]}, of those alone that had something to do.
    by_rule = models.JSONField(
        _("by rule"), null=True, help_text=_("Empty: not yet done, or not counted by rule.")
    )

    class Meta:
        verbose_name = _("range of a night")
        verbose_name_plural = _("ranges of nights")
        ordering = ["sweep", "low"]
        constraints = [
            models.UniqueConstraint(fields=["sweep", "low"], name="sweep_range_once"),
            models.CheckConstraint(condition=Q(high__gt=F("low")), name="sweep_range_not_empty"),
        ]

    def __str__(self):
        return f"{self.low}–{self.high}"
