"""What is handed on of a child's record: to a clinic, a kindergarten, an authority abroad.

On paper and as a file alike. Where municipality and family differ, both stand with a note; what
the family itself no longer holds right, or said is not its child's, is left out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid5

from childcare.compare import Difference, Pair, Right
from childcare.record import Family, Municipal, Record, Source
from childcare.schedule import the_schedule
from portal.residents.models import Resident


class Doubt(StrEnum):
    """What is said beside a dose of which the two sides do not say the same."""

    DIFFERS = "differs"  # the other side has it otherwise, and nobody has said which is right
    FAMILY_DIFFERS = "family-differs"  # the family says that its own entry is right instead
    FAMILY_DENIES = "family-denies"  # the family says that it was not given


@dataclass(frozen=True, kw_only=True)
class HandedDose:
    """One dose as one side has it. Of the family's own, `source` is None.

    `vaccine` is a code of the schedule, or what it was called where it is none of them.
    """

    uuid: UUID
    vaccine: str
    on: date
    lot: str
    clinic: str
    source: Source | None
    known_at: datetime
    note: str = ""
    doubt: Doubt | None = None
    also_by_family: bool = False


def doses_of(child: Resident, record: Record) -> list[HandedDose]:
    """Return what is handed on, in the order of the schedule's vaccines and by date."""
    doses = [dose for pair in record.pairs for dose in _of_pair(child, pair)]
    order = {code: number for number, code in enumerate(the_schedule().vaccines)}
    last = len(order)
    return sorted(doses, key=lambda d: (order.get(d.vaccine, last), d.vaccine, d.on, d.uuid))


def by_vaccine(doses: Iterable[HandedDose]) -> list[tuple[str, list[HandedDose]]]:
    groups: dict[str, list[HandedDose]] = {}
    for dose in doses:
        groups.setdefault(dose.vaccine, []).append(dose)
    return list(groups.items())


def sources_of(doses: Iterable[HandedDose]) -> list[tuple[Source, datetime]]:
    """Return the municipality's sources, each with when it was last heard of these doses."""
    latest: dict[Source, datetime] = {}
    for dose in doses:
        if dose.source:
            latest[dose.source] = max(dose.known_at, latest.get(dose.source, dose.known_at))
    return sorted(latest.items())


def _of_pair(child: Resident, pair: Pair) -> Iterator[HandedDose]:
    municipal, family = (side[0] if side else None for side in pair.sides)
    right = pair.answer.right if pair.answer else None
    if municipal:
        yield _municipal(child, municipal, family, pair.difference, right)
    if family and pair.difference != Difference.NONE and right != Right.MUNICIPAL:
        open_question = municipal and right is None
        yield _family(family, Doubt.DIFFERS if open_question else None)


def _municipal(
    child: Resident,
    dose: Municipal,
    family: Family | None,
    difference: Difference,
    right: Right | None,
) -> HandedDose:
    doubt = None
    if right == Right.FAMILY:
        doubt = Doubt.FAMILY_DIFFERS if family else Doubt.FAMILY_DENIES
    elif right is None and family and difference != Difference.NONE:
        doubt = Doubt.DIFFERS
    return HandedDose(
        uuid=uuid5(child.uuid, f"vaccination {dose.id}"),
        vaccine=dose.vaccine,
        on=dose.on,
        lot=dose.lot,
        clinic=dose.clinic,
        source=dose.source,
        known_at=dose.checked_at,
        doubt=doubt,
        also_by_family=difference == Difference.NONE,
    )


def _family(dose: Family, doubt: Doubt | None) -> HandedDose:
    return HandedDose(
        uuid=dose.uuid,
        vaccine=dose.vaccine,
        on=dose.on,
        lot=dose.lot,
        clinic=dose.clinic,
        source=None,
        known_at=dose.entered_at,
        note=dose.note,
        doubt=doubt,
    )
