"""Staff pages on residents: a list to find somebody, the record, opened for a purpose; sources."""

import unicodedata

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import F, Q
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal import clock
from portal.readable import readable
from portal.residents.ask_access import CannotAsk, answer_access_question
from portal.residents.change_freshness import change_freshness
from portal.residents.codes import HOLDS_MY_NUMBER, holds_my_number
from portal.residents.link_sign_in import CannotLink, link_sign_in
from portal.residents.models import (
    AccessLogCheck,
    AccessQuestion,
    Guardianship,
    Municipality,
    Resident,
    ResidentRef,
    Source,
)
from portal.residents.record import (
    FACT_COLUMNS,
    Section,
    fact_cells,
    look_at,
    names_of,
    sections,
    unknown_from,
)
from portal.staff import LongList, LookOnly

PURPOSE_HOLDS_FOR = 30 * 60  # seconds
PURPOSES = "purposes"  # in the session: {resident's uuid: [purpose, holds until, in seconds]}
REPORTS_PER_PAGE = 100
KATAKANA = {hiragana: hiragana + 0x60 for hiragana in range(ord("ぁ"), ord("ゖ") + 1)}


class PurposeForm(forms.Form):
    purpose = forms.CharField(
        label=_("Reason or case number"),
        min_length=4,
        max_length=200,
        help_text=_("The resident can read it. For example: question by telephone, case 2026-113."),
    )

    def clean_purpose(self):
        purpose = readable(self.cleaned_data["purpose"])
        if holds_my_number(purpose):
            raise ValidationError(HOLDS_MY_NUMBER)
        return purpose


class SignInForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address of the account"),
        required=False,
        help_text=_("Who signs in with it sees this resident's page. Empty: nobody."),
    )


class MunicipalityFilter(admin.SimpleListFilter):
    """A field to type in: there are 1,741 of them."""

    title = _("municipality")
    parameter_name = "municipality"
    template = "staff/municipality_filter.html"

    def lookups(self, request, model_admin):
        return []

    def has_output(self):
        return True

    def choices(self, changelist):
        others = changelist.get_filters_params()
        others.pop(self.parameter_name, None)
        if changelist.query:
            others["q"] = [changelist.query]
        return [{"name": name, "value": value} for name, [value, *_] in others.items()]

    def queryset(self, request, queryset):
        if not (asked := readable(self.value() or "")):
            return queryset
        meant = Municipality.objects.filter(Q(code=asked) | Q(name=asked) | Q(name_kana=asked))
        return queryset.filter(municipality__in=list(meant))


