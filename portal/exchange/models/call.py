"""Calls that a sender has named by an Idempotency-Key, with the answers that they got."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.exchange.models.connection import Connection
from portal.exchange.models.upload import Upload


class KeyedCall(models.Model):
    """A call with an Idempotency-Key: the same key and body get the same answer for a day.

    It is held while it runs, until `held_until`. As soon as the body is there, `digest` says which
    one, and `upload` what came of it; `status` and `answer` are there when it has been answered.
    """

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="+", verbose_name=_("connection"), db_index=False
    )
    key = models.CharField(_("key"), max_length=255)
    path = models.CharField(_("path"), max_length=300)
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the body, unpacked
    upload = models.ForeignKey(
        Upload, models.CASCADE, null=True, related_name="+", verbose_name=_("upload")
    )
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    answer = models.JSONField(_("answer"), null=True, encoder=DjangoJSONEncoder)
    made_at = models.DateTimeField(_("made at"), default=timezone.now, db_index=True)
    held_until = models.DateTimeField(_("held until"))

    class Meta:
        verbose_name = _("call with a key")
        verbose_name_plural = _("calls with a key")
        constraints = [
            models.UniqueConstraint(fields=["connection", "key"], name="call_once_by_key")
        ]

    def __str__(self):
        return self.key
