"""What people think of the pages: their opinions, what was on the screen, and what became of it.

An opinion belongs to nobody: who gave it is not kept, unless that person asks for an answer.
What it is about is where it was given and what stood there, never what stood there of the person.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Func, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from feedback.page_names import page_and_rule
from portal.residents.models import Fact, Municipality, Resident

LONGEST_TEXT = 2000  # characters
MOST_REASONS = 3


class Wording(models.Model):
    """What a page said, at the time of one version of it: the words that are the same for everyone.

    `version` is a hash of the messages in one language (feedback.wording). `messages` are those of
    the page's templates; what a rule or a question said is found by the opinion's versions.
    """

    version = models.CharField(_("version"), max_length=16, primary_key=True)
    route = models.CharField(_("page"), max_length=100)
    language = models.CharField(_("language"), max_length=5)
    messages = models.JSONField(_("messages"), default=list, help_text=_("Empty: not known."))
    first_seen = models.DateTimeField(_("first seen"), default=timezone.now)

    class Meta:
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")
        ordering = ["route", "language", "first_seen"]

    def __str__(self):
        return f"{self.route} {self.version}"


class Improvement(models.Model):
    """“You said, we did”: what was said, in the office's words, and what was changed."""

    said_ja = models.TextField(_("what was said (Japanese)"), max_length=500)
    said_en = models.TextField(_("what was said (English)"), max_length=500)
    done_ja = models.TextField(_("what was changed (Japanese)"), max_length=500)
    done_en = models.TextField(_("what was changed (English)"), max_length=500)
    changed_at = models.DateTimeField(
        _("changed at"),
        help_text=_("Wordings first seen before it are the old ones, later ones the new."),
    )
    version = models.CharField(
        _("version"), max_length=100, help_text=_("Which version of the portal, rule or procedure.")
    )
    route = models.CharField(_("page"), max_length=100, blank=True)
    rule = models.CharField(_("task rule"), max_length=100, blank=True)
    procedure = models.CharField(_("procedure"), max_length=64, blank=True)
    question = models.CharField(_("question"), max_length=64, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("written by")
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)

    class Meta:
        verbose_name = _("improvement")
        verbose_name_plural = _("improvements")
        ordering = ["-changed_at"]
        permissions = [("publish_improvement", "Can publish an improvement")]
        constraints = [
            models.CheckConstraint(
                condition=Q(published_at__isnull=True, published_by__isnull=True)
                | Q(published_at__isnull=False, published_by__isnull=False),
                name="improvement_published_by_somebody",
            ),
        ]

    def __str__(self):
        return self.said

    @property
    def said(self) -> str:
        return self.said_ja if get_language() == "ja" else self.said_en

    @property
    def done(self) -> str:
        return self.done_ja if get_language() == "ja" else self.done_en


class Tag(models.Model):
    """A word by which staff find opinions again."""

    name = models.CharField(_("name"), max_length=40, unique=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self):
        return self.name


