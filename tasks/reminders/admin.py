"""Staff pages on reminders: promised against sent by the day, the ledger, the messages."""

import logging
from datetime import date

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from portal import clock
from portal.bars import Bars
from portal.residents.record import Section, names_of, sections
from portal.staff import LongList, LookOnly
from tasks.admin.weeks import weeks_of
from tasks.models import Sweep, Task
from tasks.reminders import days, jobs, promise, send
from tasks.reminders.models import Message, Reminder, ReminderRound
from tasks.rules import registry
from tasks.words import day as day_in_words

logger = logging.getLogger(__name__)

SHOWN_OF_A_RESIDENT = 100
ROWS = [
    (_("promised"), "promised"),
    (_("sent"), "sent"),
    (_("skipped"), "skipped"),
    (_("failed"), "failed"),
    (_("waiting"), "waiting"),
]


def day_of(request) -> date | None:
    """Return the day that the address asks for; None where it says none, or nonsense."""
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None


def of_task(column):
    """Look up a column of a reminder's task, by both columns of its key."""
    task = Task.objects.filter(resident=OuterRef("resident"), pk=OuterRef("task"))
    return Subquery(task.values(column))


def of_message(column):
    message = Message.objects.filter(resident=OuterRef("resident"), pk=OuterRef("message"))
    return Subquery(message.values(column))


def with_task_and_message(reminders):
    """Add to each reminder what is shown of its task and of its message."""
    return reminders.annotate(
        rule_id=of_task("rule"),
        subject=of_task("subject"),
        due_on=of_task("due_on"),
        attempts=of_message("attempts"),
        last_answer=of_message("last_answer"),
        ended_at=of_message("ended_at"),
    )


@admin.display(description=_("record"))
def record(row):
    """Link to the record of the resident whose row it is; there a purpose is asked for."""
    address = reverse("admin:residents_resident_change", args=[row.resident.uuid])
    return format_html('<a href="{}">{}</a>', address, gettext("Open, for a purpose"))


class RuleFilter(admin.SimpleListFilter):
    title = _("rule")
    parameter_name = "rule"

    def lookups(self, request, model_admin):
        return [(str(rule.id), rule.title) for rule in registry.values()]

    def queryset(self, request, queryset):
        return queryset.filter(rule_id=int(self.value())) if self._asked() else queryset

    def _asked(self):
        return self.value() in {value for value, _title in self.lookup_choices}


@admin.register(Reminder)
class ReminderAdmin(LookOnly, LongList, admin.ModelAdmin):
    """The days of some weeks; with `?day=` in the address, the lines of that day.

    A line names no person: what somebody is reminded of is read in the person's record, for a
    purpose.
    """

    list_display = ["rule", "when", "channel", "state", "carrier", record]
    list_display_links = None
    list_filter = ["outcome", "reason", "channel", RuleFilter]
    list_per_page = 100
    ordering = ["-pk"]
    sortable_by = []

    def get_urls(self):
        views = [("", self.changelist_view, "changelist"), ("start/", self.start_view, "start")]
        return [
            path(route, self.admin_site.admin_view(view), name=f"reminders_reminder_{name}")
            for route, view, name in views
        ]

    def get_queryset(self, request):
        return with_task_and_message(super().get_queryset(request).select_related("resident"))

    @admin.display(description=_("rule"))
    def rule(self, reminder):
        rule = registry.by_id(reminder.rule_id)
        return rule.title_of(reminder.subject) if rule else reminder.rule_id

    @admin.display(description=_("step"))
    def when(self, reminder):
        return step_in_words(reminder.rule_id, reminder.step, reminder.due_on)

    @admin.display(description=_("outcome"))
    def state(self, reminder):
        return state_in_words(reminder)

    @admin.display(description=_("message"))
    def carrier(self, reminder):
        if reminder.message_id is None:
            return "–"
        address = reverse("admin:reminders_message_changelist")
        said = attempts_in_words(reminder)
        return format_html(
            '<a href="{0}?resident={1}&amp;id={2}">{2}</a> {3}',
            *(address, reminder.resident_id, reminder.message_id, said),
        )

    def has_start_permission(self, request):
        return request.user.has_perm("reminders.start_reminders")

    def changelist_view(self, request, extra_context=None):
        if "day" in request.GET:
            return self._lines(request, extra_context)
        return self._days(request, extra_context)

    def _lines(self, request, extra_context):
        day = day_of(request)
        if day is None:
            return HttpResponseRedirect(reverse("admin:reminders_reminder_changelist"))
        title = _("Reminders of %(day)s") % {"day": day_in_words(day)}
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def _days(self, request, extra_context):
        """Show for each day of some weeks what was promised and what came of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        weeks = weeks_of(request)
        found = days.days(since=weeks.since, until=weeks.until)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Reminders, day by day"),
            "may_start": self.has_start_permission(request),
            "weeks": weeks,
            "days": found[::-1],
            "bars": Bars(
                days=[one.day for one in found],
                rows=[(name, [getattr(one, what) for one in found]) for name, what in ROWS],
                missing=frozenset(one.day for one in found if not one.rounds),
                unfinished=frozenset(one.day for one in found if one.waiting),
            ),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/reminders/reminder/days.html", context)

    def start_view(self, request):
        """Ask whether to promise and send the day's reminders now; then do it, by the queue."""
        if not self.has_start_permission(request):
            raise PermissionDenied
        at = clock.localtime()
        quiet = send.is_quiet(at)
        if request.method == "POST" and not quiet:
            return self._start(request, at)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Send reminders now"),
            "quiet": quiet,
            "day": days.of_day(at.date()),
        }
        return TemplateResponse(request, "admin/reminders/reminder/start.html", context)

    def _start(self, request, at):
        done, _new = promise.start_round(at=at, started_by=Sweep.StartedBy.STAFF)
        self.log_addition(request, done, "Started by hand.")
        try:
            jobs.wake_senders()
        except OperationalError as error:
            logger.warning("No sender could be told of round %s: %s", done.pk, error)
            messages.warning(
                request, gettext("The queue does not answer. Messages go out once it does.")
            )
        waiting = send.due_reminders(at)
        messages.info(request, what_was_started(done, waiting=waiting))
        return HttpResponseRedirect(reverse("admin:reminders_reminder_changelist"))


