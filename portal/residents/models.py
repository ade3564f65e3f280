"""People as the resident register reports them, who acts for whom, and what each source said."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.residents.ages import ADULT, SIGNATURE_CERTIFICATE, FirstDayAtAge
from portal.residents.codes import is_municipality_code
from portal.residents.romaji import with_prefecture


def validate_municipality_code(code):
    if not is_municipality_code(code):
        raise ValidationError(
            _("%(code)s is not a municipality's code: its sixth digit does not fit the others."),
            params={"code": code},
        )


class Municipality(models.Model):
    code = models.CharField(
        _("code"), max_length=6, primary_key=True, validators=[validate_municipality_code]
    )
    prefecture = models.CharField(_("prefecture"), max_length=10)
    prefecture_kana = models.CharField(_("prefecture, kana"), max_length=20)
    name = models.CharField(_("name"), max_length=40)
    name_kana = models.CharField(_("name, kana"), max_length=60)

    class Meta:
        ordering = ["code"]
        verbose_name = _("municipality")
        verbose_name_plural = _("municipalities")
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9]{6}$"), name="municipality_code_six_digits"
            )
        ]

    def __str__(self):
        return f"{self.prefecture}{self.name}"

    def called(self) -> str:
        """Return its name for the reader: 兵庫県神戸市, in English 兵庫県神戸市 (Kobe, Hyogo)."""
        place = (self.name, self.name_kana, self.prefecture, self.prefecture_kana)
        if get_language() == "ja" or not (latin := with_prefecture(*place)):
            return str(self)
        return f"{self} ({latin})"


class OfficeMembership(models.Model):
    """Somebody of the staff works in the office of a municipality, and sees its cases alone."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="offices",
        verbose_name=_("who"),
    )
    municipality = models.ForeignKey(
        Municipality, models.CASCADE, related_name="+", verbose_name=_("municipality")
    )

    class Meta:
        verbose_name = _("member of an office")
        verbose_name_plural = _("members of offices")
        constraints = [
            models.UniqueConstraint(fields=["user", "municipality"], name="office_member_once")
        ]

    def __str__(self):
        return f"{self.user} {self.municipality}"