class Opinion(models.Model):
    """What somebody thought of a page, of applying, or of anything.

    `on the screen` were: the page by its route, never its address; the rule and its version (the
    fingerprint of tasks.compile); the procedure, its version and the question; the wording; which
    errors were shown (field and code, never what was typed); the language and the width.
    """

    class Kind(models.TextChoices):
        CLEAR = "clear", _("about a page")
        APPLYING = "applying", _("about applying")
        FREE = "free", _("about anything")

    class State(models.TextChoices):
        COUNTED = "counted", _("a mark alone")  # nothing to read
        NEW = "new", _("new")
        LOOKING = "looking", _("being looked at")
        PLANNED = "planned", _("planned")
        DONE = "done", _("done")
        DECLINED = "declined", _("declined")

    class Reason(models.TextChoices):
        HARD_WORDS = "hard-words", _("The words are hard")
        NOT_FOUND = "not-found", _("I did not find what I looked for")
        NOT_MY_CASE = "not-my-case", _("It does not fit my case")
        NEXT_STEP = "next-step", _("I do not know what to do next")
        TOO_LONG = "too-long", _("It is too long")
        DID_NOT_WORK = "did-not-work", _("Something did not work")

    class Width(models.TextChoices):
        NARROW = "narrow", _("narrow, as a phone")
        MEDIUM = "medium", _("medium")
        WIDE = "wide", _("wide")

    uuid = models.UUIDField(
        _("public id"), unique=True, editable=False, db_default=Func(function="uuid_version_7")
    )
    # What is sent twice is one opinion (feedback.give.once_of).
    once = models.UUIDField(unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    given_at = models.DateTimeField(_("given at"), default=timezone.now)
    clear = models.BooleanField(_("clear"), null=True, blank=True)
    rating = models.PositiveSmallIntegerField(
        _("rating"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    reasons = ArrayField(
        models.CharField(max_length=16, choices=Reason.choices),
        verbose_name=_("reasons"),
        default=list,
        blank=True,
        size=MOST_REASONS,
    )
    text = models.TextField(_("text"), max_length=LONGEST_TEXT, blank=True)
    # What the search finds it by: each two letters that follow each other (feedback.pairs).
    pairs = ArrayField(models.CharField(max_length=2), default=list, editable=False)
    # Its words and pairs of words (feedback.words). Null: not read yet.
    terms = ArrayField(models.CharField(max_length=60), null=True, editable=False)
    masked = ArrayField(
        models.CharField(max_length=16), verbose_name=_("masked"), default=list, blank=True
    )

    route = models.CharField(_("page"), max_length=100, blank=True)
    rule = models.CharField(_("task rule"), max_length=100, blank=True)
    rule_version = models.CharField(_("version of the rule"), max_length=32, blank=True)
    procedure = models.CharField(_("procedure"), max_length=64, blank=True)
    procedure_version = models.PositiveIntegerField(
        _("version of the procedure"), null=True, blank=True
    )
    question = models.CharField(_("question"), max_length=64, blank=True)
    wording = models.ForeignKey(
        Wording,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="opinions",
        verbose_name=_("wording"),
    )
    errors = ArrayField(
        models.CharField(max_length=100), verbose_name=_("errors shown"), default=list, blank=True
    )
    language = models.CharField(_("language"), max_length=5)
    width = models.CharField(_("width"), max_length=6, choices=Width.choices, blank=True)
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("municipality"),
        help_text=_("Empty: given without signing in."),
    )
    asker = models.ForeignKey(
        Resident,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asks for an answer"),
    )

    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.NEW)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    tags = models.ManyToManyField(Tag, blank=True, verbose_name=_("tags"), related_name="opinions")
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="duplicates",
        verbose_name=_("same as"),
    )
    why_declined = models.CharField(_("why declined"), max_length=500, blank=True)
    improvement = models.ForeignKey(
        Improvement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="opinions",
        verbose_name=_("improvement"),
    )

    class Meta:
        verbose_name = _("opinion")
        verbose_name_plural = _("opinions")
        ordering = ["-given_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="clear", clear__isnull=False, rating__isnull=True)
                | Q(kind="applying", clear__isnull=True, rating__range=(1, 5))
                | Q(kind="free", clear__isnull=True, rating__isnull=True) & ~Q(text=""),
                name="opinion_says_something",
            ),
            models.CheckConstraint(
                condition=Q(reasons__len__lte=MOST_REASONS), name="opinion_has_few_reasons"
            ),
            models.CheckConstraint(
                condition=~Q(state="counted") | Q(text="", asker__isnull=True),
                name="opinion_with_a_text_is_read",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(why_declined=""),
                name="opinion_declined_with_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(improvement__isnull=False),
                name="opinion_done_by_an_improvement",
            ),
            models.CheckConstraint(
                condition=~Q(merged_into=models.F("pk")), name="opinion_not_same_as_itself"
            ),
        ]
        permissions = [("review_opinion", "Can review opinions")]
        indexes = [
            # The review: newest first, of a state.
            models.Index(fields=["state", "-given_at", "-id"], name="opinion_state"),
            models.Index(fields=["-given_at", "-id"], name="opinion_given_at"),
            # Shares of a page, of a rule, of a wording, over some weeks.
            models.Index(
                fields=["route", "rule", "given_at"], include=["clear"], name="opinion_page"
            ),
            models.Index(fields=["wording", "clear"], name="opinion_wording"),
            models.Index(
                fields=["municipality", "-given_at"],
                condition=Q(municipality__isnull=False),
                name="opinion_municipality",
            ),
            models.Index(fields=["rule", "given_at"], condition=~Q(rule=""), name="opinion_rule"),
            GinIndex(fields=["reasons"], name="opinion_reasons"),
            models.Index(fields=["asker"], condition=Q(asker__isnull=False), name="opinion_asker"),
            GinIndex(fields=["pairs"], name="opinion_pairs"),
            # What is rising: texts of some weeks; and which of them have not been read.
            models.Index(fields=["given_at"], condition=~Q(text=""), name="opinion_texts"),
            models.Index(
                fields=["given_at"],
                condition=Q(terms__isnull=True) & ~Q(text=""),
                name="opinion_unread",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.uuid}"


class Change(models.Model):
    """What staff did with an opinion: who, when, and from what to what."""

    class What(models.TextChoices):
        STATE = "state", _("state")
        OWNER = "owner", _("owner")
        TAGS = "tags", _("tags")
        MERGED = "merged", _("same as another")
        NOTE = "note", _("note")
        REPLY = "reply", _("answer")

    opinion = models.ForeignKey(
        Opinion, models.CASCADE, related_name="changes", verbose_name=_("opinion")
    )
    what = models.CharField(_("what"), max_length=6, choices=What.choices)
    before = models.CharField(_("before"), max_length=500, blank=True)
    after = models.TextField(_("after"), max_length=2000, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.get_what_display()}: {self.after}"

    @property
    def in_words(self) -> tuple[str, str]:
        """Return before and after as they are read: a state by its name."""
        labels = dict(Opinion.State.choices) if self.what == self.What.STATE else {}
        return labels.get(self.before, self.before), labels.get(self.after, self.after)


class OwesMail(models.Model):
    """A row that owes a mail, and how that stands (tasks.owed_mails)."""

    class Mail(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        SKIPPED = "skipped", _("skipped")
        FAILED = "failed", _("failed")

    mail = models.CharField(_("mail"), max_length=7, choices=Mail.choices, default=Mail.WAITING)
    why = models.CharField(_("why not sent"), max_length=20, blank=True)
    owed_since = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Reply(OwesMail, Fact):
    """An answer to somebody who asked for one: a thing to know in the inbox, and a mail."""

    uuid = models.UUIDField(unique=True, editable=False, db_default=Func(function="uuid_version_7"))
    resident = models.ForeignKey(
        Resident, models.CASCADE, related_name="+", verbose_name=_("resident")
    )
    opinion = models.ForeignKey(
        Opinion, models.CASCADE, related_name="replies", verbose_name=_("opinion")
    )
    said = models.TextField(_("opinion"), max_length=LONGEST_TEXT)
    text = models.TextField(_("answer"), max_length=LONGEST_TEXT)
    answered_on = models.DateField(_("answered on"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(mail="waiting"), name="reply_mail_due"),
        ]

    def __str__(self):
        return f"{self.opinion_id} {self.answered_on}"


class PageOwner(models.Model):
    """Who is told when a page has become less clear: of a task rule on it, or of the page."""

    route = models.CharField(_("page"), max_length=100)
    rule = models.CharField(
        _("task rule"), max_length=100, blank=True, help_text=_("Empty: the page whatever it says.")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("owner")
    )

    class Meta:
        verbose_name = _("owner of a page")
        verbose_name_plural = _("owners of pages")
        ordering = ["route", "rule"]
        constraints = [
            models.UniqueConstraint(
                fields=["route", "rule"],
                name="page_has_one_owner",
                violation_error_message=_("This page has an owner. Change that one."),
            ),
        ]

    def __str__(self):
        return page_and_rule(self.route, self.rule)


class AlertLook(models.Model):
    """That all pages were compared: once a day, which is what the test for alerts allows."""

    day = models.DateField(_("day"), unique=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    pages = models.PositiveIntegerField(_("pages compared"))
    found = models.PositiveIntegerField(_("alerts"))

    class Meta:
        verbose_name = _("look at all pages")
        verbose_name_plural = _("looks at all pages")
        ordering = ["-day"]

    def __str__(self):
        return str(self.day)


class RisingWords(models.Model):
    """Which words were rising at `at`: one row, written anew by a job (rising_now.py)."""

    ONE = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONE)
    at = models.DateTimeField(_("at"), null=True)  # null: it has always taken too long
    words = models.JSONField(_("words"), default=list)
    next_at = models.DateTimeField(_("looked for again from"))

    class Meta:
        verbose_name = _("rising words")
        verbose_name_plural = _("rising words")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="rising_words_in_one_row"),
        ]

    def __str__(self):
        return str(self.at)


