"""The queue of an office: what takes longer than usual first, then what has waited longest.

Each list is read from an index of its own up to a page's length, from where the page before ended,
so that any page costs the same with ten cases or a million.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q, QuerySet, Value

from portal.applications.models import Application, State, Turn
from portal.readable import readable
from portal.residents.models import Municipality

PER_PAGE = 50
COUNTED = 100  # cases of a list: more are said to be many, since counting them all takes long
STALLED = "stalled"
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
PLACE = re.compile(r"([a-z]+)\.([0-9]{1,18})\.([0-9]{1,18})")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class List:
    """Cases in the order of a column, then of their ids; `name` names it in an address."""

    name: str
    cases: QuerySet
    by: str

    def in_order(self) -> QuerySet:
        return self.cases.order_by(self.by, "pk")

    def beyond(self, value, pk: int) -> QuerySet:
        """Return what comes after the case with this value and id, whether it still stands here."""
        later = Q(**{f"{self.by}__gt": value}) | Q(pk__gt=pk)
        # The first condition is the one that the index begins with.
        return self.in_order().filter(later, **{f"{self.by}__gte": value})


def cases_of(office: Municipality) -> QuerySet:
    return Application.objects.of_office(office).select_related("version", "assigned_to")


def queue(
    office: Municipality, asked: Mapping, *, by, today: date
) -> tuple[list[Application], str]:
    """Return a page of cases, and where the next begins, or "" where there is none.

    `asked` may have state, procedure, whose ("mine", "nobody") and after (where the page begins).
    The state is one of STATES or STALLED; without one: whatever waits for the office.
    """
    cases = _narrowed(cases_of(office), asked, by)
    lists = lists_of(cases, asked.get("state", ""), today)
    first, start = _beginning(lists, asked.get("after", ""))
    found: list[tuple[List, Application]] = []
    for one in lists[first:]:
        rows = one.beyond(*start) if start else one.in_order()
        found += [(one, case) for case in rows[: PER_PAGE + 1 - len(found)]]
        start = None
        if len(found) > PER_PAGE:
            break
    shown = found[:PER_PAGE]
    return [case for _list, case in shown], _place(*shown[-1]) if len(found) > PER_PAGE else ""


def lists_of(cases: QuerySet, state: str, today: date) -> list[List]:
    """Return what is shown one after another where `state` is asked for."""
    if state in STATES:
        sent = cases.filter(state=state, sent_at__isnull=False)
        return [List("sent", sent, "sent_at")]
    waiting = cases.filter(turn=Turn.OFFICE)
    stalled = List(STALLED, waiting.filter(usual_until__lt=today), "usual_until")
    if state == STALLED:
        return [stalled]
    others = waiting.filter(Q(usual_until__gte=today) | Q(usual_until=None))
    return [stalled, List("others", others, "state_since")]


def counts(office: Municipality, *, today: date) -> dict[str, int]:
    """Return how many cases there are by state, STALLED, and "" (waits for the office).

    Each is counted up to COUNTED, along the index of its list, in one statement.
    """
    cases = Application.objects.of_office(office)
    some = {
        name: lists_of(cases, name, today)[0].in_order() for name in [STALLED, *map(str, STATES)]
    }
    some[""] = cases.filter(turn=Turn.OFFICE).order_by("state_since")
    first, *rest = [
        rows.annotate(name=Value(name)).values_list("name")[:COUNTED] for name, rows in some.items()
    ]
    found = Counter(name for (name,) in first.union(*rest, all=True))
    return {name: found[name] for name in some}


def _beginning(lists: list[List], after: str) -> tuple[int, tuple | None]:
    """Return the list on which a page begins, by its position, and where in it."""
    names = [one.name for one in lists]
    place = PLACE.fullmatch(after)
    if not place or place[1] not in names:
        return 0, None
    first = names.index(place[1])
    try:
        value = EPOCH + int(place[2]) * MICROSECOND
    except OverflowError:
        return 0, None
    is_day = lists[first].by == "usual_until"
    return first, (value.date() if is_day else value, int(place[3]))


def _place(one: List, case: Application) -> str:
    """Return how an address names the place of a case: "sent.1795143600000000.4137"."""
    value = getattr(case, one.by)
    if not isinstance(value, datetime):
        value = datetime.combine(value, datetime.min.time(), tzinfo=UTC)
    return f"{one.name}.{(value - EPOCH) // MICROSECOND}.{case.pk}"


def _narrowed(cases: QuerySet, asked: Mapping, by) -> QuerySet:
    if procedure := readable(asked.get("procedure", "")):
        cases = cases.filter(procedure_key=procedure)
    if asked.get("whose") == "mine":
        cases = cases.filter(assigned_to=by)
    if asked.get("whose") == "nobody":
        cases = cases.filter(assigned_to=None)
    return cases
