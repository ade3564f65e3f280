"""Staff pages on the lines that could not be taken."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from portal.exchange.lines import reasons
from portal.exchange.loading.load import Loaded, retry
from portal.exchange.models import QuarantinedLine
from portal.staff import LongList, LookOnly


class Taken(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "taken"

    def lookups(self, request, model_admin):
        return [("no", _("still set aside")), ("yes", _("taken"))]

    def queryset(self, request, queryset):
        if self.value() in {"yes", "no"}:
            return queryset.filter(resolved_at__isnull=self.value() == "no")
        return queryset


class Reason(admin.SimpleListFilter):
    """Every reason there may be: to ask which there are would read the whole table."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request, model_admin):
        return sorted(reasons.NAMES.items(), key=lambda one: str(one[1]))

    def queryset(self, request, queryset):
        return queryset.filter(reason=self.value()) if self.value() else queryset


@admin.register(QuarantinedLine)
class QuarantinedLineAdmin(LookOnly, LongList, admin.ModelAdmin):
    list_display = ["file", "line_number", "why", "received_at", "waits_for_ref", "resolved_at"]
    fields = [
        *("upload", "file", "line_number", "why", "text"),
        *("received_at", "waits_for_ref", "resolved_at"),
    ]
    list_filter = [Taken, Reason]
    sortable_by = []
    actions = ["try_again"]

    @admin.display(description=_("reason"))
    def why(self, line):
        return reasons.sentence(line.reason, line.detail)

    def get_fields(self, request, obj=None):
        if request.user.has_perm("exchange.view_line_text"):
            return self.fields
        return [field for field in self.fields if field != "text"]

    def has_retry_permission(self, request):
        return request.user.has_perm("exchange.retry_line")

    @admin.action(description=_("Try again"), permissions=["retry"])
    def try_again(self, request, lines):
        untried = lines.filter(Q(text="") | Q(resolved_at__isnull=False)).count()
        loaded = retry(lines, by=request.user)
        messages.info(request, what_came_of_it(loaded, untried))

    def get_urls(self):
        again = path(
            "<int:line>/try-again/",
            self.admin_site.admin_view(self.try_one_again),
            name="exchange_quarantinedline_try_again",
        )
        return [again, *super().get_urls()]

    @method_decorator(require_POST)
    def try_one_again(self, request, line):
        if not self.has_retry_permission(request):
            raise PermissionDenied
        found = QuarantinedLine.objects.filter(pk=line)
        if not found:
            raise Http404
        self.try_again(request, found)
        return HttpResponseRedirect(reverse("admin:exchange_quarantinedline_change", args=[line]))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        may = {"may_retry": self.has_retry_permission(request)}
        return super().change_view(request, object_id, form_url, {**may, **(extra_context or {})})


def what_came_of_it(loaded: Loaded, untried: int) -> str:
    taken = loaded.read - loaded.quarantined
    said = [
        ngettext("%(count)d line has been taken.", "%(count)d lines have been taken.", taken)
        % {"count": taken}
    ]
    if loaded.quarantined:
        said.append(
            ngettext(
                "%(count)d line is still set aside: its reason says why.",
                "%(count)d lines are still set aside: their reasons say why.",
                loaded.quarantined,
            )
            % {"count": loaded.quarantined}
        )
    if untried:
        said.append(
            ngettext(
                "%(count)d line was not tried: it was taken before, or its text is not kept.",
                "%(count)d lines were not tried: they were taken before, or their text is not "
                "kept.",
                untried,
            )
            % {"count": untried}
        )
    return " ".join(said)
