"""What a resident applied for, what was said and attached, and what happened to it.

Tables begin with the resident who applies (docs/adr/0004): rows of an application are looked for
by `resident` and `application`, never by the application's id alone. Pages begin with
`for_resident(…)`, the office's with `of_office(…)`.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.applications.days import DayInJapan
from portal.applications.models.procedure import ProcedureVersion
from portal.residents.models import Fact, Municipality, Resident, Source


class State(models.TextChoices):
    """Where an application stands. Who may change it, and to what: states.py."""

    DRAFT = "draft", _("draft")
    RECEIVED = "received", _("received")
    UNDER_REVIEW = "under-review", _("under review")
    CORRECTION = "correction", _("to be corrected")
    WITH_OTHERS = "with-others", _("with somebody else")
    GRANTED = "granted", _("decided: granted")
    REFUSED = "refused", _("decided: not granted")
    COMPLETED = "completed", _("completed")
    WITHDRAWN = "withdrawn", pgettext_lazy("application", "taken back")


class Turn(models.TextChoices):
    """Who must do something next."""

    YOU = "you", _("your turn")
    OFFICE = "office", _("the office’s turn")
    OTHER = "other", _("somebody else’s turn")
    NOBODY = "nobody", _("finished")


class Outcome(models.TextChoices):
    GRANTED = "granted", _("granted")
    REFUSED = "refused", _("not granted")


class ApplicationQuerySet(models.QuerySet):
    def for_resident(self, resident):
        return self.filter(resident=resident)

    def of_office(self, municipality):
        """What the office of a municipality may see: never a draft, nor what others report."""
        return self.filter(municipality=municipality, version__isnull=False).exclude(
            state=State.DRAFT
        )


class Application(Fact):
    """An application of `resident`, who fills it in, about `about` (a child, or the same person).

    Made here it has a `version`, which it keeps, and from sending on a receipt number. Reported by
    a source it has none, but the source's own `ref`, and `seq`, which of its reports is newest.
    """

    uuid = models.UUIDField(
        _("public id"), unique=True, editable=False, db_default=Func(function="uuid_version_7")
    )
    resident = models.ForeignKey(
        Resident,
        models.CASCADE,
        related_name="applications",
        verbose_name=_("who applies"),
        db_index=False,
    )
    about = models.ForeignKey(
        Resident,
        models.DO_NOTHING,
        related_name="+",
        verbose_name=_("about"),
        db_index=False,
        db_constraint=False,
    )
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="+", verbose_name=_("office"), db_index=False
    )
    version = models.ForeignKey(
        ProcedureVersion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("version"),
    )
    procedure_key = models.CharField(_("procedure"), max_length=64)
    ref = models.CharField(_("the source’s number"), max_length=64, blank=True)
    seq = models.BigIntegerField(_("the source’s sequence"), null=True, blank=True)
    receipt_number = models.CharField(_("receipt number"), max_length=24, null=True, blank=True)  # noqa: DJ001 - unique

    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT)
    state_since = models.DateTimeField(_("since"), default=timezone.now)
    turn = models.CharField(_("whose turn"), max_length=6, choices=Turn.choices, default=Turn.YOU)
    step = models.CharField(
        _("step"), max_length=32, blank=True, help_text=_("Of the steps of its version.")
    )
    # Later than this the present step is slower than usual; empty where nobody can say.
    usual_until = models.DateField(_("usually over by"), null=True, blank=True)

    answers = models.JSONField(_("answers"), default=dict, help_text=_("By the question’s key."))
    as_received = models.JSONField(
        _("answers that the office has"),
        null=True,
        blank=True,
        help_text=_("While the resident corrects them; empty: the answers."),
    )
    saved_at = models.DateTimeField(_("saved at"), default=timezone.now)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("clerk"),
    )
    # A refusal is proposed by one person and decided by another.
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("not granting proposed by"),
        db_index=False,
    )
    proposed_at = models.DateTimeField(_("proposed at"), null=True, blank=True)
    outcome = models.CharField(_("decision"), max_length=7, choices=Outcome.choices, blank=True)
    outcome_reason = models.TextField(_("reason of the decision"), max_length=4000, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
        db_index=False,
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    # What the rules compare with today: days in Japan. Of a decision that a source reports nothing
    # is known but since when it stands; of one not made the day says nothing.
    started_on = models.GeneratedField(
        expression=DayInJapan("started_at"),
        output_field=models.DateField(),
        db_persist=True,
        verbose_name=_("started on"),
    )
    decided_on = models.GeneratedField(
        expression=DayInJapan(Coalesce("decided_at", "state_since")),
        output_field=models.DateField(),
        db_persist=True,
        verbose_name=_("decided on"),
    )

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        permissions = [
            ("process_application", "Can process applications"),
            ("decide_application", "Can decide on applications"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["receipt_number"], name="application_receipt_once"),
            models.UniqueConstraint(
                fields=["resident", "source", "ref"],
                condition=~Q(ref=""),
                name="application_reported_once",
            ),
            models.CheckConstraint(
                condition=Q(version__isnull=False, ref="", seq__isnull=True)
                | (Q(version__isnull=True, seq__isnull=False) & ~Q(ref="")),
                name="application_made_here_or_reported",
            ),
            models.CheckConstraint(
                condition=Q(version__isnull=True)
                | Q(state="draft", sent_at__isnull=True, receipt_number__isnull=True)
                | Q(state="withdrawn", sent_at__isnull=True, receipt_number__isnull=True)
                | (~Q(state="draft") & Q(sent_at__isnull=False, receipt_number__isnull=False)),
                name="application_sent_with_receipt",
            ),
            models.CheckConstraint(
                condition=Q(version__isnull=True)
                | Q(outcome="", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(outcome="") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="application_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(version__isnull=True)
                | ~Q(state__in=["granted", "refused", "completed"])
                | ~Q(outcome=""),
                name="application_decided_with_outcome",
            ),
            models.CheckConstraint(
                condition=Q(version__isnull=True)
                | ~Q(outcome="refused")
                | (
                    Q(proposed_by__isnull=False)
                    & ~Q(proposed_by=F("decided_by"))
                    & ~Q(outcome_reason="")
                ),
                name="application_refused_by_two",
            ),
            models.CheckConstraint(
                condition=Q(proposed_by__isnull=True, proposed_at__isnull=True)
                | Q(proposed_by__isnull=False, proposed_at__isnull=False),
                name="application_proposed_at",
            ),
        ]
        indexes = [
            # The office's queue: what waits for the office, the longest first.
            models.Index(
                fields=["municipality", "state_since"],
                condition=Q(turn="office"),
                name="application_of_office_by_age",
            ),
            # And first of all what takes longer than usual.
            models.Index(
                fields=["municipality", "usual_until"],
                condition=Q(turn="office"),
                name="application_of_office_stalled",
            ),
            models.Index(
                fields=["municipality", "state", "-sent_at"],
                condition=Q(sent_at__isnull=False),
                name="application_of_office_by_state",
            ),
            # What became of those begun lately (portal.insights.stops).
            models.Index(
                fields=["started_on"],
                condition=Q(version__isnull=False),
                name="application_begun",
            ),
            # What happened lately, for the figures (portal.insights).
            models.Index(
                fields=["sent_at"],
                condition=Q(version__isnull=False, sent_at__isnull=False),
                name="application_sent",
            ),
            models.Index(
                fields=["decided_at"],
                condition=Q(version__isnull=False, decided_at__isnull=False),
                name="application_decided",
            ),
            models.Index(
                fields=["state_since"],
                condition=Q(version__isnull=False, state="completed"),
                name="application_completed",
            ),
        ]

    def __str__(self):
        return self.receipt_number or self.ref or self.procedure_key


class ApplicationRef(models.Model):
    """Which resident a source's number belongs to: a table of its own, so that it can be spread."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="+", db_index=False)
    ref = models.CharField(max_length=64)
    resident = models.ForeignKey(Resident, models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "ref"], name="application_ref_once")
        ]

    def __str__(self):
        return self.ref


