"""The nights: what each did, its ranges with their leases, and starting one by hand."""

import logging

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from portal import clock
from portal.bars import Bars
from portal.residents.record import names_of
from portal.staff import LookOnly
from tasks import history, jobs, sweep
from tasks.admin.weeks import Weeks, weeks_of
from tasks.models import RuleRecord, Sweep, SweepRange
from tasks.reconcile import Reconciled
from tasks.rules import Rule, registry
from tasks.words import day as day_in_words

logger = logging.getLogger(__name__)

RANGES_PER_PAGE = 200


class RuleForm(forms.Form):
    rule = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["rule"].choices = [(rule.id, rule.title) for rule in registry.values()]


def rule_of(request) -> Rule | None:
    """Return the rule that the address asks for; where it says none, or nonsense, None for all."""
    form = RuleForm(request.GET)
    form.is_valid()
    return registry.by_id(form.cleaned_data.get("rule"))


def over_weeks(weeks: Weeks, rule: Rule | None) -> dict:
    """Return what a page shows of these nights, of one rule or of all: a picture, its table."""
    nights = history.nights(since=weeks.since, until=weeks.until)
    done = [night.of_rule(rule.id) if rule else night.done for night in nights]
    rows = [
        (name, [getattr(counts, what, None) for counts in done])
        for name, what in [
            (_("opened"), "opened"),
            (_("updated"), "updated"),
            (_("closed"), "closed"),
        ]
    ]
    if not rule:
        rows.append((_("seconds"), [night.seconds for night in nights]))
    return {
        "weeks": weeks,
        "rule": rule,
        "bars": Bars(
            days=[night.day for night in nights],
            rows=rows,
            missing=frozenset(night.day for night in nights if not night.runs),
            unfinished=frozenset(night.day for night in nights if not night.finished),
        ),
        "nights": list(zip(nights, done, strict=True))[::-1],
        "by_rule": [] if rule else by_rule(nights),
    }


def by_rule(nights) -> list[tuple[int, str, Reconciled]]:
    """Return what these nights did by rule, as far as it was counted: number, title, counts."""
    total = sum((Reconciled(by_rule=night.by_rule or {}) for night in nights), Reconciled())
    titles = dict(RuleRecord.objects.values_list("pk", "key"))
    titles |= {rule.id: rule.title for rule in registry.values()}
    return [(rule_id, titles[rule_id], done) for rule_id, done in sorted(total.by_rule.items())]


@admin.register(Sweep)
class SweepAdmin(LookOnly, admin.ModelAdmin):
    """What each night did, by the day and by the range; and starting one by hand."""

    def get_urls(self):
        start = path(
            "start/", self.admin_site.admin_view(self.start_view), name="tasks_sweep_start"
        )
        return [start, *super().get_urls()]

    def has_start_permission(self, request):
        return request.user.has_perm("tasks.start_night")

    def changelist_view(self, request, extra_context=None):
        """Show what each night of some weeks did, as a picture and as a table."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": capfirst(self.opts.verbose_name_plural),
            "may_start": self.has_start_permission(request),
            "rules": list(registry.values()),
            **over_weeks(weeks_of(request), rule_of(request)),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/tasks/sweep/nights.html", context)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show a night and its ranges; there is nothing to change."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        night = self.get_object(request, object_id)
        if night is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        now, done = timezone.now(), history.of_run(night)
        page = Paginator(night.ranges.all(), RANGES_PER_PAGE).get_page(request.GET.get("page"))
        for one in page:
            one.state = state_of(one, now=now)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Night of %(day)s, run %(run)s")
            % {"day": day_in_words(night.day), "run": night.run},
            "run": night,
            "night": done,
            "by_rule": by_rule([done]),
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
        latest = Sweep.objects.filter(day=clock.today()).first()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Run the night now"),
            "latest": latest,
            "night": history.of_run(latest) if latest else None,
        }
        return TemplateResponse(request, "admin/tasks/sweep/start.html", context)

    def _start(self, request):
        night, new = sweep.start_sweep(day=clock.today(), started_by=Sweep.StartedBy.STAFF)
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


def state_of(one: SweepRange, *, now) -> str:
    if one.finished_at:
        return gettext("finished")
    if one.lease_until is None:
        return gettext("waiting for a worker")
    return gettext("being done") if one.lease_until > now else gettext("the worker is gone")
