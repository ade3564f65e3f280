"""The pages about a child. Each starts from the resident who is signed in (childcare.access)."""

from functools import wraps
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from childcare import enter as deeds
from childcare import handbook
from childcare.access import children_of, for_child
from childcare.child_page import ChildPage
from childcare.forms import DoseForm, HandbookPage, SeriesEndForm, mistakes_in
from childcare.models import (
    Birth,
    Checkup,
    FamilyStatement,
    NotMine,
    RecordAnswer,
    Vaccination,
)
from childcare.record import records_of
from childcare.words import vaccine_name, vaccine_names
from portal import clock
from tasks.acts import Refused
from tasks.views import for_residents, page


@for_residents
@require_safe
def children(request, resident):
    today = clock.today()
    known = {child.pk: child for child in children_of(resident, today)}
    records = records_of(known)
    pages = [ChildPage(child, records[pk], today=today) for pk, child in known.items()]
    context = {"resident": resident, "pages": pages, "today": today}
    return page(request, "childcare/children.html", context)


@for_child
@require_safe
def child(request, resident, child):
    shown = ChildPage(child, records_of([child.pk])[child.pk], today=clock.today())
    context = {
        "resident": resident,
        "child": child,
        "shown": shown,
        "saved": shown.entered_in(request.GET.get("saved", "")),
        "saved_page": request.GET.get("saved"),
        "today": shown.today,
    }
    return page(request, "childcare/child.html", context)


# ---- the handbook


@for_child
def enter(request, resident, child):
    today = clock.today()
    given = [dose.vaccine for dose in records_of([child.pk])[child.pk].counted]
    first = request.GET.get("vaccine", "")
    about = {"child": child, "today": today}
    if request.method != "POST":
        blank = handbook.blank_page(given, **about, first=first)
        return handbook_page(request, resident, child, blank, uuid4(), given, first)
    filled = HandbookPage(request.POST, form_kwargs=about)
    if not filled.management_form.is_valid():
        messages.error(request, _("The page did not arrive whole. Please enter it again."))
        return redirect("childcare:enter", child.uuid)
    page_id = uuid_in(request.POST.get("page"))
    if filled.is_valid():
        try:
            entered = deeds.enter_page(page=page_id, doses=filled.doses, **by(request, child))
        except Refused as refusal:
            filled.non_form_errors().append(str(refusal))
            page_id = uuid4()
        else:
            return saved(request, child, page_id, entered)
    return handbook_page(request, resident, child, filled, page_id, given, first)


def handbook_page(request, resident, child, formset, page_id, given, first):
    groups = handbook.groups(formset, given, first)
    if first and groups and not formset.is_bound:
        groups[0].rows[0][1].fields["on"].widget.attrs["autofocus"] = True
    older = handbook.older(clock.today()) - {first, *given}
    folded = [one for one in groups if one.vaccine in older]
    context = {
        "resident": resident,
        "child": child,
        "formset": formset,
        "mistakes": formset.mistakes,
        "page_id": page_id,
        "groups": [one for one in groups if one not in folded],
        "folded": folded,
        "folded_has_some": any(one.is_filled for one in folded),
        "free": handbook.free_rows(formset),
        "vaccine_names": vaccine_names(),
        "today": clock.today(),
    }
    status = 422 if formset.is_bound else 200
    return render(request, "childcare/enter.html", context, status=status)


def uuid_in(text) -> UUID:
    """Return the UUID that a form carried, or a new one."""
    try:
        return UUID(text)
    except (ValueError, TypeError):
        return uuid4()


def saved(request, child, page_id, entered):
    if entered.known:
        sentence = ngettext(
            "%(count)s vaccination was there already.",
            "%(count)s vaccinations were there already.",
            entered.known,
        )
        messages.info(request, sentence % {"count": entered.known})
    query = {"saved": page_id} if entered.saved else None
    return redirect(reverse("childcare:child", args=[child.uuid], query=query))


def act(view):
    """Do `view(request, child, …)` on POST; then, and on any other way, show the child's page.

    A view may return another page, or a sentence that says what was done.
    """

    @for_child
    @wraps(view)
    def wrapped(request, resident, child, **kwargs):
        done = None
        if request.method == "POST":
            try:
                done = view(request, child, **kwargs)
            except Refused as refusal:
                messages.error(request, str(refusal))
        if isinstance(done, HttpResponse):
            return done
        if done:
            messages.success(request, done)
        return redirect("childcare:child", child.uuid)

    return wrapped


def by(request, child) -> dict:
    return {"child": child, "by": request.user, "today": clock.today()}


@act
def undo_page(request, child, page_id):
    count = deeds.take_back_page(page=page_id, **by(request, child))
    return ngettext(
        "Taken back: %(count)s vaccination.", "Taken back: %(count)s vaccinations.", count
    ) % {"count": count}


@act
def undo_entry(request, child, entry):
    deeds.take_back_dose(entry=entry, **by(request, child))
    return _("Taken back: 1 vaccination.")


