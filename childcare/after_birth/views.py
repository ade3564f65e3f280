"""The pages about what is to be done after a birth, and for telling of one."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from childcare.access import for_child
from childcare.after_birth import acts
from childcare.after_birth.forms import BornForm, CivilServantForm, EarnerForm
from childcare.after_birth.page import AfterBirthPage
from childcare.after_birth.plan import allowance_due_on
from childcare.forms import mistakes_in
from childcare.models import AllowanceAnswer, AnnouncedBirth, StepDone
from childcare.models.after_birth import ClaimAt
from childcare.record import records_of
from portal import clock
from portal.residents.models import Resident
from tasks.acts import Refused
from tasks.views import for_residents


@for_child
def after_birth(request, resident, child):
    today = clock.today()
    if request.method == "POST":
        return say(request, child, today)
    context = {
        "resident": resident,
        "child": child,
        "shown": list_for(child, resident, request.user, today),
        "today": today,
    }
    return render(request, "childcare/after_birth.html", context)


def list_for(child: Resident, resident: Resident, reader, today) -> AfterBirthPage:
    birth = records_of([child.pk])[child.pk].birth
    weight = birth and birth.weight_g
    return AfterBirthPage(child, reader, weight, today, resident.municipality_id)


def say(request, child, today):
    """Note that a step is done, or take that back; then the browser is sent to the list."""
    done, back = request.POST.get("done"), request.POST.get("back")
    if (done or back) not in StepDone.Step:
        raise Http404
    said = {"child": child, "step": done or back, "by": request.user, "today": today}
    if done:
        acts.say_done(**said)
        messages.success(request, _("Noted: you have done this."))
    else:
        acts.take_back_step(**said)
        messages.success(request, _("Taken back. It is under “To do” again."))
    return redirect(f"{reverse('childcare:after-birth', args=[child.uuid])}#{done or back}")


@for_child
def allowance(request, resident, child):
    """Ask who earns most, then whether that person is a civil servant; the second is saved."""
    if request.method == "POST":
        form = CivilServantForm(request.POST)
        if form.is_valid():
            return save_answer(request, resident, child, form.cleaned_data)
        second = "main_earner" not in form.errors
    else:
        asked = "main_earner" in request.GET or "next" in request.GET
        form = EarnerForm(request.GET if asked else None)
        second = form.is_valid()
    standing = AllowanceAnswer.objects.for_child(child).standing().filter(entered_by=request.user)
    earner = form.data.get("main_earner")
    if second:  # what was answered of somebody else answers nothing here
        standing = standing.filter(main_earner=earner)
    context = {
        "resident": resident,
        "child": child,
        "today": clock.today(),
        "mistakes": [] if second and request.method != "POST" else mistakes_in(form),
        "earner": earner,
        "answer": standing.first(),
        "last_day": allowance_due_on(child.born),
    }
    context["form"] = form if context["mistakes"] else None
    template = "civil_servant" if second else "earner"
    status = 422 if context["mistakes"] else 200
    return render(request, f"childcare/after_birth_{template}.html", context, status=status)


def save_answer(request, resident, child, said):
    today = clock.today()
    acts.answer_allowance(child=child, **said, by=request.user, today=today)
    row = list_for(child, resident, request.user, today).row
    where = {
        ClaimAt.MUNICIPALITY: _("Noted. The child allowance is claimed at the municipality."),
        ClaimAt.EMPLOYER: _("Noted. The child allowance is claimed from the employer."),
        ClaimAt.UNKNOWN: _("Noted. Read below whom to ask, and answer again once you know."),
    }
    messages.success(request, where[row.claim_at] if row else _("Noted."))
    return redirect(f"{reverse('childcare:after-birth', args=[child.uuid])}#allowance")


@for_residents
def born(request, resident):
    """Take a parent's word for a birth before the register reports it."""
    today = clock.today()
    form = BornForm(today=today)
    if request.method == "POST":
        if "back" in request.POST:
            return take_back_birth(request, resident, today)
        form = BornForm(request.POST, today=today)
        if form.is_valid():
            try:
                acts.announce(parent=resident, **form.cleaned_data, by=request.user, today=today)
            except Refused as refusal:
                form.add_error("born", str(refusal))
            else:
                messages.success(request, _("Noted. Below is what comes first, and by when."))
                return redirect("childcare:born")
    told = AnnouncedBirth.objects.filter(resident=resident, removed_at=None).order_by("-born")
    context = {
        "resident": resident,
        "form": form,
        "mistakes": mistakes_in(form),
        "told": [(one, allowance_due_on(one.born)) for one in told.filter(registered_on=None)],
        "today": today,
    }
    status = 422 if form.errors else 200
    return render(request, "childcare/announce.html", context, status=status)


def take_back_birth(request, resident, today):
    """Take back one of the births told; a date that is none of them leaves all as it is."""
    told = AnnouncedBirth.objects.filter(resident=resident, removed_at=None)
    for one in told:
        if one.born.isoformat() == request.POST["back"]:
            acts.take_back_birth(parent=resident, born=one.born, today=today)
            messages.success(request, _("Taken back."))
    return redirect("childcare:born")
