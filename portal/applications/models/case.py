"""What staff need to work on applications."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.residents.models import Municipality


class MessageTemplate(models.Model):
    """A text that clerks of a municipality begin a message with."""

    municipality = models.ForeignKey(
        Municipality, models.CASCADE, related_name="+", verbose_name=_("municipality")
    )
    name = models.CharField(_("name"), max_length=100)
    text_ja = models.TextField(_("text in Japanese"), max_length=2000)
    text_en = models.TextField(_("text in English"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("template of a message")
        verbose_name_plural = _("templates of messages")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["municipality", "name"], name="message_template_once")
        ]

    def __str__(self):
        return self.name

    def text_in(self, language: str) -> str:
        return self.text_en if language == "en" and self.text_en else self.text_ja


class UsualDuration(models.Model):
    """How long a municipality's finished cases of a procedure took, in days; made each night.

    `step` is a step of the definition, or "" for the whole, from sending to the decision.
    """

    municipality = models.ForeignKey(
        Municipality,
        models.CASCADE,
        related_name="+",
        verbose_name=_("municipality"),
        db_index=False,
    )
    procedure_key = models.CharField(_("procedure"), max_length=64)
    step = models.CharField(_("step"), max_length=32, blank=True)
    cases = models.PositiveIntegerField(_("cases"))
    median_days = models.PositiveSmallIntegerField(_("median (days)"))
    ninetieth_days = models.PositiveSmallIntegerField(_("90th percentile (days)"))
    counted_on = models.DateField(_("counted on"))

    class Meta:
        verbose_name = _("usual duration")
        verbose_name_plural = _("usual durations")
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "procedure_key", "step"], name="usual_duration_once"
            ),
            models.CheckConstraint(
                condition=Q(median_days__lte=F("ninetieth_days")),
                name="usual_duration_median_below",
            ),
        ]

    def __str__(self):
        return f"{self.procedure_key} {self.step}"