class OfApplicationQuerySet(models.QuerySet):
    def of(self, application):
        """By both columns: by the application's id alone the table would be read whole."""
        return self.filter(resident=application.resident_id, application=application)


class OfApplication(models.Model):
    """A row that belongs to an application; the foreign key in the database is of both columns."""

    resident = models.ForeignKey(
        Resident, models.CASCADE, related_name="+", verbose_name=_("who applies"), db_index=False
    )
    application = models.ForeignKey(
        Application,
        models.CASCADE,
        related_name="+",
        verbose_name=_("application"),
        db_index=False,
        db_constraint=False,
    )

    objects = OfApplicationQuerySet.as_manager()

    class Meta:
        abstract = True


class ApplicationEvent(OfApplication):
    """What happened to an application: its change of state, or who took it."""

    class What(models.TextChoices):
        STATE = "state", _("another state")
        STEP = "step", _("another step")
        TAKEN = "taken", pgettext_lazy("an application by a clerk", "taken")
        HANDED_OVER = "handed-over", _("handed over")
        PROPOSED = "proposed", _("not granting proposed")
        PROPOSAL_REJECTED = "rejected", _("proposal sent back")

    what = models.CharField(_("what"), max_length=11, choices=What.choices)
    state = models.CharField(_("state"), max_length=12, choices=State.choices)
    turn = models.CharField(_("whose turn"), max_length=6, choices=Turn.choices)
    step = models.CharField(_("step"), max_length=32, blank=True)
    note = models.TextField(_("note"), max_length=4000, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
        db_index=False,
        help_text=_("Empty: the portal, or a source."),
    )
    at = models.DateTimeField(_("when"), default=timezone.now, db_default=Now())
    # Whether it stands among the changes that the systems connected here fetch (docs/adr/0019).
    told = models.BooleanField(_("told"), default=False, db_default=False, editable=False)

    class Meta:
        verbose_name = _("event of an application")
        verbose_name_plural = _("events of applications")
        indexes = [
            models.Index(fields=["resident", "application", "at"], name="application_event_by_one"),
            models.Index(fields=["id"], condition=Q(told=False), name="application_event_untold"),
        ]

    def __str__(self):
        return f"{self.what} {self.state}"


