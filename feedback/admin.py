"""The review of opinions, for who works through them by keyboard; and what was changed by them."""

from collections.abc import Mapping
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import DateTimeField
from django.http import Http404, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback import alert_pages, review
from feedback.alert_pages import page_choices, rule_choices
from feedback.export import lines
from feedback.found import (
    COUNTED_UP_TO,
    NO_RULE,
    alike,
    counts_by_state,
    found,
    has_askers,
    next_after,
    opinion_of,
    page_of,
)
from feedback.models import Alert, AlertLook, Improvement, Opinion, PageOwner, Reply, Tag, Wording
from feedback.owners import reviewers
from feedback.publish import CannotPublish, publish
from feedback.states import DECLINED, DONE, FOLLOWS, CannotReview
from portal import clock
from portal.staff import LookOnly
from tasks.models import RuleVersion
from tasks.rules import registry
from tasks.templatetags.annai import moment
from tasks.words import moment as moment_in_words

REASONS = dict(Opinion.Reason.choices)


@admin.register(Opinion)
class OpinionAdmin(LookOnly, admin.ModelAdmin):
    """The list of opinions, and a page for each."""

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("feedback.review_opinion")

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def get_urls(self):
        name = "feedback_opinion_%s"
        views = [
            ("", self.list_view, "changelist"),
            ("export.csv", self.export_view, "export"),
            ("<uuid:uuid>/", self.opinion_view, "change"),
            ("<uuid:uuid>/<slug:deed>/", self.deed_view, "deed"),
        ]
        return [
            path(route, self.admin_site.admin_view(view), name=name % what)
            for route, view, what in views
        ]

    def list_view(self, request):
        self._check(request)
        asked = request.GET
        opinions, before = page_of(found(asked, by=request.user), asked)
        kept = asked.copy()
        kept["before"] = before
        return TemplateResponse(
            request,
            "admin/feedback/opinion/list.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": gettext_lazy("Opinions"),
                "opinions": opinions,
                "asked": asked,
                "query": asked.urlencode(),
                "more": kept.urlencode() if before else "",
                "counts": counts(asked, by=request.user),
                **choices(),
            },
        )

    def export_view(self, request):
        self._check(request)
        answer = StreamingHttpResponse(
            lines(found(request.GET, by=request.user)), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = 'attachment; filename="opinions.csv"'
        return answer

    def opinion_view(self, request, uuid):
        self._check(request)
        return self._show(request, uuid)

    def _check(self, request) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _show(self, request, uuid, *, wrong="", typed=None, status=200):
        opinion = get_object_or_404(opinion_of(uuid))
        after = next_after(opinion, request.GET, by=request.user)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Opinion of %(moment)s") % {"moment": moment_in_words(opinion.given_at)},
            "opinion": opinion,
            "wrong": wrong,
            "wrong_at": field_of(typed or {}),
            "typed": typed or {},
            "query": request.GET.urlencode(),
            "next": after.uuid if after else None,
            **page(opinion),
        }
        return TemplateResponse(
            request, "admin/feedback/opinion/opinion.html", context, status=status
        )

    def deed_view(self, request, uuid, deed):
        self._check(request)
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        address = reverse("admin:feedback_opinion_change", args=[uuid]) + query
        if request.method != "POST":
            return HttpResponseRedirect(address)
        if deed not in DEEDS:
            raise Http404
        try:
            said = DEEDS[deed](request, uuid)
        except Opinion.DoesNotExist as error:
            raise Http404 from error
        except CannotReview as reason:
            typed = {**request.POST.dict(), "deed": deed}
            return self._show(request, uuid, wrong=str(reason), typed=typed, status=422)
        messages.success(request, said)
        return HttpResponseRedirect(address)


def counts(asked, *, by) -> list[tuple]:
    """Return each state with how many there are, and the list that shows them."""
    many = counts_by_state(asked, by=by)
    rows = []
    for state in Opinion.State:
        kept = asked.copy()
        kept["state"] = state.value
        kept.pop("before", None)
        count = many.get(state, "")
        rows.append((state, f"{count}+" if count == COUNTED_UP_TO else count, kept.urlencode()))
    return rows


def choices() -> dict:
    """Return what the filters offer: pages and languages of the wordings, which are few."""
    return {
        "kinds": Opinion.Kind.choices,
        "reasons": Opinion.Reason.choices,
        "widths": Opinion.Width.choices,
        "routes": sorted(set(Wording.objects.order_by().values_list("route", flat=True))),
        "rules": [(rule.key, rule.title) for rule in registry.values()],
        "no_rule": NO_RULE,
        "tags": list(Tag.objects.values_list("name", flat=True)),
    }


def page(opinion: Opinion) -> dict:
    """Return what the page of an opinion shows beside it."""
    changes = list(opinion.changes.select_related("by"))
    version = RuleVersion.objects.filter(fingerprint=opinion.rule_version).order_by("-number")
    return {
        "changes": changes,
        "tags": ", ".join(opinion.tags.values_list("name", flat=True)),
        "all_tags": Tag.objects.all()[:200],
        "alike": alike(opinion),
        "same": opinion.duplicates.all()[:50],
        "asked_for": has_askers(opinion),
        "replies": Reply.objects.filter(opinion=opinion).select_related("by"),
        "follows": [Opinion.State(state) for state in FOLLOWS[opinion.state]],
        "colleagues": reviewers(),
        "improvements": Improvement.objects.all()[:100],
        "rule_number": version.values_list("number", flat=True).first()
        if opinion.rule_version
        else None,
        "reasons": [(one, REASONS.get(one, one)) for one in opinion.reasons],
    }


