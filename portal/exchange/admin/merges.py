"""Staff pages on two records that the register says are one person: side by side, and a yes or no.

Opening such a page is opening both records: it is noted in each, where the person can read it.
"""

from datetime import timedelta

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from portal.exchange.admin.uploads import WhyForm as UploadWhyForm
from portal.exchange.merges import one_person
from portal.exchange.merges.side_by_side import rows
from portal.exchange.models import Merge
from portal.residents.admin import person_link
from portal.residents.models import Resident
from portal.residents.record import Section, look_at, names_of, sections
from portal.staff import CappedPaginator, LookOnly

MAY_DECIDE = "exchange.decide_merge"
DEEDS = ("yes", "agree", "no")
ONE_LOOK = timedelta(hours=1)
ON_A_PAGE = 50
NO_THINGS = {"residents.ResidentRef", "applications.ApplicationRef"}
PURPOSE = "merge"  # the page “Who looked at your data” says it in words
REFUSED = {
    "decided": gettext_lazy("Somebody else has decided meanwhile."),
    "not-merged": gettext_lazy("The register no longer says that the two are one person."),
    "unknown": gettext_lazy("The record that should stand has not been reported yet."),
    "circle": gettext_lazy("By the register each of the two is merged into the other."),
    "family": gettext_lazy("One of the two is the other’s guardian, so they are two people."),
    "same-person": gettext_lazy("A second person has to say yes, and not you again."),
    "busy": gettext_lazy(
        "A file is being merged at this moment. Nothing was changed: try again in a minute."
    ),
}
NEXT = {
    "unknown": gettext_lazy(
        "As soon as the register reports it, both stand here. If that does not happen, ask the "
        "register whether the id is right."
    ),
    "circle": gettext_lazy("Ask the register which of the two stands, and to report that."),
    "family": gettext_lazy("Ask the register, and whoever reported that one acts for the other."),
}


