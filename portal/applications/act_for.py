"""Whether a resident still acts for the one whom an application is about."""

from datetime import date

from portal.residents.models import Resident


def acts_for(resident: Resident, about: Resident, *, today: date) -> bool:
    household = Resident.objects.household_of(resident, today=today)
    return about.pk == resident.pk or household.filter(pk=about.pk).exists()
