"""What the municipality recorded beside what the family entered: where they agree and differ.

Pure: no Django, no clock. Nothing is merged or dropped: every record stands in exactly one pair.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

DAYS_APART = 14  # a date mistyped or misread is seldom further off
# Codes that are written for one another: combinations of the same parts, products of one series.
KIN = [
    {"DPT_IPV", "DPT_IPV_HIB", "HIB"},
    {"HPV", "HPV9"},
    {"ROTA_RV1", "ROTA_RV5"},
]


class Dose(Protocol):
    id: int
    vaccine: str
    on: date


class Difference(StrEnum):
    NONE = "none"
    DATE = "date"
    VACCINE = "vaccine"
    ONLY_MUNICIPAL = "only-municipal"
    ONLY_FAMILY = "only-family"


class Right(StrEnum):
    """Which side is right, as the family says."""

    MUNICIPAL = "municipal"
    FAMILY = "family"
    BOTH = "both"


@dataclass(frozen=True)
class Answer:
    """The family's answer to one question; `of` is the fingerprint of the pair it was asked of."""

    id: int
    vaccination: int | None
    entry: int | None
    of: str
    right: Right


@dataclass(frozen=True)
class Pair:
    """One dose as both sides have it: their records of it, mostly one each, or none on one side.

    Several records of one side stand together where vaccine and date are the same.
    """

    municipal: tuple[Dose, ...]
    family: tuple[Dose, ...]
    difference: Difference
    answer: Answer | None = None

    @property
    def fingerprint(self) -> str:
        """Both sides as they stand: when one changes, an answer given before no longer counts."""
        return " | ".join(f"{side[0].vaccine} {side[0].on}" if side else "-" for side in self.sides)

    @property
    def sides(self) -> tuple[tuple[Dose, ...], tuple[Dose, ...]]:
        return self.municipal, self.family

    @property
    def on(self) -> date:
        """The earlier date of both, to put pairs in order."""
        return min(side[0].on for side in self.sides if side)

    @property
    def counted(self) -> list[Dose]:
        """The doses that a forecast counts: until it is answered, what the municipality has.

        What only the family has counts as well: the municipality's record can take two months.
        """
        right = self.answer.right if self.answer else None
        if self.difference == Difference.NONE:
            return [self.municipal[0]]
        if right == Right.MUNICIPAL:
            sides = [self.municipal]
        elif right == Right.FAMILY:
            sides = [self.family]
        elif right == Right.BOTH:
            sides = [self.municipal, self.family]
        else:
            sides = [self.municipal or self.family]
        return [side[0] for side in sides if side]


def compare(
    municipal: Iterable[Dose], family: Iterable[Dose], answers: Iterable[Answer] = ()
) -> list[Pair]:
    """Return all records in pairs, by date. The order of what is given does not matter.

    First what is the same, then the same vaccine within 14 days, then kindred vaccines of one day.
    """
    ours, theirs = _doses(municipal), _doses(family)
    pairs = [
        *_paired(ours, theirs, Difference.NONE, _same),
        *_paired(ours, theirs, Difference.DATE, _other_date),
        *_paired(ours, theirs, Difference.VACCINE, _other_vaccine),
        *(Pair(side, (), Difference.ONLY_MUNICIPAL) for side in ours),
        *(Pair((), side, Difference.ONLY_FAMILY) for side in theirs),
    ]
    return sorted(
        _answered(pairs, answers), key=lambda pair: (pair.on, [_key(s) for s in pair.sides])
    )


def to_ask(pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs that the family is asked about.

    What the municipality alone has is asked of those who entered something: who never did has
    nothing to compare. What the family alone has is no question, since the record may follow.
    """
    entered = any(pair.family for pair in pairs)
    asked = {Difference.DATE, Difference.VACCINE}
    if entered:
        asked.add(Difference.ONLY_MUNICIPAL)
    return [pair for pair in pairs if pair.difference in asked and pair.answer is None]


def _doses(records: Iterable[Dose]) -> list[tuple[Dose, ...]]:
    """Return the records of one side, those of one vaccine and date together, in a fixed order."""
    doses: dict[tuple, list[Dose]] = {}
    for record in sorted(records, key=lambda r: r.id):
        doses.setdefault((record.on, record.vaccine), []).append(record)
    return [tuple(doses[key]) for key in sorted(doses)]


def _key(side: tuple[Dose, ...]) -> tuple:
    return (side[0].on.isoformat(), side[0].vaccine) if side else ("", "")


def _same(ours: Dose, theirs: Dose) -> int | None:
    return 0 if (ours.vaccine, ours.on) == (theirs.vaccine, theirs.on) else None


def _other_date(ours: Dose, theirs: Dose) -> int | None:
    if ours.vaccine != theirs.vaccine:
        return None
    apart = abs((ours.on - theirs.on).days)
    return apart if apart <= DAYS_APART else None


def _other_vaccine(ours: Dose, theirs: Dose) -> int | None:
    kin = any({ours.vaccine, theirs.vaccine} <= codes for codes in KIN)
    return 0 if ours.on == theirs.on and kin else None


def _paired(ours: list, theirs: list, difference: Difference, distance) -> list[Pair]:
    """Take out of both lists what fits together, the nearest first, and return it in pairs."""
    candidates = [
        (apart, _key(mine), _key(other), mine, other)
        for mine in ours
        for other in theirs
        if (apart := distance(mine[0], other[0])) is not None
    ]
    pairs = []
    for *_nearness, mine, other in sorted(candidates, key=lambda candidate: candidate[:3]):
        if mine in ours and other in theirs:
            ours.remove(mine)
            theirs.remove(other)
            pairs.append(Pair(mine, other, difference))
    return pairs


def _answered(pairs: Iterable[Pair], answers: Iterable[Answer]) -> Iterable[Pair]:
    """Give each pair the newest answer that was given to it as it stands now."""
    given = {(a.vaccination, a.entry, a.of): a for a in sorted(answers, key=lambda a: a.id)}
    for pair in pairs:
        found = [
            given[asked]
            for asked in _asked(pair)
            if asked in given and pair.difference != Difference.NONE
        ]
        newest = max(found, key=lambda a: a.id, default=None)
        yield Pair(pair.municipal, pair.family, pair.difference, newest) if newest else pair


def _asked(pair: Pair) -> Iterable[tuple]:
    of = pair.fingerprint
    for mine in pair.municipal or [None]:
        for other in pair.family or [None]:
            yield mine and mine.id, other and other.id, of