class Source(models.Model):
    """Who reports facts. A fact not checked for `fresh_for` days counts as unknown."""

    key = models.CharField(_("key"), max_length=64, unique=True)
    name = models.CharField(_("name in Japanese"), max_length=100, blank=True, db_default="")
    name_en = models.CharField(_("name in English"), max_length=100, blank=True, db_default="")
    fresh_for = models.PositiveSmallIntegerField(
        _("fresh for (days)"),
        default=365,
        db_default=365,
        help_text=_("Without a new check for so many days, a fact counts as unknown."),
    )
    delivered_at = models.DateTimeField(
        _("last delivery"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When lines of this source last came in, whether or not they were new."),
    )

    class Meta:
        ordering = ["key"]
        verbose_name = _("source")
        verbose_name_plural = _("sources")

    def __str__(self):
        return self.key

    def called(self) -> str:
        """Return its name in the reader's language, or the key where it has none."""
        english = get_language() != "ja"
        return (self.name_en if english else self.name) or self.name or self.key


class Fact(models.Model):
    """What stands now about somebody: the newest report. All reports are kept in FactReport."""

    source = models.ForeignKey(Source, models.PROTECT, verbose_name=_("source"), db_index=False)
    checked_at = models.DateTimeField(_("checked at"))
    stale_on = models.DateField(
        _("unknown from"), help_text=_("From this day on the fact is too old to be relied on.")
    )

    class Meta:
        abstract = True


class ResidentQuerySet(models.QuerySet):
    def merged_into(self, resident):
        """The records that clerks have merged into the resident, the resident not among them."""
        return self.filter(pk__in=resident.refs.filter(record__isnull=False).values("record"))

    def household_of(self, resident, *, today):
        """The resident and the children for whom the resident acts on `today`."""
        return self.filter(
            Q(pk=resident.pk)
            | Q(
                pk__in=Guardianship.objects.in_force(today)
                .filter(guardian=resident)
                .values("child")
            )
        )


class Resident(Fact):
    class State(models.TextChoices):
        ACTIVE = "active", _("lives here")
        MOVED_AWAY = "moved-away", _("moved away")
        DECEASED = "deceased", _("deceased")
        MERGED = "merged", _("merged with another record")

    uuid = models.UUIDField(
        _("public id"), unique=True, editable=False, db_default=Func(function="uuid_version_7")
    )
    ref = models.CharField(_("register's id"), max_length=64)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="resident",
        verbose_name=_("sign-in"),
    )
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, verbose_name=_("municipality"), db_index=False
    )
    name = models.CharField(_("name"), max_length=200)
    name_kana = models.CharField(_("name, kana"), max_length=200, blank=True)
    born = models.DateField(_("born"))
    email = models.CharField(_("e-mail address"), max_length=254, blank=True)
    language = models.CharField(
        _("language"), max_length=8, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.ACTIVE)
    state_since = models.DateField(_("since"), null=True, blank=True)
    merged_into = models.CharField(
        _("merged into"), max_length=64, blank=True, help_text=_("The other record's id.")
    )
    identity_changed_on = models.DateField(
        _("moved or changed name on"),
        null=True,
        blank=True,
        help_text=_("The last change of address or name, which ends a signature certificate."),
    )
    acts_from = models.DateField(
        _("acts from"),
        help_text=_("From this day on the person acts without a guardian."),
    )
    adult_on = models.GeneratedField(
        expression=FirstDayAtAge("born", years=ADULT),
        output_field=models.DateField(),
        db_persist=True,
        verbose_name=_("adult on"),
    )
    fifteen_on = models.GeneratedField(
        expression=FirstDayAtAge("born", years=SIGNATURE_CERTIFICATE),
        output_field=models.DateField(),
        db_persist=True,
        verbose_name=_("fifteen on"),
    )

    objects = ResidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("resident")
        verbose_name_plural = _("residents")
        permissions = [("link_sign_in", "Can link an account to a resident")]
        indexes = [
            # Staff search by how a name begins, in whatever collation the database has.
            models.Index(
                fields=["name"], name="resident_by_name", opclasses=["varchar_pattern_ops"]
            ),
            models.Index(
                fields=["name_kana"], name="resident_by_kana", opclasses=["varchar_pattern_ops"]
            ),
            models.Index(fields=["municipality"], name="resident_by_municipality"),
            models.Index(
                fields=["municipality"], condition=Q(state="merged"), name="resident_merged"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["active", "moved-away", "deceased", "merged"]),
                name="resident_state_known",
            ),
            models.CheckConstraint(
                condition=(Q(state="merged") & ~Q(merged_into=""))
                | (~Q(state="merged") & Q(merged_into="")),
                name="resident_merged_into_another",
            ),
            models.CheckConstraint(
                condition=~Q(merged_into=F("ref")), name="resident_not_merged_into_itself"
            ),
        ]

    def __str__(self):
        return self.name

    def who_stands(self) -> "Resident":
        """Return the person: the one into whom a clerk has merged this record, if so."""
        merged = self.merged_refs.select_related("resident").first()
        return merged.resident if merged else self


class ResidentRef(models.Model):
    """Which resident a source means by a `ref`: a table of its own, so that it can be spread."""

    ref = models.CharField(max_length=64, primary_key=True)
    resident = models.ForeignKey(Resident, models.CASCADE, related_name="refs")
    # The row that stood under this ref before a clerk merged it into `resident`. What the register
    # says of the ref is its history, and all else is about the resident (docs/adr/0021).
    record = models.ForeignKey(
        Resident,
        models.DO_NOTHING,
        null=True,
        related_name="merged_refs",
        db_index=False,
        db_constraint=False,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record"],
                condition=Q(record__isnull=False),
                name="record_merged_into_one",
            )
        ]

    def __str__(self):
        return self.ref


