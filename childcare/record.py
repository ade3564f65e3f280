"""What is known of children, as pages, exports and the plan read it: by the set, in one statement.

A record that somebody said is not the child's is in `hidden` and nowhere else; what its source
withdrew, or the family took back, is not here at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from childcare import compare
from childcare.compare import Answer, Pair, Right
from childcare.forecast import Given
from childcare.models import FamilyStatement
from portal.database import run
from portal.residents.models import Resident


class Source(NamedTuple):
    key: str
    name: str
    name_en: str


@dataclass(frozen=True)
class Municipal:
    """A dose that the municipality recorded."""

    id: int
    vaccine: str
    on: date
    lot: str
    clinic: str
    source: Source
    checked_at: datetime


@dataclass(frozen=True)
class Family:
    """A dose that the family entered. `page` names what was entered in one go."""

    id: int
    uuid: UUID
    page: UUID
    vaccine: str
    on: date
    lot: str
    clinic: str
    note: str
    entered_by: int
    entered_at: datetime


@dataclass(frozen=True)
class Birth:
    born: date
    sex: str
    gestation_weeks: int | None
    gestation_days: int | None
    weight_g: int | None
    height_cm: float | None
    head_cm: float | None
    place: str
    source: Source
    checked_at: datetime


@dataclass(frozen=True)
class Ended:
    """Why a child needs no more of something: `had` is a name of the schedule."""

    id: int
    had: str
    on: date | None
    note: str


@dataclass(frozen=True)
class Record:
    """All that is known of one child's vaccinations and birth.

    `born` is the register's. `hidden` are the municipality's vaccinations that were said not to be
    the child's; `birth_hidden` tells the same of the birth.
    """

    child_id: int
    born: date
    adult_on: date
    state: str
    municipality: str
    municipal: list[Municipal]
    hidden: list[Municipal]
    family: list[Family]
    answers: list[Answer]
    ended: list[Ended]
    statements: list[str]
    birth: Birth | None
    birth_hidden: bool
    hidden_checkups: set[int] = field(default_factory=set)

    @cached_property
    def pairs(self) -> list[Pair]:
        return compare.compare(self.municipal, self.family, self.answers)

    @cached_property
    def to_ask(self) -> list[Pair]:
        return compare.to_ask(self.pairs)

    @property
    def conflicts(self) -> list[Pair]:
        """The pairs in which both sides have something, and not the same.

        What one side alone has is no question by itself: the form for the handbook asks only for
        what is missing.
        """
        return [pair for pair in self.to_ask if all(pair.sides)]

    @cached_property
    def counted(self) -> list[Given]:
        """The doses that count in the forecast, and what else was given, by date."""
        if self.family or self.answers:
            counted = (dose for pair in self.pairs for dose in pair.counted)
        else:  # as of most children, whose plans are all worked out in one night
            counted = self.municipal
        doses = {(dose.on, dose.vaccine) for dose in counted}
        return [Given(vaccine, on) for on, vaccine in sorted(doses)]

    @property
    def had(self) -> list[str]:
        return [one.had for one in self.ended]

    @property
    def sex(self) -> str | None:
        """ "F" or "M": by the record of the birth, else as the family says, else None."""
        if self.birth and self.birth.sex:
            return self.birth.sex
        said = {FamilyStatement.What.GIRL: "F", FamilyStatement.What.BOY: "M"}
        found = {said[what] for what in self.statements if what in said}
        return found.pop() if len(found) == 1 else None

    @property
    def none_given(self) -> bool:
        """Whether the family says that nothing has been given so far."""
        return FamilyStatement.What.NONE_GIVEN in self.statements

    @property
    def known(self) -> bool:
        """Whether anything is known of what was given. Unknown is not "nothing"."""
        return bool(self.municipal or self.family or self.none_given)

    def is_child(self, today: date) -> bool:
        return self.state == Resident.State.ACTIVE and today < self.adult_on


def records_of(ids: Iterable[int]) -> dict[int, Record]:
    """Return the records of children (ids), whatever their number in one statement."""
    ids = sorted(set(ids))
    if not ids:
        return {}
    rows = run(RECORDS, {"ids": ids}, prepare=len(ids) == 1)
    return {row[0]: _record(*row) for row in rows}


def _record(
    child_id,
    born,
    adult_on,
    state,
    municipality,
    birth,
    vaccinations,
    entries,
    answers,
    ended,
    statements,
    not_mine,
) -> Record:
    said = not_mine or []
    hidden = {vaccination for kind, _checkup, vaccination in said if kind == "vaccination"}
    municipal = [_municipal(*one) for one in vaccinations or []]
    birth_hidden = any(kind == "birth" for kind, *_ids in said)
    return Record(
        child_id=child_id,
        born=born,
        adult_on=adult_on,
        state=state,
        municipality=municipality,
        municipal=[one for one in municipal if one.id not in hidden],
        hidden=[one for one in municipal if one.id in hidden],
        family=[_family(*one) for one in entries or []],
        answers=[Answer(*one[:4], Right(one[4])) for one in answers or []],
        ended=[Ended(id_, had, _day(on), note) for id_, had, on, note in ended or []],
        statements=statements or [],
        birth=_birth(*birth) if birth and not birth_hidden else None,
        birth_hidden=birth_hidden,
        hidden_checkups={checkup for kind, checkup, _id in said if kind == "checkup"},
    )


def _municipal(id_, vaccine, on, lot, clinic, key, name, name_en, checked_at) -> Municipal:
    return Municipal(
        id_,
        vaccine,
        date.fromisoformat(on),
        lot,
        clinic,
        Source(key, name, name_en),
        datetime.fromisoformat(checked_at),
    )


def _family(id_, uuid, page, vaccine, on, lot, clinic, note, entered_by, entered_at) -> Family:
    return Family(
        id_,
        UUID(uuid),
        UUID(page),
        vaccine,
        date.fromisoformat(on),
        lot,
        clinic,
        note,
        entered_by,
        datetime.fromisoformat(entered_at),
    )


def _birth(born, sex, weeks, days, weight, height, head, place, key, name, name_en, at) -> Birth:
    return Birth(
        date.fromisoformat(born),
        sex,
        weeks,
        days,
        weight,
        height,
        head,
        place,
        Source(key, name, name_en),
        datetime.fromisoformat(at),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


# One index look-up of each table a child, whatever the planner knows of the tables.
RECORDS = """
    SELECT r.id, r.born, r.adult_on, r.state, r.municipality_id,
        (SELECT json_build_array(b.born, b.sex, b.gestation_weeks, b.gestation_days, b.weight_g,
                b.height_cm, b.head_cm, b.place, s.key, s.name, s.name_en, b.checked_at)
            FROM childcare_birth b JOIN residents_source s ON s.id = b.source_id
            WHERE b.resident_id = r.id AND NOT b.withdrawn),
        (SELECT json_agg(json_build_array(v.id, v.vaccine, v."on", v.lot, v.clinic, s.key, s.name,
                s.name_en, v.checked_at) ORDER BY v."on", v.vaccine, v.id)
            FROM childcare_vaccination v JOIN residents_source s ON s.id = v.source_id
            WHERE v.resident_id = r.id AND NOT v.withdrawn),
        (SELECT json_agg(json_build_array(f.id, f.uuid, f.page, f.vaccine, f."on", f.lot, f.clinic,
                f.note, f.entered_by_id, f.entered_at) ORDER BY f."on", f.vaccine, f.id)
            FROM childcare_familyvaccination f WHERE f.child_id = r.id AND f.removed_at IS NULL),
        (SELECT json_agg(json_build_array(a.id, a.vaccination_id, a.entry_id, a.of, a.answer)
                ORDER BY a.id)
            FROM childcare_recordanswer a WHERE a.child_id = r.id AND a.removed_at IS NULL),
        (SELECT json_agg(json_build_array(e.id, e.had, e."on", e.note) ORDER BY e.had)
            FROM childcare_seriesend e WHERE e.child_id = r.id AND e.removed_at IS NULL),
        (SELECT json_agg(t.what ORDER BY t.what)
            FROM childcare_familystatement t WHERE t.child_id = r.id AND t.removed_at IS NULL),
        (SELECT json_agg(json_build_array(n.kind, n.checkup_id, n.vaccination_id) ORDER BY n.id)
            FROM childcare_notmine n
            WHERE n.child_id = r.id AND n.removed_at IS NULL AND n.outcome <> 'restored')
    FROM residents_resident r WHERE r.id = ANY(%(ids)s::bigint[])"""
