"""Procedures: written as a text, looked at as the resident will see them, published, withdrawn."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import RegexValidator
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.applications.called import in_language
from portal.applications.definition import Question, definition_of
from portal.applications.models import Procedure, ProcedureVersion
from portal.applications.office import offices_of
from portal.applications.publish import (
    CannotPublish,
    Overtaken,
    newest_of,
    publish,
    save_draft,
    seen,
    withdraw_version,
)
from portal.applications.read_text import Mistakes
from portal.applications.written import as_kept, why_not_kept
from portal.residents.models import Municipality


class NewForm(forms.Form):
    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=32,
        validators=[
            RegexValidator(
                r"^[a-z][a-z0-9-]*\Z",
                gettext_lazy("Small letters, digits and hyphens; a letter first."),
            )
        ],
        help_text=gettext_lazy("Small letters, digits and hyphens: allotment-garden."),
    )
    municipality = forms.ModelChoiceField(
        Municipality.objects.none(), label=gettext_lazy("Municipality"), empty_label=None
    )
    copied = forms.ModelChoiceField(
        ProcedureVersion.objects.none(),
        label=gettext_lazy("Copy of"),
        required=False,
        empty_label=gettext_lazy("nothing: begin with an example"),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        codes = [office.code for office in offices_of(user)]
        self.fields["municipality"].queryset = Municipality.objects.filter(pk__in=codes)
        offered = ProcedureVersion.objects.offered().select_related("procedure")
        self.fields["copied"].queryset = visible_to(user, offered)


class TextForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Definition (YAML or JSON)"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 30, "cols": 100, "spellcheck": "false"}),
    )


class WithdrawForm(forms.Form):
    because = forms.CharField(
        label=gettext_lazy("Why it is withdrawn. Who has a draft reads this."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_because(self):
        text = as_kept(self.cleaned_data["because"])
        if not text:
            raise ValidationError(self.fields["because"].error_messages["required"])
        if why := why_not_kept(text):
            raise ValidationError(why)
        return text


def visible_to(user, rows, field="procedure__"):
    """Narrow rows to what this person's offices made and what every municipality offers."""
    if user.is_superuser:
        return rows
    codes = [office.code for office in offices_of(user)]
    return rows.filter(**{f"{field}municipality__in": codes}) | rows.filter(
        **{f"{field}municipality": None}
    )


