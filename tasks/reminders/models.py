"""The ledger of reminders, the messages that carry them, and what each resident has chosen."""

from urllib.parse import urlsplit

from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.residents.models import Resident
from tasks.models import Priority, Sweep, Task


class Channel(models.TextChoices):
    MAIL = "mail", _("e-mail")
    PUSH = "push", _("notification on a device")


class Reason(models.TextChoices):
    """Why a reminder was not sent, or a message not taken."""

    NO_ADDRESS = "no-address", _("no e-mail address is known")
    MAIL_OFF = "mail-off", _("the person has turned reminders by e-mail off")
    NO_DEVICE = "no-device", _("no device takes notifications any more")
    DECEASED = "deceased", _("the person has died")
    MOVED_AWAY = "moved-away", _("the person has moved away")
    MERGED = "merged", _("the record was merged with another")
    CHILD_GROWN_UP = "child-grown-up", _("the child is of age and has the task itself")
    NO_LONGER_GUARDIAN = "no-longer-guardian", _("no longer acts for the child")
    TASK_DONE = "task-done", _("done before")
    TASK_WITHDRAWN = "task-withdrawn", _("no longer applies")
    TASK_EXPIRED = "task-expired", _("the date has passed")
    PUT_OFF = "task-snoozed", _("put off by the person")
    REPORTED = "task-reported", _("reported as done by the person")
    DISMISSED = "task-dismissed", _("“not now” was chosen")
    OVERTAKEN = "overtaken", _("it waited until a later reminder of the same task")
    REFUSED = "refused", _("the server refuses this address or message for good")
    GIVEN_UP = "given-up", _("the server did not take it for three days")


class MessageQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(state=Message.State.WAITING)

    def due(self, at):
        """Those of the day of `at`; what is left of a day before goes with the next day's."""
        return self.waiting().filter(day=timezone.localdate(at), try_at__lte=at)

    def by_urgency(self):
        return self.order_by("priority", F("due_on").asc(nulls_last=True), "id")


class Message(models.Model):
    """What goes to one resident on one day by one channel, whatever the number of reminders.

    `day` is the day on which it is to go; one that could not go before the night moves on to the
    next day. A repeat after a crash carries the same `uuid`, from which its Message-ID is made.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        SKIPPED = "skipped", _("nothing left to say")
        FAILED = "failed", _("failed")

    uuid = models.UUIDField(editable=False, db_default=Func(function="uuid_version_7"))
    resident = models.ForeignKey(
        Resident, models.CASCADE, related_name="+", verbose_name=_("resident"), db_index=False
    )
    day = models.DateField(_("day"))
    channel = models.CharField(_("channel"), max_length=4, choices=Channel.choices)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority.choices)
    due_on = models.DateField(_("due by"), null=True, blank=True)
    promised_at = models.DateTimeField(_("promised at"))
    try_at = models.DateTimeField(_("not before"))
    first_tried_at = models.DateTimeField(_("first tried at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    last_answer = models.CharField(
        _("last answer"),
        max_length=32,
        blank=True,
        db_default="",
        help_text=_("Of an attempt that failed: the server's code, or what happened instead."),
    )
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    ended_at = models.DateTimeField(_("sent or ended at"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(
                fields=["resident", "day", "channel"], name="message_one_a_day"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at__isnull=True)
                | (~Q(state="waiting") & Q(ended_at__isnull=False)),
                name="message_ended_or_waiting",
            ),
        ]
        indexes = [
            models.Index(
                fields=["priority", "due_on", "id"],
                condition=Q(state="waiting"),
                name="message_waiting",
            ),
            models.Index(fields=["day", "state"], name="message_by_day"),
        ]

    def __str__(self):
        return f"{self.day} {self.channel}"


class ReminderQuerySet(models.QuerySet):
    def for_resident(self, resident):
        return self.filter(resident=resident)

    def sent(self):
        return self.filter(outcome=Reminder.Outcome.SENT)


class Reminder(models.Model):
    """A line of the ledger: one step of one task by one channel, promised on a day.

    What `step` counts: tasks/reminders/ladder.py. Keys for PostgreSQL, other than what Django
    sees, begin with the resident: docs/adr/0004.
    """

    class Outcome(models.TextChoices):
        PROMISED = "promised", _("promised")
        SENT = "sent", _("sent")
        SKIPPED = "skipped", _("skipped")
        FAILED = "failed", _("failed")

    resident = models.ForeignKey(
        Resident, models.CASCADE, related_name="+", verbose_name=_("resident"), db_index=False
    )
    task = models.ForeignKey(
        Task,
        models.CASCADE,
        related_name="reminders",
        verbose_name=_("task"),
        db_index=False,
        db_constraint=False,
    )
    step = models.SmallIntegerField(_("step"))
    channel = models.CharField(_("channel"), max_length=4, choices=Channel.choices)
    day = models.DateField(_("promised for"))
    outcome = models.CharField(
        _("outcome"), max_length=8, choices=Outcome.choices, default=Outcome.PROMISED
    )
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices, blank=True)
    message = models.ForeignKey(
        Message,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="reminders",
        verbose_name=_("message"),
        db_index=False,
        db_constraint=False,
    )

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [
            models.UniqueConstraint(
                fields=["resident", "task", "step", "channel"], name="reminder_once"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["promised", "sent"], reason="", message__isnull=False)
                | (Q(outcome__in=["skipped", "failed"]) & ~Q(reason="")),
                name="reminder_ends_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["day", "outcome"], name="reminder_by_day"),
            models.Index(fields=["day"], condition=Q(outcome="promised"), name="reminder_promised"),
        ]

    def __str__(self):
        return f"{self.day} {self.step} {self.channel}"


class ReminderRound(models.Model):
    """One start of a day's reminders: by the schedule, at most once a day, or by hand."""

    day = models.DateField(_("day"))
    run = models.PositiveSmallIntegerField(_("run"), default=1)
    started_by = models.CharField(_("started by"), max_length=8, choices=Sweep.StartedBy.choices)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    promised = models.PositiveIntegerField(_("promised"), default=0)
    skipped = models.PositiveIntegerField(_("skipped at once"), default=0)

    class Meta:
        verbose_name = _("start of reminders")
        verbose_name_plural = _("starts of reminders")
        permissions = [("start_reminders", "Can start the reminders by hand")]
        ordering = ["-day", "-run"]
        constraints = [models.UniqueConstraint(fields=["day", "run"], name="reminder_round_once")]

    def __str__(self):
        return f"{self.day} ({self.run})"