@for_child
def correct(request, resident, child, entry):
    """Change one entry of the family."""
    record = records_of([child.pk])[child.pk]
    old = next((one for one in record.family if one.uuid == entry), None)
    if old is None:
        raise Http404
    about = {"child": child, "today": clock.today()}
    if request.method == "POST":
        form = DoseForm(request.POST, **about)
        if form.is_valid():
            try:
                deeds.correct(entry=entry, dose=form.dose, **by(request, child))
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("Corrected."))
                return redirect("childcare:child", child.uuid)
    else:
        form = DoseForm(initial=vars(old) | {"vaccine": vaccine_name(old.vaccine)}, **about)
    context = {
        "resident": resident,
        "child": child,
        "form": form,
        "mistakes": mistakes_in(form),
        "old": old,
        "vaccine_names": vaccine_names(),
        "today": clock.today(),
    }
    return render(request, "childcare/correct.html", context, status=422 if form.is_bound else 200)


# ---- records that differ


@for_child
def compare(request, resident, child):
    record = records_of([child.pk])[child.pk]
    if request.method == "POST":
        return answer(request, child, record)
    context = {
        "resident": resident,
        "child": child,
        "open": record.conflicts,
        "only_municipal": [pair for pair in record.pairs if not pair.family and not pair.answer],
        "answered": [pair for pair in record.pairs if pair.answer],
        "only_family": [pair for pair in record.pairs if not pair.municipal and not pair.answer],
        "today": clock.today(),
    }
    return page(request, "childcare/compare.html", context)


def answer(request, child, record):
    """Take an answer about the pair that the form showed, as it showed it."""
    asked = request.POST.get("of", "")
    pair = next((one for one in record.pairs if one.fingerprint == asked), None)
    which = request.POST.get("answer", "")
    if pair is None:
        messages.error(
            request, _("These records have changed in the meantime. Look at them once more.")
        )
    elif which == "unknown":
        deeds.take_back_answer(**sides_of(pair), **by(request, child))
        messages.success(request, _("Noted: you do not know yet. The question stays here."))
    elif which in RecordAnswer.Answer:
        deeds.answer(**sides_of(pair), of=asked, which=which, **by(request, child))
        messages.success(request, _("Noted. Both records are kept."))
    else:
        messages.error(request, _("Choose which of the two is right."))
    return redirect("childcare:compare", child.uuid)


def sides_of(pair) -> dict:
    """Return by which ids an answer names a pair."""
    ours, theirs = pair.sides
    return {"vaccination": ours[0].id if ours else None, "entry": theirs[0].id if theirs else None}


# ---- "this is not my child's"


@for_child
def not_mine(request, resident, child, kind, pk=None):
    """Ask before a municipal record is hidden; a POST hides it, or shows it again."""
    record = municipal_record(child, kind, pk)
    if request.method == "POST":
        back = "back" in request.POST
        try:
            deed = deeds.take_back_not_mine if back else deeds.not_mine
            deed(record=record, **by(request, child))
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request,
                _("The record is shown again.")
                if back
                else _("The record is hidden, and the office will look at it."),
            )
        shown_on = "checkups" if kind == NotMine.Kind.CHECKUP else "child"
        return redirect(f"childcare:{shown_on}", child.uuid)
    context = {
        "resident": resident,
        "child": child,
        "kind": kind,
        "record": record,
        "today": clock.today(),
    }
    return page(request, "childcare/not_mine.html", context)


RECORDS = {
    NotMine.Kind.BIRTH: Birth,
    NotMine.Kind.CHECKUP: Checkup,
    NotMine.Kind.VACCINATION: Vaccination,
}


def municipal_record(child, kind, pk):
    """Return a record that the municipality has of the child, else 404."""
    if kind not in RECORDS or (pk is None) != (kind == NotMine.Kind.BIRTH):
        raise Http404
    records = RECORDS[kind].objects.in_force().filter(resident=child)
    return get_object_or_404(records.filter(pk=pk) if pk else records)


# ---- what the family says of the child


@act
def say(request, child):
    """Note a girl or a boy, or that nothing was given; with `back`, take it back."""
    what = request.POST.get("what")
    if what not in FamilyStatement.What:
        raise Http404
    if "back" in request.POST:
        deeds.take_back_statement(what=what, **by(request, child))
        return _("Taken back.")
    deeds.state(what=what, **by(request, child))
    return _("Noted.")


@for_child
def had(request, resident, child):
    """List the reasons that end a series; take another one, or take one back."""
    record = records_of([child.pk])[child.pk]
    form = SeriesEndForm(request.POST or None, child=child, today=clock.today())
    if (back := request.POST.get("back")) in record.had:
        deeds.take_back_end(had=back, **by(request, child))
        messages.success(request, _("Taken back."))
        return redirect("childcare:had", child.uuid)
    if request.method == "POST" and form.is_valid():
        deeds.end_series(**form.cleaned_data, **by(request, child))
        messages.success(request, _("Noted."))
        return redirect("childcare:had", child.uuid)
    context = {
        "resident": resident,
        "child": child,
        "record": record,
        "form": form,
        "mistakes": mistakes_in(form),
        "today": clock.today(),
    }
    return render(request, "childcare/had.html", context, status=422 if form.is_bound else 200)
