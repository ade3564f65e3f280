"""Whom a load is about: the statements that make new people and set lines aside.

They work on `staged_line`, in the order in which `Load.admit` runs them, and leave `placed_line`:
the lines that can be taken, each with its person. No fact is written here.
"""

from portal.applications.settle import KIND as STATUS
from portal.exchange.changes.tell import TELL_TAKEN
from portal.exchange.lines import reasons
from portal.residents.ages import ADULT, FirstDayAtAge
from portal.residents.settle import NEWEST_FIRST, OF_RESIDENT, day_in_japan

WAITING = """
    SELECT q.id, q.upload_id, q.file, q.line_number, q.text, k.key, c.kinds, c.municipality_id
    FROM exchange_quarantinedline q JOIN exchange_upload u ON u.id = q.upload_id
    LEFT JOIN exchange_connection c ON c.id = u.connection_id
    LEFT JOIN residents_source k ON k.id = c.source_id
    JOIN (SELECT DISTINCT person FROM staged_line WHERE kind = 'resident' AND reason = '') known
        ON known.person = q.waits_for_ref
    LEFT JOIN staged_line s ON s.waiting_id = q.id
    WHERE q.resolved_at IS NULL AND q.waits_for_ref <> '' AND q.id > %(after)s
        AND s.waiting_id IS NULL
    ORDER BY q.id LIMIT %(limit)s"""

NEW_SOURCES = """
    INSERT INTO residents_source (key)
    SELECT s.key FROM unnest(%(sources)s::text[]) s (key)
    WHERE NOT EXISTS (SELECT 1 FROM residents_source k WHERE k.key = s.key)
    ON CONFLICT DO NOTHING"""

# Also of those whose lines were all set aside: a source that sends is not silent.
DELIVERED = """
    UPDATE residents_source k SET delivered_at = now()
    WHERE k.key = ANY(%(sources)s)"""

# A register reports who lives in its municipality, and of who has lived there where to they went.
# So a line that names another municipality is taken of somebody whom a report (the portal's own,
# or one of this load that may be taken) has had in the sender's.
RESIDENTS_OF_OTHERS = f"""
    WITH RECURSIVE told AS MATERIALIZED (
        SELECT s.ctid AS line, s.person, coalesce(r.record_id, r.resident_id) AS resident_id,
            s.within, s.value->>'municipality' AS municipality
        FROM staged_line s LEFT JOIN residents_residentref r ON r.ref = s.person
        WHERE s.kind = 'resident' AND s.reason = '' AND s.person IN (
            SELECT person FROM staged_line
            WHERE kind = 'resident' AND reason = '' AND within <> value->>'municipality')),
    lived_in AS (
        (SELECT person, municipality FROM told WHERE coalesce(within, municipality) = municipality
        UNION SELECT told.person, known.municipality_id
            FROM told JOIN residents_resident known ON known.id = told.resident_id
        UNION SELECT told.person, f.value->>'municipality'
            FROM told JOIN residents_factreport f
                ON f.resident_id = told.resident_id AND f.kind = 'resident')
        UNION SELECT told.person, told.municipality
            FROM told JOIN lived_in USING (person) WHERE lived_in.municipality = told.within)
    UPDATE staged_line s SET reason = '{reasons.ANOTHER_MUNICIPALITY}', detail = s.person,
        waits_for_ref = s.person
    FROM told
    WHERE s.ctid = told.line AND told.municipality <> told.within AND NOT EXISTS (
        SELECT 1 FROM lived_in
        WHERE lived_in.person = told.person AND lived_in.municipality = told.within)"""

