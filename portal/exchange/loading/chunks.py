"""What of the placed lines is merged in one transaction, and which of their reports are new."""

from portal.applications.settle import SEQUENCE
from portal.exchange.changes.tell import TELL_TAKEN
from portal.residents.settle import NEWEST_FIRST

# Whose lines are merged in one transaction: people in a row, until there are enough of them or of
# their lines. Where one person has more, the lines go in parts, with each fact in one of them:
# facts follow from all reports, however they come.
CHUNKS = """
    SELECT min(resident_id), max(resident_id), greatest(1, (sum(lines) / %(lines)s)::int), count(*)
    FROM (
        SELECT resident_id, lines,
            (row_number() OVER by_id - 1) / %(people)s AS by_people,
            floor((sum(lines) OVER by_id - lines) / %(lines)s) AS by_lines
        FROM (
            SELECT resident_id, count(*) AS lines FROM placed_line GROUP BY resident_id) people
        WINDOW by_id AS (ORDER BY resident_id)) numbered
    GROUP BY by_people, by_lines ORDER BY 1"""

IN_CHUNK = """p.resident_id BETWEEN %(low)s AND %(high)s
    AND (%(parts)s = 1 OR abs(hashtext(p.kind || p.key)::bigint) %% %(parts)s = %(part)s)"""

# Adds the reports that are new. For each kind: the people told about, those about whom a newer
# fact stands now, and how many lines of this load such a fact came from.
REPORTS = f"""
    WITH fresh AS MATERIALIZED (
        SELECT DISTINCT ON (resident_id, kind, key, source_id, timed, checked_at, value) p.*
        FROM placed_line p
        WHERE {IN_CHUNK} AND NOT EXISTS (
            SELECT 1 FROM residents_factreport f
            WHERE f.resident_id BETWEEN %(low)s AND %(high)s
                AND f.resident_id = p.resident_id AND f.kind = p.kind AND f.key = p.key
                AND f.source_id = p.source_id AND f.value = p.value AND f.timed = p.timed
                AND (f.checked_at = p.checked_at OR NOT p.timed))
        ORDER BY resident_id, kind, key, source_id, timed, checked_at, value, counted DESC,
            upload_id),
    kept AS (
        INSERT INTO residents_factreport
            (resident_id, kind, key, source_id, checked_at, timed, value, upload_id)
        SELECT resident_id, kind, key, source_id, checked_at, timed, value, upload_id FROM fresh),
    newest AS (
        SELECT DISTINCT ON (resident_id, kind, key) * FROM fresh
        ORDER BY resident_id, kind, key, {SEQUENCE} DESC, {NEWEST_FIRST}),
    judged AS (
        SELECT newest.*, NOT EXISTS (
            SELECT 1 FROM residents_factreport f JOIN residents_source k ON k.id = f.source_id
            WHERE f.resident_id BETWEEN %(low)s AND %(high)s
                AND f.resident_id = newest.resident_id AND f.kind = newest.kind
                AND f.key = newest.key
                AND ({SEQUENCE.replace("kind", "f.kind").replace("value", "f.value")},
                        f.checked_at, k.key COLLATE "C", f.value::text COLLATE "C")
                    > ({SEQUENCE.replace("kind", "newest.kind").replace("value", "newest.value")},
                        newest.checked_at, newest.source_key COLLATE "C",
                        newest.value::text COLLATE "C")) AS stands
        FROM newest)
    SELECT kind, array_agg(DISTINCT resident_id),
        array_agg(DISTINCT resident_id) FILTER (WHERE stands),
        count(*) FILTER (WHERE stands AND counted)
    FROM judged GROUP BY kind"""

TAKEN = f"""
    WITH taken AS (
        UPDATE exchange_quarantinedline q SET resolved_at = now()
        FROM placed_line p
        WHERE p.waiting_id = q.id AND {IN_CHUNK} AND q.resolved_at IS NULL
        RETURNING q.id AS line_id)
    {TELL_TAKEN}"""
