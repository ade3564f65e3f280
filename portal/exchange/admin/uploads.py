"""Staff pages on what came in from sources: each upload, and the deeds on it."""

from datetime import datetime

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from portal.exchange.models import Connection, TakingBack, Upload
from portal.exchange.uploads import taking_back, whole_lists
from portal.exchange.uploads.words import WHY_FAILED
from portal.exchange.wake import wake_for_taking_back, wake_worker
from portal.residents.codes import HOLDS_MY_NUMBER, holds_my_number
from portal.residents.models import FactReport
from portal.staff import LongList, LookOnly
from tasks.templatetags.annai import grouped

MAY_RELEASE = "exchange.release_upload"
MAY_TAKE_BACK = "exchange.take_back_upload"
MAY_SEE_LINES = "exchange.view_quarantinedline"
REFUSED = {
    "not-now": gettext_lazy("It can’t be taken back now: seven days are over, or it was decided."),
    "same-person": gettext_lazy("A second person has to say yes, and not you again."),
}

MORE = {
    "accounts.User": gettext_lazy("a sign-in"),
    "applications.Application": gettext_lazy("an application made here"),
    "residents.RecordAccess": gettext_lazy("a look in the record"),
    "tasks.TaskEvent": gettext_lazy("something done with a task"),
}


class WhyForm(forms.Form):
    """A reason, typed: it stays with the upload."""

    why = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("It stays with the upload. No names of residents."),
    )

    def clean_why(self):
        why = self.cleaned_data["why"]
        if holds_my_number(why):
            raise ValidationError(HOLDS_MY_NUMBER)
        return why


class OfConnection(admin.SimpleListFilter):
    """Uploads of one connection, as its page asks for; a list of all of them is too long."""

    title = gettext_lazy("connection")
    parameter_name = "connection"

    def lookups(self, request, model_admin):
        chosen = self.value() or ""
        if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
            return []
        found = Connection.objects.select_related("source").filter(pk=chosen)
        return [(str(one.pk), one.source.called()) for one in found]

    def queryset(self, request, queryset):
        found = self.lookup_choices
        return queryset.filter(connection=found[0][0]) if found else queryset


