"""In which office a member of staff works: whose cases there are to see."""

from django.core.exceptions import PermissionDenied

from portal.residents.models import Municipality

CHOSEN = "office"  # in the session: the code of the municipality


def offices_of(user) -> list[Municipality]:
    return [
        membership.municipality
        for membership in user.offices.select_related("municipality").order_by("municipality")
    ]


def office_of(request) -> Municipality:
    """Return the office for which this person works now. Raises PermissionDenied: for none."""
    return chosen_of(offices_of(request.user), request)


def chosen_of(offices: list[Municipality], request) -> Municipality:
    chosen = request.session.get(CHOSEN)
    if not offices:
        raise PermissionDenied
    return next((office for office in offices if office.code == chosen), offices[0])
