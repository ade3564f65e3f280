"""What follows for children from their records and the schedule, written by the set.

A plan is a function of the records, the schedule's edition and the day. What would stay as it is
is not written, so a second call writes nothing. Every function works for a fixed number of people
at a time, and in as many statements whatever their number.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

import msgspec
from django.db import connection
from django.utils import timezone

from childcare import stored
from childcare.after_birth import plan as after_birth
from childcare.after_birth.plan import Newborn
from childcare.checkups import calendars as checkup_calendar
from childcare.checkups.windows import due_rows
from childcare.forecast import Dose, Forecast, Series, forecast
from childcare.models import AfterBirth, Checkup, DueCheckup, DueDose, VaccinationForecast
from childcare.record import Record, records_of
from childcare.schedule import edition, the_schedule
from portal.database import run
from portal.residents.models import Source

CHILDREN_AT_ONCE = 1000  # whose records and plans are in memory
SHOWN_BEFORE = timedelta(days=30)
DAY = timedelta(days=1)
# Warnings with dates that are right on the day of the question alone: not kept with a dose.
OF_THE_DAY = {"live-together", "live-same-day"}
NEVER_STALE = date(2200, 1, 1)
PLAN = {
    "key": "childcare.plan",
    "name": "この案内が規則から計算",
    "name_en": "worked out by this portal",
}


def replan(ids: Iterable[int], *, today: date) -> set[int]:
    """Work out the plans of people (ids) anew, and return those whose plan changed.

    Who is no child that lives here has none. Call it in a transaction that holds the people
    (tasks.reconcile.hold).
    """
    changed: set[int] = set()
    ids = sorted(set(ids))
    if not ids:
        return changed
    source = plan_source()
    for some in _batches(ids):
        changed |= _replan(some, source, today)
    return changed


def refresh(low: int, high: int, today: date) -> set[int]:
    """Replan those from `low` up to but without `high` whose plan is out of date.

    That is every child when the schedule has another edition, and few on other days: who became
    18, whose free period for some dose is over, or whose municipality changed its calendar of
    checkups. Within the transaction of the range.
    """
    whom = "{id} >= %(low)s::bigint AND {id} < %(high)s::bigint"
    return replan(_out_of_date(whom, today, low=low, high=high), today=today)


def out_of_date(ids: Iterable[int], *, today: date) -> set[int]:
    """Return those of the people (ids) whose plan is missing or was made of something else."""
    ids = sorted(set(ids))
    return _out_of_date("{id} = ANY(%(ids)s::bigint[])", today, ids=ids) if ids else set()


def plan_source() -> Source:
    """Return who says what is worked out here; made where it is missing."""
    names = {name: text for name, text in PLAN.items() if name != "key"}
    return Source.objects.get_or_create(key=PLAN["key"], defaults=names)[0]


def _batches(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), CHILDREN_AT_ONCE):
        yield ids[start : start + CHILDREN_AT_ONCE]


def _out_of_date(whom: str, today: date, **of_whom) -> set[int]:
    # Adults are most people: they are left out where they are read, before anything is joined.
    # Both tables are bounded, lest a range read all of one of them.
    child = "r.adult_on > %(today)s::date AND r.born <= %(today)s::date AND r.state = 'active'"
    people, planned = whom.format(id="r.id"), whom.format(id="f.resident_id")
    sql = f"""
        SELECT r.id FROM residents_resident r
        LEFT JOIN childcare_vaccinationforecast f ON f.resident_id = r.id AND {planned}
        WHERE {people} AND {child}
            AND (f.resident_id IS NULL OR f.edition <> %(edition)s OR f.born <> r.born
                OR f.again_on <= %(today)s::date)
        UNION ALL
        SELECT r.id FROM childcare_vaccinationforecast f
        JOIN residents_resident r ON r.id = f.resident_id
        WHERE {people} AND {planned} AND ({child}) IS NOT TRUE"""
    params = {"today": today, "edition": edition(today), **of_whom}
    found = {row[0] for row in run(sql, params, prepare=False)}
    return found | checkup_calendar.out_of_date(whom, today, **of_whom)


# ---- from records to rows
def forecast_of(record: Record, *, today: date, had: Iterable[str] | None = None) -> Forecast:
    """Return what the schedule says of a child, of all that counts on its record.

    `had` is asked in place of what ends a series by the record.
    """
    return forecast(
        born=record.born,
        sex=record.sex,
        given=record.counted,
        as_of=today,
        had=record.had if had is None else had,
    )


def is_planned(record: Record, today: date) -> bool:
    return record.is_child(today) and record.born <= today


def _replan(ids: list[int], source: Source, today: date) -> set[int]:
    records = [one for one in records_of(ids).values() if is_planned(one, today)]
    forecasts, doses = [], []
    for record in records:
        found = forecast_of(record, today=today)
        forecasts.append(forecast_row(record, found, today))
        doses += dose_rows(record, found, today)
    written = {
        "source_id": source.pk,
        "checked_at": datetime.combine(today, timezone.localtime().timetz()),
        "stale_on": NEVER_STALE,
    }
    return (
        FORECASTS.write(ids, forecasts)
        | DOSES.write(ids, doses, **written)
        | CHECKUPS.write(ids, checkup_rows(records), **written)
        | AFTER_BIRTHS.write(ids, after_birth_rows(records, today), **written)
    )


def forecast_row(record: Record, found: Forecast, today: date) -> dict:
    return {
        "resident_id": record.child_id,
        "edition": edition(today),
        "as_of": today,
        "born": record.born,
        "again_on": again_on(found, today),
    }


def again_on(found: Forecast, today: date) -> date | None:
    """Return the next day on which the forecast may come out otherwise though nothing was given.

    A dose can be had: then it may be named together with another. A period ends: then another dose
    may be the next one. The child comes to an age with a warning. Or other rules come into force.
    """
    turning = set(the_schedule().change_days)
    for dose in found.next:
        turning.add(dose.earliest)
        turning |= {day + DAY for day in (dose.recommended_until, dose.legal_until) if day}
        turning |= {dose.cautioned_from} - {None}
    return min((day for day in turning if day > today), default=None)


def dose_rows(record: Record, found: Forecast, today: date) -> list[dict]:
    """Return the rows of one child: each dose that was given, and the next or last of a series.

    Of a series that has ended it is the dose that would be next, marked so.
    """
    rows: dict[str, dict] = {}
    ended = {series.series for series in found.series if series.state == "ended"}
    otherwise = forecast_of(record, today=today, had=()) if ended else found
    for series, would_be in zip(found.series, otherwise.series, strict=True):
        for dose in to_come(would_be):
            rows[f"{dose.series}-{dose.dose}"] = due_row(record, dose, series.series in ended)
        for given in series.given:
            subject = f"{series.series}-{given.dose}"
            rows[subject] = {
                "vaccine": given.vaccine,
                "dose": given.dose,
                "given_on": given.on,
                "ended": False,
                "reasons": [],
                "warnings": [],
            }
    common = {"resident_id": record.child_id, "born": record.born, "record_known": record.known}
    return [{**row, **common, "subject": subject} for subject, row in rows.items()]


def to_come(series: Series) -> list[Dose]:
    """Return the doses of a series that have dates and were not given.

    Of products of which the family chooses one, the one that can be had longest stands for all.
    What comes within another vaccine has no row of its own.
    """
    last = max(series.next, key=lambda dose: dose.legal_until, default=series.last)
    return [dose for dose in (*series.passed, last) if dose and not dose.covered_by]


def due_row(record: Record, dose: Dose, ended: bool) -> dict:
    start = min(max(dose.earliest, dose.recommended_from or dose.earliest), dose.legal_until)
    until = dose.recommended_until
    return {
        "vaccine": dose.vaccine,
        "dose": dose.dose,
        "ended": ended,
        "earliest": dose.earliest,
        "legal_until": dose.legal_until,
        "recommended_from": dose.recommended_from,
        "recommended_until": until,
        "opens_on": max(record.born, start - SHOWN_BEFORE),
        "due_on": min(until, dose.legal_until) if until and until >= start else dose.legal_until,
        "reasons": stored.stored_sentences(dose.reasons),
        "warnings": stored.stored_sentences(
            warning for warning in dose.warnings if warning.code not in OF_THE_DAY
        ),
    }


def checkup_rows(records: list[Record]) -> list[dict]:
    """Return the rows of these children: each checkup that has dates, and whether it was done."""
    done = done_checkups(records)
    calendars = checkup_calendar.calendars_of(record.municipality for record in records)
    return [
        {"resident_id": record.child_id, **row._asdict()}
        for record in records
        for row in due_rows(
            born=record.born,
            done=done.get(record.child_id, {}),
            calendars=calendars.get(record.municipality, []),
        )
    ]


def done_checkups(records: list[Record]) -> dict[int, dict[str, date]]:
    """Return when checkups were first done: {child: {code: day}}, without what is hidden."""
    hidden = {checkup for record in records for checkup in record.hidden_checkups}
    children = [record.child_id for record in records]
    reported = Checkup.objects.in_force().filter(resident__in=children).order_by("-on")
    done: dict[int, dict[str, date]] = {}
    for pk, child, code, on in reported.values_list("pk", "resident", "checkup", "on"):
        if pk not in hidden:
            done.setdefault(child, {})[code] = on
    return done


def after_birth_rows(records: list[Record], today: date) -> list[dict]:
    newborns = [
        Newborn(record.child_id, record.born, record.birth and record.birth.weight_g)
        for record in records
    ]
    return [row._asdict() for row in after_birth.plan_rows(newborns, today=today)]


# ---- from rows to the database
OF_A_FACT = ("source_id", "checked_at", "stale_on")


@dataclass(frozen=True)
class Written:
    """A table whose rows about some people are made equal to given ones in one statement.

    `beside` are columns that are written along with the others and alone are no reason to write.
    """

    model: type
    identity: tuple[str, ...]
    beside: tuple[str, ...] = ()

    def write(self, ids: list[int], rows: list[Mapping], **same) -> set[int]:
        """Let `rows` be all there is about the people `ids`; return those with a change.

        A column that a row leaves out is empty. `same` are columns with one value in every row.
        """
        params = {"ids": ids, "rows": msgspec.json.encode(rows).decode(), **same}
        return {row[0] for row in run(self.sql, params, prepare=False)}

    @cached_property
    def sql(self) -> str:
        table = self.model._meta.db_table
        kinds = {f.column: f.db_type(connection) for f in self.model._meta.concrete_fields}
        said = [name for name in kinds if name in OF_A_FACT]
        rows = [name for name in kinds if name not in ("id", *said)]
        compared = [name for name in rows if name not in (*self.identity, *self.beside)]
        kept = [name for name in (*rows, *said) if name not in self.identity]
        same_row = " AND ".join(f"t.{name} = made.{name}" for name in self.identity)
        return f"""
            WITH made AS MATERIALIZED (
                SELECT * FROM json_to_recordset(%(rows)s::json)
                    AS made({", ".join(f"{name} {kinds[name]}" for name in rows)})),
            gone AS (
                DELETE FROM {table} t WHERE t.resident_id = ANY(%(ids)s::bigint[])
                    AND NOT EXISTS (SELECT FROM made WHERE {same_row})
                RETURNING t.resident_id),
            written AS (
                INSERT INTO {table} ({", ".join([*rows, *said])})
                SELECT {", ".join([*rows, *(f"%({name})s::{kinds[name]}" for name in said)])}
                FROM made WHERE NOT EXISTS (
                    SELECT FROM {table} t
                    WHERE t.resident_id = ANY(%(ids)s::bigint[]) AND {same_row}
                        AND ({", ".join(f"t.{name}" for name in compared)})
                            IS NOT DISTINCT FROM ({", ".join(f"made.{name}" for name in compared)}))
                ON CONFLICT ({", ".join(self.identity)}) DO UPDATE SET
                    {", ".join(f"{name} = excluded.{name}" for name in kept)}
                RETURNING resident_id)
            SELECT resident_id FROM gone UNION SELECT resident_id FROM written"""


FORECASTS = Written(VaccinationForecast, identity=("resident_id",), beside=("as_of",))
DOSES = Written(DueDose, identity=("resident_id", "subject"))
CHECKUPS = Written(DueCheckup, identity=("resident_id", "checkup"))
AFTER_BIRTHS = Written(AfterBirth, identity=("resident_id",))
