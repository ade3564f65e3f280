"""What can be applied for, and one procedure."""

from datetime import timedelta

from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal import clock
from portal.applications.catalogue import by_life_event, for_person, offers, search
from portal.applications.deadline import last_day
from portal.applications.definition import definition_of
from portal.applications.models import Application, State
from portal.applications.opinion_about import opinion_about
from portal.applications.progress import durations_of, usual_words
from portal.applications.views.fill import offered, whom_about
from portal.residents.models import Resident
from tasks.views import for_residents

LONG_PAST = timedelta(days=90)  # most have applied since, or know
OVER = [State.REFUSED, State.COMPLETED, State.WITHDRAWN]


@for_residents
@require_safe
def catalogue(request, resident):
    today = clock.today()
    q = request.GET.get("q", "").strip()
    definitions = offers(resident)
    children = Resident.objects.household_of(resident, today=today).exclude(pk=resident.pk)
    for_me, others = for_person(definitions, resident=resident, children=children, today=today)
    context = {
        "resident": resident,
        "q": q,
        "found": search(resident, q),
        "for_me": for_me,
        "by_event": by_life_event([*for_me, *others]),
    }
    return render(request, "applications/catalogue.html", context)


@for_residents
@require_safe
def procedure(request, resident, key):
    version = offered(resident, key)
    definition = definition_of(version.definition)
    today = clock.today()
    durations = durations_of(municipality=resident.municipality_id, procedure=key)
    people = whom_about(resident, definition, today) if definition.deadline else []
    counted = [(one, last_day(definition.deadline, resident=resident, about=one)) for one in people]
    own = Application.objects.for_resident(resident).filter(procedure_key=key)
    running = list(own.exclude(state__in=OVER).select_related("about").order_by("-started_at"))
    context = {
        "resident": resident,
        "definition": definition,
        "opinion_about": opinion_about(version),
        "today": today,
        "last_days": [
            (one, last)
            for one, last in counted
            if last and (last > today - LONG_PAST or definition.deadline.late == "stop")
        ],
        "draft": next(
            (
                one
                for one in running
                if one.state == State.DRAFT and one.municipality_id == resident.municipality_id
            ),
            None,
        ),
        "sent": [one for one in running if one.state != State.DRAFT],
        "steps": [
            {"name": step.name, "usual": usual_words(durations.get(step.key), step.usual_days)}
            for step in definition.steps
        ],
    }
    return render(request, "applications/procedure.html", context)
