"""Taking an upload back, as a whole: its reports go, and what stands is made anew without them.

    asked ─▶ (a second person's yes, above MANY people) ─▶ agreed ─▶ under way ─▶ taken back

Facts are a function of the reports, so it is enough to take the upload's own away: into
TakenBackReport, where they are kept and count no longer. It goes in ranges of people, each a
transaction with its facts and tasks. Killed anywhere it goes on with the reports that are left.

What a later upload said as well was a repeat then, and wrote nothing. So later uploads of the same
sources are merged again from what is kept of them; those that came by a command staff load again.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from portal import clock
from portal.crash_points import reached
from portal.database import run
from portal.exchange.loading.anew import forget_facts, plan_and_reconcile, settle_everything
from portal.exchange.loading.load import persistent, retry
from portal.exchange.models import (
    Connection,
    QuarantinedLine,
    TakenBackReport,
    TakingBack,
    Upload,
)
from portal.exchange.uploads.merging import alone_with
from portal.exchange.uploads.unreported import remove_people, why_to_stay
from portal.residents.locks import LOCK_OF_PEOPLE
from portal.residents.models import FactReport, Resident, ResidentRef
from tasks.models import Task
from tasks.reconcile import keep_loads_out, kept_though_unwanted, with_wards

logger = logging.getLogger(__name__)

WITHIN = timedelta(days=7)
MANY = 1_000  # people, above which a second person has to say yes
PEOPLE_AT_ONCE = 5_000
TOLD_OF = 100  # people who stay without a report, shown one by one


class Refused(Exception):
    """The upload can't be taken back, or not by this person. A code says why."""


@dataclass(frozen=True)
class Expected:
    """What would go: people and reports of the upload; whom it alone has made; live tasks at most.

    `people_made` are the people of whom no report of the register would be left.
    """

    people: int
    reports: int
    people_made: int
    tasks: int

    @property
    def needs_second(self) -> bool:
        return self.people > MANY


def may_be_taken_back(upload: Upload) -> bool:
    return (
        upload.state == Upload.State.DONE
        and upload.finished_at is not None
        and upload.finished_at > timezone.now() - WITHIN
    )


def expected(upload: Upload) -> Expected:
    """Say what would change, and change nothing."""
    reports = FactReport.objects.filter(upload_id=upload.pk)
    sums = reports.aggregate(reports=Count("pk"), people=Count("resident", distinct=True))
    told = reports.filter(kind="resident").values("resident")
    others = FactReport.objects.filter(kind="resident").exclude(upload_id=upload.pk)
    others = others | FactReport.objects.filter(kind="resident", upload_id=None)
    return Expected(
        **sums,
        people_made=told.exclude(resident__in=others.values("resident")).distinct().count(),
        tasks=Task.objects.live().filter(about__in=reports.values("resident")).count(),
    )


