"""Two records that the register says are one person: a clerk decides, and then they are.

    reported as merged ─▶ waits ─▶ asked ─▶ (a second person's yes, where they differ) ─▶ done
                             └──────────┴─▶ declined, until the register says something else

Nobody is ever suggested here by name and date of birth: only the register's own word counts, and
only with a person's yes. Done in one transaction, and never taken back (docs/adr/0021).
"""

import logging
from dataclasses import dataclass
from datetime import date

from django.db import OperationalError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from portal import clock
from portal.crash_points import reached
from portal.database import LOCK_NOT_AVAILABLE, run, sqlstate
from portal.exchange.changes.tell import tell
from portal.exchange.loading.anew import forget_facts, plan_and_reconcile, settle_everything
from portal.exchange.loading.load import persistent, retry
from portal.exchange.merges.moving import move
from portal.exchange.models import Change, Connection, Merge, QuarantinedLine
from portal.residents.locks import LOCK_OF_PEOPLE
from portal.residents.models import FactReport, Guardianship, Resident, ResidentRef
from tasks.reconcile import keep_loads_out, with_wards

logger = logging.getLogger(__name__)

PATIENCE = 10  # seconds that a clerk waits for the locks of uploads
COMPARED = ("name", "name_kana", "born")
STEPS = 10  # of records merged one into another, to see whether they go in a circle


class Refused(Exception):
    """It can't be decided so, or not by this person. A code says why."""


@dataclass(frozen=True)
class Pair:
    """A record that the register has merged into another, as far as the other is known."""

    gone: Resident
    stands: Resident | None

    @property
    def in_the_way(self) -> str:
        """Return a code of what speaks against a yes; empty where nothing does."""
        if ResidentRef.objects.filter(record=self.gone).exists():
            return "decided"
        if self.gone.state != Resident.State.MERGED:
            return "not-merged"
        if self.stands is None:
            return "unknown"
        if leads_back(self.gone, self.stands):
            return "circle"
        either = Q(child=self.gone, guardian=self.stands) | Q(child=self.stands, guardian=self.gone)
        return "family" if Guardianship.objects.filter(either).exists() else ""

    @property
    def differ(self) -> list[str]:
        """Return in which of the fields that tell people apart the two are not the same."""
        return [name for name in COMPARED if getattr(self.gone, name) != getattr(self.stands, name)]

    @property
    def both_sign_in(self) -> bool:
        return None not in (self.gone.user_id, self.stands.user_id)

    @property
    def needs_second(self) -> bool:
        return bool(self.differ) or self.both_sign_in


def pair_of(gone: Resident) -> Pair:
    """Return whom the register's ref means now: where that one was merged, who stands for it."""
    known = ResidentRef.objects.filter(ref=gone.merged_into).select_related(
        "resident__municipality", "resident__source", "resident__user"
    )
    return Pair(gone, known[0].resident if known else None)


def leads_back(gone: Resident, stands: Resident) -> bool:
    """Tell whether the record that stands is, by the register, merged into the one that goes."""
    one = stands
    for _step in range(STEPS):
        if one is None or one.pk == gone.pk:
            return one is not None
        if one.state != Resident.State.MERGED:
            return False
        known = ResidentRef.objects.filter(ref=one.merged_into).select_related("resident")
        one = known[0].resident if known else None
    return True


def waiting() -> QuerySet:
    """Return the records about which somebody has to decide, or has said yes as the first."""
    done = ResidentRef.objects.filter(record__isnull=False, record=OuterRef("pk"))
    since = FactReport.objects.filter(
        resident=OuterRef("gone"), kind="resident", checked_at__gt=OuterRef("reported_at")
    ).annotate(said=KeyTextTransform("merged_into", "value"))
    other = since.filter(~Q(value__has_key="merged_into") | ~Q(said=OuterRef("said_ref")))
    of_it = Merge.objects.filter(gone=OuterRef("pk"))
    asked = of_it.filter(state=Merge.State.ASKED)  # also by who had said no before
    declined = of_it.filter(~Exists(other), state=Merge.State.DECLINED)
    merged = Resident.objects.filter(state=Resident.State.MERGED)
    return merged.filter(~Exists(done), Exists(asked) | ~Exists(declined))


def waiting_for(user) -> QuerySet:
    """Return those that wait in somebody's own offices; superusers see all."""
    if user.is_superuser:
        return waiting()
    return waiting().filter(municipality__in=user.offices.values("municipality"))


# ---- deciding
def ask(gone: Resident, *, by, why: str, today: date | None = None) -> Merge:
    """Say yes. Where a second person has to say so too it waits, else it is done.

    `today` is the date in Japan on which the rules are asked. Raises Refused.
    """
    return _patiently(_ask, gone.pk, by, why, today or clock.today())


def agree(asked: Merge, *, by, today: date | None = None) -> Merge:
    """Say the second yes, and do it. Raises Refused."""
    return _patiently(_agree, asked.pk, by, today or clock.today())


def _patiently(step, *args) -> Merge:
    try:
        merge = step(*args)
    except OperationalError as error:
        if sqlstate(error) == LOCK_NOT_AVAILABLE:
            raise Refused("busy") from error
        raise
    if merge.state == Merge.State.DONE:
        try_waiting_lines(merge, today=args[-1])
    return merge


