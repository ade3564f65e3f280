"""What stands about people: made equal to what the history of reports says.

Every function takes ids of people and works by the set. Facts are a function of the reports
alone, so a second call changes nothing, and `settle_*` over everyone makes all facts anew.
Rows that would stay as they are are not written. Call them inside a transaction that holds the
people alone against other writers of facts.
"""

from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db import connection


def day_in_japan(moment: str) -> str:
    """Return the SQL for the date in Japan of a moment."""
    return f"({moment} AT TIME ZONE '{settings.TIME_ZONE}')::date"


# Of two reports the later check stands; the rest only settles a tie the same way everywhere.
NEWEST_FIRST = 'checked_at DESC, source_key COLLATE "C" DESC, value::text COLLATE "C" DESC'

# The columns of a resident that a report gives; `said` is the report.
OF_RESIDENT = {
    "municipality_id": "said.value->>'municipality'",
    "name": "said.value->>'name'",
    "name_kana": "coalesce(said.value->>'name_kana', '')",
    "born": "(said.value->>'born')::date",
    "email": "coalesce(said.value->>'email', '')",
    "language": "coalesce(said.value->>'language', 'ja')",
    "state": """CASE WHEN said.value ? 'merged_into' THEN 'merged'
        WHEN said.value ? 'died_on' THEN 'deceased'
        WHEN said.value ? 'moved_out_on' THEN 'moved-away' ELSE 'active' END""",
    "state_since": f"""CASE WHEN said.value ? 'merged_into'
            THEN {day_in_japan("said.checked_at")}
        ELSE coalesce(said.value->>'died_on', said.value->>'moved_out_on')::date END""",
    "merged_into": "coalesce(said.value->>'merged_into', '')",
    "source_id": "said.source_id",
    "checked_at": "said.checked_at",
    "stale_on": "said.stale_on",
}


def reports(kind: str) -> str:
    """Return the SQL for all reports of a kind about the people `ids`."""
    return f"""
        SELECT f.resident_id, f.key, f.source_id, f.checked_at, f.value, s.key AS source_key,
            {day_in_japan("f.checked_at")} AS checked_on,
            {day_in_japan("f.checked_at")} + s.fresh_for AS stale_on,
            min(f.checked_at) OVER (PARTITION BY f.resident_id, f.key) AS first_at
        FROM residents_factreport f JOIN residents_source s ON s.id = f.source_id
        WHERE f.resident_id = ANY(%(ids)s::bigint[]) AND f.kind = '{kind}'"""


def standing(kind: str, newest: str = NEWEST_FIRST, one: str = "key") -> str:
    """Return the SQL for the report that stands, of each fact of a kind: they differ by `one`."""
    return f"""
        SELECT DISTINCT ON (resident_id, {one}) * FROM ({reports(kind)}) told
        ORDER BY resident_id, {one}, {newest}"""


def settle_facts(
    kind: str,
    *,
    table: str,
    identity: Mapping[str, str],
    columns: Mapping[str, str],
    at_first: Mapping[str, str] | None = None,
    joins: str = "",
    person: str = "resident_id",
    newest: str = NEWEST_FIRST,
    one: str = "key",
    only_where: str = "",
    ids: Iterable[int],
) -> set[int]:
    """Make the rows of `table` about the people `ids` what stands; return whose rows changed.

    `identity` and `columns` give each column its SQL, in which `said` is the report that stands;
    `at_first` those of a new row alone. `person` is the column that names whose row it is, `newest`
    the order of reports where the last check does not decide, `one` the SQL for what makes a fact
    one of its kind, `only_where` the condition of the unique index of `identity` where it is not of
    the whole table.
    """
    columns = {
        **columns,
        "source_id": "said.source_id",
        "checked_at": "said.checked_at",
        "stale_on": "said.stale_on",
    }
    every = {**identity, **columns, **(at_first or {})}
    made = ", ".join(f"{expression} AS {name}" for name, expression in every.items())
    same_row = " AND ".join(f"t.{name} = made.{name}" for name in identity)
    stored, wanted = (", ".join(f"{side}.{name}" for name in columns) for side in ("t", "made"))
    sql = f"""
        WITH made AS MATERIALIZED (SELECT {made} FROM ({standing(kind, newest, one)}) said {joins}),
        written AS (
            INSERT INTO {table} ({", ".join(every)})
            SELECT {", ".join(f"made.{name}" for name in every)} FROM made
            WHERE NOT EXISTS (
                SELECT 1 FROM {table} t WHERE t.{person} = ANY(%(ids)s::bigint[]) AND {same_row}
                    AND ({stored}) IS NOT DISTINCT FROM ({wanted}))
            ON CONFLICT ({", ".join(identity)}) {only_where} DO UPDATE SET
                {", ".join(f"{name} = excluded.{name}" for name in columns)}
            RETURNING {person})
        SELECT DISTINCT {person} FROM written"""
    return ids_from(sql, ids)


