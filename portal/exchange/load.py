"""Facts in bulk: from lines of NDJSON to tasks, by the set.

    files ─▶ staged_line ─▶ people and lines set aside ─▶ placed_line ─▶ reports, facts, tasks
             (COPY)         (one transaction)                            (a transaction a chunk)

Everything is staged first, so the order of lines and files does not matter. Loading the same
again writes nothing. Killed anywhere, loading the same again ends as if nothing had happened:
people without facts have no tasks, and a chunk is committed with its tasks or not at all.
"""

import functools
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import BinaryIO, NamedTuple

from django.db import OperationalError, connection, transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from childcare.after_birth.plan import note_registered, parents_told_wrong
from childcare.plan import out_of_date, replan
from childcare.settle import settle_births, settle_checkups, settle_vaccinations
from portal import clock
from portal.applications.settle import KIND as STATUS
from portal.applications.settle import SEQUENCE, settle_applications
from portal.card.settle import (
    settle_benefit_accounts,
    settle_certificates,
    settle_insurance_uses,
)
from portal.exchange import reasons
from portal.exchange.change import TELL_TAKEN
from portal.exchange.formats import Line, Reader, Sender
from portal.exchange.lines import read_lines
from portal.exchange.models import Connection, QuarantinedLine, Upload
from portal.residents.ages import ADULT, FirstDayAtAge
from portal.residents.locks import BLOCK, LOCK_OF_FACTS, LOCK_OF_PEOPLE
from portal.residents.models import Municipality
from portal.residents.settle import (
    NEWEST_FIRST,
    OF_RESIDENT,
    day_in_japan,
    settle_guardianships,
    settle_residents,
)
from tasks.reconcile import hold, reconcile_people, with_wards

logger = logging.getLogger(__name__)

PEOPLE_IN_A_CHUNK = 50_000
WAITING_AT_ONCE = 10_000
MANY = 500  # people in a chunk from which on it pays to ask what the planner knows
ATTEMPTS = 5
PASSING = {"40001", "40P01"}  # PostgreSQL: serialization failure, deadlock

TABLES_OF_REPORTS = "residents_resident, residents_residentref, residents_factreport"
TABLES_OF_FACTS = """residents_resident, residents_guardianship, card_certificate,
    card_insuranceuse, card_benefitaccount, childcare_birth, childcare_checkup,
    childcare_vaccination, childcare_vaccinationforecast, childcare_duedose,
    applications_application"""

STAGED = """
    DROP TABLE IF EXISTS staged_line, placed_line;
    CREATE TEMPORARY TABLE staged_line (
        file text, number bigint, counted boolean, waiting_id bigint, upload_id bigint,
        text text, reason text, detail text, kind text, source text, person text, guardian text,
        key text, checked_at timestamptz, value jsonb, within text,
        waits_for_ref text DEFAULT '')"""
COPY = """
    COPY staged_line (file, number, counted, waiting_id, upload_id, text, reason, detail, kind,
        source, person, guardian, key, checked_at, value, within) FROM STDIN"""


@dataclass(frozen=True)
class Loaded:
    """What came of the lines: read = changed + unchanged + quarantined."""

    read: int
    changed: int
    unchanged: int
    quarantined: int
    seconds: float


class Placed(NamedTuple):
    """A line with where it stood. One set aside earlier has its row's and its upload's id."""

    line: Line
    file: str
    number: int
    counted: bool = True
    waiting_id: int | None = None
    upload_id: int | None = None


def load(
    files: Sequence[tuple[str, BinaryIO]],
    *,
    connection: Connection | None = None,
    today: date | None = None,
    on_bytes: Callable[[int], object] = lambda size: None,
    on_people: Callable[[int, int], object] = lambda done, total: None,
) -> Loaded:
    """Merge the facts of all `files`, given with their names, and reconcile whom they touched.

    With a `connection` only what it may send is taken, and the rest set aside; without one, all.
    `today` is the date in Japan on which the rules are asked. `on_bytes` is told the size of
    each line read, `on_people` how many people of how many are done.

    Raises OSError if a file cannot be read to its end; then nothing has been merged.
    """
    names = ", ".join(name for name, _file in files)
    upload = Upload.objects.create(name=names[:200], connection=connection)
    with Load(upload, today) as one:
        one.stage(one.lines_of(files, on_bytes))
        return one.merge(on_people)