class GuardianshipQuerySet(models.QuerySet):
    def in_force(self, today):
        return self.filter(starts_on__lte=today, ends_on__gt=today)


class Guardianship(Fact):
    """Who acts for a child, from a day until the reported end or the 18th birthday."""

    child = models.ForeignKey(
        Resident,
        models.CASCADE,
        related_name="guardianships",
        verbose_name=_("child"),
        db_index=False,
    )
    guardian = models.ForeignKey(
        Resident, models.CASCADE, related_name="wardships", verbose_name=_("guardian")
    )
    starts_on = models.DateField(_("from"))
    until = models.DateField(
        _("last day, as reported"), null=True, blank=True, help_text=_("Empty: until 18.")
    )
    ends_on = models.DateField(
        _("ends on"), help_text=_("The first day without it, the 18th birthday at the latest.")
    )

    objects = GuardianshipQuerySet.as_manager()

    class Meta:
        verbose_name = _("guardianship")
        verbose_name_plural = _("guardianships")
        constraints = [
            models.UniqueConstraint(fields=["child", "guardian"], name="guardianship_once"),
            models.CheckConstraint(
                condition=~Q(child=F("guardian")), name="guardianship_of_another"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("starts_on")),
                name="guardianship_ends_after_it_begins",
            ),
        ]

    def __str__(self):
        return f"{self.guardian_id} → {self.child_id}"


class FactReport(models.Model):
    """One thing that one source said at one time: the history, never changed.

    Only an upload that is taken back takes its reports along: taking_back.py of the exchange.

    The facts that stand are a function of this set alone, so the order in which reports arrive
    does not matter. `key` names the fact among others of its kind (a certificate's serial).
    """

    resident = models.ForeignKey(
        Resident,
        models.CASCADE,
        related_name="fact_reports",
        verbose_name=_("resident"),
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=32)
    # Long enough for a source's key and its own number of a record.
    key = models.CharField(_("key"), max_length=160, blank=True)
    source = models.ForeignKey(Source, models.PROTECT, verbose_name=_("source"), db_index=False)
    checked_at = models.DateTimeField(
        _("checked at"), help_text=_("As the source said; else when it first reached us.")
    )
    timed = models.BooleanField(_("the source said when"), default=True)
    value = models.JSONField(_("what was said"))
    received_at = models.DateTimeField(_("received at"), default=timezone.now, db_default=Now())
    # Who brought it: the id of an upload of the exchange, a room above. Null: from before.
    upload_id = models.BigIntegerField(null=True, db_default=None, editable=False)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        indexes = [
            models.Index(
                fields=["resident", "kind", "key", "checked_at"], name="fact_report_by_subject"
            ),
            # An upload's reports lie together: some kilobytes find them, and a load writes none.
            BrinIndex(
                fields=["upload_id"],
                name="fact_report_of_upload",
                autosummarize=True,
                pages_per_range=32,
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.key}"


class RecordAccess(models.Model):
    """A member of staff looked at a resident's record, for a purpose. The resident can see it.

    Rows are added by `access_log.note_access` alone, and never changed. Each carries a hash of
    itself and of the row before it, so that a row changed or taken away shows (access_log.py).
    """

    resident = models.ForeignKey(
        Resident,
        models.CASCADE,
        related_name="accesses",
        verbose_name=_("resident"),
        db_index=False,
    )
    number = models.PositiveIntegerField(_("number"), help_text=_("From 1 on, of each resident."))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who")
    )
    office = models.ForeignKey(
        Municipality,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("office"),
        db_index=False,
        help_text=_("Empty: whoever runs the portal."),
    )
    what = models.CharField(
        _("what"), max_length=64, default="record", help_text=_("Or a receipt number.")
    )
    purpose = models.CharField(_("purpose"), max_length=200)
    at = models.DateTimeField(_("when"), default=timezone.now)
    chained = models.CharField(_("hash of this row and those before"), max_length=64)

    class Meta:
        verbose_name = _("access to a record")
        verbose_name_plural = _("accesses to records")
        indexes = [models.Index(fields=["resident", "-at"], name="record_access_by_resident")]
        constraints = [
            models.UniqueConstraint(
                fields=["resident", "number"], name="record_access_numbered_once"
            )
        ]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M}"


