"""Whether a clerk is the resident whose case it is."""

from portal.applications.models import Application
from portal.residents.models import Resident


def is_own_case(case: Application, by) -> bool:
    return Resident.objects.filter(pk__in=[case.resident_id, case.about_id], user=by).exists()
