"""Facts in bulk: from lines of NDJSON to tasks, by the set.

    files ─▶ staged_line ─▶ people and lines set aside ─▶ placed_line ─▶ reports, facts, tasks
             (COPY)         (one transaction)                            (a transaction a chunk)

Everything is staged first, so the order of lines and files does not matter. Loading the same
again writes nothing. Killed anywhere, loading the same again ends as if nothing had happened:
people without facts have no tasks, and a chunk is committed with its tasks or not at all.
"""

import functools
import itertools
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import BinaryIO

from django.db import OperationalError, connection, transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from childcare.after_birth.plan import note_registered, parents_told_wrong
from childcare.plan import out_of_date, replan
from childcare.settle import settle_births, settle_checkups, settle_vaccinations
from portal import clock
from portal.applications.settle import KIND as STATUS
from portal.applications.settle import settle_applications
from portal.card.settle import (
    settle_benefit_accounts,
    settle_certificates,
    settle_insurance_uses,
)
from portal.database import sqlstate
from portal.exchange.lines import reasons
from portal.exchange.lines.formats import Line, Reader, Sender
from portal.exchange.lines.reading import read_lines
from portal.exchange.loading import admission, planner
from portal.exchange.loading.chunks import CHUNKS, REPORTS, TAKEN
from portal.exchange.loading.staging import COPY, COUNT_STAGED, STAGED, Placed, row_of
from portal.exchange.models import Connection, QuarantinedLine, Upload
from portal.residents.locks import BLOCK, LOCK_OF_FACTS, LOCK_OF_PEOPLE
from portal.residents.models import Municipality
from portal.residents.settle import (
    settle_guardianships,
    settle_residents,
)
from tasks.reconcile import hold, reconcile_people, with_wards

logger = logging.getLogger(__name__)

PEOPLE_IN_A_CHUNK = 50_000
LINES_IN_A_CHUNK = 10_000  # a second, and in half of it acts of its people wait
WAITING_AT_ONCE = 10_000
ROWS_AT_ONCE = 500  # some 200 KB on their way to the server
ATTEMPTS = 5
PASSING = {"40001", "40P01"}  # PostgreSQL: serialization failure, deadlock