class SendingHour(models.Model):
    """How many messages were taken up in an hour, for the cap: its row is the senders' lock."""

    hour = models.DateTimeField(_("hour"), primary_key=True)
    messages = models.PositiveIntegerField(_("messages"), default=0)

    class Meta:
        verbose_name = _("hour of sending")
        verbose_name_plural = _("hours of sending")

    def __str__(self):
        return f"{self.hour:%Y-%m-%d %H}"


class MailOff(models.Model):
    """A resident who wants no reminders by e-mail. Without a row, they come."""

    resident = models.OneToOneField(
        Resident, models.CASCADE, primary_key=True, related_name="mail_off"
    )
    since = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("resident without reminders by e-mail")
        verbose_name_plural = _("residents without reminders by e-mail")

    def __str__(self):
        return str(self.resident_id)


class PushSubscription(models.Model):
    """A browser that takes notifications: its address at the push service, and its keys."""

    # Told from the push service, so that no browser has to be asked what it is.
    BROWSERS = {
        "fcm.googleapis.com": _("Chrome, or a browser like it"),
        "push.services.mozilla.com": "Firefox",
        "push.apple.com": "Safari",
        "notify.windows.com": "Edge",
    }

    resident = models.ForeignKey(
        Resident,
        models.CASCADE,
        related_name="push_subscriptions",
        verbose_name=_("resident"),
        db_index=False,
    )
    endpoint = models.URLField(_("address at the push service"), max_length=1000)
    p256dh = models.CharField(_("public key"), max_length=120)
    auth = models.CharField(_("secret"), max_length=40)
    since = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("device for notifications")
        verbose_name_plural = _("devices for notifications")
        constraints = [
            models.UniqueConstraint(fields=["resident", "endpoint"], name="push_once_a_device"),
            models.CheckConstraint(
                condition=Q(
                    endpoint__regex=r"^https?://[!-~]+$",
                    p256dh__regex=r"^[A-Za-z0-9_-]{87}$",
                    auth__regex=r"^[A-Za-z0-9_-]{22}$",
                ),
                name="push_as_browsers_say_it",
            ),
        ]

    def __str__(self):
        return str(self.resident_id)

    @property
    def browser(self):
        host = urlsplit(self.endpoint).hostname
        named = (name for service, name in self.BROWSERS.items() if host.endswith(service))
        return next(named, _("A browser"))
