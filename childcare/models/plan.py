"""What the portal works out of the records: the next doses and the next checkups.

Made by `childcare.plan` and by nobody else; a function of the records and the schedule alone.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.residents.models import Fact, Municipality, Resident


class VaccinationForecast(models.Model):
    """Of what a child's doses were worked out: when it changes, they are worked out again."""

    resident = models.OneToOneField(
        Resident,
        models.CASCADE,
        primary_key=True,
        related_name="vaccination_forecast",
        verbose_name=_("child"),
    )
    edition = models.CharField(_("edition"), max_length=32)
    as_of = models.DateField(_("as of"))
    born = models.DateField(_("born"), help_text=_("As it was reckoned with."))
    again_on = models.DateField(
        _("to be worked out again on"),
        null=True,
        blank=True,
        help_text=_("When a free period is over, another dose may be the next one."),
    )

    class Meta:
        verbose_name = _("vaccination forecast")
        verbose_name_plural = _("vaccination forecasts")

    def __str__(self):
        return self.edition


class DueDose(Fact):
    """A dose of a series: the next one with its dates, or one that was given.

    It is a fact whose source is the portal's own reckoning, and the rule `childcare.dose` asks it.
    """

    resident = models.ForeignKey(
        Resident,
        models.CASCADE,
        related_name="due_doses",
        verbose_name=_("child"),
        db_index=False,
    )
    subject = models.CharField(
        _("subject"), max_length=64, help_text=_("The series and the number of the dose: PCV-2.")
    )
    vaccine = models.CharField(_("vaccine"), max_length=64)
    dose = models.PositiveSmallIntegerField(_("dose"))
    born = models.DateField(_("born"))
    record_known = models.BooleanField(_("a record is known"))
    given_on = models.DateField(_("given on"), null=True, blank=True)
    ended = models.BooleanField(
        _("no longer needed"),
        default=False,
        help_text=_("The disease was had, or another reason ends the series."),
    )
    earliest = models.DateField(_("earliest"), null=True, blank=True)
    legal_until = models.DateField(_("free until"), null=True, blank=True)
    recommended_from = models.DateField(_("recommended from"), null=True, blank=True)
    recommended_until = models.DateField(_("recommended until"), null=True, blank=True)
    opens_on = models.DateField(_("shown from"), null=True, blank=True)
    due_on = models.DateField(_("due by"), null=True, blank=True)
    reasons = models.JSONField(_("reasons"), default=list)
    warnings = models.JSONField(_("warnings"), default=list)

    class Meta:
        verbose_name = _("dose")
        verbose_name_plural = _("doses")
        constraints = [
            models.UniqueConstraint(fields=["resident", "subject"], name="due_dose_once"),
            models.CheckConstraint(
                condition=Q(given_on__isnull=False)
                | Q(
                    earliest__isnull=False,
                    legal_until__isnull=False,
                    opens_on__isnull=False,
                    due_on__isnull=False,
                ),
                name="due_dose_given_or_dated",
            ),
        ]

    def __str__(self):
        return self.subject


class CheckupCalendar(models.Model):
    """When a municipality holds a checkup for the children born in a period. Written by staff."""

    municipality = models.ForeignKey(
        Municipality, models.CASCADE, related_name="+", verbose_name=_("municipality")
    )
    checkup = models.CharField(_("checkup"), max_length=64)
    born_from = models.DateField(_("children born from"))
    born_until = models.DateField(_("children born until"))
    held_from = models.DateField(_("held from"))
    held_until = models.DateField(_("held until"))
    place = models.CharField(_("place"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("checkup of a municipality")
        verbose_name_plural = _("checkups of municipalities")
        ordering = ["municipality", "checkup", "born_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(born_until__gte=F("born_from")), name="checkup_calendar_births"
            ),
            models.CheckConstraint(
                condition=Q(held_until__gte=F("held_from")), name="checkup_calendar_held"
            ),
            models.UniqueConstraint(
                fields=["municipality", "checkup", "born_from"], name="checkup_calendar_once"
            ),
        ]

    def __str__(self):
        return f"{self.checkup} {self.born_from}"


class DueCheckup(Fact):
    """A checkup of a child, with its window by the law or by the municipality's calendar."""

    class Basis(models.TextChoices):
        LAW = "law", _("the law")
        CALENDAR = "calendar", _("the municipality's calendar")

    resident = models.ForeignKey(
        Resident,
        models.CASCADE,
        related_name="due_checkups",
        verbose_name=_("child"),
        db_index=False,
    )
    checkup = models.CharField(_("checkup"), max_length=64)
    basis = models.CharField(_("basis"), max_length=8, choices=Basis.choices)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    window_from = models.DateField(_("from"))
    window_until = models.DateField(_("until"))
    opens_on = models.DateField(_("shown from"))
    place = models.CharField(_("place"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("checkup to come")
        verbose_name_plural = _("checkups to come")
        constraints = [
            models.UniqueConstraint(fields=["resident", "checkup"], name="due_checkup_once"),
            models.CheckConstraint(
                condition=Q(window_until__gte=F("window_from")), name="due_checkup_window"
            ),
        ]

    def __str__(self):
        return self.checkup
