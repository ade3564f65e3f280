"""The staff pages of what is counted: what people say now, and how the portal is used."""

from datetime import datetime

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from feedback.models import Opinion
from portal import clock
from portal.insights.live import LATELY, live, new_since
from portal.insights.models import SaidNow, UseDay
from portal.insights.models.use import Measure
from portal.insights.used import asked_of, csv_lines, used
from portal.staff import LookOnly


class ForReviewers(LookOnly):
    """Numbers that whoever reviews opinions may see."""

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("feedback.review_opinion")

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def check_may_see(self, request) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


@admin.register(SaidNow)
class SaidNowAdmin(ForReviewers, admin.ModelAdmin):
    """One page, of which a part is asked for again and again while somebody looks at it."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.page_view)
        return [path("", view, name="insights_saidnow_changelist")]

    def page_view(self, request):
        self.check_may_see(request)
        found = live(now=timezone.now())
        opened = moment_of(request.GET.get("since", ""), otherwise=found["at"])
        context = {
            **found,
            "new": new_since(found["newest"], opened),
            "since": opened.isoformat(),
            "lately": timezone.localdate(found["at"] - LATELY).isoformat(),
            "widths": dict(Opinion.Width.choices),
        }
        if request.htmx:
            return TemplateResponse(request, "admin/insights/saidnow/part.html", context)
        context |= self.admin_site.each_context(request)
        context |= {"opts": self.opts, "title": _("What people say now")}
        return TemplateResponse(request, "admin/insights/saidnow/page.html", context)


@admin.register(UseDay)
class UseDayAdmin(ForReviewers, admin.ModelAdmin):
    """How the portal is used: sums by day and week, a picture of them, and a file."""

    def get_urls(self):
        views = [("", self.page_view, "changelist"), ("use.csv", self.export_view, "export")]
        return [
            path(route, self.admin_site.admin_view(view), name=f"insights_useday_{name}")
            for route, view, name in views
        ]

    def page_view(self, request):
        self.check_may_see(request)
        asked = asked_of(request.GET, today=clock.today())
        found = used(asked)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Use by day and week"),
            **found,
            "asked": asked,
            "measures": Measure.choices,
            "choices": settings.LANGUAGES,
            "unlisted": asked.about and asked.about not in {one for one, _n, _t in found["abouts"]},
            "query": request.GET.urlencode(),
            "without_about": without(request.GET, "about"),
            "without_until": without(request.GET, "until"),
        }
        return TemplateResponse(request, "admin/insights/useday/page.html", context)

    def export_view(self, request):
        self.check_may_see(request)
        asked = asked_of(request.GET, today=clock.today())
        answer = StreamingHttpResponse(csv_lines(asked), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="use-{asked.measure}.csv"'
        return answer


def without(query, name: str) -> str:
    kept = query.copy()
    kept.pop(name, None)
    return kept.urlencode()


def moment_of(text: str, *, otherwise: datetime) -> datetime:
    """Return the moment that a page was opened, as its address says it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return moment if timezone.is_aware(moment) else otherwise