@transaction.atomic
def ask(upload: Upload, *, by, why: str) -> TakingBack:
    """Ask that an upload be taken back; with few people that is the yes as well."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if not may_be_taken_back(upload) or TakingBack.objects.filter(upload=upload).exists():
        raise Refused("not-now")
    found = expected(upload)
    return TakingBack.objects.create(
        upload=upload,
        by=by,
        why=why,
        expected_people=found.people,
        expected_reports=found.reports,
        agreed_at=None if found.people > MANY else timezone.now(),
    )


@transaction.atomic
def agree(asked: TakingBack, *, by) -> TakingBack:
    """Say the second yes. Raises Refused for the person who asked, or where it is late."""
    asked = TakingBack.objects.select_for_update().get(pk=asked.pk)
    if asked.agreed_at is not None or not may_be_taken_back(asked.upload):
        raise Refused("not-now")
    if asked.by_id == by.pk:
        raise Refused("same-person")
    asked.second, asked.agreed_at = by, timezone.now()
    asked.save(update_fields=["second", "agreed_at"])
    return asked


def under_way() -> list[TakingBack]:
    return list(TakingBack.objects.filter(agreed_at__isnull=False, finished_at=None))


def take_back(asked: TakingBack, *, today: date | None = None) -> bool:
    """Carry out what was agreed, or go on with it, unless another does. Return whether it is done.

    `today` is the date in Japan on which the rules are asked.
    """
    today = today or clock.today()
    with alone_with(asked.upload) as alone:
        asked.refresh_from_db()
        if not alone or asked.agreed_at is None:
            return False
        if asked.finished_at is None:
            while ids := next_people(asked.upload):
                take_from(asked, ids, today)
                reached("taking-back", "range")
            try_waiting_lines(asked, today)
            reached("taking-back", "lines_tried")
            finish(asked)
    return True


def next_people(upload: Upload) -> list[int]:
    """Return the first people (ids, in order) of whom reports of the upload are left."""
    people = FactReport.objects.filter(upload_id=upload.pk).order_by("resident")
    return list(people.values_list("resident", flat=True).distinct()[:PEOPLE_AT_ONCE])


MOVE = """
    WITH gone AS (
        DELETE FROM residents_factreport f
        WHERE f.resident_id = ANY(%(ids)s::bigint[]) AND {which} RETURNING *),
    kept AS (
        INSERT INTO exchange_takenbackreport (upload_id, brought_by, ref, kind, key, source_id,
            checked_at, timed, value, received_at, taken_back_at)
        SELECT %(upload)s, nullif(gone.upload_id, %(upload)s), person.ref, gone.kind, gone.key,
            gone.source_id, gone.checked_at, gone.timed, gone.value, gone.received_at, now()
        FROM gone JOIN residents_resident person ON person.id = gone.resident_id)
    SELECT kind, array_agg(DISTINCT resident_id), count(*), array_agg(DISTINCT upload_id)
    FROM gone GROUP BY kind"""
MOVE_OWN = MOVE.format(which="f.upload_id = %(upload)s")
MOVE_ALL = MOVE.format(which="true")
MOVE_OF_GUARDIANS = MOVE.format(which="f.kind = 'guardianship' AND f.key = ANY(%(refs)s)")

UNFOUNDED = """
    SELECT person.id FROM residents_resident person
    WHERE person.id = ANY(%(ids)s::bigint[]) AND NOT EXISTS (
        SELECT 1 FROM residents_factreport f
        WHERE f.resident_id = person.id AND f.kind = 'resident')"""

# Whose an application is was said by reports that are gone: the next one says it anew.
FORGET_APPLICATIONS = """
    DELETE FROM applications_applicationref a
    WHERE a.resident_id = ANY(%(ids)s::bigint[]) AND NOT EXISTS (
        SELECT 1 FROM residents_factreport f
        WHERE f.resident_id = a.resident_id AND f.kind = 'application-status'
            AND f.source_id = a.source_id AND f.value->>'ref' = a.ref)"""


@persistent
def take_from(asked: TakingBack, ids: list[int], today: date) -> None:
    """Take the upload's reports about these people, and make anew what stands about them."""
    upload = asked.upload
    keep_loads_out(ids)
    moved = run(MOVE_OWN, {"ids": ids, "upload": upload.pk})
    made = next((people for kind, people, *_rest in moved if kind == "resident"), [])
    unfounded = {row[0] for row in run(UNFOUNDED, {"ids": made})} if made else set()
    if unfounded:
        run("SELECT pg_advisory_xact_lock(%(kind)s, 0)", {"kind": LOCK_OF_PEOPLE})
    stay = why_to_stay(unfounded)
    go = unfounded - set(stay)
    wards = with_wards(go) - go
    keep_loads_out(wards)
    more, refs = also_of(go, wards, upload)
    people = set(ids) | wards
    forget_facts(people)
    state_changed = settle_everything(people)
    run(FORGET_APPLICATIONS, {"ids": sorted(people)})
    remove_people(go)
    changed = (people - go) | with_wards(state_changed - go)
    plan_and_reconcile(changed, today)
    withdraw_tasks(changed, upload, today)
    reopen_lines(refs, upload)
    again(more)
    note(asked, moved=moved, went=go, stay=stay, people=len(ids))
    reached("taking-back", "before_commit")


def also_of(go: set[int], wards: set[int], upload: Upload) -> tuple[set[int], list[str]]:
    """Take what other uploads said of people who go, too; return those uploads and the refs."""
    if not go:
        return set(), []
    refs = list(ResidentRef.objects.filter(resident__in=go).values_list("ref", flat=True))
    rows = run(MOVE_ALL, {"ids": sorted(go), "upload": upload.pk})
    if wards:
        whom = {"ids": sorted(wards), "upload": upload.pk, "refs": refs}
        rows = [*rows, *run(MOVE_OF_GUARDIANS, whom)]
    return {one for *_rest, uploads in rows for one in uploads if one}, refs


