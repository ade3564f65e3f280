"""What is to be done when a child is born, and what the family said about it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from childcare.models.family import FamilyEntry
from portal.residents.models import Fact, Resident


class ClaimAt(models.TextChoices):
    UNKNOWN = "unknown", _("not answered yet")
    MUNICIPALITY = "municipality", _("at the municipality")
    EMPLOYER = "employer", _("at the employer, as a civil servant")


class AfterBirth(Fact):
    """The procedures after one child's birth, worked out of records and answers."""

    resident = models.OneToOneField(
        Resident,
        models.CASCADE,
        primary_key=True,
        related_name="after_birth",
        verbose_name=_("child"),
    )
    born = models.DateField(_("born"))
    claim_at = models.CharField(
        _("where to claim the child allowance"),
        max_length=12,
        choices=ClaimAt.choices,
        default=ClaimAt.UNKNOWN,
    )
    allowance_counts_until = models.DateField(
        _("fifteenth day"), help_text=_("Of the child allowance, the day after birth being day 1.")
    )
    allowance_due_on = models.DateField(
        _("child allowance due by"), help_text=_("The fifteenth day, or the next opening day.")
    )
    ends_on = models.DateField(
        _("no longer shown from"), help_text=_("From this day on the list says nothing.")
    )
    low_weight = models.BooleanField(_("under 2,500 g"), null=True, blank=True)
    allowance_done_on = models.DateField(_("child allowance claimed on"), null=True, blank=True)
    insurance_done_on = models.DateField(_("insured on"), null=True, blank=True)
    medical_done_on = models.DateField(_("medical subsidy applied for on"), null=True, blank=True)
    low_weight_done_on = models.DateField(_("low weight notified on"), null=True, blank=True)

    class Meta:
        verbose_name = _("procedures after birth")
        verbose_name_plural = _("procedures after birth")
        constraints = [
            models.CheckConstraint(
                condition=Q(claim_at__in=["unknown", "municipality", "employer"]),
                name="after_birth_claim_at_known",
            )
        ]

    def __str__(self):
        return f"{self.born}"


class AllowanceAnswer(FamilyEntry):
    """Who earns most in the family, and whether that person is a civil servant."""

    class Earner(models.TextChoices):
        ME = "me", _("I do")
        OTHER = "other", _("the other parent")
        UNKNOWN = "unknown", _("I do not know")

    class CivilServant(models.TextChoices):
        YES = "yes", _("Yes")
        NO = "no", _("No")
        UNKNOWN = "unknown", _("I do not know")

    main_earner = models.CharField(_("main earner"), max_length=7, choices=Earner.choices)
    civil_servant = models.CharField(
        _("is a civil servant"), max_length=7, choices=CivilServant.choices
    )

    class Meta:
        verbose_name = _("answer about the child allowance")
        verbose_name_plural = _("answers about the child allowance")
        constraints = [
            models.UniqueConstraint(
                fields=["child"],
                condition=Q(removed_at__isnull=True),
                name="allowance_answer_one_standing",
            )
        ]

    def __str__(self):
        return f"{self.main_earner} {self.civil_servant}"


class StepDone(FamilyEntry):
    """The family says that a step after the birth is done."""

    class Step(models.TextChoices):
        ALLOWANCE = "allowance", _("child allowance")
        INSURANCE = "insurance", _("health insurance")
        MEDICAL = "medical", _("subsidy of the child's medical costs")
        LOW_WEIGHT = "low-weight", _("notification of a low birth weight")

    step = models.CharField(_("step"), max_length=12, choices=Step.choices)
    on = models.DateField(_("on"))

    class Meta:
        verbose_name = _("step done after the birth")
        verbose_name_plural = _("steps done after the birth")
        constraints = [
            models.UniqueConstraint(
                fields=["child", "step"],
                condition=Q(removed_at__isnull=True),
                name="step_done_once",
            )
        ]

    def __str__(self):
        return self.step


class AnnouncedBirth(Fact):
    """A birth that a parent told the portal before the register did. `resident` is the parent.

    It asks for the notification of birth, and ends when the register reports a child of this
    parent born on that day.
    """

    resident = models.ForeignKey(
        Resident,
        models.CASCADE,
        related_name="announced_births",
        verbose_name=_("parent"),
        db_index=False,
    )
    born = models.DateField(_("born"))
    abroad = models.BooleanField(_("born abroad"), default=False)
    notify_by = models.DateField(_("notify by"))
    registered_on = models.DateField(_("in the register on"), null=True, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )
    entered_at = models.DateTimeField(_("entered at"), default=timezone.now)
    removed_at = models.DateTimeField(_("taken back at"), null=True, blank=True)

    class Meta:
        verbose_name = _("birth told by a parent")
        verbose_name_plural = _("births told by parents")
        constraints = [
            models.UniqueConstraint(
                fields=["resident", "born"],
                condition=Q(removed_at__isnull=True),
                name="announced_birth_once",
            )
        ]

    def __str__(self):
        return f"{self.born}"