# ---- deeds: each returns what the page then says


def _state(request, uuid):
    given = request.POST.get("improvement", "")
    improvement = Improvement.objects.filter(pk=given).first() if given.isdecimal() else None
    review.change_state(
        uuid,
        seen=request.POST.get("seen", ""),
        to=request.POST.get("to", ""),
        by=request.user,
        why=request.POST.get("why", ""),
        improvement=improvement,
    )
    return _("The state has been changed.")


def _owner(request, uuid):
    given = request.POST.get("to", "")
    to = next((one for one in reviewers() if str(one.pk) == given), None)
    if given == "me":
        to = request.user
    review.change_owner(uuid, to=to, by=request.user)
    return _("The owner has been changed.")


def _tags(request, uuid):
    names = request.POST.get("tags", "").replace("、", ",").split(",")
    review.change_tags(uuid, names=names, by=request.user)
    return _("The tags have been changed.")


def _merge(request, uuid):
    try:
        into = UUID(request.POST.get("into", "").strip())
    except ValueError as error:
        raise CannotReview(_("Give the number of an opinion that is there.")) from error
    review.merge(uuid, into=into, by=request.user)
    return _("From now on it goes with the other one.")


def _separate(request, uuid):
    review.separate(uuid, by=request.user)
    return _("It stands alone again.")


def _note(request, uuid):
    review.add_note(uuid, text=request.POST.get("text", ""), by=request.user)
    return _("The note has been kept.")


def _reply(request, uuid):
    many = review.reply(
        uuid, text=request.POST.get("text", ""), by=request.user, today=clock.today()
    )
    return _("Answered. People who find it in their inbox: %(many)d") % {"many": many}


def field_of(typed: Mapping) -> str:
    """Return the id of the field to be mended in what was typed; "" where there is none."""
    asks_for = {DECLINED: "why", DONE: "improvement"}
    fields = {"tags": "tags", "owner": "owner", "note": "note", "reply": "reply"}
    fields["state"] = asks_for.get(typed.get("to"), "to")
    return fields.get(typed.get("deed"), "")


DEEDS = {
    "state": _state,
    "owner": _owner,
    "tags": _tags,
    "merge": _merge,
    "separate": _separate,
    "note": _note,
    "reply": _reply,
}


class PublishedFilter(admin.SimpleListFilter):
    title = gettext_lazy("Published")
    parameter_name = "published"

    def lookups(self, request, model_admin):
        return [("no", gettext_lazy("Not published yet")), ("yes", gettext_lazy("Published"))]

    def queryset(self, request, queryset):
        if self.value() in ("no", "yes"):
            return queryset.filter(published_at__isnull=self.value() == "no")
        return queryset


# One field with one label; Django's own are two, which have none.
AT = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})


class ImprovementForm(forms.ModelForm):
    """What was changed, about a page and a rule that are chosen from those that are there."""

    route = forms.ChoiceField(label=gettext_lazy("Page"), required=False)
    rule = forms.ChoiceField(label=gettext_lazy("Task rule"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, choices in (("route", page_choices), ("rule", rule_choices)):
            if name in self.fields:  # not where it is only looked at
                given = self.get_initial_for_field(self.fields[name], name) or ""
                self.fields[name].choices = [("", "–"), *choices(given)]


@admin.register(Improvement)
class ImprovementAdmin(admin.ModelAdmin):
    """What was changed: written by reviewers, published by publishers, seen by everyone."""

    form = ImprovementForm
    list_display = ["said", "version", "changed", "published"]
    list_filter = [PublishedFilter]
    formfield_overrides = {
        DateTimeField: {"form_class": forms.DateTimeField, "widget": AT},
    }
    fields = [
        *("said_ja", "said_en", "done_ja", "done_en", "version", "changed_at"),
        *("route", "rule", "procedure", "question", "made_by", "published_by", "published_at"),
    ]
    readonly_fields = ["made_by", "published_by", "published_at"]
    actions = ["publish_chosen"]

    @admin.display(description=gettext_lazy("What was said"))
    def said(self, improvement):
        return improvement.said

    @admin.display(description=gettext_lazy("changed at"), ordering="changed_at")
    def changed(self, improvement):
        return moment(improvement.changed_at)

    @admin.display(description=gettext_lazy("published at"), ordering="published_at")
    def published(self, improvement):
        return moment(improvement.published_at) if improvement.published_at else ""

    def has_delete_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        """What was published stands as everyone has read it."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or obj.published_at is None)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.made_by = request.user
        super().save_model(request, obj, form, change)

    @admin.action(description=gettext_lazy("Publish under “You said, we did”"))
    def publish_chosen(self, request, queryset):
        if not request.user.has_perm("feedback.publish_improvement"):
            raise PermissionDenied
        for improvement in queryset:
            try:
                publish(improvement.pk, by=request.user)
            except CannotPublish as reason:
                messages.error(request, f"{improvement}: {reason}")
            else:
                messages.success(request, _("Published: %(what)s") % {"what": improvement})

    def get_actions(self, request):
        actions = super().get_actions(request)
        if not request.user.has_perm("feedback.publish_improvement"):
            actions.pop("publish_chosen", None)
        return actions


admin.site.register(PageOwner, alert_pages.PageOwnerAdmin)
admin.site.register(Alert, alert_pages.AlertAdmin)
admin.site.register(AlertLook, alert_pages.AlertLookAdmin)


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    list_display = ["name"]
    search_fields = ["name"]