@admin.register(Resident)
class ResidentAdmin(LookOnly, LongList, admin.ModelAdmin):
    list_display = ["link", "name", "name_kana", "born", "municipality", "state"]
    list_display_links = None
    list_filter = [MunicipalityFilter]
    list_select_related = ["municipality"]
    ordering = ["pk"]
    sortable_by = []
    search_fields = ["ref"]  # get_search_results says how
    search_help_text = _("The register's id, or how the name or its kana begins.")

    @admin.display(description=_("register's id"))
    def link(self, resident):
        return format_html('<a href="{}">{}</a>', _address(resident), resident.ref)

    def get_search_results(self, request, queryset, search_term):
        """Find one person by the exact id, else those whose name or kana begins so.

        Few are taken before they are put in order: by id, the database would rather go through
        everyone in that order than use the index of names.
        """
        term = unicodedata.normalize("NFKC", search_term).strip()
        if not term:
            return queryset, False
        if known := ResidentRef.objects.filter(ref=term).first():
            return queryset.filter(pk=known.resident_id), False
        begins = Q(name__startswith=term) | Q(name_kana__startswith=term.translate(KATAKANA))
        found = queryset.filter(begins).order_by()[: self.paginator.limit]
        return queryset.filter(pk__in=found.values("pk")), False

    def get_urls(self):
        # None of the usual ones but the list: by id, without a purpose, they would say too much.
        name = "residents_resident_%s"
        views = [
            ("", self.changelist_view, "changelist"),
            ("<uuid:uuid>/", self.record_view, "change"),
            ("<uuid:uuid>/sign-in/", self.sign_in_view, "sign_in"),
        ]
        return [
            path(route, self.admin_site.admin_view(view), name=name % what)
            for route, view, what in views
        ]

    def record_view(self, request, uuid):
        """Ask for the purpose; then show the record, and note that it has been looked at."""
        resident = self._resident(request, uuid)
        purpose = _purpose(request, resident)
        if purpose is None:
            return self._ask_purpose(request, resident)
        return self._show(request, resident, purpose, self._sign_in_form(request, resident))

    def sign_in_view(self, request, uuid):
        resident = self._resident(request, uuid)
        if not request.user.has_perm("residents.link_sign_in"):
            raise PermissionDenied
        purpose = _purpose(request, resident)
        if request.method != "POST" or purpose is None:
            return HttpResponseRedirect(_address(resident))
        form = SignInForm(request.POST)
        if form.is_valid():
            try:
                link_sign_in(resident=resident, email=form.cleaned_data["email"], by=request.user)
            except CannotLink as reason:
                form.add_error("email", str(reason))
            else:
                messages.success(request, self._said(resident))
                return HttpResponseRedirect(_address(resident))
        return self._show(request, resident, purpose, form)

    def _said(self, resident):
        if resident.user:
            return _("The account %(email)s now signs in as this resident.") % {
                "email": resident.user.email
            }
        return _("Nobody signs in as this resident any more.")

    def _resident(self, request, uuid):
        if not self.has_view_permission(request):
            raise PermissionDenied
        people = Resident.objects.select_related("municipality", "source", "user")
        return get_object_or_404(people, uuid=uuid)

    def _ask_purpose(self, request, resident):
        form = PurposeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            _keep_purpose(request, resident, form.cleaned_data["purpose"])
            return HttpResponseRedirect(_address(resident))
        context = self._context(request, resident, form=form)
        return TemplateResponse(request, "admin/residents/resident/purpose.html", context)

    def _sign_in_form(self, request, resident):
        if request.user.has_perm("residents.link_sign_in"):
            return SignInForm(initial={"email": resident.user.email if resident.user else ""})
        return None

    def _show(self, request, resident, purpose, form):
        look_at(resident=resident, purpose=purpose, by=request.user)
        reports = resident.fact_reports.select_related("source").order_by("-checked_at", "-pk")
        page = Paginator(reports, REPORTS_PER_PAGE).get_page(request.GET.get("page"))
        context = self._context(
            request,
            resident,
            purpose=purpose,
            person=_person(resident),
            sections=[
                (section, section.rows(resident))
                for section in sections
                if request.user.has_perm(section.permission)
            ],
            reports=page if request.user.has_perm("residents.view_factreport") else None,
            form=form,
        )
        return TemplateResponse(request, "admin/residents/resident/record.html", context)

    def _context(self, request, resident, **context):
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Resident %(ref)s") % {"ref": resident.ref},
            "resident": resident,
            **context,
        }


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    list_display = ["key", "name", "name_en", "fresh_for", "delivered_at", "silent_for"]
    fields = ["key", "name", "name_en", "fresh_for", "delivered_at"]
    readonly_fields = ["key", "delivered_at"]
    search_fields = ["key", "name", "name_en"]

    def has_add_permission(self, request):
        return False  # a source is there from its first report on

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description=_("silent for"), ordering="delivered_at")
    def silent_for(self, source):
        """Say how long ago the source last delivered: a silent one makes facts unknown in time."""
        if source.delivered_at is None:
            return "–"
        days = (timezone.now() - source.delivered_at).days
        return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}

    def save_model(self, request, source, form, change):
        super().save_model(request, source, form, change)
        if "fresh_for" in form.changed_data:
            changed = change_freshness(source=source, days=source.fresh_for, by=request.user)
            messages.info(
                request,
                ngettext(
                    "%(count)d fact has another day now from which it counts as unknown. What "
                    "follows for the tasks comes with the next night.",
                    "%(count)d facts have another day now from which they count as unknown. What "
                    "follows for the tasks comes with the next night.",
                    changed,
                )
                % {"count": changed},
            )


def _address(resident):
    return reverse("admin:residents_resident_change", args=[resident.uuid])


def _purpose(request, resident):
    """Return the purpose for which this person of the staff may look at the resident, or None."""
    purpose, until = request.session.get(PURPOSES, {}).get(str(resident.uuid), (None, 0))
    return purpose if timezone.now().timestamp() < until else None


def _keep_purpose(request, resident, purpose):
    now = timezone.now().timestamp()
    kept = request.session.get(PURPOSES, {})
    request.session[PURPOSES] = {
        **{uuid: held for uuid, held in kept.items() if now < held[1]},
        str(resident.uuid): [purpose, now + PURPOSE_HOLDS_FOR],
    }


