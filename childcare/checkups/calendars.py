"""What municipalities say of their checkups, and which children a change of that concerns."""

from collections.abc import Iterable
from datetime import date

from childcare.checkups.windows import of_children
from childcare.models import CheckupCalendar, DueCheckup
from portal.database import run
from portal.residents.models import Resident, ResidentQuerySet


def calendars_of(municipalities: Iterable[str]) -> dict[str, list[CheckupCalendar]]:
    """Return the calendars of some municipalities (codes), in one statement."""
    found: dict[str, list[CheckupCalendar]] = {}
    for calendar in CheckupCalendar.objects.filter(municipality__in=set(municipalities)):
        found.setdefault(calendar.municipality_id, []).append(calendar)
    return found


def children_of(calendar: CheckupCalendar, *, today: date) -> ResidentQuerySet:
    """Return the children whom a calendar is for: born in its period, living there."""
    return Resident.objects.filter(
        municipality=calendar.municipality_id,
        born__range=(calendar.born_from, calendar.born_until),
        state=Resident.State.ACTIVE,
        adult_on__gt=today,
    )


def out_of_date(whom: str, today: date, **of_whom) -> set[int]:
    """Return the children (ids) of whom the calendars say something else than is stored.

    Since a calendar was written, changed or taken away, or since a child moved. `whom` is the
    condition in SQL on `{id}`, the people who are looked at, and `of_whom` are its parameters.
    """
    params = {"today": today, "codes": list(of_children()), **of_whom}
    return {child for (child,) in run(different(whom), params, prepare=False)}


# Of several calendars for a child and a checkup the one that begins latest counts, as in
# childcare.checkups.windows.due_rows.
def different(whom: str) -> str:
    """Return the SQL for `out_of_date`. Every table is bounded, lest a range read all of it."""
    return f"""
    WITH child AS (
        SELECT r.id, r.municipality_id, r.born FROM {Resident._meta.db_table} r
        WHERE {whom.format(id="r.id")} AND r.state = 'active' AND r.adult_on > %(today)s::date
            AND r.born <= %(today)s::date),
    said AS (
        SELECT DISTINCT ON (child.id, c.checkup) child.id AS resident_id, c.checkup,
            c.held_from, c.held_until, c.place, c.note
        FROM child JOIN {CheckupCalendar._meta.db_table} c
            ON c.municipality_id = child.municipality_id
            AND child.born BETWEEN c.born_from AND c.born_until
        WHERE c.checkup = ANY(%(codes)s::text[])
        ORDER BY child.id, c.checkup, c.born_from DESC),
    stored AS (
        SELECT d.resident_id, d.checkup, d.window_from, d.window_until, d.place, d.note
        FROM {DueCheckup._meta.db_table} d JOIN child ON child.id = d.resident_id
        WHERE {whom.format(id="d.resident_id")} AND d.basis = 'calendar')
    SELECT DISTINCT coalesce(said.resident_id, stored.resident_id)
    FROM said FULL JOIN stored
        ON stored.resident_id = said.resident_id AND stored.checkup = said.checkup
    WHERE (said.resident_id, said.held_from, said.held_until, said.place, said.note)
        IS DISTINCT FROM (stored.resident_id, stored.window_from, stored.window_until,
            stored.place, stored.note)"""
