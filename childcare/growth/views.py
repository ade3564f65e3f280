"""The page of a child's growth, and the measurements that a family enters on it."""

from uuid import UUID

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from childcare.access import for_child
from childcare.forms import mistakes_in
from childcare.growth import measurements
from childcare.growth.form import MeasurementForm
from childcare.growth.page import GrowthPage
from childcare.record import records_of
from portal import clock
from tasks.views import page


@for_child
@require_safe
def growth(request, resident, child):
    form = MeasurementForm(initial={"on": clock.today()}, child=child, today=clock.today())
    return growth_page(request, resident, child, form)


def growth_page(request, resident, child, form, status=200):
    context = {
        "resident": resident,
        "child": child,
        "shown": GrowthPage(child, records_of([child.pk])[child.pk], today=clock.today()),
        "form": form,
        "mistakes": mistakes_in(form),
        "today": clock.today(),
    }
    return page(request, "childcare/growth.html", context, status=status)


@for_child
def measure(request, resident, child):
    if request.method != "POST":
        return redirect("childcare:growth", child.uuid)
    form = MeasurementForm(request.POST, child=child, today=clock.today())
    if not form.is_valid():
        return growth_page(request, resident, child, form, status=422)
    measurements.enter(child=child, **form.measured, by=request.user)
    messages.success(request, _("Saved. You can take it back below."))
    return redirect("childcare:growth", child.uuid)


@for_child
def take_back(request, resident, child, entry: UUID):
    if request.method == "POST":
        measurements.take_back(child=child, entry=entry, by=request.user)
        messages.success(request, _("Taken back."))
    return redirect("childcare:growth", child.uuid)
