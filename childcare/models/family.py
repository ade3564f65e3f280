"""What the family entered from its handbook, and what it said about the municipality's records.

Nothing here is ever deleted or merged into another record: what is taken back is marked so.
"""

from django.conf import settings
from django.db import models
from django.db.models import Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from childcare.models.records import Checkup, Measures, Vaccination
from portal.residents.models import Resident


class EntryQuerySet(models.QuerySet):
    def for_child(self, child):
        return self.filter(child=child)

    def standing(self):
        """Without what was taken back."""
        return self.filter(removed_at=None)


class FamilyEntry(models.Model):
    """Something that one of the family entered, and may have taken back."""

    child = models.ForeignKey(
        Resident, models.CASCADE, related_name="+", verbose_name=_("child"), db_index=False
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("entered by")
    )
    entered_at = models.DateTimeField(_("entered at"), default=timezone.now)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("taken back by"),
        null=True,
        blank=True,
    )
    removed_at = models.DateTimeField(_("taken back at"), null=True, blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        abstract = True


class FamilyVaccination(FamilyEntry):
    """A dose as the family's handbook has it. `page` names what was entered in one go."""

    uuid = models.UUIDField(
        _("public id"), unique=True, editable=False, db_default=Func(function="uuid_version_7")
    )
    page = models.UUIDField(_("entered in one go"))
    vaccine = models.CharField(_("vaccine"), max_length=64)
    on = models.DateField(_("on"))
    lot = models.CharField(_("lot"), max_length=64, blank=True)
    clinic = models.CharField(_("clinic"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("vaccination entered by the family")
        verbose_name_plural = _("vaccinations entered by the family")
        indexes = [models.Index(fields=["child", "on"], name="family_vaccination_by_child")]

    def __str__(self):
        return f"{self.vaccine} {self.on}"


class FamilyMeasurement(FamilyEntry, Measures):
    uuid = models.UUIDField(
        _("public id"), unique=True, editable=False, db_default=Func(function="uuid_version_7")
    )
    on = models.DateField(_("on"))

    class Meta:
        verbose_name = _("measurement entered by the family")
        verbose_name_plural = _("measurements entered by the family")
        indexes = [models.Index(fields=["child", "on"], name="family_measurement_by_child")]
        constraints = [
            models.CheckConstraint(
                condition=Q(weight_g__isnull=False)
                | Q(height_cm__isnull=False)
                | Q(head_cm__isnull=False),
                name="family_measurement_of_something",
            )
        ]

    def __str__(self):
        return f"{self.on}"


class FamilyStatement(FamilyEntry):
    """What the family says of a child where no source has said it."""

    class What(models.TextChoices):
        NONE_GIVEN = "none-given", _("no vaccination has been given so far")
        GIRL = "girl", _("a girl")
        BOY = "boy", _("a boy")

    what = models.CharField(_("what"), max_length=12, choices=What.choices)

    class Meta:
        verbose_name = _("statement of the family")
        verbose_name_plural = _("statements of the family")
        constraints = [
            models.UniqueConstraint(
                fields=["child", "what"],
                condition=Q(removed_at__isnull=True),
                name="family_statement_once",
            )
        ]

    def __str__(self):
        return self.what


class SeriesEnd(FamilyEntry):
    """Why a child needs no more of some vaccine: a disease had, an allergy, a doctor's advice.

    `had` is a name of the schedule: a disease, a treatment, or a series of doses.
    """

    had = models.CharField(_("had"), max_length=40)
    on = models.DateField(_("when"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("reason to end a series")
        verbose_name_plural = _("reasons to end a series")
        constraints = [
            models.UniqueConstraint(
                fields=["child", "had"],
                condition=Q(removed_at__isnull=True),
                name="series_end_once",
            )
        ]

    def __str__(self):
        return self.had


class RecordAnswer(FamilyEntry):
    """Which of two records that differ is right, as the family says.

    A pair is a municipal record and an entry of the family, or one of them alone. The answer
    decides what the forecast counts; both records stay, and "ours" is put before staff.
    """

    class Answer(models.TextChoices):
        MUNICIPAL = "municipal", _("the municipal record is right")
        FAMILY = "family", _("what the family entered is right")
        BOTH = "both", _("both were given")

    vaccination = models.ForeignKey(
        Vaccination,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("municipal record"),
        db_index=False,
        db_constraint=False,
    )
    entry = models.ForeignKey(
        FamilyVaccination,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("entered by the family"),
        db_index=False,
        db_constraint=False,
    )
    # As they stood when the question was answered: when one changes, it is asked again.
    of = models.CharField(_("about"), max_length=300)
    answer = models.CharField(_("answer"), max_length=9, choices=Answer.choices)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("handled by"),
    )
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("answer about records that differ")
        verbose_name_plural = _("answers about records that differ")
        indexes = [
            models.Index(fields=["child"], name="record_answer_by_child"),
            models.Index(
                fields=["entered_at"],
                condition=Q(answer="family", handled_at__isnull=True, removed_at__isnull=True),
                name="record_answer_for_staff",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(vaccination__isnull=False) | Q(entry__isnull=False),
                name="record_answer_about_something",
            ),
        ]

    def __str__(self):
        return self.answer


class NotMine(FamilyEntry):
    """ "This is not my child's": hides a municipal record at once, and puts it before staff."""

    class Kind(models.TextChoices):
        BIRTH = "birth", _("birth")
        CHECKUP = "checkup", _("checkup")
        VACCINATION = "vaccination", _("vaccination")

    class Outcome(models.TextChoices):
        OPEN = "", _("not looked at yet")
        CONFIRMED = "confirmed", _("it is not this child's")
        RESTORED = "restored", _("it is this child's; shown again")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    checkup = models.ForeignKey(
        Checkup,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    vaccination = models.ForeignKey(
        Vaccination,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    evidence = models.JSONField(_("the record as it was shown"))
    outcome = models.CharField(
        _("outcome"), max_length=9, choices=Outcome.choices, default=Outcome.OPEN, blank=True
    )
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("handled by"),
    )
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("record said not to be the child's")
        verbose_name_plural = _("records said not to be the child's")
        indexes = [
            models.Index(fields=["child"], name="not_mine_by_child"),
            models.Index(
                fields=["entered_at"],
                condition=Q(outcome="", removed_at__isnull=True),
                name="not_mine_for_staff",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="birth", checkup__isnull=True, vaccination__isnull=True)
                | Q(kind="checkup", checkup__isnull=False, vaccination__isnull=True)
                | Q(kind="vaccination", checkup__isnull=True, vaccination__isnull=False),
                name="not_mine_one_record",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", handled_at__isnull=True)
                | Q(outcome__in=["confirmed", "restored"], handled_at__isnull=False),
                name="not_mine_handled_or_open",
            ),
        ]

    def __str__(self):
        return self.kind

    @property
    def hides(self) -> bool:
        return self.removed_at is None and self.outcome != self.Outcome.RESTORED
