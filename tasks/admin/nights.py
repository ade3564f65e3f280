"""The nights: what each did, its ranges with their leases, and starting one by hand."""

import logging

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
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

from portal import clock
from portal.residents.record import names_of
from portal.staff import LookOnly
from tasks import jobs, sweep
from tasks.models import Sweep, SweepRange
from tasks.words import day as day_in_words

logger = logging.getLogger(__name__)

RANGES_PER_PAGE = 200


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
        today = clock.today()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Run the night now"),
            "today": today,
            "latest": self.get_queryset(request).filter(day=today).first(),
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


def total(night, what) -> int:
    """Return a sum over the night's ranges; a night for nobody has none."""
    return (night.totals or {}).get(what) or 0


def state_of(one: SweepRange, *, now) -> str:
    if one.finished_at:
        return gettext("finished")
    if one.lease_until is None:
        return gettext("waiting for a worker")
    return gettext("being done") if one.lease_until > now else gettext("the worker is gone")
