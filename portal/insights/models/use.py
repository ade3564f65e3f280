"""How often the portal was used: sums of a minute and of a day, and no row of anybody.

There is no column for a person, a session or an address, so nothing here can be followed.
"""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Measure(models.TextChoices):
    # Counted as requests are answered, by route and language (portal/insights/counter.py).
    PAGE = "page", _("page shown")
    SENT = "sent", _("form sent")
    SIGN_IN = "sign-in", pgettext_lazy("measure", "sign-in")
    # As they are, by what stood on the screen: the rule of a task's page, an error of a form.
    TASK_SEEN = "task-seen", _("page of a to-do shown")
    ERROR_SHOWN = "error-shown", _("error shown")
    # Counted from their own tables, by rule or procedure (portal/insights/events.py).
    TASK_OPENED = "task-opened", _("task opened")
    TASK_DONE = "task-done", _("task done")
    APPLICATION_STARTED = "application-started", _("application begun")
    APPLICATION_SENT = "application-sent", _("application sent")
    APPLICATION_DECIDED = "application-decided", _("application decided")


OF_EVENTS = [
    *(Measure.TASK_OPENED, Measure.TASK_DONE, Measure.APPLICATION_STARTED),
    *(Measure.APPLICATION_SENT, Measure.APPLICATION_DECIDED),
]


class UseMinute(models.Model):
    """How often something was done in the minute that begins at `minute`; kept for some days."""

    minute = models.DateTimeField(_("minute"))
    measure = models.CharField(_("what"), max_length=20, choices=Measure.choices)
    about = models.CharField(_("route"), max_length=150)
    language = models.CharField(_("language"), max_length=5, blank=True)
    times = models.PositiveIntegerField(_("times"))

    class Meta:
        verbose_name = _("use in a minute")
        verbose_name_plural = _("use by minute")
        constraints = [
            models.UniqueConstraint(
                fields=["minute", "measure", "about", "language"], name="use_minute_once"
            )
        ]

    def __str__(self):
        return f"{self.minute:%Y-%m-%d %H:%M} {self.measure} {self.about}"


class UseDay(models.Model):
    """How often something was done on a day in Japan; kept for good.

    `about` is a route, or a rule's or procedure's key; what is counted from their own tables is of
    no language. Of an error it is its place and code (portal.insights.middleware.error_about).
    """

    day = models.DateField(_("day"))
    measure = models.CharField(_("what"), max_length=20, choices=Measure.choices)
    about = models.CharField(_("route, rule or procedure"), max_length=150)
    language = models.CharField(_("language"), max_length=5, blank=True)
    times = models.PositiveBigIntegerField(_("times"))

    class Meta:
        verbose_name = _("use on a day")
        verbose_name_plural = _("use by day")
        constraints = [
            models.UniqueConstraint(
                fields=["day", "measure", "about", "language"], name="use_day_once"
            )
        ]
        indexes = [models.Index(fields=["measure", "day"], name="use_day_by_measure")]

    def __str__(self):
        return f"{self.day} {self.measure} {self.about}"


class UseBatch(models.Model):
    """A minute's sums that were taken from Valkey and written: by its id they are never twice."""

    id = models.UUIDField(_("id"), primary_key=True)
    written_at = models.DateTimeField(_("written at"), default=timezone.now)

    class Meta:
        verbose_name = _("batch of sums")
        verbose_name_plural = _("batches of sums")
        indexes = [models.Index(fields=["written_at"], name="use_batch_by_age")]

    def __str__(self):
        return str(self.id)
