"""People of whom no report of the register is left: who of them stays, and why, and who goes."""

from collections.abc import Iterable

from django.apps import apps
from django.db.models import Q

from portal.applications.models import Application
from portal.residents.models import Resident
from tasks.models import Task, TaskEvent

# What goes with a person: facts, what follows from them, and tasks nobody has done anything with.
GOES_ALONG = {
    *("residents.ResidentRef", "residents.Guardianship", "residents.FactReport"),
    *("card.Certificate", "card.InsuranceUse", "card.BenefitAccount"),
    *("childcare.Birth", "childcare.Checkup", "childcare.Vaccination"),
    *("childcare.VaccinationForecast", "childcare.DueDose", "childcare.DueCheckup"),
    *("childcare.AfterBirth", "applications.Application", "applications.ApplicationRef"),
    *("tasks.Task", "tasks.TaskEvent"),
}


def relations() -> list:
    """Return all foreign keys to a person."""
    return [
        relation.field
        for relation in Resident._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete and relation.is_relation
    ]


def why_to_stay(ids: Iterable[int]) -> dict[int, str]:
    """Return who of the people (ids) has more than facts, and a first thing that they have."""
    why: dict[int, str] = {}
    if not (ids := set(ids)):
        return why

    def note(people, what):
        why.update({one: what for one in people if one in ids and one not in why})

    note(
        Resident.objects.filter(pk__in=ids, user__isnull=False).values_list("pk", flat=True),
        "accounts.User",
    )
    for field in relations():
        label = field.model._meta.label
        if label not in GOES_ALONG:
            rows = field.model.objects.filter(**{f"{field.name}__in": ids})
            note(rows.values_list(field.column, flat=True).distinct(), label)
    made_here = Application.objects.filter(
        Q(resident__in=ids, ref="") | Q(about__in=ids) & ~Q(resident__in=ids)
    )
    for pair in made_here.values_list("resident", "about"):
        note(pair, "applications.Application")
    acts = TaskEvent.objects.filter(by__isnull=False)
    for name in ("resident", "task__about"):
        note(acts.filter(**{f"{name}__in": ids}).values_list(name, flat=True), "tasks.TaskEvent")
    reminders = apps.get_model("reminders.Reminder").objects.filter(task__about__in=ids)
    note(reminders.values_list("task__about", flat=True), "reminders.Reminder")
    return why


def remove_people(ids: Iterable[int]) -> None:
    """Delete people (ids) of whom `why_to_stay` says nothing, with all that follows from facts."""
    if not (ids := set(ids)):
        return
    tasks = Task.objects.filter(Q(resident__in=ids) | Q(about__in=ids))
    events = TaskEvent.objects.filter(Q(resident__in=ids) | Q(task__about__in=ids))
    events._raw_delete(events.db)
    tasks._raw_delete(tasks.db)
    for field in relations():
        if field.model._meta.label in GOES_ALONG and field.model not in (Task, TaskEvent):
            rows = field.model.objects.filter(**{f"{field.name}__in": ids})
            rows._raw_delete(rows.db)
    people = Resident.objects.filter(pk__in=ids)
    people._raw_delete(people.db)
