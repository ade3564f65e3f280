"""The queue of an office: what takes longer than usual first, then what has waited longest.

Two lists, each read from an index of its own up to a page's length, so that a page costs the same
with ten cases or a million.
"""

from collections.abc import Mapping
from datetime import date

from django.db.models import Q, QuerySet

from portal.applications.models import Application, State, Turn
from portal.readable import readable
from portal.residents.models import Municipality

PER_PAGE = 50
FURTHEST = 10_000  # cases that can be passed over; who looks further should narrow the list
STATES = [
    State.RECEIVED,
    State.UNDER_REVIEW,
    State.CORRECTION,
    State.WITH_OTHERS,
    State.GRANTED,
    State.REFUSED,
    State.COMPLETED,
    State.WITHDRAWN,
]


def cases_of(office: Municipality) -> QuerySet:
    return Application.objects.of_office(office).select_related("version", "assigned_to")


def queue(office: Municipality, asked: Mapping, *, by, today: date) -> list[Application]:
    """Return up to a page of cases, and one more where there are more.

    `asked` may have state, procedure, whose ("mine", "nobody") and after (the number of cases
    to pass over). Without one of STATES: whatever waits for the office.
    """
    cases, start = cases_of(office), passed_over(asked)
    if (state := asked.get("state")) in STATES:
        return list(
            _narrowed(cases, asked, by)
            .filter(state=state, sent_at__isnull=False)
            .order_by("sent_at", "pk")[start : start + PER_PAGE + 1]
        )
    waiting = _narrowed(cases, asked, by).filter(turn=Turn.OFFICE)
    stalled = waiting.filter(usual_until__lt=today).order_by("usual_until", "pk")
    others = waiting.filter(Q(usual_until__gte=today) | Q(usual_until=None))
    found = list(stalled[start : start + PER_PAGE + 1])
    if len(found) <= PER_PAGE:
        passed = max(0, start - stalled.count()) if start and not found else 0
        rest = PER_PAGE + 1 - len(found)
        found += others.order_by("state_since", "pk")[passed : passed + rest]
    return found


def passed_over(asked: Mapping) -> int:
    """Return how many cases the page passes over, FURTHEST at the most."""
    after = asked.get("after", "")
    return min(int(after), FURTHEST) if after.isascii() and after.isdigit() else 0


def _narrowed(cases: QuerySet, asked: Mapping, by) -> QuerySet:
    if procedure := readable(asked.get("procedure", "")):
        cases = cases.filter(procedure_key=procedure)
    if asked.get("whose") == "mine":
        cases = cases.filter(assigned_to=by)
    if asked.get("whose") == "nobody":
        cases = cases.filter(assigned_to=None)
    return cases