@admin.register(Upload)
class UploadAdmin(LookOnly, LongList, admin.ModelAdmin):
    list_display = [
        *("started", "brought", "named", "state", "changed", "unchanged", "lines"),
        *("finished", "connection", "by"),
    ]
    list_select_related = ["by", "connection__source"]
    list_filter = [OfConnection, "state"]
    search_fields = ["name", "came_by", "uuid"]
    sortable_by = []

    def get_list_display(self, request):
        """Lead to lines only whom it may: who connects sources counts them, and opens none."""
        if request.user.has_perm(MAY_SEE_LINES):
            return self.list_display
        return ["quarantined" if name == "lines" else name for name in self.list_display]

    @admin.display(description=gettext_lazy("name"))
    def named(self, upload):
        return f"{upload} · {upload.came_by}" if upload.came_by else str(upload)

    @admin.display(description=gettext_lazy("started at"))
    def started(self, upload):
        return to_the_second(upload.started_at)

    @admin.display(description=gettext_lazy("finished at"), empty_value="–")
    def finished(self, upload):
        return upload.finished_at and to_the_second(upload.finished_at)

    @admin.display(description=gettext_lazy("lines read"))
    def brought(self, upload):
        """Say how many lines it had, and of which kinds."""
        of_kinds = ((kind, of["read"]) for kind, of in sorted(upload.kinds.items()) if kind)
        said = ", ".join(f"{kind} {grouped(read)}" for kind, read in of_kinds)
        return f"{grouped(upload.read)} ({said})" if said else grouped(upload.read)

    @admin.display(description=gettext_lazy("set aside"))
    def lines(self, upload):
        if not upload.quarantined:
            return 0
        return format_html('<a href="{}">{}</a>', lines_of(upload), upload.quarantined)

    def get_urls(self):
        views = [
            *(("release", self.release_view), ("refuse", self.refuse_view)),
            *(("take_back", self.take_back_view), ("agree", self.agree_view)),
        ]
        ours = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"exchange_upload_{name}",
            )
            for name, view in views
        ]
        return [*ours, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return self.page(request, self.upload(request, object_id))

    @method_decorator(require_POST)
    def release_view(self, request, pk):
        return self.look(request, pk, whole_lists.release, _("Yes: it will be merged."))

    @method_decorator(require_POST)
    def refuse_view(self, request, pk):
        return self.look(request, pk, whole_lists.refuse, _("No: nothing of it was merged."))

    def look(self, request, pk, deed, said):
        """Do what somebody decided about a held upload, and say so."""
        if not request.user.has_perm(MAY_RELEASE):
            raise PermissionDenied
        upload, form = self.upload(request, pk), WhyForm(request.POST)
        if not form.is_valid():
            return self.page(request, upload, look_form=form, status=422)
        with transaction.atomic():
            done = deed(upload, by=request.user, why=form.cleaned_data["why"])
            if done:
                self.log_change(request, upload, said)
        if done:
            messages.success(request, said)
            if deed is whole_lists.release:
                wake_worker(upload)
        else:
            messages.warning(request, _("Somebody else has decided meanwhile."))
        return HttpResponseRedirect(address_of(upload))

    @method_decorator(require_POST)
    def take_back_view(self, request, pk):
        if not request.user.has_perm(MAY_TAKE_BACK):
            raise PermissionDenied
        upload, form = self.upload(request, pk), WhyForm(request.POST)
        if not form.is_valid():
            return self.page(request, upload, status=422, back_form=form, show=True)
        why = form.cleaned_data["why"]
        return self.decided(
            request, upload, lambda: taking_back.ask(upload, by=request.user, why=why)
        )

    @method_decorator(require_POST)
    def agree_view(self, request, pk):
        if not request.user.has_perm(MAY_TAKE_BACK):
            raise PermissionDenied
        upload = self.upload(request, pk)
        asked = get_object_or_404(TakingBack, upload=upload)
        return self.decided(request, upload, lambda: taking_back.agree(asked, by=request.user))

    def decided(self, request, upload, deed):
        """Do what somebody decided about taking back, and let it begin if it may."""
        try:
            with transaction.atomic():
                asked = deed()
                self.log_change(request, upload, _("Asked that it be taken back."))
        except taking_back.Refused as refused:
            messages.warning(request, REFUSED[str(refused)])
        else:
            if asked.agreed_at:
                wake_for_taking_back(asked)
                messages.success(request, _("It is being taken back."))
            else:
                messages.info(request, _("A second person has to say yes on this page."))
        return HttpResponseRedirect(address_of(upload))

    def upload(self, request, pk) -> Upload:
        if not self.has_view_permission(request):
            raise PermissionDenied
        uploads = Upload.objects.select_related("connection__source", "by", "looked_by")
        try:
            return get_object_or_404(uploads, pk=pk)
        except ValueError:  # no number: a link with something else in it
            raise Http404 from None

    def about_taking_back(self, request, upload, *, show=False) -> dict:
        """Return what the page says of taking back; what would change only if it is asked."""
        asked = TakingBack.objects.select_related("by", "second").filter(upload=upload).first()
        if asked:
            waits = asked.agreed_at is None and asked.by_id != request.user.pk
            may_agree = waits and request.user.has_perm(MAY_TAKE_BACK)
            return {
                "asked": asked,
                "found": taking_back.expected(upload) if may_agree else None,
                "left": [(one["ref"], more_about(one["why"])) for one in asked.left],
                "may_agree": may_agree,
                "load_again": taking_back.to_load_again(upload)[:50] if asked.finished_at else [],
            }
        if not taking_back.may_be_taken_back(upload) or not request.user.has_perm(MAY_TAKE_BACK):
            return {}
        show = show or "back" in request.GET
        found = taking_back.expected(upload) if show else None
        return {"back_form": WhyForm(), "found": found}

    def page(self, request, upload, *, status=200, show=False, **forms_of):
        ref = request.GET.get("ref", "").replace("\0", "").strip()[:64]
        held = upload.state == Upload.State.HELD
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Upload: %(name)s") % {"name": upload.name},
            "upload": upload,
            "kinds": sorted(upload.kinds.items()),
            "why_failed": WHY_FAILED.get(upload.why_failed, upload.why_failed),
            "lines_url": lines_of(upload) if request.user.has_perm(MAY_SEE_LINES) else "",
            "waiting": upload.quarantined_lines.filter(resolved_at=None)[:1000].count(),
            "ref": ref,
            "of_person": said_of(upload, ref) if ref else None,
            "percent": whole_lists.percent_fewer(upload) if upload.listed_before else None,
            "look_form": WhyForm() if held and request.user.has_perm(MAY_RELEASE) else None,
            **self.about_taking_back(request, upload, show=show),
            **forms_of,
        }
        return TemplateResponse(request, "admin/exchange/upload/page.html", context, status=status)


def to_the_second(moment: datetime) -> str:
    """Return a moment as a short <time>; with its second, since many uploads come in a minute."""
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}">{}</time>', local.isoformat(), f"{local:%Y-%m-%d %H:%M:%S}"
    )


def said_of(upload: Upload, ref: str) -> list[tuple[str, int]]:
    """Return what the upload said first of somebody, by the register’s id: kinds and how often."""
    reports = FactReport.objects.filter(resident__refs__ref=ref, upload_id=upload.pk)
    kinds = {}
    for kind in reports.values_list("kind", flat=True):
        kinds[kind] = kinds.get(kind, 0) + 1
    return sorted(kinds.items())


def more_about(label: str) -> str:
    """Say what there is more about a person than facts, by the label of its model."""
    return str(MORE.get(label) or apps.get_model(label)._meta.verbose_name)


def lines_of(upload: Upload) -> str:
    return f"{reverse('admin:exchange_quarantinedline_changelist')}?upload={upload.pk}"


def address_of(upload: Upload) -> str:
    return reverse("admin:exchange_upload_change", args=[upload.pk])
