"""Staff pages on alerts: to whom each page belongs, what became less clear, the daily looks."""

from datetime import timedelta
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from feedback.alerts import see, shares_of, waiting_for
from feedback.found import NO_RULE
from feedback.models import Alert, PageOwner
from feedback.owners import known_routes, reviewers
from feedback.page_names import page_name, rule_title
from feedback.shares import DAYS, DAYS_BEFORE
from portal.staff import LookOnly
from tasks.rules import registry
from tasks.templatetags.annai import day, moment

RAREST = 1_000_000  # rarer than that is said as “at most once in” so many times


def page_choices(chosen: str) -> list[tuple[str, str]]:
    """Return the pages that are there, and the one chosen before; those with names first."""
    routes = {*known_routes(), chosen} - {""}
    called = {route: page_name(route) for route in routes}
    names = [(route, f"{name} ({route})") for route, name in called.items() if name != route]
    others = [(route, route) for route, name in called.items() if name == route]
    return sorted(names, key=lambda one: one[1]) + sorted(others)


def rule_choices(chosen: str) -> list[tuple[str, str]]:
    rules = {one.key: f"{one.title} ({one.key})" for one in registry.values()}
    if chosen:
        rules.setdefault(chosen, chosen)
    return list(rules.items())


class PageOwnerForm(forms.ModelForm):
    """Of pages that are there and people who review; what was chosen before stays to be chosen."""

    route = forms.ChoiceField(label=_("Page"))
    rule = forms.ChoiceField(
        label=_("Task rule"), required=False, help_text=_("Empty: the page whatever it says.")
    )

    class Meta:
        model = PageOwner
        fields = ["route", "rule", "user"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["route"].choices = [("", "–"), *page_choices(self.instance.route)]
        self.fields["rule"].choices = [("", "–"), *rule_choices(self.instance.rule)]
        if "user" in self.fields:
            self.fields["user"].queryset = reviewers()


class PageOwnerAdmin(admin.ModelAdmin):
    form = PageOwnerForm
    list_display = ["shown_page", "shown_rule", "user"]
    list_select_related = ["user"]
    search_fields = ["route", "rule", "user__email"]

    @admin.display(description=_("page"), ordering="route")
    def shown_page(self, owner):
        return page_name(owner.route)

    @admin.display(description=_("task rule"), ordering="rule")
    def shown_rule(self, owner):
        return rule_title(owner.rule)


class AlertLookAdmin(LookOnly, admin.ModelAdmin):
    """That it was looked, on which days, and at how many pages."""

    list_display = ["day", "at", "pages", "found"]
    list_display_links = None

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("feedback.review_opinion")

    def has_module_permission(self, request):
        return self.has_view_permission(request)


class SeenFilter(admin.SimpleListFilter):
    title = _("Seen")
    parameter_name = "seen"

    def lookups(self, request, model_admin):
        return [("no", _("Not seen yet")), ("yes", _("Seen"))]

    def queryset(self, request, queryset):
        unseen = {"no": True, "yes": False}.get(self.value())
        return queryset if unseen is None else queryset.filter(seen_at__isnull=unseen)


class AlertAdmin(LookOnly, admin.ModelAdmin):
    """The pages that became less clear, each alert with its numbers and what people wrote."""

    list_display = ["shown_page", "told_on", "lately", "before", "owner", "seen", "mail"]
    list_display_links = None
    list_filter = [SeenFilter]
    list_select_related = ["owner"]
    show_facets = admin.ShowFacets.NEVER
    sortable_by = []

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("feedback.review_opinion")

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def get_urls(self):
        views = [
            ("", self.changelist_view, "changelist"),
            ("<uuid:uuid>/", self.alert_view, "change"),
        ]
        return [
            path(route, self.admin_site.admin_view(view), name=f"feedback_alert_{name}")
            for route, view, name in views
        ]

    @admin.display(description=_("page"))
    def shown_page(self, alert):
        address = reverse("admin:feedback_alert_change", args=[alert.uuid])
        return format_html('<a href="{}">{}</a>', address, alert.page)

    @admin.display(description=_("day"))
    def told_on(self, alert):
        return day(alert.day)

    @admin.display(description=_("seen at"))
    def seen(self, alert):
        return moment(alert.seen_at) if alert.seen_at else ""

    @admin.display(description=_("not clear"))
    def lately(self, alert):
        return str(shares_of(alert)[1])

    @admin.display(description=_("before"))
    def before(self, alert):
        return str(shares_of(alert)[0])

    def alert_view(self, request, uuid):
        """Show an alert; by a POST it has been seen by whom it waited for."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        alert = get_object_or_404(Alert.objects.select_related("owner", "seen_by"), uuid=uuid)
        waits = waiting_for(request.user).filter(pk=alert.pk).exists()
        if request.method == "POST":
            if not waits and alert.seen_at is None:
                raise PermissionDenied
            see(alert, by=request.user)
            messages.success(request, gettext("It has been seen, and is an alarm no more."))
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Less clear than before: %(page)s") % {"page": alert.page},
            "alert": alert,
            "waits": waits,
            "rows": rows_of(alert),
            "once_in": int(1 / max(alert.p, 1 / RAREST)),
        }
        return TemplateResponse(request, "admin/feedback/alert/alert.html", context)


def rows_of(alert: Alert) -> list[dict]:
    """Return both spans of days with their share, and the lists of what they count."""
    before, lately = shares_of(alert)
    since = alert.day - timedelta(days=DAYS)
    spans = [
        (lately, since, alert.day - timedelta(days=1)),
        (before, since - timedelta(days=DAYS_BEFORE), since - timedelta(days=1)),
    ]
    return [
        {
            "share": share,
            "since": first,
            "until": last,
            "all": opinions(alert, since=first, until=last),
            "not_clear": opinions(alert, since=first, until=last, clear="no"),
            "written": opinions(alert, since=first, until=last, clear="no", state=""),
        }
        for share, first, last in spans
    ]


def opinions(alert: Alert, *, state: str = "all", **asked) -> str:
    """Return the address of the list of opinions about an alert's page."""
    about = {"state": state, "kind": "clear", "route": alert.route, "rule": alert.rule or NO_RULE}
    address = reverse("admin:feedback_opinion_changelist")
    return f"{address}?{urlencode(about | asked)}"
