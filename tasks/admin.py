"""Staff pages on rules and nights, and the tasks in a resident's record."""

import logging
from collections import Counter, defaultdict

from django.contrib import admin, messages
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import JSONObject
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from portal.residents.admin import person_link
from portal.residents.record import Section, names_of, sections
from portal.staff import LookOnly
from tasks import jobs, sweep
from tasks.models import LIVE, RuleRecord, Status, Sweep, SweepRange, Task, TaskEvent
from tasks.rules import registry
from tasks.words import columns_in
from tasks.words import day as day_in_words

logger = logging.getLogger(__name__)

ENDED_SHOWN = 100
RANGES_PER_PAGE = 200


# ---- rules
@admin.register(RuleRecord)
class RuleAdmin(LookOnly, admin.ModelAdmin):
    """What each rule says, as the code registers it, and how many live tasks it has."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name="tasks_rulerecord_changelist")]

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        counts = live_tasks_by_rule()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Rules"),
            "rules": [in_general(rule, counts[rule.id]) for rule in registry.values()],
            "no_longer_registered": RuleRecord.objects.exclude(
                pk__in=[rule.id for rule in registry.values()]
            ),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/tasks/rulerecord/rules.html", context)


def live_tasks_by_rule() -> dict[int, Counter]:
    """Return how many live tasks each rule (id) has in each status, by one statement."""
    counts = defaultdict(Counter)
    rows = Task.objects.live().values("rule_id", "status").annotate(tasks=Count("pk"))
    for row in rows.order_by():
        counts[row["rule_id"]][row["status"]] = row["tasks"]
    return counts


def in_general(rule, counts) -> dict:
    """Describe a rule with no resident in view: its sentences name columns, not their values."""
    fact = rule.rows(timezone.localdate()).model

    def said(text):
        return _without_values(text, fact)

    return {
        "rule": rule,
        "fact": fact._meta.verbose_name,
        "opens_on": _name(fact, rule.opens_on),
        "due_on": _name(fact, rule.due_on),
        "counts": [(Status(status).label, counts[status]) for status in LIVE],
        "conditions": [
            {
                "name": condition.name,
                "holds": said(condition.holds),
                "fails": said(condition.fails),
                "unknown": said(condition.unknown),
                "ends": condition.ends.label,
                "ends_when": said(condition.ends_when),
            }
            for condition in rule.all_conditions
        ],
    }


def _without_values(text, model) -> str:
    return str(text).format_map({name: f"[{_name(model, name)}]" for name in columns_in(text)})


def _name(model, column):
    """Return what staff call a column of the facts; some are computed by the rule itself."""
    if not column:
        return ""
    try:
        return model._meta.get_field(column).verbose_name
    except FieldDoesNotExist:
        return column


# ---- nights
def _of_ranges(**sums):
    """Sum over a night's ranges, asked only for the nights on the page."""
    ranges = SweepRange.objects.filter(sweep=OuterRef("pk")).order_by().values("sweep")
    return Subquery(ranges.annotate(totals=JSONObject(**sums)).values("totals"))


@admin.register(Sweep)
class SweepAdmin(LookOnly, admin.ModelAdmin):
    list_display = [
        "link",
        "run",
        "started_by",
        "started_at",
        "seconds",
        "opened",
        "updated",
        "closed",
        "ranges_done",
    ]
    list_display_links = None
    sortable_by = []
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .annotate(
                totals=_of_ranges(
                    opened=Sum("opened"),
                    updated=Sum("updated"),
                    closed=Sum("closed"),
                    ranges=Count("pk"),
                    done=Count("pk", filter=Q(finished_at__isnull=False)),
                )
            )
        )

    @admin.display(description=_("day"))
    def link(self, night):
        address = reverse("admin:tasks_sweep_change", args=[night.pk])
        return format_html('<a href="{}">{}</a>', address, formats.date_format(night.day))

    @admin.display(description=_("seconds"))
    def seconds(self, night):
        if night.finished_at is None:
            return _("not finished")
        return round((night.finished_at - night.started_at).total_seconds(), 1)

    @admin.display(description=_("opened"))
    def opened(self, night):
        return total(night, "opened")

    @admin.display(description=_("updated"))
    def updated(self, night):
        return total(night, "updated")

    @admin.display(description=_("closed"))
    def closed(self, night):
        return total(night, "closed")

    @admin.display(description=_("ranges done"))
    def ranges_done(self, night):
        return _("%(done)s of %(ranges)s") % {
            "done": total(night, "done"),
            "ranges": total(night, "ranges"),
        }

    def get_urls(self):
        start = path(
            "start/", self.admin_site.admin_view(self.start_view), name="tasks_sweep_start"
        )
        return [start, *super().get_urls()]

    def has_start_permission(self, request):
        return request.user.has_perm("tasks.start_night")

    def changelist_view(self, request, extra_context=None):
        may = {"may_start": self.has_start_permission(request)}
        return super().changelist_view(request, {**may, **(extra_context or {})})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show a night and its ranges; there is nothing to change."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        night = self.get_object(request, object_id)
        if night is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        now = timezone.now()
        page = Paginator(night.ranges.all(), RANGES_PER_PAGE).get_page(request.GET.get("page"))
        for one in page:
            one.state = state_of(one, now=now)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Night of %(day)s, run %(run)s")
            % {"day": day_in_words(night.day), "run": night.run},
            "night": night,
            "seconds": self.seconds(night),
            "ranges": page,
            "columns": names_of(
                SweepRange,
                *("low", "high", "lease_until", "leased_by", "attempts", "finished_at"),
                *("opened", "updated", "closed", "seconds"),
            ),
        }
        return TemplateResponse(request, "admin/tasks/sweep/night.html", context)

    def start_view(self, request):
        """Ask whether to start the day's night by hand; then start it, or go on with it."""
        if not self.has_start_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._start(request)
        today = timezone.localdate()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Run the night now"),
            "today": today,
            "latest": self.get_queryset(request).filter(day=today).first(),
        }
        return TemplateResponse(request, "admin/tasks/sweep/start.html", context)

    def _start(self, request):
        night, new = sweep.start_sweep(day=timezone.localdate(), started_by=Sweep.StartedBy.STAFF)
        if new:
            self.log_addition(request, night, "Started by hand.")
        waiting = list(sweep.unfinished(night).values_list("pk", flat=True))
        try:
            jobs.wake_workers(waiting)
        except OperationalError as error:
            logger.warning("No worker could be told of %s ranges: %s", len(waiting), error)
            messages.warning(
                request,
                gettext("The queue does not answer. The ranges are taken up once it does."),
            )
        messages.info(request, what_was_started(night, new=new, waiting=len(waiting)))
        return HttpResponseRedirect(reverse("admin:tasks_sweep_change", args=[night.pk]))