class Alert(OwesMail):
    """That a page has become less clear: in the seven days before `day` than in the 28 before."""

    uuid = models.UUIDField(unique=True, editable=False, db_default=Func(function="uuid_version_7"))
    route = models.CharField(_("page"), max_length=100)
    rule = models.CharField(_("task rule"), max_length=100, blank=True)
    day = models.DateField(_("day"))
    not_clear = models.PositiveIntegerField(_("not clear"))
    of = models.PositiveIntegerField(_("answers"))
    before_not_clear = models.PositiveIntegerField(_("not clear before"))
    before_of = models.PositiveIntegerField(_("answers before"))
    p = models.FloatField(help_text=_("How likely so many are by chance alone."))
    found_at = models.DateTimeField(_("found at"), default=timezone.now)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
        help_text=_("Empty: all who publish."),
    )
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("seen by"),
    )
    seen_at = models.DateTimeField(_("seen at"), null=True, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-day", "route", "rule"]
        constraints = [
            models.UniqueConstraint(fields=["route", "rule", "day"], name="alert_once_a_day"),
            models.CheckConstraint(
                condition=Q(seen_at__isnull=True, seen_by__isnull=True)
                | Q(seen_at__isnull=False, seen_by__isnull=False),
                name="alert_seen_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(mail="waiting"), name="alert_mail_due"),
            models.Index(fields=["owner"], condition=Q(seen_at__isnull=True), name="alert_unseen"),
        ]

    def __str__(self):
        return f"{self.page} {self.day}"

    @property
    def page(self) -> str:
        return page_and_rule(self.route, self.rule)