def _person(resident):
    """The row of the person, as (name of the field, what stands there)."""
    said = {
        "ref": resident.ref,
        "name": resident.name,
        "name_kana": resident.name_kana,
        "born": resident.born,
        "municipality": resident.municipality,
        "email": resident.email,
        "language": resident.get_language_display(),
        "state": resident.get_state_display(),
        "state_since": resident.state_since,
        "merged_into": resident.merged_into,
        "identity_changed_on": resident.identity_changed_on,
        "acts_from": resident.acts_from,
        "source": resident.source,
        "checked_at": resident.checked_at,
        "stale_on": unknown_from(resident.stale_on),
        "user": resident.user,
    }
    return list(zip(names_of(Resident, *said), said.values(), strict=True))


def person_link(resident):
    """The person's id and name, leading to the record, which asks for a purpose of its own."""
    return format_html('<a href="{}">{}</a> {}', _address(resident), resident.ref, resident.name)


def _guardianships(mine, other):
    """Return the rows of a section: those in which the resident is `mine`, naming the `other`."""

    def rows(resident):
        found = Guardianship.objects.filter(**{mine: resident}).select_related(other, "source")
        for one in found.order_by("starts_on", "pk"):
            person = person_link(getattr(one, other))
            yield [person, one.starts_on, one.until, one.ends_on, *fact_cells(one)]

    return rows


sections += [
    Section(
        title=title,
        permission="residents.view_guardianship",
        columns=[*names_of(Guardianship, other, "starts_on", "until", "ends_on"), *FACT_COLUMNS],
        rows=_guardianships(mine, other),
    )
    for title, mine, other in [
        (_("Guardians"), "child", "guardian"),
        (_("Guardian of"), "guardian", "child"),
    ]
]


@admin.register(AccessLogCheck)
class AccessLogCheckAdmin(LookOnly, admin.ModelAdmin):
    """What each night's check of the logs of who looked found."""

    list_display = ["at", "read", "broken"]
    fields = ["at", "read", "broken", "where"]
    readonly_fields = ["where"]
    ordering = ["-at", "-pk"]

    @admin.display(description=_("where"))
    def where(self, check):
        """Name the register's id and the first access that does not fit, a line each."""
        why = {"changed": _("changed"), "removed": _("removed")}
        lines = [
            (
                _("%(resident)s: access %(number)s was %(why)s")
                % {**place, "why": why.get(place["why"], place["why"])},
            )
            for place in check.places
        ]
        if not lines:
            return "–"
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", lines))


@admin.register(AccessQuestion)
class AccessQuestionAdmin(LookOnly, admin.ModelAdmin):
    """Questions about accesses, of the own office alone; the next to be answered first."""

    list_display = ["asked_at", "office", "answer_by", "stands", "answered_at", "link"]
    list_display_links = None
    list_select_related = ["office", "resident"]
    ordering = [F("answered_at").asc(nulls_first=True), "answer_by", "pk"]

    def get_queryset(self, request):
        return super().get_queryset(request).for_staff(request.user)

    @admin.display(description=_("state"))
    def stands(self, question):
        """Say what is overdue: it stands first, since it was to be answered first."""
        if question.answered_at:
            return _("answered")
        if question.answer_by < clock.today():
            return format_html("<strong>{}</strong>", _("overdue"))
        return _("to be answered")

    @admin.display(description=_("question"))
    def link(self, question):
        address = reverse(
            "admin:residents_accessquestion_change",
            args=[question.resident.uuid, question.access_number],
        )
        return format_html('<a href="{}">{}</a>', address, question.text or "…")

    def get_urls(self):
        name = "residents_accessquestion_%s"
        views = [
            ("", self.changelist_view, "changelist"),
            ("<uuid:uuid>/<int:number>/", self.answer_view, "change"),
        ]
        return [
            path(route, self.admin_site.admin_view(view), name=name % what)
            for route, view, what in views
        ]

    def answer_view(self, request, uuid, number):
        if not self.has_view_permission(request):
            raise PermissionDenied
        own = self.get_queryset(request).select_related("resident", "office")
        question = get_object_or_404(own, resident__uuid=uuid, access_number=number)
        access = question.resident.accesses.select_related("by").get(number=number)
        wrong = ""
        if request.method == "POST":
            if not request.user.has_perm("residents.change_accessquestion"):
                raise PermissionDenied
            try:
                answer_access_question(
                    question=question, answer=request.POST.get("answer", ""), by=request.user
                )
            except CannotAsk as reason:
                wrong = str(reason)
            else:
                messages.success(request, _("Answered. The resident reads it."))
                return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Question about an access"),
            "question": question,
            "overdue": question.answered_at is None and question.answer_by < clock.today(),
            "access": access,
            "wrong": wrong,
        }
        template = "admin/residents/accessquestion/answer.html"
        return TemplateResponse(request, template, context, status=422 if wrong else 200)