def what_was_started(night, *, new, waiting) -> str:
    said = {"day": day_in_words(night.day), "run": night.run, "waiting": waiting}
    if not new:
        sentence = ngettext(
            "The night of %(day)s is running already (run %(run)s): %(waiting)s range is "
            "still to do, and the workers have been told again.",
            "The night of %(day)s is running already (run %(run)s): %(waiting)s ranges are "
            "still to do, and the workers have been told again.",
            waiting,
        )
    elif waiting:
        sentence = ngettext(
            "The night of %(day)s has been started (run %(run)s): %(waiting)s range.",
            "The night of %(day)s has been started (run %(run)s): %(waiting)s ranges.",
            waiting,
        )
    else:
        sentence = gettext("There is nobody to do it for: no resident has been reported.")
    return sentence % said


def total(night, what) -> int:
    """Return a sum over the night's ranges; a night for nobody has none."""
    return (night.totals or {}).get(what) or 0


def state_of(one: SweepRange, *, now) -> str:
    if one.finished_at:
        return gettext("finished")
    if one.lease_until is None:
        return gettext("waiting for a worker")
    return gettext("being done") if one.lease_until > now else gettext("the worker is gone")


# ---- tasks in a resident's record
def _title(task):
    rule = registry.by_id(task.rule_id)
    return rule.title if rule else task.rule.key


def _about(task, resident):
    return "–" if task.about_id == resident.pk else person_link(task.about)


def _opened(task):
    """Say on which day the task was opened, and from whose fact of when."""
    said = [formats.date_format(task.opened_on)]
    if task.opened_source:
        said.append(task.opened_source.key)
    if task.opened_checked_at:
        said.append(formats.date_format(timezone.localdate(task.opened_checked_at)))
    return ", ".join(said)


def _events(resident):
    """Return what happened to each task (id) of a resident, in one sentence per task."""
    found = defaultdict(list)
    events = TaskEvent.objects.filter(resident=resident).select_related("by")
    for event in events.order_by("at", "pk"):
        who = event.by.email if event.by else gettext("the night or a report")
        at = formats.date_format(timezone.localtime(event.at), "SHORT_DATETIME_FORMAT")
        found[event.task_id].append(f"{at} {event.get_what_display()} ({who})")
    return {task: "; ".join(said) for task, said in found.items()}


def _tasks(resident, queryset):
    return queryset.for_resident(resident).select_related("rule", "about", "opened_source")


def live_tasks(resident):
    events = _events(resident)
    for task in _tasks(resident, Task.objects.live()).in_order():
        yield [
            _title(task),
            task.subject,
            _about(task, resident),
            task.get_status_display(),
            task.opens_on,
            task.due_on,
            task.get_priority_display(),
            task.wake_on,
            _opened(task),
            events.get(task.pk),
        ]


def ended_tasks(resident):
    events = _events(resident)
    for task in _tasks(resident, Task.objects.ended()).order_by("-ended_on", "-pk")[:ENDED_SHOWN]:
        yield [
            _title(task),
            task.subject,
            _about(task, resident),
            task.get_status_display(),
            task.due_on,
            _opened(task),
            task.ended_on,
            events.get(task.pk),
        ]


def tasks_of_others(resident):
    found = Task.objects.live().filter(about=resident).exclude(resident=resident)
    for task in found.select_related("rule", "resident").in_order():
        yield [_title(task), person_link(task.resident), task.get_status_display(), task.due_on]


sections += [
    Section(
        title=_("To do"),
        permission="tasks.view_task",
        columns=[
            *names_of(Task, "rule", "subject", "about", "status", "opens_on", "due_on"),
            *names_of(Task, "priority", "wake_on", "opened_on"),
            _("what happened"),
        ],
        rows=live_tasks,
    ),
    Section(
        title=_("To do by a guardian, about this person"),
        permission="tasks.view_task",
        columns=names_of(Task, "rule", "resident", "status", "due_on"),
        rows=tasks_of_others,
    ),
    Section(
        title=_("Ended (the newest 100)"),
        permission="tasks.view_task",
        columns=[
            *names_of(Task, "rule", "subject", "about", "status", "due_on", "opened_on"),
            *names_of(Task, "ended_on"),
            _("what happened"),
        ],
        rows=ended_tasks,
    ),
]
