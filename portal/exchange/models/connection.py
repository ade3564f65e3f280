"""Who may send facts and fetch changes: an agency's system, with what it may send of whom."""

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.exchange.lines.formats import KINDS
from portal.residents.models import Municipality, Source


class Connection(models.Model):
    """A source's system that speaks to the API: its kinds of facts, its municipality, its rate."""

    source = models.OneToOneField(
        Source, models.PROTECT, related_name="connection", verbose_name=_("source")
    )
    kinds = ArrayField(
        models.CharField(max_length=32, choices=[(kind, kind) for kind in KINDS]),
        verbose_name=_("kinds of facts"),
        help_text=_("Other kinds are set aside."),
    )
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("municipality"),
        help_text=_("Whose residents it reports. Empty: everyone’s."),
    )
    told_of_applications = models.BooleanField(
        _("is told of applications"),
        default=False,
        db_default=False,
        help_text=_(
            "How applications made in the portal stand, of the municipality above; where that is "
            "empty, of all. Never what somebody answered or wrote."
        ),
    )
    per_minute = models.PositiveIntegerField(
        _("requests a minute"), default=600, validators=[MinValueValidator(1)]
    )
    whole_list = models.BooleanField(
        _("each upload is the whole list"),
        default=False,
        help_text=_("Then an upload with far fewer people is held until somebody has looked."),
    )
    fewer_tolerated = models.PositiveSmallIntegerField(
        _("fewer people tolerated (%)"), default=10, validators=[MaxValueValidator(100)]
    )
    active = models.BooleanField(_("active"), default=True)
    contact = models.CharField(
        _("whom to call"), max_length=200, blank=True, help_text=_("An office, no person’s name.")
    )
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
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ["source__key"]

    def __str__(self):
        return str(self.source)


class WayInQuerySet(models.QuerySet):
    def good(self, now):
        """Return those by which somebody comes in at this moment."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=now))


class WayIn(models.Model):
    """What a connection comes in by, and until when: several may be good at once."""

    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("made by"),
    )
    ends_at = models.DateTimeField(_("good until"), null=True, blank=True)
    last_used_on = models.DateField(_("last used on"), null=True, blank=True)

    objects = WayInQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-made_at"]


class Key(WayIn):
    """A key of a connection. Only its digest is kept; several may be good at once, to change them.

    `prefix` is its public part, by which it is found and named; the rest is 256 bits of chance, so
    a plain SHA-256 keeps it.
    """

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="keys", verbose_name=_("connection")
    )
    prefix = models.CharField(_("begins with"), max_length=12, unique=True)
    digest = models.CharField(max_length=64, editable=False)

    class Meta(WayIn.Meta):
        verbose_name = _("key")
        verbose_name_plural = _("keys")

    def __str__(self):
        return f"{self.prefix}…"


class OAuthClient(WayIn):
    """A client of OAuth 2.0 that fetches tokens for a connection; several may be good at once.

    allauth keeps the secret, hashed, and the tokens. When the client ends, its tokens end with it.
    """

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="oauth_clients", verbose_name=_("connection")
    )
    client = models.OneToOneField(
        Client, models.CASCADE, related_name="of_connection", verbose_name=_("OAuth client")
    )

    class Meta(WayIn.Meta):
        verbose_name = _("OAuth client")
        verbose_name_plural = _("OAuth clients")

    def __str__(self):
        return self.client_id