def retry(lines: Iterable[QuarantinedLine], *, by, today: date | None = None) -> Loaded:
    """Try lines set aside again, as far as their text was kept; `by` is who asks for it.

    Lines that are taken now get `resolved_at`; the others the reason that stands in their way.
    """
    upload = Upload.objects.create(name="retry", by=by)
    lines = list(lines)  # before the staging keeps the connection busy
    prefetch_related_objects(lines, "upload__connection__source")
    with Load(upload, today) as one:
        one.stage(
            Placed(
                one.reader.read(line.text.encode(), sender_of(line.upload.connection)),
                line.file,
                line.line_number,
                waiting_id=line.pk,
                upload_id=line.upload_id,
            )
            for line in lines
            if line.text and line.resolved_at is None
        )
        return one.merge()


def sender_of(connection: Connection | None) -> Sender | None:
    """Return what a connection may send; None, all of it, where a command loads."""
    if connection is None:
        return None
    return Sender(connection.source.key, frozenset(connection.kinds), connection.municipality_id)


def persistent(step):
    """Run a step in a transaction, again if it met another load or a sweep (a deadlock)."""

    @functools.wraps(step)
    def run(*args):
        attempt = 1
        while True:
            try:
                with transaction.atomic():
                    return step(*args)
            except OperationalError as error:
                passing = getattr(error.__cause__, "sqlstate", None) in PASSING
                if attempt == ATTEMPTS or not passing or connection.in_atomic_block:
                    raise
            logger.info("A load met another one and begins a step again")
            time.sleep(0.1 * 2**attempt)
            attempt += 1

    return run