class Message(OfApplication):
    """Something that the resident or the office wrote, at a step."""

    class Side(models.TextChoices):
        RESIDENT = "resident", _("resident")
        OFFICE = "office", _("office")

    # What the page that wrote it sends along, so that sending twice writes once.
    token = models.UUIDField(_("token"))
    side = models.CharField(_("from"), max_length=8, choices=Side.choices)
    step = models.CharField(_("step"), max_length=32, blank=True)
    text = models.TextField(_("text"), max_length=4000)
    answer_by = models.DateField(_("answer by"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("who"),
        db_index=False,
    )
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(
                fields=["resident", "application", "token"], name="application_message_once"
            )
        ]

    def __str__(self):
        return f"{self.side} {self.at:%Y-%m-%d}"


class CorrectionRequest(Fact, OfApplication):
    """The office asks for a correction: what is wrong, where, and by when. A fact for the rule."""

    uuid = models.UUIDField(
        _("public id"), unique=True, editable=False, db_default=Func(function="uuid_version_7")
    )
    receipt_number = models.CharField(
        _("receipt number"), max_length=24, help_text=_("Of the application, for the task.")
    )
    procedure_key = models.CharField(_("procedure"), max_length=64)
    procedure_name = models.JSONField(_("name of the procedure"), help_text=_("By language."))
    text = models.TextField(_("what is to be corrected"), max_length=4000)
    questions = models.JSONField(_("questions"), default=list, help_text=_("Their keys."))
    answer_by = models.DateField(_("answer by"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("asked by"),
        db_index=False,
    )
    asked_on = models.DateField(_("asked on"))
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    # The office took the question back, or the application ended.
    ended_on = models.DateField(_("no longer asked on"), null=True, blank=True)

    class Meta:
        verbose_name = _("request for a correction")
        verbose_name_plural = _("requests for corrections")
        constraints = [
            models.UniqueConstraint(
                fields=["resident", "application"],
                condition=Q(answered_on__isnull=True, ended_on__isnull=True),
                name="correction_one_open",
            ),
            models.CheckConstraint(
                condition=Q(answer_by__gte=F("asked_on")), name="correction_date_to_come"
            ),
        ]

    def __str__(self):
        return f"{self.receipt_number} {self.asked_on}"


class Attachment(OfApplication):
    """A file that belongs to an answer. Its bytes lie outside the web root (files.py)."""

    class Scan(models.TextChoices):
        NOT_SCANNED = "not-scanned", _("not scanned")
        CLEAN = "clean", _("nothing found")
        INFECTED = "infected", _("something harmful found")

    uuid = models.UUIDField(
        _("public id"), unique=True, editable=False, db_default=Func(function="uuid_version_7")
    )
    question = models.CharField(_("question"), max_length=64)
    name = models.CharField(_("name of the file"), max_length=200)
    media_type = models.CharField(_("type"), max_length=100, help_text=_("By its content."))
    size = models.PositiveIntegerField(_("size (bytes)"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    scan = models.CharField(
        _("scan"), max_length=11, choices=Scan.choices, default=Scan.NOT_SCANNED
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("added by"),
        db_index=False,
    )
    added_at = models.DateTimeField(_("added at"), default=timezone.now)
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("attached file")
        verbose_name_plural = _("attached files")
        indexes = [
            models.Index(fields=["resident", "application"], name="attachment_by_application"),
            models.Index(
                fields=["added_at"],
                condition=Q(scan="not-scanned", removed_at__isnull=True),
                name="attachment_not_scanned",
            ),
        ]

    def __str__(self):
        return f"{self.question} {self.uuid}"


class Notice(OfApplication):
    """A mail to the resident that is owed: written with what it is about, ended when it is sent."""

    class About(models.TextChoices):
        RECEIVED = "received", _("received")
        CORRECTION = "correction", _("correction asked for")
        MESSAGE = "message", _("message from the office")
        DECIDED = "decided", _("decided")
        COMPLETED = "completed", _("completed")

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        SKIPPED = "skipped", _("not sent")
        FAILED = "failed", _("given up")

    # Names the mail (Message-ID): one that arrives twice is recognised by it.
    uuid = models.UUIDField(
        _("public id"), unique=True, editable=False, db_default=Func(function="uuid_version_7")
    )
    what = models.CharField(_("about"), max_length=10, choices=About.choices)
    status = models.CharField(
        _("status"), max_length=7, choices=Status.choices, default=Status.WAITING
    )
    why = models.CharField(_("why"), max_length=20, blank=True, help_text=_("A code, no words."))
    owed_since = models.DateTimeField(_("owed since"), default=timezone.now)
    # While somebody sends it, this lies ahead: so nobody else does, and if they end, another will.
    next_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("mail about an application")
        verbose_name_plural = _("mails about applications")
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=Q(status="waiting"),
                name="application_notice_due",
            ),
            # The list of those given up, of which there are few.
            models.Index(
                fields=["-ended_at"],
                condition=Q(status="failed"),
                name="application_notice_given_up",
            ),
            models.Index(
                fields=["resident", "application", "owed_since"], name="application_notice_of_one"
            ),
        ]

    def __str__(self):
        return f"{self.what} {self.status}"