class AccessLogHead(models.Model):
    """How many accesses a resident's log has, and the hash of the last: a missing end shows."""

    resident = models.OneToOneField(
        Resident, models.CASCADE, primary_key=True, related_name="access_log_head"
    )
    count = models.PositiveIntegerField(_("accesses"))
    chained = models.CharField(_("hash of the last"), max_length=64)
    # Over both, with the key: an end put back to an earlier row shows.
    sealed = models.CharField(_("seal"), max_length=64)

    class Meta:
        verbose_name = _("end of an access log")
        verbose_name_plural = _("ends of access logs")

    def __str__(self):
        return f"{self.count}"


class AccessLogCheck(models.Model):
    """One night's check of the logs of who looked; staff are told of what the newest found."""

    at = models.DateTimeField(_("when"), default=timezone.now)
    read = models.PositiveBigIntegerField(_("accesses read"))
    broken = models.PositiveIntegerField(_("broken logs"))
    # The first of them: [{"resident": the register's id, "number": 3, "why": "removed"}, …].
    places = models.JSONField(_("where"), default=list)

    class Meta:
        verbose_name = _("check of the logs of who looked")
        verbose_name_plural = _("checks of the logs of who looked")
        ordering = ["-at"]

    def __str__(self):
        return f"{self.at:%Y-%m-%d}"


class AccessQuestionQuerySet(models.QuerySet):
    def for_staff(self, user):
        """What somebody may answer: the questions to their own offices; superusers see all."""
        if user.is_superuser:
            return self
        return self.filter(office__in=user.offices.values("municipality"))

    def overdue(self, today):
        return self.filter(answered_at=None, answer_by__lt=today)


class AccessQuestion(models.Model):
    """A resident asks an office why it looked; the office answers by a day."""

    class Told(models.TextChoices):
        SENT = "sent", _("sent")
        SKIPPED = "skipped", _("not sent")
        FAILED = "failed", _("given up")

    resident = models.ForeignKey(
        Resident, models.CASCADE, related_name="+", verbose_name=_("resident"), db_index=False
    )
    # Of the resident's accesses: no foreign key by id alone (docs/adr/0004).
    access_number = models.PositiveIntegerField(_("number of the access"))
    office = models.ForeignKey(
        Municipality,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("office"),
    )
    text = models.TextField(_("question"), max_length=2000, blank=True)
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    answer_by = models.DateField(_("answer by"))
    answer = models.TextField(_("answer"), max_length=4000, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )

    # The resident is told of the answer by mail: owed while there is a time for the next attempt.
    tell_at = models.DateTimeField(_("mail to be sent at"), null=True, blank=True)
    told = models.CharField(
        _("mail"), max_length=7, choices=Told.choices, blank=True, default="", db_default=""
    )
    told_why = models.CharField(
        _("why"), max_length=20, blank=True, default="", db_default="", help_text=_("A code.")
    )

    objects = AccessQuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question about an access")
        verbose_name_plural = _("questions about accesses")
        ordering = ["answer_by", "pk"]
        indexes = [
            models.Index(
                fields=["tell_at"],
                condition=Q(tell_at__isnull=False),
                name="access_question_to_tell",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["resident", "access_number"], name="access_question_once"
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                name="access_question_answered_by_somebody",
            ),
        ]

    def __str__(self):
        return f"{self.asked_at:%Y-%m-%d}"