@admin.register(Procedure)
class ProcedureAdmin(admin.ModelAdmin):
    list_display = ["key", "municipality", "offered"]
    list_select_related = ["municipality"]
    search_fields = ["key"]

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        offered = ProcedureVersion.objects.offered().filter(procedure=OuterRef("pk"))
        procedures = (
            super()
            .get_queryset(request)
            .annotate(offered_number=Subquery(offered.values("number")[:1]))
        )
        return visible_to(request.user, procedures, field="")

    @admin.display(description=gettext_lazy("offered as"))
    def offered(self, procedure):
        return procedure.offered_number or "–"

    def get_urls(self):
        name = "applications_procedure_%s"
        views = [
            ("", self.changelist_view, "changelist"),
            ("add/", self.new_view, "add"),
            ("<int:pk>/", self.procedure_view, "change"),
            ("<int:pk>/preview/", self.preview_view, "preview"),
            ("<int:pk>/publish/", self.publish_view, "publish"),
            ("<int:pk>/withdraw/", self.withdraw_view, "withdraw"),
        ]
        return [
            path(route, self.admin_site.admin_view(view), name=name % what)
            for route, view, what in views
        ]

    def may_write(self, request, procedure) -> bool:
        """Tell whether this person may write it: of the own office alone, or with every right."""
        if not request.user.has_perm("applications.change_procedure"):
            return False
        codes = [office.code for office in offices_of(request.user)]
        return request.user.is_superuser or procedure.municipality_id in codes

    def _procedure(self, request, pk, *, to_write=False) -> Procedure:
        if not self.has_view_permission(request):
            raise PermissionDenied
        procedure = get_object_or_404(self.get_queryset(request), pk=pk)
        if to_write and not self.may_write(request, procedure):
            raise PermissionDenied
        return procedure

    def _page(self, request, template, status=200, **context):
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(
            request, f"admin/applications/procedure/{template}.html", context, status=status
        )

    def new_view(self, request):
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewForm(request.POST or None, user=request.user)
        if request.method == "POST" and form.is_valid():
            key, municipality = form.cleaned_data["key"], form.cleaned_data["municipality"]
            taken = _("Your office has a procedure of this key already.")
            if Procedure.objects.filter(key=key, municipality=municipality).exists():
                form.add_error("key", taken)
            else:
                try:
                    return HttpResponseRedirect(self._made(request, form))
                except IntegrityError:  # begun twice at the same moment
                    form.add_error("key", taken)
                except Mistakes as found:  # written when less was asked of a text, or in JSON
                    line, text = found.mistakes[0]
                    said = _("This cannot be copied as it is. Line %(line)s: %(text)s")
                    form.add_error("copied", said % {"line": line, "text": text})
        return self._page(request, "new", title=_("New procedure"), form=form)

    @transaction.atomic
    def _made(self, request, form) -> str:
        key = form.cleaned_data["key"]
        procedure = Procedure.objects.create(
            key=key, municipality=form.cleaned_data["municipality"]
        )
        copied = form.cleaned_data["copied"]
        text = with_key(copied.text, key) if copied else EXAMPLE % {"key": key}
        save_draft(procedure=procedure, text=text, by=request.user)
        self.log_addition(request, procedure, [{"added": {}}])
        return _address("change", procedure)

    def procedure_view(self, request, pk):
        procedure = self._procedure(request, pk)
        versions = procedure.versions.select_related("made_by", "published_by")
        draft = versions.filter(state=ProcedureVersion.State.DRAFT).first()
        newest = newest_of(procedure)
        may_write = self.may_write(request, procedure)
        form = TextForm(initial={"text": newest.text if newest else ""})
        mistakes, overtaken = [], None
        begun_with = request.POST.get("begun_with")
        if request.method == "POST":
            if not may_write:
                raise PermissionDenied
            form = TextForm(request.POST)
            if form.is_valid():
                text = form.cleaned_data["text"].replace("\r\n", "\n")
                try:
                    save_draft(
                        procedure=procedure, text=text, by=request.user, begun_with=begun_with
                    )
                except Mistakes as found:
                    mistakes = found.mistakes
                except Overtaken as found:
                    overtaken = found.version
                    begun_with = seen(overtaken)  # saved again, it takes the place knowingly
                else:
                    messages.success(request, _("Saved as a draft. Nobody is offered it yet."))
                    return HttpResponseRedirect(_address("preview", procedure))
        return self._page(
            request,
            "procedure",
            status=422 if mistakes or overtaken else 200,
            title=procedure.key,
            procedure=procedure,
            versions=versions,
            draft=draft,
            seen=seen(draft) if draft else "",
            form=form,
            mistakes=mistakes,
            overtaken=overtaken,
            begun_with=begun_with if form.is_bound and begun_with is not None else seen(newest),
            may_write=may_write,
            may_publish=may_write and request.user.has_perm("applications.publish_procedure"),
            offered=versions.offered().first(),
        )

    def preview_view(self, request, pk):
        """Show every question as the resident will see it, and when it is asked."""
        procedure = self._procedure(request, pk)
        version = procedure.versions.filter(state=ProcedureVersion.State.DRAFT).first()
        version = version or procedure.versions.first()
        definition = definition_of(version.definition)
        return self._page(
            request,
            "preview",
            title=_("Preview of %(key)s, version %(number)s")
            % {"key": procedure.key, "number": version.number},
            procedure=procedure,
            version=version,
            seen=seen(version),
            definition=definition,
            questions=[
                (
                    question,
                    [
                        (earlier, " / ".join(label_of(earlier, value) for value in one.is_in))
                        for one in question.when
                        if (earlier := definition.question(one.question))
                    ],
                    [(label_of(question, value), said) for value, said in question.stops.items()],
                )
                for question in definition.questions
            ],
            may_publish=self.may_write(request, procedure)
            and version.state == ProcedureVersion.State.DRAFT
            and request.user.has_perm("applications.publish_procedure"),
        )

    def publish_view(self, request, pk):
        procedure = self._procedure(request, pk, to_write=True)
        if not request.user.has_perm("applications.publish_procedure"):
            raise PermissionDenied
        draft = procedure.versions.filter(state=ProcedureVersion.State.DRAFT).first()
        if request.method == "POST" and draft:
            try:
                publish(version=draft, by=request.user, looked_at=request.POST.get("seen"))
            except CannotPublish as reason:
                messages.error(request, str(reason))
                return HttpResponseRedirect(_address("preview", procedure))
            self.log_change(request, procedure, [{"changed": {"fields": ["state"]}}])
            messages.success(request, _("Published: residents are offered it now."))
        return HttpResponseRedirect(_address("change", procedure))

    def withdraw_view(self, request, pk):
        procedure = self._procedure(request, pk, to_write=True)
        if not request.user.has_perm("applications.publish_procedure"):
            raise PermissionDenied
        version = procedure.versions.offered().first()
        form = WithdrawForm(request.POST or None)
        if version and request.method == "POST" and form.is_valid():
            withdraw_version(version=version, because=form.cleaned_data["because"], by=request.user)
            self.log_change(request, procedure, [{"changed": {"fields": ["state"]}}])
            messages.success(request, _("Withdrawn: nobody is offered it any more."))
            return HttpResponseRedirect(_address("change", procedure))
        if not version:
            return HttpResponseRedirect(_address("change", procedure))
        return self._page(
            request,
            "withdraw",
            title=_("Withdraw %(key)s") % {"key": procedure.key},
            procedure=procedure,
            form=form,
        )