# Other facts too: of whom a report has ever had there. Then it does not matter whether the move or
# the fact arrives first, and what happened before a move can still be told after it. A report of a
# record that was merged into the person's is one of the person.
FACTS_OF_OTHERS = f"""
    UPDATE staged_line s SET reason = '{reasons.ANOTHER_MUNICIPALITY}', detail = s.person,
        waits_for_ref = s.person
    FROM residents_residentref r JOIN residents_resident person ON person.id = r.resident_id
    WHERE s.reason = '' AND s.kind <> 'resident' AND r.ref = s.person
        AND person.municipality_id <> s.within
        AND NOT EXISTS (
            SELECT 1 FROM residents_factreport f
            WHERE f.resident_id = person.id AND f.kind = 'resident'
                AND f.value->>'municipality' = s.within)
        AND NOT EXISTS (
            SELECT 1 FROM residents_residentref k JOIN residents_factreport f
                ON f.resident_id = k.record_id AND f.kind = 'resident'
            WHERE k.resident_id = person.id AND f.value->>'municipality' = s.within)
        AND NOT EXISTS (
            SELECT 1 FROM staged_line told
            WHERE told.kind = 'resident' AND told.reason = '' AND told.person = s.person
                AND told.value->>'municipality' = s.within)"""

# A report without a time of its own that came before counts as of then, and has been weighed.
NEW_TO_US = """
    AND NOT (s.checked_at IS NULL AND EXISTS (
        SELECT 1 FROM residents_residentref r
        JOIN residents_factreport f ON f.resident_id = r.resident_id
        WHERE r.ref = s.person AND f.kind = 'resident' AND f.source_id = k.id
            AND f.value = s.value AND NOT f.timed))"""


def said_of_people(also: str = "") -> str:
    """Return the SQL for what the register says of people in this load: the newest report of each.

    `also` is a condition of which reports count.
    """
    return f"""
        SELECT DISTINCT ON (person) * FROM (
            SELECT s.person, coalesce(s.checked_at, %(arrived)s) AS checked_at, s.value,
                k.id AS source_id, k.key AS source_key,
                {day_in_japan("coalesce(s.checked_at, %(arrived)s)")} + k.fresh_for AS stale_on
            FROM staged_line s JOIN residents_source k ON k.key = s.source
            WHERE s.kind = 'resident' AND s.reason = ''{also}) told
        ORDER BY person, {NEWEST_FIRST}"""


NEW_PEOPLE = f"""
    WITH made AS (
        INSERT INTO residents_resident (ref, acts_from, {", ".join(OF_RESIDENT)})
        SELECT said.person, (said.value->>'born')::date, {", ".join(OF_RESIDENT.values())}
        FROM ({said_of_people()}) said
        WHERE NOT EXISTS (SELECT 1 FROM residents_residentref r WHERE r.ref = said.person)
        ORDER BY said.person
        RETURNING id, ref)
    INSERT INTO residents_residentref (ref, resident_id) SELECT ref, id FROM made"""

UNKNOWN_PEOPLE = f"""
    UPDATE staged_line s SET reason = '{reasons.UNKNOWN_PERSON}', detail = unknown.ref,
        waits_for_ref = unknown.ref
    FROM (
        SELECT l.ctid AS line, CASE WHEN p.ref IS NULL THEN l.person ELSE l.guardian END AS ref
        FROM staged_line l
        LEFT JOIN residents_residentref p ON p.ref = l.person
        LEFT JOIN residents_residentref g ON g.ref = l.guardian
        WHERE l.reason = '' AND (p.ref IS NULL OR l.guardian IS NOT NULL AND g.ref IS NULL)) unknown
    WHERE s.ctid = unknown.line"""