# Nothing is known where the fact is gone, so the task would stay: but it never had a ground.
WITHDRAW = """
    WITH ended AS (
        UPDATE tasks_task t SET status = 'withdrawn', ended_on = %(today)s, wake_on = NULL
        WHERE t.id = ANY(%(tasks)s::bigint[]) AND t.about_id = ANY(%(ids)s::bigint[])
            AND EXISTS (
                SELECT 1 FROM exchange_takenbackreport b
                JOIN residents_residentref r ON r.ref = b.ref
                WHERE b.upload_id = %(upload)s AND r.resident_id = t.about_id
                    AND b.source_id = t.opened_source_id AND b.checked_at = t.opened_checked_at)
        RETURNING t.resident_id, t.id)
    INSERT INTO tasks_taskevent (resident_id, task_id, what, day)
    SELECT resident_id, id, 'withdrawn', %(today)s FROM ended"""


def withdraw_tasks(people: set[int], upload: Upload, today: date) -> None:
    """Withdraw the tasks that a report of the upload has opened and that nothing asks for now."""
    if tasks := kept_though_unwanted(people, today=today):
        whom = {"tasks": tasks, "ids": sorted(people), "upload": upload.pk, "today": today}
        run(WITHDRAW, whom)


def reopen_lines(refs: Iterable[str], upload: Upload) -> None:
    """Let lines wait again that were taken because of people who are gone.

    Whenever that was: of whom no report is left, nothing else can have taken one.
    """
    taken = QuarantinedLine.objects.filter(waits_for_ref__in=refs, resolved_at__isnull=False)
    taken.exclude(upload=upload).exclude(upload__state=Upload.State.TAKEN_BACK).update(
        resolved_at=None
    )


def again(uploads: Iterable[int]) -> None:
    """Let these uploads (ids) be merged again, where their content is kept."""
    Upload.objects.filter(pk__in=uploads, state=Upload.State.DONE, connection__isnull=False).update(
        again_since=timezone.now(), attempts=0
    )


def note(asked: TakingBack, *, moved, went: set[int], stay: dict[int, str], people: int) -> None:
    """Write how far it is, in the transaction of what was done."""
    asked.refresh_from_db()
    refs = dict(Resident.objects.filter(pk__in=stay).values_list("pk", "ref"))
    told = [{"ref": refs.get(one, ""), "why": why} for one, why in sorted(stay.items())]
    asked.left = [*asked.left, *told][:TOLD_OF]
    asked.people += people
    asked.reports += sum(count for _kind, _people, count, _uploads in moved)
    asked.removed += len(went)
    asked.save(update_fields=["left", "people", "reports", "removed"])


@transaction.atomic
def finish(asked: TakingBack) -> None:
    """End its lines set aside, let later uploads be merged again, and say that it is done."""
    upload = asked.upload
    upload.quarantined_lines.filter(resolved_at=None).update(resolved_at=timezone.now())
    later = said_as_well(upload)
    later.filter(state=Upload.State.DONE).update(again_since=timezone.now(), attempts=0)
    later.exclude(state=Upload.State.DONE).update(again_since=timezone.now())
    Upload.objects.filter(pk=upload.pk).update(state=Upload.State.TAKEN_BACK, again_since=None)
    asked.finished_at = timezone.now()
    asked.save(update_fields=["finished_at"])
    logger.info(
        "An upload was taken back",
        extra={"upload": upload.pk, "people": asked.people, "reports": asked.reports},
    )


def said_as_well(upload: Upload):
    """Return the uploads that may have repeated it: of its sources, and not done before it came."""
    sources = TakenBackReport.objects.filter(upload=upload).values("source").distinct()
    connections = Connection.objects.filter(Q(source__in=sources) | Q(pk=upload.connection_id or 0))
    states = [Upload.State.WAITING, Upload.State.MERGING, Upload.State.DONE]
    return Upload.objects.filter(
        Q(finished_at=None) | Q(finished_at__gte=upload.started_at),
        connection__in=connections,
        state__in=states,
    ).exclude(pk=upload.pk)


def to_load_again(upload: Upload):
    """Return what came by a command since: of those nothing is kept, so staff load them again."""
    came = Upload.objects.filter(connection=None, by=None, finished_at__gte=upload.started_at)
    return came.exclude(pk=upload.pk).exclude(state=Upload.State.TAKEN_BACK)


def try_waiting_lines(asked: TakingBack, today: date) -> None:
    """Try the lines again that may have waited for what the upload said of somebody."""
    told = TakenBackReport.objects.filter(upload=asked.upload, kind="resident")
    waiting = QuarantinedLine.objects.filter(
        waits_for_ref__in=told.values("ref"), resolved_at=None
    ).exclude(Q(text="") | Q(upload=asked.upload))
    known = ResidentRef.objects.filter(ref__in=told.values("ref"))
    lines = list(waiting.filter(waits_for_ref__in=known.values("ref"))[:10_000])
    if lines:
        retry(lines, by=asked.by, today=today)
