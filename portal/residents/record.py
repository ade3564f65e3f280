"""A resident's record as staff see it: for a stated purpose, in sections that each room adds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import formats
from django.utils.translation import gettext as _

from portal import clock
from portal.accounts.models import User
from portal.residents.access_log import note_access
from portal.residents.models import Fact, Municipality, Resident


@dataclass(frozen=True, kw_only=True)
class Section:
    """One table of the record: `rows` gives the cells, as many as there are `columns`.

    Only those with `permission` ("app.codename") see it. Begin `rows` from the resident: the
    tables' keys do, so a look-up by id alone reads a whole table.
    """

    title: str
    permission: str
    columns: Sequence[str]
    rows: Callable[[Resident], Iterable[Sequence]]


sections: list[Section] = []


def names_of(model, *fields: str) -> list[str]:
    """Return the headings of a section's columns: the fields' own names."""
    return [model._meta.get_field(field).verbose_name for field in fields]


FACT_COLUMNS = names_of(Resident, "source", "checked_at", "stale_on")


def fact_cells(fact: Fact) -> list:
    """Who said it, when it was last checked, and from when on it is too old to be relied on."""
    return [fact.source, fact.checked_at, unknown_from(fact.stale_on)]


def unknown_from(day: date) -> date | str:
    if day > clock.today():
        return day
    return _("%(day)s (too old)") % {"day": formats.date_format(day)}


def look_at(
    *,
    resident: Resident,
    purpose: str,
    by: User,
    office: Municipality | None = None,
    what: str = "record",
    once_within: timedelta | None = None,
) -> None:
    """Note that `by` opens the record, so that the resident can see who looked and why.

    `what` is "record", or the receipt number of what was opened. Without an `office` it is the one
    in which the person works, if that is one. Opened again less than `once_within` after, the first
    row stands for both.
    """
    if office is None:
        offices = list(by.offices.select_related("municipality")[:2])
        office = offices[0].municipality if len(offices) == 1 else None
    note_access(
        resident=resident,
        purpose=purpose,
        by=by,
        office=office,
        what=what,
        once_within=once_within,
    )
