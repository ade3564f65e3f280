"""What the systems connected here are told, in one order for all: what happened to their things."""

from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.exchange.models.connection import Connection
from portal.residents.models import Municipality


class ChangeQuerySet(models.QuerySet):
    def told(self, connection: Connection):
        """What a connection is told: of its own deliveries, and of applications where it may."""
        return self.filter(Q(connection=connection) | of_office(connection))

    def of(self, connection: Connection, *, since: int, limit: int):
        """Return the first changes behind a position that a connection is told, in their order.

        Each of the two parts by its own index, and both by one statement: a second one would see
        what was numbered after the first.
        """
        behind = self.filter(position__gt=since).order_by("position")
        own = behind.filter(connection=connection)
        if not connection.told_of_applications:
            return own[:limit]
        others = behind.filter(of_office(connection))
        return own[:limit].union(others[:limit], all=True).order_by("position")[:limit]


def of_office(connection: Connection) -> Q:
    if not connection.told_of_applications:
        return Q(pk__in=[])
    if connection.municipality_id:
        return Q(connection=None, municipality=connection.municipality_id)
    return Q(connection=None)


class Change(models.Model):
    """One thing that happened: ids, states and counts; no names, no answers, no notes.

    Written without a position in the transaction of what it is about; positions are given
    afterwards, one numbering at a time (changes/number.py, docs/adr/0019).
    """

    class What(models.TextChoices):
        APPLICATION = "application.changed", _("an application has changed")
        UPLOAD = "upload.changed", _("an upload has ended or is held")
        LINES = "lines.taken", _("lines set aside have been taken")
        REF = "ref.merged", _("two references are one person")

    uuid = models.UUIDField(
        _("public id"), unique=True, editable=False, db_default=Func(function="uuid_version_7")
    )
    position = models.BigIntegerField(pgettext_lazy("in an order", "position"), null=True)
    # Whom it is told: one connection, or all that are told of a municipality's applications.
    connection = models.ForeignKey(
        Connection,
        models.CASCADE,
        null=True,
        related_name="+",
        verbose_name=_("connection"),
        db_index=False,
    )
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("municipality"),
        db_index=False,
    )
    what = models.CharField(_("what"), max_length=24, choices=What.choices)
    about = models.UUIDField(
        _("about"), help_text=_("The public id of the application or upload: its changes in order.")
    )
    data = models.JSONField(_("what is told"), default=dict)
    at = models.DateTimeField(_("when"), default=timezone.now, db_default=Now())

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        constraints = [
            models.UniqueConstraint(fields=["position"], name="change_position_once"),
            models.CheckConstraint(
                condition=Q(connection__isnull=False) | Q(municipality__isnull=False),
                name="change_is_told_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "position"],
                condition=Q(connection__isnull=False),
                name="change_of_connection",
            ),
            models.Index(
                fields=["municipality", "position"],
                condition=Q(connection=None),
                name="change_of_municipality",
            ),
            models.Index(fields=["id"], condition=Q(position=None), name="change_unnumbered"),
        ]

    def __str__(self):
        return f"{self.what} {self.position}"


class Numbering(models.Model):
    """The one row that says how far positions have been given, and up to which they are forgotten.

    Whoever numbers holds its lock. In a table and not a sequence: so it is never ahead of the
    changes, and a restored backup holds both as of one moment.
    """

    last = models.BigIntegerField(default=0, db_default=0)
    forgotten = models.BigIntegerField(default=0, db_default=0)

    def __str__(self):
        return str(self.last)
