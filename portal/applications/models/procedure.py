"""What can be applied for: a procedure, and the versions of its definition.

What a definition holds: portal/applications/definition.py. A version that was published never
changes; what is put right becomes the next one.
"""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.residents.models import Municipality


class Procedure(models.Model):
    """Something to apply for. Without a municipality, every municipality offers it."""

    key = models.SlugField(
        _("key"), max_length=64, help_text=_("What files and sources call it: child-allowance.")
    )
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("municipality"),
        help_text=_("Empty: every municipality."),
    )

    class Meta:
        verbose_name = _("procedure")
        verbose_name_plural = _("procedures")
        permissions = [("publish_procedure", "Can publish a procedure")]
        ordering = ["key", "municipality"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "municipality"],
                name="procedure_once_in_a_municipality",
                nulls_distinct=False,
            ),
        ]

    def __str__(self):
        return self.key


class ProcedureVersionQuerySet(models.QuerySet):
    def offered(self):
        return self.filter(state=ProcedureVersion.State.PUBLISHED)

    def offered_in(self, municipality_id):
        """What a municipality's residents are offered: its own, else what all offer."""
        own = self.model._default_manager.offered().filter(
            procedure__municipality=municipality_id, procedure__key=OuterRef("procedure__key")
        )
        return self.offered().filter(
            Q(procedure__municipality=municipality_id)
            | Q(procedure__municipality=None) & ~Exists(own)
        )


class ProcedureVersion(models.Model):
    """One version: the text that staff wrote, and the definition read from it."""

    class State(models.TextChoices):
        DRAFT = "draft", _("being written")
        PUBLISHED = "published", _("published")
        REPLACED = "replaced", _("replaced by a newer one")
        WITHDRAWN = "withdrawn", _("withdrawn")

    procedure = models.ForeignKey(
        Procedure, models.CASCADE, related_name="versions", verbose_name=_("procedure")
    )
    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.DRAFT)
    text = models.TextField(_("definition"), help_text=_("YAML or JSON."))
    definition = models.JSONField(_("definition as read"), editable=False)
    # What the catalogue searches: names, words and readings, in one form (catalogue.searched_form).
    searched = models.TextField(_("searched"), editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("written by"),
        help_text=_("Empty: came with the portal."),
    )
    made_at = models.DateTimeField(_("written at"), default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("replaced or withdrawn at"), null=True, blank=True)
    ended_because = models.CharField(
        _("why"), max_length=500, blank=True, help_text=_("Who has a draft of it reads this.")
    )

    objects = ProcedureVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a procedure")
        verbose_name_plural = _("versions of procedures")
        ordering = ["procedure", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["procedure", "number"], name="procedure_version_once"),
            models.UniqueConstraint(
                fields=["procedure"],
                condition=Q(state="published"),
                name="procedure_version_one_published",
            ),
            models.UniqueConstraint(
                fields=["procedure"],
                condition=Q(state="draft"),
                name="procedure_version_one_draft",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", published_at__isnull=True, ended_at__isnull=True)
                | Q(state="published", published_at__isnull=False, ended_at__isnull=True)
                | Q(
                    state__in=["replaced", "withdrawn"],
                    published_at__isnull=False,
                    ended_at__isnull=False,
                ),
                name="procedure_version_dates_fit_state",
            ),
        ]
        indexes = [
            GinIndex(
                fields=["searched"],
                opclasses=["gin_trgm_ops"],
                condition=Q(state="published"),
                name="procedure_version_searched",
            )
        ]

    def __str__(self):
        return f"{self.procedure} {self.number}"