def what_was_started(done: ReminderRound, *, waiting: int) -> str:
    """Say what a start by hand did, and what is now left to the senders."""
    promised = ngettext(
        "%(count)s more reminder is promised for %(day)s (start %(run)s), %(skipped)s skipped at "
        "once.",
        "%(count)s more reminders are promised for %(day)s (start %(run)s), %(skipped)s skipped "
        "at once.",
        done.promised,
    ) % {
        "count": done.promised,
        "day": day_in_words(done.day),
        "run": done.run,
        "skipped": done.skipped,
    }
    left = gettext("Nothing waits to be sent.")
    if waiting:
        left = ngettext(
            "%(count)s is due now, and the senders have been told.",
            "%(count)s are due now, and the senders have been told.",
            waiting,
        ) % {"count": waiting}
    return f"{promised} {left}"


def step_in_words(rule_id, step: int, due_on: date | None) -> str:
    """Say which step of the ladder it is: tasks.reminders.ladder numbers them."""
    if step < 0:
        return gettext("open again, %(days)s days after it was opened") % {"days": -step}
    rule = registry.by_id(rule_id)
    if rule and rule.remind and due_on:
        if step == 0:
            return gettext("on the due date")
        return ngettext(
            "%(days)s day before the due date", "%(days)s days before the due date", step
        ) % {"days": step}
    return gettext("%(days)s days after it was opened") % {"days": step}


def state_in_words(reminder: Reminder) -> str:
    what, why = reminder.get_outcome_display(), reminder.get_reason_display()
    return gettext("%(what)s: %(why)s") % {"what": what, "why": why} if why else what


def attempts_in_words(message) -> str:
    """Say how often it was tried, and what the server answered to the last try that failed."""
    if not message.attempts:
        return ""
    said = ngettext("%(count)s attempt", "%(count)s attempts", message.attempts)
    said %= {"count": message.attempts}
    return f"{said}, {message.last_answer}" if message.last_answer else said


@admin.register(Message)
class MessageAdmin(LookOnly, LongList, admin.ModelAdmin):
    """The messages of a day: what carries the reminders, and what the servers answered."""

    list_display = ["id", "channel", "state", "attempts", "last_answer", "moment", record]
    list_display_links = None
    list_filter = ["state", "channel"]
    list_per_page = 100
    list_select_related = ["resident"]
    ordering = ["-day", "-pk"]
    sortable_by = []

    def get_urls(self):
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name="reminders_message_changelist")]

    @admin.display(description=_("when"))
    def moment(self, message):
        """Say when it was sent or ended; of one that waits, when it is tried next."""
        if message.ended_at:
            return message.ended_at
        at = formats.date_format(timezone.localtime(message.try_at), "DATETIME_FORMAT")
        return _("not before %(moment)s") % {"moment": at}

    def changelist_view(self, request, extra_context=None):
        """Show one day's, or one message by its whole key: more would read the whole table."""
        day = day_of(request)
        if day:
            title = _("Messages of %(day)s") % {"day": day_in_words(day)}
        elif {"resident", "id"} <= set(request.GET):
            title = _("Message %(number)s") % {"number": request.GET["id"]}
        else:
            asked = request.GET.copy()
            asked["day"] = clock.today().isoformat()
            return HttpResponseRedirect(f"{request.path}?{asked.urlencode()}")
        return super().changelist_view(request, {"title": title, **(extra_context or {})})


# ---- in a resident's record
def reminders_of(resident):
    found = with_task_and_message(Reminder.objects.for_resident(resident))
    for one in found.order_by("-day", "-pk")[:SHOWN_OF_A_RESIDENT]:
        rule = registry.by_id(one.rule_id)
        yield [
            rule.title_of(one.subject) if rule else one.rule_id,
            step_in_words(one.rule_id, one.step, one.due_on),
            one.get_channel_display(),
            one.day,
            state_in_words(one),
            one.ended_at,
            attempts_in_words(one),
        ]


sections += [
    Section(
        title=_("Reminders (the newest 100)"),
        permission="reminders.view_reminder",
        columns=[
            _("rule"),
            *names_of(Reminder, "step", "channel", "day", "outcome"),
            *names_of(Message, "ended_at", "attempts"),
        ],
        rows=reminders_of,
    )
]