# Of a reference that staff have merged into another the register may go on saying that. What says
# otherwise and would stand is for staff: it may be that the two are two after all.
OF_A_MERGED_REF = f"""
    UPDATE staged_line s SET reason = '{reasons.MERGED_REF}', detail = s.person
    FROM residents_residentref r JOIN residents_resident record ON record.id = r.record_id
    WHERE s.kind = 'resident' AND s.reason = '' AND r.record_id IS NOT NULL AND r.ref = s.person
        AND coalesce(s.checked_at, %(arrived)s) >= record.checked_at
        AND NOT EXISTS (
            SELECT 1 FROM residents_residentref into_whom
            WHERE into_whom.ref = s.value->>'merged_into'
                AND into_whom.resident_id = r.resident_id)
        AND NOT EXISTS (
            SELECT 1 FROM residents_factreport f JOIN residents_source k ON k.id = f.source_id
            WHERE f.resident_id = record.id AND f.kind = 'resident' AND k.key = s.source
                AND f.value = s.value AND (f.checked_at = s.checked_at
                    OR s.checked_at IS NULL AND NOT f.timed))"""

OWN_GUARDIANS = f"""
    UPDATE staged_line s SET reason = '{reasons.OWN_GUARDIAN}'
    FROM residents_residentref child, residents_residentref guardian
    WHERE s.kind = 'guardianship' AND s.reason = '' AND child.ref = s.person
        AND guardian.ref = s.guardian AND child.resident_id = guardian.resident_id"""

OF_A_BIRTH = "'guardianship', 'birth', 'checkup', 'vaccination'"
ADULT_ON = FirstDayAtAge.template % {"expressions": "child.born", "years": ADULT}

# What the date of birth speaks against, as this load corrects it. Such a line waits for the
# person: a later correction takes it up again. What a source withdraws is taken in any case.
AGAINST_THE_BIRTH = f"""
    UPDATE staged_line s SET reason = wrong.reason, detail = wrong.ref, waits_for_ref = wrong.ref
    FROM (
        SELECT l.ctid AS line, child.ref, CASE
            WHEN l.kind = 'guardianship' AND (l.value->>'from')::date >= {ADULT_ON}
                THEN '{reasons.GUARDIAN_OF_AN_ADULT}'
            WHEN l.kind = 'birth' AND (l.value->>'born')::date <> child.born
                THEN '{reasons.BORN_ON_ANOTHER_DAY}'
            WHEN l.kind IN ('checkup', 'vaccination') AND (l.value->>'on')::date < child.born
                THEN '{reasons.BEFORE_BIRTH}' END AS reason
        FROM staged_line l JOIN (
            SELECT told.person AS ref, CASE WHEN said.checked_at > person.checked_at
                THEN (said.value->>'born')::date ELSE person.born END AS born
            FROM (SELECT DISTINCT person FROM staged_line WHERE kind IN ({OF_A_BIRTH})) told
            JOIN residents_residentref known ON known.ref = told.person
            JOIN residents_resident person ON person.id = known.resident_id
            LEFT JOIN ({said_of_people(also=NEW_TO_US)}) said ON said.person = person.ref) child
            ON child.ref = l.person
        WHERE l.kind IN ({OF_A_BIRTH}) AND l.reason = '' AND NOT l.value ? 'withdrawn') wrong
    WHERE s.ctid = wrong.line AND wrong.reason IS NOT NULL"""

# Whose an application is, the first report of it says; of one load, the earliest.
NEW_APPLICATIONS = f"""
    INSERT INTO applications_applicationref (source_id, ref, resident_id)
    SELECT DISTINCT ON (k.id, s.value->>'ref') k.id, s.value->>'ref', r.resident_id
    FROM staged_line s JOIN residents_source k ON k.key = s.source
    JOIN residents_residentref r ON r.ref = s.person
    WHERE s.kind = '{STATUS}' AND s.reason = '' AND NOT EXISTS (
        SELECT 1 FROM applications_applicationref a
        WHERE a.source_id = k.id AND a.ref = s.value->>'ref')
    ORDER BY k.id, s.value->>'ref', (s.value->>'seq')::bigint, s.checked_at, s.person COLLATE "C"
    ON CONFLICT (source_id, ref) DO NOTHING"""