@persistent
def _ask(gone_id: int, by, why: str, today: date) -> Merge:
    pair, family = hold_both(gone_id)
    if Merge.objects.filter(gone=gone_id, state=Merge.State.ASKED).exists():
        raise Refused("decided")
    merge = Merge.objects.create(
        gone=pair.gone,
        stands=pair.stands,
        gone_ref=pair.gone.ref,
        stands_ref=pair.stands.ref,
        said_ref=pair.gone.merged_into,
        reported_at=pair.gone.checked_at,
        state=Merge.State.ASKED,
        by=by,
        why=why,
    )
    if not pair.needs_second:
        carry_out(merge, pair, family, today)
    return merge


@persistent
def _agree(asked_id: int, by, today: date) -> Merge:
    gone_id = Merge.objects.values_list("gone", flat=True).get(pk=asked_id)
    pair, family = hold_both(gone_id)
    merge = Merge.objects.get(pk=asked_id)
    if merge.state != Merge.State.ASKED or merge.stands_id != pair.stands.pk:
        raise Refused("decided")
    if merge.by_id == by.pk:
        raise Refused("same-person")
    merge.second = by
    carry_out(merge, pair, family, today)
    return merge


@persistent
def _decline(gone_id: int, by, why: str) -> Merge:
    _lock_people()
    gone = Resident.objects.get(pk=gone_id)
    pair = pair_of(gone)
    if pair.in_the_way in {"decided", "not-merged", "unknown", "circle"}:
        raise Refused(pair.in_the_way)
    merge = Merge.objects.filter(gone=gone, state=Merge.State.ASKED).first()
    if merge is None:
        merge = Merge(gone=gone, stands=pair.stands, by=by, why=why)
        merge.gone_ref, merge.stands_ref = gone.ref, pair.stands.ref
    elif merge.by_id == by.pk:
        merge.second_why = why
    else:
        merge.second, merge.second_why = by, why
    merge.said_ref, merge.reported_at = gone.merged_into, gone.checked_at
    merge.state = Merge.State.DECLINED
    merge.save()
    return merge


def decline(gone: Resident, *, by, why: str) -> Merge:
    """Say no: they stay two, and it is not asked again unless the register says something else."""
    return _patiently(_decline, gone.pk, by, why)


def hold_both(gone_id: int) -> tuple[Pair, set[int]]:
    """Hold the two, and all whose tasks may be about them, against loads and other merges.

    In the order of a load that is taken back. Raises Refused where something is in the way.
    """
    run(f"SET LOCAL lock_timeout = '{PATIENCE}s'", {})
    pair = pair_of(Resident.objects.get(pk=gone_id))
    ids = {one.pk for one in (pair.gone, pair.stands) if one}
    keep_loads_out(family_of(ids))
    _lock_people()
    pair = pair_of(Resident.objects.get(pk=gone_id))
    if reason := pair.in_the_way:
        raise Refused(reason)
    family = family_of({pair.gone.pk, pair.stands.pk})
    keep_loads_out(family)  # also of those who came in between
    return pair, family


def _lock_people() -> None:
    run(f"SET LOCAL lock_timeout = '{PATIENCE}s'", {})
    run("SELECT pg_advisory_xact_lock(%(kind)s, 0)", {"kind": LOCK_OF_PEOPLE})


def family_of(people: set[int]) -> set[int]:
    """Return the people (ids), who acts or acted for them, and for whom they do or did."""
    guardians = Guardianship.objects.filter(child__in=people).values_list("guardian", flat=True)
    return with_wards(people) | set(guardians)


# ---- the deed
def carry_out(merge: Merge, pair: Pair, family: set[int], today: date) -> None:
    """Make one person of the two, with all that follows, in the transaction of the decision."""
    gone, stands = pair.gone, pair.stands
    told = connections_of(pair)
    counts = move(gone=gone.pk, stands=stands.pk, family=family, today=today)
    counts["moved"] |= move_sign_in(pair)
    forget_facts([gone.pk])
    settle_everything(family)
    plan_and_reconcile(family, today)
    reached("merge", "moved")
    merge.state, merge.done_at = Merge.State.DONE, timezone.now()
    merge.moved = counts["moved"]
    merge.stayed = counts["stayed"] | {
        f"{label} withdrawn": count for label, count in counts["withdrawn"].items()
    }
    merge.save()
    for connection in told:
        tell(
            connection,
            what=Change.What.REF,
            about=merge.uuid,
            old_ref=gone.ref,
            new_ref=stands.ref,
        )
    logger.info("Two records were merged", extra={"merge": merge.pk})


def connections_of(pair: Pair) -> list[Connection]:
    """Return whose source has reported anything about either: they use the references."""
    said = FactReport.objects.filter(resident__in=[pair.gone, pair.stands])
    return list(Connection.objects.filter(source__in=said.values("source")).order_by("pk"))


def move_sign_in(pair: Pair) -> dict[str, int]:
    """Let who signed in as the record that goes do so as the one that stands, if nobody does.

    Else the account is nobody's until staff link it.
    """
    if pair.gone.user_id is None:
        return {}
    Resident.objects.filter(pk=pair.gone.pk).update(user=None)
    if pair.both_sign_in:
        return {}
    Resident.objects.filter(pk=pair.stands.pk).update(user=pair.gone.user_id)
    return {"accounts.User": 1}


def try_waiting_lines(merge: Merge, *, today: date) -> None:
    """Try the lines again that may have waited for the two to be one."""
    refs = [merge.gone_ref, merge.stands_ref]
    waiting = QuarantinedLine.objects.filter(waits_for_ref__in=refs, resolved_at=None)
    if lines := list(waiting.exclude(text="")[:1000]):
        retry(lines, by=merge.second or merge.by, today=today)