def ids_from(sql: str, ids: Iterable[int]) -> set[int]:
    """Run `sql` for the people `ids` and return the first column; nobody takes no statement."""
    ids = sorted(ids)
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(sql, {"ids": ids})
        return {row[0] for row in cursor.fetchall()}


def settle_residents(ids: Iterable[int]) -> tuple[set[int], set[int]]:
    """Make the people what the register says; return whose rows changed, and whose state.

    A move or change of name has the date that the register gives; where a report differs from
    the one before it without one, it has the date of the check. The row of somebody whom a clerk
    has merged into another stays as it was then.
    """
    ids = sorted(ids)
    if not ids:
        return set(), set()
    columns = {**OF_RESIDENT, "identity_changed_on": "changes.identity_changed_on"}
    made = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    stored, wanted = (", ".join(f"{side}.{name}" for name in columns) for side in ("r", "made"))
    sql = f"""
        WITH told AS MATERIALIZED ({reports("resident")}),
        in_order AS (
            SELECT *, lag(value) OVER (
                PARTITION BY resident_id
                ORDER BY checked_at, source_key COLLATE "C", value::text COLLATE "C") AS before
            FROM told),
        changes AS (
            SELECT resident_id, max(greatest(
                (value->>'moved_on')::date, (value->>'name_changed_on')::date,
                {undated_change("municipality", "moved_on")},
                {undated_change("name", "name_changed_on")})) AS identity_changed_on
            FROM in_order GROUP BY resident_id),
        said AS (
            SELECT DISTINCT ON (resident_id) * FROM told ORDER BY resident_id, {NEWEST_FIRST}),
        made AS MATERIALIZED (
            SELECT said.resident_id, old.state AS old_state, {made}
            FROM said JOIN changes USING (resident_id)
            JOIN residents_resident old ON old.id = said.resident_id)
        UPDATE residents_resident r SET {", ".join(f"{name} = made.{name}" for name in columns)}
        FROM made WHERE r.id = made.resident_id AND ({stored}) IS DISTINCT FROM ({wanted})
            AND (made.old_state <> 'merged' OR NOT EXISTS (
                SELECT FROM residents_residentref k
                WHERE k.record_id IS NOT NULL AND k.record_id = r.id))
        RETURNING r.id, r.state <> made.old_state"""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"ids": ids})
        rows = cursor.fetchall()
    return {person for person, _state in rows}, {person for person, state in rows if state}


def undated_change(what: str, dated: str) -> str:
    """Return the SQL for the day of a check that found `what` changed and gave no new date."""
    return f"""CASE WHEN value->>'{what}' <> before->>'{what}' AND (value->>'{dated}' IS NULL
        OR value->>'{dated}' IS NOT DISTINCT FROM before->>'{dated}') THEN checked_on END"""


def settle_guardianships(ids: Iterable[int]) -> set[int]:
    """Make the guardianships of the children `ids` what stands; return the children changed.

    A guardianship ends by itself at 18. Who has or had a guardian acts when the last one ends;
    who never had one, always did. Of a guardian with two refs the newest report of both stands.
    """
    ids = set(ids)
    changed = settle_facts(
        "guardianship",
        table="residents_guardianship",
        person="child_id",
        one="(SELECT r.resident_id FROM residents_residentref r WHERE r.ref = told.key)",
        identity={"child_id": "said.resident_id", "guardian_id": "guardian.resident_id"},
        columns={
            "starts_on": "(said.value->>'from')::date",
            "until": "(said.value->>'until')::date",
            "ends_on": "least((said.value->>'until')::date + 1, child.adult_on)",
        },
        joins="""JOIN residents_resident child ON child.id = said.resident_id
            JOIN residents_residentref guardian ON guardian.ref = said.key
                AND guardian.resident_id <> said.resident_id""",
        ids=ids,
    )
    return changed | ids_from(
        """
        UPDATE residents_resident r SET acts_from = made.acts_from
        FROM (
            SELECT person.id, coalesce(max(g.ends_on), person.born) AS acts_from
            FROM residents_resident person
            LEFT JOIN residents_guardianship g ON g.child_id = person.id
            WHERE person.id = ANY(%(ids)s::bigint[]) GROUP BY person.id) made
        WHERE r.id = made.id AND r.acts_from <> made.acts_from
        RETURNING r.id""",
        ids,
    )