# Not where the register has made one person of the two. Else the line waits for a report of the
# person whose it is, which may say that.
OF_ANOTHER_PERSON = f"""
    WITH of_two AS MATERIALIZED (
        SELECT s.ctid AS line, a.resident_id AS owner_id, said.resident_id AS person_id
        FROM staged_line s JOIN residents_source k ON k.key = s.source
        JOIN residents_residentref said ON said.ref = s.person
        JOIN applications_applicationref a ON a.source_id = k.id AND a.ref = s.value->>'ref'
        WHERE s.kind = '{STATUS}' AND s.reason = '' AND a.resident_id <> said.resident_id)
    UPDATE staged_line s SET reason = '{reasons.REF_OF_ANOTHER}', detail = s.value->>'ref',
        waits_for_ref = owner.ref
    FROM of_two JOIN residents_resident owner ON owner.id = of_two.owner_id
    JOIN residents_resident person ON person.id = of_two.person_id
    WHERE s.ctid = of_two.line
        AND owner.merged_into <> person.ref AND person.merged_into <> owner.ref
        AND NOT EXISTS (
            SELECT 1 FROM staged_line merged
            WHERE merged.kind = 'resident' AND merged.reason = ''
                AND (merged.person, merged.value->>'merged_into')
                    IN ((owner.ref, person.ref), (person.ref, owner.ref)))"""

SET_ASIDE = """
    INSERT INTO exchange_quarantinedline (upload_id, file, line_number, reason, detail, text,
        waits_for_ref, received_at)
    SELECT %(upload)s, s.file, s.number, s.reason, left(s.detail, 300), s.text, s.waits_for_ref,
        now()
    FROM staged_line s
    WHERE s.reason <> '' AND s.waiting_id IS NULL AND NOT EXISTS (
        SELECT 1 FROM exchange_quarantinedline q
        WHERE q.resolved_at IS NULL AND q.file = s.file AND q.line_number = s.number
            AND q.reason = s.reason AND q.text = s.text)
    ORDER BY s.file, s.number"""

# Merged again, a line may be taken that was set aside, and then it waits no longer.
NO_LONGER_SET_ASIDE = f"""
    WITH taken AS (
        UPDATE exchange_quarantinedline q SET resolved_at = now()
        WHERE q.upload_id = %(upload)s AND q.resolved_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM staged_line s
            WHERE s.reason = q.reason AND s.file = q.file AND s.number = q.line_number
                AND s.text = q.text)
        RETURNING q.id AS line_id)
    {TELL_TAKEN}"""
NO_LONGER_REPORTED = "DELETE FROM exchange_uploadline WHERE upload_id = %(upload)s"

# Its sender fetches them by its own upload, also where the same line stood there before.
REPORTED = """
    INSERT INTO exchange_uploadline (upload_id, number, line_id)
    SELECT DISTINCT ON (s.number) %(upload)s, s.number, q.id
    FROM staged_line s JOIN exchange_quarantinedline q
        ON q.resolved_at IS NULL AND q.file = s.file AND q.line_number = s.number
            AND q.reason = s.reason AND q.text = s.text
    WHERE s.reason <> '' AND s.waiting_id IS NULL
    ORDER BY s.number, q.id
    ON CONFLICT DO NOTHING"""

STILL_SET_ASIDE = """
    UPDATE exchange_quarantinedline q SET reason = s.reason, detail = left(s.detail, 300),
        waits_for_ref = s.waits_for_ref
    FROM staged_line s
    WHERE s.waiting_id = q.id AND s.reason <> ''
        AND (q.reason, q.detail, q.waits_for_ref)
            IS DISTINCT FROM (s.reason, left(s.detail, 300), s.waits_for_ref)"""

