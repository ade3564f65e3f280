"""The secret addresses at which a family's own calendar program fetches its dates."""

from django.conf import settings
from django.db import models
from django.db.models import Func
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.residents.models import Resident


class CalendarFeedQuerySet(models.QuerySet):
    def standing(self):
        """Without those that were revoked."""
        return self.filter(revoked_at=None)


class CalendarFeed(models.Model):
    """An address that works without signing in, until it is revoked.

    The address itself is not stored: it is made of `uuid` and the installation's secret key, so
    whoever reads the table alone cannot open it.
    """

    resident = models.ForeignKey(
        Resident,
        models.CASCADE,
        related_name="calendar_feeds",
        verbose_name=_("resident"),
        db_index=False,
    )
    uuid = models.UUIDField(
        _("public id"), unique=True, editable=False, db_default=Func(function="uuid_version_7")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("revoked by"),
        null=True,
        blank=True,
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")

    def __str__(self):
        return f"{self.created_at:%Y-%m-%d}"
