"""What is shown to everyone: weekly sums by procedure and municipality, with their margins.

`*` stands for all of them, an empty text for one that is not known. Weeks begin on Monday in Japan.
"""

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

ALL = "*"


class Measure(models.TextChoices):
    APPLICATIONS = "applications", _("Applications received")
    DECIDED = "decided", _("Applications decided")
    COMPLETED = "completed", _("Applications completed")
    TASKS_IN_TIME = "tasks-in-time", _("To-dos done in time")
    TASKS_LATE = "tasks-late", _("To-dos done late, or whose date passed")
    REMINDERS_PROMISED = "reminders-promised", _("Reminders promised")
    REMINDERS_SENT = "reminders-sent", _("Reminders sent")
    CLEAR = "clear", _("“Was this clear?”: yes")
    NOT_CLEAR = "not-clear", _("“Was this clear?”: no")


class Week(models.Model):
    """A week that was counted. `closed`: once after its end, and judged what of it may be shown."""

    monday = models.DateField(_("week from"), primary_key=True)
    closed = models.BooleanField(_("counted after its end"), default=False)
    counted_at = models.DateTimeField(_("counted at"))
    corrected_at = models.DateTimeField(_("corrected at"), null=True, blank=True)

    class Meta:
        verbose_name = _("week of the figures")
        verbose_name_plural = _("weeks of the figures")
        ordering = ["-monday"]

    def __str__(self):
        return f"{self.monday}"


class WeekFigureQuerySet(models.QuerySet):
    def published(self):
        """Return what is published, each with `told`, the number; not what is held at nothing."""
        return self.exclude(held_at=0).annotate(told=Coalesce("held_at", "value"))


class WeekFigure(models.Model):
    """A sum of one week. `shown`: it may be, being neither small nor the way to a small one.

    `held_at`: the number as it was published last, while it may not be corrected yet since that
    would tell a small number; 0 where none was. Empty where `value` itself is published.
    """

    monday = models.DateField(_("week from"))
    measure = models.CharField(_("measure"), max_length=20, choices=Measure.choices)
    municipality = models.CharField(_("municipality"), max_length=6, blank=True)
    procedure = models.CharField(_("procedure"), max_length=64, blank=True)
    value = models.PositiveBigIntegerField(_("number"))
    shown = models.BooleanField(_("shown"), default=False)
    held_at = models.PositiveBigIntegerField(_("published as"), null=True, blank=True)

    objects = WeekFigureQuerySet.as_manager()

    class Meta:
        verbose_name = _("figure of a week")
        verbose_name_plural = _("figures of the weeks")
        ordering = ["monday", "measure", "municipality", "procedure"]
        constraints = [
            models.UniqueConstraint(
                fields=["monday", "measure", "municipality", "procedure"], name="week_figure_once"
            )
        ]
        indexes = [
            # The page's lines: the sums of everything, week by week.
            models.Index(
                fields=["monday"],
                condition=models.Q(municipality="*", procedure="*"),
                name="week_figure_totals",
            ),
            models.Index(
                fields=["monday"],
                condition=models.Q(municipality="*") | models.Q(procedure="*"),
                name="week_figure_margins",
            ),
        ]

    def __str__(self):
        return f"{self.monday} {self.measure}"