@dataclass(frozen=True)
class Loaded:
    """What came of the lines: read = changed + unchanged + quarantined."""

    read: int
    changed: int
    unchanged: int
    quarantined: int
    seconds: float


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
                passing = sqlstate(error) in PASSING
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
        self.planner = planner.Planner()
        self.moved_to: set[int] = set()  # whom staff have merged others into while this ran

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

    def write(self, sql: str, **params) -> int:
        """Run a statement and return how many rows it wrote."""
        with connection.cursor() as cursor:
            cursor.execute(sql, params or None)
            return cursor.rowcount

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
            rows = map(row_of, lines)
            while some := "".join(itertools.islice(rows, ROWS_AT_ONCE)):
                copy.write(some)

    # ---- from the staging table to facts and tasks
    def merge(self, on_people=lambda done, total: None) -> Loaded:
        self.admit()
        chunks = self.run(CHUNKS, people=PEOPLE_IN_A_CHUNK, lines=LINES_IN_A_CHUNK)
        if chunks:
            self.run("CREATE INDEX ON placed_line (resident_id)")
            self.run("ANALYZE placed_line")
        [(total,)] = self.run(admission.PEOPLE)
        done = total - sum(people for *_whom, people in chunks)  # of whom nothing new is said
        changed = Counter()
        on_people(done, total)
        for low, high, parts, people in chunks:
            for part in range(parts):
                changed.update(self.merge_chunk(low, high, part, parts))
            done += people
            on_people(done, total)
        while self.moved_to:  # to people whose chunk may be over
            person = self.moved_to.pop()
            changed.update(self.merge_chunk(person, person, 0, 1))
        loaded = self.loaded(self.kinds, changed)
        counts = {name: n for name, n in asdict(loaded).items() if name != "seconds"}
        if not self.again:
            counts |= {"state": Upload.State.DONE, "finished_at": timezone.now()}
        self.note(people=total, people_done=done, kinds=self.kinds, **counts)
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
        self.run(COUNT_STAGED)
        staged = self.run(admission.STAGED)
        if any(kind == "resident" for kind, *_rest in staged) and self.take_up_waiting_lines():
            staged = self.run(admission.STAGED)
        taken = {source for _kind, source, *_rest, lines, bad in staged if source and lines > bad}
        self.run(admission.NEW_SOURCES, sources=sorted(taken))
        sent = {source for _kind, source, _counted, delivered, *_rest in staged if delivered}
        self.run(admission.DELIVERED, sources=sorted(sent - {None}))
        if not self.placed_at_once({kind for kind, *_rest in staged if kind}):
            self.place()
            staged = self.run(admission.STAGED)
        self.kinds = counted_by_kind(staged)
        self.set_aside(any(bad for *_rest, bad in staged))

    def placed_at_once(self, kinds: set[str]) -> bool:
        """Find the people of all lines in one statement; False where it takes a closer look."""
        if not kinds <= admission.PLAIN_KINDS:
            return False
        self.run(admission.PLACED_AT_ONCE, arrived=self.arrived, upload=self.upload.pk)
        [(odd, new_numbers)] = self.run(admission.ODD)
        of_several = 0
        if new_numbers and not odd:
            [(of_several,)] = self.run(admission.NEW_NUMBERS)
            self.planner.count(planner.NUMBERS, new_numbers)
        if odd or of_several:
            self.run("DROP TABLE placed_line")
        return not (odd or of_several)

    def place(self) -> None:
        """Make new people, set lines aside that cannot be taken, and find the others' people."""
        self.run(admission.RESIDENTS_OF_OTHERS)
        self.run(admission.OF_A_MERGED_REF, arrived=self.arrived)
        made = self.write(admission.NEW_PEOPLE, arrived=self.arrived)
        self.planner.count(planner.PEOPLE, made)
        self.run(admission.UNKNOWN_PEOPLE)
        self.run(admission.OWN_GUARDIANS)
        self.run(admission.FACTS_OF_OTHERS)
        self.run(admission.AGAINST_THE_BIRTH, arrived=self.arrived)
        self.planner.count(planner.NUMBERS, self.write(admission.NEW_APPLICATIONS))
        self.run(admission.OF_ANOTHER_PERSON)
        self.run(admission.PLACED, arrived=self.arrived, upload=self.upload.pk)

    def set_aside(self, some: bool) -> None:
        """Keep the lines set aside, if there are some, for its sender and for a second try."""
        if self.again:
            self.run(admission.NO_LONGER_SET_ASIDE, upload=self.upload.pk)
            self.run(admission.NO_LONGER_REPORTED, upload=self.upload.pk)
        if some:
            self.run(admission.SET_ASIDE, upload=self.upload.pk)
            self.run(admission.STILL_SET_ASIDE)
            if self.sender:
                self.run(admission.REPORTED, upload=self.upload.pk)

    def take_up_waiting_lines(self) -> bool:
        """Stage the lines set aside for people whom the register reports now; tell if any were."""
        after = 0
        while waiting := self.run(admission.WAITING, after=after, limit=WAITING_AT_ONCE):
            self.stage(
                Placed(
                    self.reader.read(text.encode(), source and Sender(source, kinds, within)),
                    *(file, number, False, waiting_id, upload_id),
                )
                for waiting_id, upload_id, file, number, text, source, kinds, within in waiting
            )
            after = waiting[-1][0]
        return after > 0

    @persistent
    def merge_chunk(self, low: int, high: int, part: int, parts: int) -> dict[str, int]:
        """Merge the lines about people from `low` to `high`; return how many changed facts.

        By kinds of facts. Of `parts` parts of these lines, by what they are of, only number `part`.
        """
        whom = {"low": low, "high": high, "part": part, "parts": parts}
        self.be_patient()
        self.hold_facts(low, high)
        while moved := self.run(admission.FOLLOW, low=low, high=high):
            self.moved_to.update(person for (person,) in moved)
            self.hold_facts(low, high)
        reported = {
            kind: (told, newer or [], lines)
            for kind, told, newer, lines in self.run(REPORTS, **whom)
        }
        self.run(TAKEN, **whom)
        told = {kind: set(people) for kind, (people, _newer, _lines) in reported.items()}
        nobody = set()

        self.planner.count(planner.REPORTED, len(nobody.union(*told.values())))
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
        self.planner.count({table for kind in told for table in planner.TABLES[kind]}, len(changed))
        hold(changed)
        note_registered(parents, today=self.today)
        of_children |= out_of_date(told.get("resident", nobody), today=self.today)
        replan(of_children, today=self.today)
        reconcile_people(changed, today=self.today)
        lines = {kind: lines for kind, (_told, _newer, lines) in reported.items()}
        if self.sender:
            self.count(lines)
        return lines

    def hold_facts(self, low: int, high: int) -> None:
        """Let nobody else write facts about the people from `low` to `high` of this load."""
        self.run(
            f"""SELECT pg_advisory_xact_lock({LOCK_OF_FACTS}, block::int) FROM (
                SELECT DISTINCT resident_id / {BLOCK} AS block FROM placed_line
                WHERE resident_id BETWEEN %(low)s AND %(high)s ORDER BY block) blocks""",
            low=low,
            high=high,
        )

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


def counted_by_kind(staged) -> dict[str, dict[str, int]]:
    """Return how many lines of each kind were read and set aside, of those that count."""
    kinds = {}
    for kind, _source, counted, _delivered, lines, bad in staged:
        if counted:
            of = kinds.setdefault(kind, {"read": 0, "set_aside": 0})
            of["read"] += lines
            of["set_aside"] += bad
    return kinds
