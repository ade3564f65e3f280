"""What stands though no report says it any more: facts without a report, people without one."""

from collections.abc import Iterable

from django.apps import apps
from django.db.models import Q

from childcare.settle import settle_births, settle_checkups, settle_vaccinations
from portal.applications.models import Application
from portal.applications.settle import settle_applications
from portal.card.settle import (
    settle_benefit_accounts,
    settle_certificates,
    settle_insurance_uses,
)
from portal.database import run
from portal.residents.models import Resident
from portal.residents.settle import settle_guardianships, settle_residents
from tasks.models import Task, TaskEvent

# Each table of facts: whose row it is, and which report it follows from.
TABLES = {
    "residents_guardianship": (
        "child_id",
        "guardianship",
        "f.key IN (SELECT r.ref FROM residents_residentref r WHERE r.resident_id = t.guardian_id)",
    ),
    "card_certificate": (
        "resident_id",
        "certificate",
        "f.value->>'type' = t.type AND f.value->>'serial' = t.serial",
    ),
    "card_insuranceuse": ("resident_id", "insurance", "true"),
    "card_benefitaccount": ("resident_id", "account", "true"),
    "childcare_birth": ("resident_id", "birth", "true"),
    "childcare_checkup": ("resident_id", "checkup", "f.key = t.record"),
    "childcare_vaccination": ("resident_id", "vaccination", "f.key = t.record"),
    # Those made here have no number of a source's, and are nobody's report.
    "applications_application": (
        "resident_id",
        "application-status",
        "t.ref = '' OR f.source_id = t.source_id AND f.value->>'ref' = t.ref",
    ),
}
FORGET = """
    DELETE FROM {table} t
    WHERE t.{person} = ANY(%(ids)s::bigint[]){only} AND NOT EXISTS (
        SELECT 1 FROM residents_factreport f
        WHERE f.resident_id = t.{person} AND f.kind = '{kind}' AND ({same}))"""


def settle_everything(ids: Iterable[int]) -> set[int]:
    """Make all facts about people (ids) what their reports say; return whose state changed."""
    ids = set(ids)
    _people, state_changed = settle_residents(ids)
    for settle in (
        *(settle_guardianships, settle_certificates, settle_insurance_uses),
        *(settle_benefit_accounts, settle_applications),
        *(settle_births, settle_checkups, settle_vaccinations),
    ):
        settle(ids)
    return state_changed


def forget_facts(ids: Iterable[int]) -> None:
    """Delete the facts about people (ids) that no report says any more."""
    ids = sorted(ids)
    for table, (person, kind, same) in TABLES.items():
        only = " AND t.ref <> ''" if table == "applications_application" else ""
        sql = FORGET.format(table=table, person=person, kind=kind, same=same, only=only)
        run(sql, {"ids": ids})


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
