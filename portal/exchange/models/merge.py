"""What staff decided where the register says that two records are one person."""

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.residents.models import Resident


class Merge(models.Model):
    """Somebody decided whether `gone` is merged into `stands`, as the register had said by then.

    Waiting for a second person's yes, done, or declined. Of a record only one is done, and it is
    never taken back: by then nobody could say whose each thing is.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("waits for a second person’s yes")
        DONE = "done", pgettext_lazy("two records", "merged")
        DECLINED = "declined", _("not merged")

    uuid = models.UUIDField(
        _("public id"), unique=True, editable=False, db_default=Func(function="uuid_version_7")
    )
    gone = models.ForeignKey(
        Resident, models.PROTECT, related_name="+", verbose_name=_("the record that goes")
    )
    stands = models.ForeignKey(
        Resident, models.PROTECT, related_name="+", verbose_name=_("the record that stands")
    )
    # As they were called then.
    gone_ref = models.CharField(_("register’s id of the record that goes"), max_length=64)
    stands_ref = models.CharField(_("register’s id of the record that stands"), max_length=64)
    # The report that said so: whom it named, and as of when.
    said_ref = models.CharField(_("register’s id that the register named"), max_length=64)
    reported_at = models.DateTimeField(_("reported as of"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("who"),
        db_index=False,
    )
    asked_at = models.DateTimeField(_("decided at"), default=timezone.now)
    why = models.CharField(_("reason"), max_length=300)
    second = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("second person"),
        db_index=False,
    )
    second_why = models.CharField(_("reason of the second person"), max_length=300, blank=True)
    done_at = models.DateTimeField(_("merged at"), null=True, blank=True)
    # Rows by model: {"tasks.Task": 3, …}. What stayed is kept under the record that goes.
    moved = models.JSONField(_("moved"), default=dict, blank=True)
    stayed = models.JSONField(_("stayed"), default=dict, blank=True)

    class Meta:
        verbose_name = _("decision on two records of one person")
        verbose_name_plural = _("two records of one person")
        ordering = ["-asked_at"]
        permissions = [("decide_merge", "Can merge two records of one person")]
        constraints = [
            models.UniqueConstraint(
                fields=["gone"], condition=~Q(state="declined"), name="merge_once"
            ),
            models.CheckConstraint(condition=~Q(gone=F("stands")), name="merge_of_two"),
            models.CheckConstraint(
                condition=Q(second__isnull=True) | ~Q(second=F("by")),
                name="merge_second_yes_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False)
                | Q(state__in=["asked", "declined"], done_at__isnull=True),
                name="merge_done_at_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"], condition=Q(state="asked"), name="merge_waits_for_second"
            )
        ]

    def __str__(self):
        return f"{self.gone_ref} → {self.stands_ref}"
