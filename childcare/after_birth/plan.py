"""What is to be done when a child is born, and by when. The law's dates: docs/law.md.

The rows are worked out of what the register reports, what the family answered and what it said it
has done. They are the facts that the rules `childcare.after-birth.*` ask.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from childcare.after_birth.closed_days import next_opening_day
from childcare.counting import DAY, reach
from childcare.models import AllowanceAnswer, AnnouncedBirth, StepDone
from childcare.models.after_birth import ClaimAt
from portal.database import run
from portal.residents.models import Guardianship, Resident

ALLOWANCE_DAYS = timedelta(days=15)  # the day after the birth is the first
NOTIFICATION_DAYS = timedelta(days=14)  # the day of birth is the first
NOTIFICATION_MONTHS_ABROAD = 3
LOW_WEIGHT_G = 2500
SHOWN_MONTHS = 12
# A row stays for a while after its end, so that a night has met it and ended its tasks.
KEPT = timedelta(days=60)

COLUMN_OF_STEP = {
    StepDone.Step.ALLOWANCE: "allowance_done_on",
    StepDone.Step.INSURANCE: "insurance_done_on",
    StepDone.Step.MEDICAL: "medical_done_on",
    StepDone.Step.LOW_WEIGHT: "low_weight_done_on",
}


class Newborn(NamedTuple):
    """A child as far as it matters here. `weight_g` is that at birth, None where not reported."""

    id: int
    born: date
    weight_g: int | None


def allowance_counts_until(born: date) -> date:
    """Return the fifteenth day, counted from the day after the birth: 30 April → 15 May."""
    return born + ALLOWANCE_DAYS


def allowance_due_on(born: date) -> date:
    """Return the last day to claim the child allowance at a municipality."""
    return next_opening_day(allowance_counts_until(born))


def notify_by(born: date, *, abroad: bool) -> date:
    """Return the last day to notify a birth, the day of birth being the first.

    Abroad the closed days of an embassy or a consulate are not known here, so the day itself
    counts: it is never too late.
    """
    if abroad:
        return reach(born, NOTIFICATION_MONTHS_ABROAD)
    return next_opening_day(born + NOTIFICATION_DAYS - DAY)


def ends_on(born: date) -> date:
    """Return the first day on which nothing is shown any more: the first birthday."""
    return reach(born, SHOWN_MONTHS) + DAY


def claim_at(answer: AllowanceAnswer | None) -> ClaimAt:
    """Return where the child allowance is claimed, as far as the family's answer says it.

    With "I do not know who earns most" the question was about both parents: no civil servant is
    an answer, one of them is none.
    """
    yes, no = AllowanceAnswer.CivilServant.YES, AllowanceAnswer.CivilServant.NO
    if answer and answer.civil_servant == no:
        return ClaimAt.MUNICIPALITY
    if (
        answer
        and answer.civil_servant == yes
        and answer.main_earner != AllowanceAnswer.Earner.UNKNOWN
    ):
        return ClaimAt.EMPLOYER
    return ClaimAt.UNKNOWN


class Row(NamedTuple):
    """One child's row, named as the columns of AfterBirth are."""

    resident_id: int
    born: date
    claim_at: str
    allowance_counts_until: date
    allowance_due_on: date
    ends_on: date
    low_weight: bool | None
    allowance_done_on: date | None = None
    insurance_done_on: date | None = None
    medical_done_on: date | None = None
    low_weight_done_on: date | None = None


def plan_rows(children: Iterable[Newborn], *, today: date) -> list[Row]:
    """Return the rows of those children who are young enough: all that there should be.

    Two statements, whatever the number of children; none where nobody is young.
    """
    young = [child for child in children if ends_on(child.born) + KEPT > today]
    ids = [child.id for child in young]
    if not ids:
        return []
    answers = AllowanceAnswer.objects.standing().filter(child__in=ids)
    said = {answer.child_id: answer for answer in answers}
    done: dict[int, dict[str, date]] = {}
    steps = StepDone.objects.standing().filter(child__in=ids)
    for child_id, step, on in steps.values_list("child", "step", "on"):
        done.setdefault(child_id, {})[COLUMN_OF_STEP[step]] = on
    return [_row(child, said.get(child.id), done.get(child.id, {})) for child in young]


def _row(child: Newborn, answer: AllowanceAnswer | None, done: dict[str, date]) -> Row:
    return Row(
        resident_id=child.id,
        born=child.born,
        claim_at=claim_at(answer).value,
        allowance_counts_until=allowance_counts_until(child.born),
        allowance_due_on=allowance_due_on(child.born),
        ends_on=ends_on(child.born),
        low_weight=None if child.weight_g is None else child.weight_g < LOW_WEIGHT_G,
        **done,
    )


def is_registered(parent: Resident, born: date) -> bool:
    """Tell whether the register has a child of this parent born on that day."""
    return Guardianship.objects.filter(guardian=parent, child__born=born).exists()


def parents_told_wrong(children: Iterable[int]) -> set[int]:
    """Return the guardians of these children (ids) about whose announced births the note is wrong.

    The child has come into the register, or its date of birth was corrected.
    """
    guardians = Guardianship.objects.filter(child__in=set(children))
    parents = sorted(guardians.values_list("guardian", flat=True).distinct())
    if not parents:
        return set()
    rows = run(TOLD_WRONG.format(whom=THESE), {"ids": parents}, prepare=False)
    return {parent for parent, *_registered in rows}


def note_registered(parents: Iterable[int], *, today: date) -> None:
    """Note which births that these parents (ids) told of are in the register now, or no longer.

    Call it in a transaction that holds them (tasks.reconcile.hold).
    """
    if ids := sorted(set(parents)):
        _note_registered(THESE, today, ids=ids)


def refresh(low: int, high: int, today: date) -> None:
    """Note the same of the parents from `low` up to but without `high`.

    Whoever told of a birth while the register reported it is found here, the next night.
    """
    whom = "a.resident_id >= %(low)s::bigint AND a.resident_id < %(high)s::bigint"
    _note_registered(whom, today, low=low, high=high)


def _note_registered(whom: str, today: date, **of_whom) -> None:
    run(REGISTERED.format(whom=whom), {"today": today, **of_whom}, prepare=False)


THESE = "a.resident_id = ANY(%(ids)s::bigint[])"
# The births told are taken out first: there are few, and a planner that knows nothing of the tables
# yet would go through everybody's guardianships for each.
TOLD_WRONG = f"""
    WITH told AS MATERIALIZED (
        SELECT a.resident_id, a.id, a.born, a.registered_on IS NOT NULL AS noted
        FROM {AnnouncedBirth._meta.db_table} a WHERE a.removed_at IS NULL AND {{whom}})
    SELECT told.resident_id, told.id, bool_or(child.id IS NOT NULL) AS registered
    FROM told
    LEFT JOIN {Guardianship._meta.db_table} g ON g.guardian_id = told.resident_id
    LEFT JOIN {Resident._meta.db_table} child ON child.id = g.child_id AND child.born = told.born
    GROUP BY told.resident_id, told.id, told.noted
    HAVING told.noted <> bool_or(child.id IS NOT NULL)"""
REGISTERED = f"""
    UPDATE {AnnouncedBirth._meta.db_table} a
    SET registered_on = CASE WHEN wrong.registered THEN %(today)s::date END
    FROM ({TOLD_WRONG}) wrong
    WHERE a.resident_id = wrong.resident_id AND a.id = wrong.id"""