class WhyForm(UploadWhyForm):
    """A reason, typed: it stays with the decision."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["why"].help_text = _("It stays with the decision. No names of residents.")


@admin.register(Merge)
class MergeAdmin(LookOnly, admin.ModelAdmin):
    def get_urls(self):
        views = [
            ("", self.changelist_view, "changelist"),
            ("decided/", self.decided_view, "decided"),
            ("<uuid:uuid>/", self.pair_view, "change"),
            *((f"<uuid:uuid>/{deed}/", getattr(self, deed), deed) for deed in DEEDS),
        ]
        return [
            path(route, self.admin_site.admin_view(view), name=f"exchange_merge_{name}")
            for route, view, name in views
        ]

    # ---- the lists
    def changelist_view(self, request, extra_context=None):
        """List who waits: those that wait for a second yes, then who was reported first."""
        self.may_look(request)
        asked = Merge.objects.filter(gone=OuterRef("pk"), state=Merge.State.ASKED)
        people = one_person.waiting_for(request.user).select_related("municipality")
        found = people.annotate(asked=Exists(asked)).order_by("-asked", "state_since", "pk")
        page = CappedPaginator(found, ON_A_PAGE).get_page(request.GET.get("page"))
        return self.shown(request, "list", _("Records that may be one person’s"), page=page)

    def decided_view(self, request):
        self.may_look(request)
        merges = Merge.objects.exclude(state=Merge.State.ASKED).select_related(
            "gone", "by", "second"
        )
        if not request.user.is_superuser:
            offices = request.user.offices.values("municipality")
            merges = merges.filter(gone__municipality__in=offices)
        page = CappedPaginator(merges, ON_A_PAGE).get_page(request.GET.get("page"))
        return self.shown(request, "decided", _("What was decided"), page=page)

    # ---- two records
    def pair_view(self, request, uuid):
        return self.pair_page(request, self.record(request, uuid))

    @method_decorator(require_POST)
    def yes(self, request, uuid):
        gone = self.record(request, uuid, may=MAY_DECIDE)
        form = WhyForm(request.POST, auto_id="yes_%s")
        if not form.is_valid():
            return self.pair_page(request, gone, yes_form=form, status=422)
        why = form.cleaned_data["why"]
        return self.done(request, gone, lambda: one_person.ask(gone, by=request.user, why=why))

    @method_decorator(require_POST)
    def agree(self, request, uuid):
        gone = self.record(request, uuid, may=MAY_DECIDE)
        asked = Merge.objects.filter(gone=gone).exclude(state=Merge.State.DECLINED)
        merge = get_object_or_404(asked)
        return self.done(request, gone, lambda: one_person.agree(merge, by=request.user))

    @method_decorator(require_POST)
    def no(self, request, uuid):
        gone = self.record(request, uuid, may=MAY_DECIDE)
        form = WhyForm(request.POST, auto_id="no_%s")
        if not form.is_valid():
            return self.pair_page(request, gone, no_form=form, status=422)
        why = form.cleaned_data["why"]
        return self.done(request, gone, lambda: one_person.decline(gone, by=request.user, why=why))

    def done(self, request, gone, deed):
        try:
            merge = deed()
        except one_person.Refused as refused:
            messages.warning(request, REFUSED[str(refused)])
        else:
            self.log_change(request, merge, merge.get_state_display())
            said = {
                Merge.State.DONE: _("They are one person now."),
                Merge.State.DECLINED: _("They stay two records."),
                Merge.State.ASKED: _("A second person has to say yes on this page."),
            }
            messages.success(request, said[merge.state])
        return HttpResponseRedirect(address_of(gone))

    def may_look(self, request, may=None):
        if not self.has_view_permission(request) or (may and not request.user.has_perm(may)):
            raise PermissionDenied

    def record(self, request, uuid, may=None) -> Resident:
        """Return the record that goes, or went: of somebody's own offices alone."""
        self.may_look(request, may)
        people = Resident.objects.select_related("municipality", "source", "user")
        if not request.user.is_superuser:
            people = people.filter(municipality__in=request.user.offices.values("municipality"))
        gone = get_object_or_404(people, uuid=uuid)
        known = Merge.objects.filter(gone=gone).exists()
        if gone.state != Resident.State.MERGED and not known:
            raise Http404
        return gone

    def pair_page(self, request, gone, *, status=200, **forms):
        pair = one_person.pair_of(gone)
        for one in (pair.gone, pair.stands):
            if one:
                look_at(
                    resident=one,
                    purpose=PURPOSE,
                    by=request.user,
                    office=gone.municipality if not request.user.is_superuser else None,
                    what=PURPOSE,
                    once_within=ONE_LOOK,
                )
        merges = Merge.objects.filter(gone=gone).select_related("by", "second", "stands")
        decisions = list(merges.order_by("-asked_at"))
        asked = next((one for one in decisions if one.state == Merge.State.ASKED), None)
        reason = pair.in_the_way
        may = request.user.has_perm(MAY_DECIDE) and not reason
        waits = one_person.waiting().filter(pk=gone.pk).exists()
        context = {
            "pair": pair,
            "rows": rows(pair) if pair.stands else [],
            "in_the_way": REFUSED.get(reason) if reason != "decided" else "",
            "next": NEXT.get(reason, ""),
            "decisions": [(one, in_words(one.moved), in_words(one.stayed)) for one in decisions],
            "asked": asked,
            "may": may,
            "may_say_no": may and waits,
            "may_agree": may and asked and asked.by_id != request.user.pk,
            "yes_form": WhyForm(auto_id="yes_%s"),
            "no_form": WhyForm(auto_id="no_%s"),
            **forms,
        }
        title = _("Record %(ref)s: merge it?") if waits else _("Record %(ref)s")
        title %= {"ref": gone.ref}
        return self.shown(request, "pair", title, status=status, **context)

    def shown(self, request, template, title, *, status=200, **context):
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        name = f"admin/exchange/merge/{template}.html"
        return TemplateResponse(request, name, context, status=status)


def in_words(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Return how many of what, by the names that the models have; `counts` as Merge keeps them."""
    said = []
    for what, count in counts.items():
        if what in NO_THINGS:
            continue
        label, _space, ended = what.partition(" ")
        name = apps.get_model(label)._meta.verbose_name_plural
        said.append((_("%(what)s, ended") % {"what": name} if ended else name, count))
    return said


def merges_of(resident: Resident):
    """Return the rows of a record's section: records merged into it, or it into another."""
    of_both = Merge.objects.filter(Q(gone=resident) | Q(stands=resident), state=Merge.State.DONE)
    for one in of_both.select_related("gone", "stands", "by", "second").order_by("done_at"):
        who = f"{one.by}, {one.second}" if one.second else one.by
        yield [person_link(one.gone), person_link(one.stands), one.done_at, who, one.why]


sections.append(
    Section(
        title=gettext_lazy("Merged records"),
        permission="exchange.view_merge",
        columns=[*names_of(Merge, "gone", "stands", "done_at", "by", "why")],
        rows=merges_of,
    )
)


def address_of(gone: Resident) -> str:
    return reverse("admin:exchange_merge_change", args=[gone.uuid])
