"""Begin an application: a draft of the version that is offered now, or the one begun before."""

from datetime import date

from django.db import transaction

from portal.applications.models import Application, ProcedureVersion, State
from portal.residents.models import Resident
from portal.residents.own import own_fact
from tasks.reconcile import keep_loads_out, lock_people, reconcile_people


@transaction.atomic
def start(
    *, version: ProcedureVersion, resident: Resident, about: Resident, today: date
) -> Application:
    """Return the resident's draft of this procedure about this person, made if there is none."""
    keep_loads_out([resident.pk])
    lock_people([resident.pk])
    drafts = Application.objects.for_resident(resident).filter(
        state=State.DRAFT,
        version__procedure=version.procedure_id,
        about=about,
        municipality=resident.municipality_id,  # one begun before moving goes to the office there
    )
    if draft := drafts.first():
        return draft
    draft = Application.objects.create(
        resident=resident,
        about=about,
        municipality=resident.municipality,
        version=version,
        procedure_key=version.procedure.key,
        **own_fact(),
    )
    reconcile_people([resident.pk], today=today)
    # The public id is made by the database.
    return Application.objects.for_resident(resident).get(pk=draft.pk)
