"""Where changes are brought to by themselves, and what came of each."""

from django.conf import settings
from django.db import models
from django.db.models import Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.exchange.models.change import Change
from portal.exchange.models.connection import Connection


class WebhookEndpoint(models.Model):
    """An address of a connection's system to which its changes are posted.

    Its secrets are not kept: they follow from `uuid` and `secret_number` (webhooks/sign.py).
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        PAUSED = "paused", _("paused: nothing was taken for three days")
        GONE = "gone", _("ended by the receiver (410)")
        OFF = "off", _("switched off")

    uuid = models.UUIDField(
        _("public id"), unique=True, editable=False, db_default=Func(function="uuid_version_7")
    )
    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="endpoints", verbose_name=_("connection")
    )
    url = models.CharField(
        _("address"), max_length=500, help_text=_("Begins with https:// and names a public host.")
    )
    state = models.CharField(_("state"), max_length=6, choices=State.choices, default=State.ACTIVE)
    # Up to which change deliveries have been written down; a replay sets it back.
    position = models.BigIntegerField(default=0, editable=False)
    secret_number = models.PositiveIntegerField(default=1, editable=False)
    former_until = models.DateTimeField(
        _("the former secret signs too until"), null=True, blank=True, editable=False
    )
    taken_at = models.DateTimeField(_("last taken at"), null=True, editable=False)
    failing_since = models.DateTimeField(_("nothing taken since"), null=True, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    rests_until = models.DateTimeField(_("rests until"), null=True, editable=False)
    made_at = models.DateTimeField(_("made at"), default=timezone.now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("made by"),
    )

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["connection", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "url"], name="webhook_endpoint_once")
        ]

    def __str__(self):
        return self.url


class WebhookDelivery(models.Model):
    """One change for one endpoint: waiting, or what came of it. A replay makes it wait again."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        TAKEN = "taken", pgettext_lazy("a webhook by its receiver", "taken")
        FAILED = "failed", _("given up")

    endpoint = models.ForeignKey(
        WebhookEndpoint, models.CASCADE, related_name="deliveries", verbose_name=_("webhook")
    )
    change = models.ForeignKey(
        Change, models.CASCADE, related_name="+", verbose_name=_("change"), db_index=False
    )
    # As its change has them; here, to find what comes first of one application.
    position = models.BigIntegerField(pgettext_lazy("in an order", "position"))
    about = models.UUIDField(_("about"))
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    first_tried_at = models.DateTimeField(_("first tried at"), null=True)
    next_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    why = models.CharField(_("why"), max_length=20, blank=True, help_text=_("A code."))

    class Meta:
        verbose_name = _("delivery by webhook")
        verbose_name_plural = _("deliveries by webhooks")
        constraints = [
            models.UniqueConstraint(fields=["change", "endpoint"], name="webhook_delivery_once")
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_at", "position"],
                condition=Q(state="waiting"),
                name="webhook_delivery_due",
            ),
            models.Index(
                fields=["endpoint", "about", "position"],
                condition=Q(state="waiting"),
                name="webhook_delivery_in_order",
            ),
            models.Index(fields=["endpoint", "-position"], name="webhook_delivery_newest"),
            models.Index(
                fields=["-ended_at"], condition=Q(state="failed"), name="webhook_delivery_given_up"
            ),
        ]

    def __str__(self):
        return f"{self.endpoint_id} {self.position}"
