"""Whose record a resident may see: of the children it acts for, and its own while under 18.

Another person's child, a guardianship that has ended and a child that does not exist are the
same 404.
"""

from datetime import date
from functools import wraps
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.shortcuts import get_object_or_404

from portal import clock
from portal.residents.models import Guardianship, Resident, ResidentQuerySet
from tasks.views import for_residents

SHOWN = [Resident.State.ACTIVE, Resident.State.MOVED_AWAY]


def children_of(resident: Resident, today: date) -> ResidentQuerySet:
    """Return whose records `resident` may see on `today`, the youngest first.

    Each has the day `acting_since`, None for oneself. Who died acts for nobody, whoever holds the
    sign-in now.
    """
    if resident.state == Resident.State.DECEASED:
        return Resident.objects.none()
    household = Resident.objects.household_of(resident, today=today)
    acting = Guardianship.objects.in_force(today).filter(guardian=resident, child=OuterRef("pk"))
    return (
        household.filter(adult_on__gt=today, state__in=SHOWN)
        .annotate(acting_since=Subquery(acting.values("starts_on")))
        .order_by("-born", "pk")
    )


def own_child(resident: Resident, uuid: UUID, today: date) -> Resident:
    """Return one of `children_of` with its municipality, in one query; else 404."""
    return get_object_or_404(children_of(resident, today).select_related("municipality"), uuid=uuid)


def for_child(view):
    """Call `view(request, resident, child, …)` for the child that the address names."""

    @for_residents
    @wraps(view)
    def wrapped(request, resident, uuid, **kwargs):
        return view(request, resident, own_child(resident, uuid, clock.today()), **kwargs)

    return wrapped