def _address(what: str, procedure: Procedure) -> str:
    return reverse(f"admin:applications_procedure_{what}", args=[procedure.pk])


def label_of(question: Question, value: str) -> str:
    """Return what the resident reads at a choice."""
    return next(in_language(one.label) for one in question.choices if one.value == value)


def with_key(text: str, key: str) -> str:
    """Return a definition's text with another key, all else as it stands."""
    lines = text.splitlines(keepends=True)
    return "".join(f"key: {key}\n" if line.startswith("key:") else line for line in lines)


EXAMPLE = """\
# Lines that begin with # are notes. Each text is given in Japanese (ja) and English (en).
key: %(key)s
name: {ja: 市民農園の利用の申請, en: Use of an allotment garden}
reading: しみんのうえん
keywords: [農園, 畑, garden]
summary: {ja: 市民農園の区画の利用を申請します。, en: Apply for a plot in the allotment garden.}
who: {ja: 市内に住んでいる人, en: Residents of this municipality}
basis: {ja: 市民農園条例, en: Ordinance on allotment gardens}
office: {ja: 農政課, en: Agriculture section}
needs: []
fee: {ja: "年額 5,000円", en: "5,000 yen a year"}
steps:
  - {key: received, name: {ja: 受付, en: Received}, state: received, who: office, usual_days: [0, 3]}
  - {key: review, name: {ja: 役所の確認, en: Checked by the office}, state: under-review, who: office, usual_days: [7, 21]}
  - {key: decision, name: {ja: 決定, en: Decision}, state: granted, who: office}
questions:
  - key: name
    type: text
    text: {ja: お名前, en: Your name}
    fills: resident.name
  - key: size
    type: choice
    text: {ja: 区画の大きさ, en: "How large should the plot be?"}
    choices:
      - {value: small, label: {ja: 10平方メートル, en: 10 square metres}}
      - {value: large, label: {ja: 20平方メートル, en: 20 square metres}}
"""  # noqa: E501 - a line of YAML each