# New numbers of applications, each of one person; and how many are said to be of several, which
# go the long way: whose those are, the earliest report says.
NEW_NUMBERS = """
    WITH numbers AS MATERIALIZED (
        SELECT source_id, value->>'ref' AS ref, min(resident_id) AS resident_id,
            min(resident_id) <> max(resident_id) AS of_several
        FROM placed_line WHERE new_number GROUP BY 1, 2),
    made AS (
        INSERT INTO applications_applicationref (source_id, ref, resident_id)
        SELECT source_id, ref, resident_id FROM numbers WHERE NOT of_several)
    SELECT count(*) FILTER (WHERE of_several) FROM numbers"""

# A report that is there already says nothing new. (Asked again when it would be written: another
# load may have brought it meanwhile.)
SAID_BEFORE = """
    SELECT 1 FROM residents_factreport f
    WHERE f.resident_id = whom.resident_id AND f.kind = s.kind AND f.key = s.key
        AND f.source_id = k.id AND f.value = s.value AND f.timed = (s.checked_at IS NOT NULL)
        AND (f.checked_at = s.checked_at OR s.checked_at IS NULL)"""

LINE = """whom.resident_id, s.kind, s.key, k.id AS source_id, k.key AS source_key,
        s.checked_at IS NOT NULL AS timed, coalesce(s.checked_at, %(arrived)s) AS checked_at,
        s.value, s.counted, s.waiting_id, coalesce(s.upload_id, %(upload)s) AS upload_id"""

PLACED = f"""
    CREATE TEMPORARY TABLE placed_line AS
    SELECT {LINE} FROM staged_line s
    JOIN residents_residentref r ON r.ref = s.person
    CROSS JOIN LATERAL (SELECT CASE WHEN s.kind = 'resident'
        THEN coalesce(r.record_id, r.resident_id) ELSE r.resident_id END AS resident_id) whom
    JOIN residents_source k ON k.key = s.source
    WHERE s.reason = '' AND (s.waiting_id IS NOT NULL OR NOT EXISTS ({SAID_BEFORE}))"""

# The same in one go, for lines of none but these kinds: `odd` where a statement above might set
# the line aside. Mostly there is none, and none of those statements is needed.
PLAIN_KINDS = {"certificate", "insurance", "account", STATUS}
PLACED_AT_ONCE = f"""
    CREATE TEMPORARY TABLE placed_line AS
    SELECT {LINE}, odd.odd, s.kind = '{STATUS}' AND a.resident_id IS NULL AS new_number
    FROM staged_line s
    JOIN residents_source k ON k.key = s.source
    LEFT JOIN residents_residentref whom ON whom.ref = s.person
    LEFT JOIN residents_resident person ON person.id = whom.resident_id
    LEFT JOIN applications_applicationref a
        ON s.kind = '{STATUS}' AND a.source_id = k.id AND a.ref = s.value->>'ref'
    CROSS JOIN LATERAL (SELECT (person.id IS NULL OR person.municipality_id <> s.within
        OR a.resident_id <> whom.resident_id) IS TRUE AS odd) odd
    WHERE s.reason = ''
        AND (odd.odd OR s.waiting_id IS NOT NULL OR NOT EXISTS ({SAID_BEFORE}))"""
ODD = """SELECT count(*) FILTER (WHERE odd), count(*) FILTER (WHERE new_number) FROM placed_line"""

# What is staged, by kinds and sources.
STAGED = """
    SELECT coalesce(kind, ''), source, counted, counted AND waiting_id IS NULL, count(*),
        count(*) FILTER (WHERE reason <> '')
    FROM staged_line GROUP BY 1, 2, 3, 4 ORDER BY 1"""
PEOPLE = """SELECT count(*) FROM (
    SELECT DISTINCT person FROM staged_line WHERE reason = '') people"""

# Staff may have merged people since. Their lines follow them, but for those of the register.
FOLLOW = """
    UPDATE placed_line p SET resident_id = r.resident_id
    FROM residents_residentref r
    WHERE p.resident_id BETWEEN %(low)s AND %(high)s AND p.kind <> 'resident'
        AND r.record_id IS NOT NULL AND r.record_id = p.resident_id
    RETURNING r.resident_id"""
