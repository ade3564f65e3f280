"""What sources report of a child: birth, checkups, vaccinations. Their files: docs/facts.md.

A record that its source withdrew stays, marked so. Pages begin with `in_force()`.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.residents.models import Fact, Resident


class Measures(models.Model):
    """What a child was measured to be. Empty: not measured, or not told."""

    weight_g = models.PositiveIntegerField(_("weight (g)"), null=True, blank=True)
    height_cm = models.DecimalField(
        _("height (cm)"), max_digits=4, decimal_places=1, null=True, blank=True
    )
    head_cm = models.DecimalField(
        _("head circumference (cm)"), max_digits=4, decimal_places=1, null=True, blank=True
    )

    class Meta:
        abstract = True


class RecordQuerySet(models.QuerySet):
    def in_force(self):
        """Without what its source withdrew."""
        return self.filter(withdrawn=False)


class Birth(Fact, Measures):
    class Sex(models.TextChoices):
        FEMALE = "F", _("girl")
        MALE = "M", _("boy")

    resident = models.OneToOneField(
        Resident,
        models.CASCADE,
        primary_key=True,
        related_name="birth",
        verbose_name=_("child"),
    )
    born = models.DateField(_("born"))
    sex = models.CharField(_("sex"), max_length=1, choices=Sex.choices, blank=True)
    gestation_weeks = models.PositiveSmallIntegerField(_("weeks"), null=True, blank=True)
    gestation_days = models.PositiveSmallIntegerField(_("and days"), null=True, blank=True)
    place = models.CharField(_("place of birth"), max_length=200, blank=True)
    withdrawn = models.BooleanField(_("withdrawn by the source"), default=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("birth")
        verbose_name_plural = _("births")
        constraints = [
            models.CheckConstraint(condition=Q(sex__in=["", "F", "M"]), name="birth_sex_known"),
            models.CheckConstraint(
                condition=Q(gestation_days__isnull=True)
                | Q(gestation_weeks__isnull=False, gestation_days__lte=6),
                name="birth_days_within_a_week",
            ),
        ]

    def __str__(self):
        return f"{self.born}"


class Checkup(Fact, Measures):
    """A checkup that was done: of the child, or of the mother as the person it is about.

    `checkup` is the code of one of `childcare.checkups`, or whatever the source calls it.
    """

    resident = models.ForeignKey(
        Resident,
        models.CASCADE,
        related_name="checkups",
        verbose_name=_("examined person"),
        db_index=False,
    )
    record = models.CharField(
        _("record"), max_length=130, help_text=_("What names it among the person's others.")
    )
    checkup = models.CharField(_("checkup"), max_length=64)
    on = models.DateField(_("on"))
    findings = models.TextField(_("findings"), blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True)
    withdrawn = models.BooleanField(_("withdrawn by the source"), default=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("checkup")
        verbose_name_plural = _("checkups")
        constraints = [
            models.UniqueConstraint(fields=["resident", "record"], name="checkup_once"),
        ]

    def __str__(self):
        return f"{self.checkup} {self.on}"


class Vaccination(Fact):
    """A dose that the municipality recorded.

    `vaccine` is a code of the schedule, or whatever the source calls it: then it is shown, and
    counts for nothing in a forecast.
    """

    resident = models.ForeignKey(
        Resident,
        models.CASCADE,
        related_name="vaccinations",
        verbose_name=_("child"),
        db_index=False,
    )
    record = models.CharField(
        _("record"), max_length=130, help_text=_("What names it among the child's others.")
    )
    vaccine = models.CharField(_("vaccine"), max_length=64)
    on = models.DateField(_("on"))
    lot = models.CharField(_("lot"), max_length=64, blank=True)
    clinic = models.CharField(_("clinic"), max_length=200, blank=True)
    withdrawn = models.BooleanField(_("withdrawn by the source"), default=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("vaccination")
        verbose_name_plural = _("vaccinations")
        constraints = [
            models.UniqueConstraint(fields=["resident", "record"], name="vaccination_once"),
        ]

    def __str__(self):
        return f"{self.vaccine} {self.on}"