class Load:
    """One load: a temporary table of lines, and the steps that bring it into the database."""

    def __init__(self, upload: Upload, today: date | None, *, patience: int | None = None):
        """Load into `upload`. With `patience` a lock that takes longer (seconds) ends the load."""
        self.upload, self.patience = upload, patience
        self.today = today or clock.today()
        self.again = upload.state == Upload.State.DONE
        # When reports without a time of their own arrived: now, on the day that is asked about.
        self.arrived = upload.arrived_at
        if self.arrived is None:
            self.arrived = datetime.combine(self.today, timezone.localtime().timetz())
            self.note(arrived_at=self.arrived)
        codes = Municipality.objects.values_list("code", flat=True)
        self.reader = Reader(today=self.today, municipalities=set(codes))
        self.sender = sender_of(upload.connection)
        self.started = time.monotonic()

    def __enter__(self):
        self.run(STAGED)
        return self

    def __exit__(self, failed, *_details):
        if not failed:
            self.run("DROP TABLE IF EXISTS staged_line, placed_line")

    def note(self, **fields) -> None:
        """Write how far the upload is, or what came of it."""
        Upload.objects.filter(pk=self.upload.pk).update(**fields)

    def be_patient(self) -> None:
        """Let this transaction's locks be waited for as long as the load has patience."""
        if self.patience is not None:
            self.run(f"SET LOCAL lock_timeout = '{self.patience}s'")

    def run(self, sql: str, **params) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params or None)
            return cursor.fetchall() if cursor.description else []

    # ---- from files to the staging table
    def lines_of(self, files, on_bytes) -> Iterator[Placed]:
        read, sender = self.reader.read, self.sender
        for name, file in files:
            kept_name = name[-200:]
            for number, content, size in read_lines(file):
                if content is None:
                    line = Line(text="", reason=reasons.TOO_LONG, detail=f"{size:,}")
                else:
                    line = read(content, sender)
                yield Placed(line, kept_name, number)
                on_bytes(size)

    @transaction.atomic
    def stage(self, lines: Iterable[Placed]) -> None:
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for line, *rest in lines:
                copy.write_row((*rest, *line))

    # ---- from the staging table to facts and tasks
    def merge(self, on_people=lambda done, total: None) -> Loaded:
        self.admit()
        kinds = {
            kind: {"read": count, "set_aside": bad}
            for kind, count, bad in self.run(
                """SELECT coalesce(kind, ''), count(*), count(*) FILTER (WHERE reason <> '')
                FROM staged_line WHERE counted GROUP BY 1 ORDER BY 1"""
            )
        }
        chunks = self.run(
            f"""SELECT min(resident_id), max(resident_id), count(*) FROM (
                SELECT resident_id, (row_number() OVER (ORDER BY resident_id) - 1)
                    / {PEOPLE_IN_A_CHUNK} AS chunk
                FROM (SELECT DISTINCT resident_id FROM placed_line) people) numbered
            GROUP BY chunk ORDER BY chunk"""
        )
        total, done = sum(people for _low, _high, people in chunks), 0
        changed = Counter()
        on_people(done, total)
        for low, high, people in chunks:
            changed.update(self.merge_chunk(low, high))
            done += people
            on_people(done, total)
        loaded = self.loaded(kinds, changed)
        counts = {name: n for name, n in asdict(loaded).items() if name != "seconds"}
        if not self.again:
            counts |= {"state": Upload.State.DONE, "finished_at": timezone.now()}
        self.note(people=total, people_done=done, kinds=kinds, **counts)
        logger.info("Load %s: %s", self.upload.pk, asdict(loaded))
        return loaded

    def loaded(self, kinds: dict[str, dict], changed: Counter) -> Loaded:
        """Count what came of the lines, and write into `kinds` how many of each have changed.

        Of an upload that also counts what an earlier attempt has changed.
        """
        if self.sender:
            counted = Upload.objects.values_list("kinds", flat=True).get(pk=self.upload.pk)
            changed = Counter({kind: of.get("changed", 0) for kind, of in counted.items()})
        for kind, counts in kinds.items():
            counts["changed"] = min(changed[kind], counts["read"] - counts["set_aside"])
        sums = {name: sum(of[name] for of in kinds.values()) for name in ("read", "set_aside")}
        all_changed = sum(of["changed"] for of in kinds.values())
        return Loaded(
            read=sums["read"],
            changed=all_changed,
            unchanged=sums["read"] - sums["set_aside"] - all_changed,
            quarantined=sums["set_aside"],
            seconds=round(time.monotonic() - self.started, 3),
        )

    @persistent
    def admit(self) -> None:
        """Make the people who are new, and set aside the lines that cannot be taken.

        One load at a time: otherwise one could set a line aside for a person whom the other
        makes at that moment, and nobody would take the line up again.
        """
        self.be_patient()
        self.run(f"SELECT pg_advisory_xact_lock({LOCK_OF_PEOPLE}, 0)")
        self.run("ANALYZE staged_line")
        self.take_up_waiting_lines()
        self.run(NEW_SOURCES)
        self.run(DELIVERED)
        self.run(RESIDENTS_OF_OTHERS)
        self.run(NEW_PEOPLE, arrived=self.arrived)
        self.run(UNKNOWN_PEOPLE)
        self.run(FACTS_OF_OTHERS)
        self.run(AGAINST_THE_BIRTH, arrived=self.arrived)
        self.run(NEW_APPLICATIONS)
        self.run(OF_ANOTHER_PERSON)
        if self.again:
            self.run(NO_LONGER_SET_ASIDE, upload=self.upload.pk)
            self.run(NO_LONGER_REPORTED, upload=self.upload.pk)
        self.run(SET_ASIDE, upload=self.upload.pk)
        self.run(STILL_SET_ASIDE)
        if self.sender:
            self.run(REPORTED, upload=self.upload.pk)
        self.run(PLACED, arrived=self.arrived, upload=self.upload.pk)
        self.run("CREATE INDEX ON placed_line (resident_id)")
        self.run("ANALYZE placed_line")

    def take_up_waiting_lines(self) -> None:
        """Stage the lines that were set aside for people whom the register reports now."""
        after = 0
        while waiting := self.run(WAITING, after=after, limit=WAITING_AT_ONCE):
            self.stage(
                Placed(
                    self.reader.read(text.encode(), source and Sender(source, kinds, within)),
                    *(file, number, False, waiting_id, upload_id),
                )
                for waiting_id, upload_id, file, number, text, source, kinds, within in waiting
            )
            after = waiting[-1][0]

    @persistent
    def merge_chunk(self, low: int, high: int) -> dict[str, int]:
        """Merge the lines about people from `low` to `high`; return how many changed facts.

        By kinds of facts.
        """
        self.be_patient()
        self.run(
            f"""SELECT pg_advisory_xact_lock({LOCK_OF_FACTS}, block::int) FROM (
                SELECT DISTINCT resident_id / {BLOCK} AS block FROM placed_line
                WHERE resident_id BETWEEN %(low)s AND %(high)s ORDER BY block) blocks""",
            low=low,
            high=high,
        )
        reported = {
            kind: (told, newer or [], lines)
            for kind, told, newer, lines in self.run(REPORTS, low=low, high=high)
        }
        self.run(TAKEN, low=low, high=high)
        told = {kind: set(people) for kind, (people, _newer, _lines) in reported.items()}
        nobody = set()

        self.tell_planner(TABLES_OF_REPORTS, people=len(nobody.union(*told.values())))
        people, state_changed = settle_residents(told.get("resident", nobody))
        changed = people.union(*(newer for _told, newer, _lines in reported.values()))
        of_guardians = settle_guardianships(told.get("guardianship", nobody) | people)
        changed |= of_guardians
        changed |= settle_certificates(told.get("certificate", nobody) | people)
        changed |= settle_insurance_uses(told.get("insurance", nobody))
        changed |= settle_benefit_accounts(told.get("account", nobody))
        changed |= settle_applications(told.get(STATUS, nobody) | people)
        of_children = settle_births(told.get("birth", nobody))
        of_children |= settle_checkups(told.get("checkup", nobody))
        of_children |= settle_vaccinations(told.get("vaccination", nobody))
        of_register = people | of_guardians
        if state_changed:
            of_register |= with_wards(state_changed)
        changed |= of_children | of_register
        parents = parents_told_wrong(of_register)
        changed |= parents
        self.tell_planner(TABLES_OF_FACTS, people=len(changed))
        hold(changed)
        note_registered(parents, today=self.today)
        of_children |= out_of_date(told.get("resident", nobody), today=self.today)
        replan(of_children, today=self.today)
        reconcile_people(changed, today=self.today)
        lines = {kind: lines for kind, (_told, _newer, lines) in reported.items()}
        if self.sender:
            self.count(lines)
        return lines

    def count(self, lines: dict[str, int]) -> None:
        """Add what a chunk changed to what its upload did, in the chunk's own transaction.

        So an upload that is taken up after a kill, or merged again, counts each line once.
        """
        if any(lines.values()):
            kinds = Upload.objects.values_list("kinds", flat=True).get(pk=self.upload.pk)
            for kind, changed in lines.items():
                counts = kinds.setdefault(kind, {"read": 0, "set_aside": 0, "changed": 0})
                counts["changed"] += changed
            self.note(kinds=kinds)

    def tell_planner(self, tables: str, *, people: int) -> None:
        """Let PostgreSQL count its tables anew where this load makes a large part of them.

        By itself it does so a minute later. Until then it takes them for empty, and reads whole
        tables once for every person: 15 seconds for 2,000 people instead of a tenth of one.
        """
        if people < MANY:
            return
        [(known,)] = self.run(
            "SELECT reltuples FROM pg_class WHERE oid = 'residents_resident'::regclass"
        )
        if people > known / 10:
            self.run(f"ANALYZE (SKIP_LOCKED) {tables}")


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
    SELECT DISTINCT source FROM staged_line s
    WHERE reason = '' AND NOT EXISTS (SELECT 1 FROM residents_source k WHERE k.key = s.source)
    ON CONFLICT DO NOTHING"""

# Also of those whose lines were all set aside: a source that sends is not silent.
DELIVERED = """
    UPDATE residents_source k SET delivered_at = now()
    WHERE k.key IN (SELECT source FROM staged_line WHERE counted AND waiting_id IS NULL)"""

# A register reports who lives in its municipality, and of who has lived there where to they went.
# So a line that names another municipality is taken of somebody whom a report (the portal's own,
# or one of this load that may be taken) has had in the sender's.
RESIDENTS_OF_OTHERS = f"""
    WITH RECURSIVE told AS MATERIALIZED (
        SELECT s.ctid AS line, s.person, r.resident_id, s.within,
            s.value->>'municipality' AS municipality
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
# the fact arrives first, and what happened before a move can still be told after it.
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
            LEFT JOIN ({said_of_people(also=NEW_TO_US)}) said ON said.person = told.person) child
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

PLACED = """
    CREATE TEMPORARY TABLE placed_line AS
    SELECT r.resident_id, s.kind, s.key, k.id AS source_id, k.key AS source_key,
        s.checked_at IS NOT NULL AS timed, coalesce(s.checked_at, %(arrived)s) AS checked_at,
        s.value, s.counted, s.waiting_id, coalesce(s.upload_id, %(upload)s) AS upload_id
    FROM staged_line s
    JOIN residents_residentref r ON r.ref = s.person
    JOIN residents_source k ON k.key = s.source
    WHERE s.reason = ''"""

# Adds the reports that are new. For each kind: the people told about, those about whom a newer
# fact stands now, and how many lines of this load such a fact came from.
REPORTS = f"""
    WITH fresh AS MATERIALIZED (
        SELECT DISTINCT ON (resident_id, kind, key, source_id, timed, checked_at, value) p.*
        FROM placed_line p
        WHERE p.resident_id BETWEEN %(low)s AND %(high)s AND NOT EXISTS (
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
        WHERE p.waiting_id = q.id AND p.resident_id BETWEEN %(low)s AND %(high)s
            AND q.resolved_at IS NULL
        RETURNING q.id AS line_id)
    {TELL_TAKEN}"""
