"""What a family writes: doses of its handbook, and what it says about the records.

Each function may be called twice, or fifty times at once, and has one effect: whoever comes first
writes, the others find it written. Nothing is deleted: what is taken back is marked so. The
child's dates and tasks are worked out again in the same transaction (childcare.change).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from childcare.change import changing
from childcare.models import (
    Birth,
    Checkup,
    FamilyStatement,
    FamilyVaccination,
    NotMine,
    RecordAnswer,
    SeriesEnd,
    Vaccination,
)
from portal.residents.models import Resident
from tasks.acts import Refused


@dataclass(frozen=True, kw_only=True)
class Dose:
    """One line of the handbook. `vaccine` is a code of the schedule, or the family's own word."""

    vaccine: str
    on: date
    lot: str = ""
    clinic: str = ""
    note: str = ""


class Entered(NamedTuple):
    """How many doses of a page stand now, and how many the family had entered before."""

    saved: int
    known: int


# ---- doses


def enter_page(*, child: Resident, page: UUID, doses: Iterable[Dose], by, today: date) -> Entered:
    """Write the doses of a page; the same vaccine on the same day is written once.

    Raises Refused for a page that was entered and taken back: a form that got lost on the way and
    is sent again must not bring it back.
    """
    wanted = {(dose.vaccine, dose.on): dose for dose in doses}
    with changing(child.pk, today=today):
        entries = FamilyVaccination.objects.for_child(child)
        if entries.filter(page=page).exists() and not entries.standing().filter(page=page).exists():
            raise Refused(_("This page was taken back. Check it and save it again."))
        standing = entries.standing().values_list("vaccine", "on", "page")
        pages = {(vaccine, on): of for vaccine, on, of in standing}
        FamilyVaccination.objects.bulk_create(
            _entry(child, page, dose, by) for key, dose in wanted.items() if key not in pages
        )
    known = sum(pages.get(key, page) != page for key in wanted)
    return Entered(len(wanted) - known, known)


def correct(*, child: Resident, entry: UUID, dose: Dose, by, today: date) -> None:
    """Put `dose` in the place of what was entered; what was entered is kept as taken back.

    Raises FamilyVaccination.DoesNotExist where the child has no such entry, and Refused where
    the family has entered the same dose besides.
    """
    with changing(child.pk, today=today):
        old = FamilyVaccination.objects.for_child(child).get(uuid=entry)
        standing = FamilyVaccination.objects.for_child(child).standing()
        same = standing.filter(vaccine=dose.vaccine, on=dose.on)
        if old.removed_at:
            if not same.exists():
                raise Refused(_("This entry was taken back in the meantime."))
            return
        if same.exclude(pk=old.pk).exists():
            raise Refused(_("You have entered this vaccine on this day already."))
        _take_back(standing.filter(pk=old.pk), by)
        _entry(child, old.page, dose, by).save(force_insert=True)


def take_back_page(*, child: Resident, page: UUID, by, today: date) -> int:
    """Take back all that stands of a page; return how many doses that was."""
    with changing(child.pk, today=today):
        standing = FamilyVaccination.objects.for_child(child).standing()
        return _take_back(standing.filter(page=page), by)


def take_back_dose(*, child: Resident, entry: UUID, by, today: date) -> int:
    with changing(child.pk, today=today):
        standing = FamilyVaccination.objects.for_child(child).standing()
        return _take_back(standing.filter(uuid=entry), by)


def _entry(child, page, dose, by):
    return FamilyVaccination(
        child=child,
        page=page,
        vaccine=dose.vaccine,
        on=dose.on,
        lot=dose.lot,
        clinic=dose.clinic,
        note=dose.note,
        entered_by=by,
    )


def _take_back(entries, by) -> int:
    return entries.update(removed_by=by, removed_at=timezone.now())


# ---- what no source says

OPPOSITE = {
    FamilyStatement.What.GIRL: FamilyStatement.What.BOY,
    FamilyStatement.What.BOY: FamilyStatement.What.GIRL,
}


def state(*, child: Resident, what: str, by, today: date) -> None:
    """Note what the family says of the child; girl and boy replace each other."""
    with changing(child.pk, today=today):
        said = FamilyStatement.objects.for_child(child).standing()
        _take_back(said.filter(what=OPPOSITE.get(what)), by)
        if not said.filter(what=what).exists():
            FamilyStatement.objects.create(child=child, what=what, entered_by=by)


def take_back_statement(*, child: Resident, what: str, by, today: date) -> None:
    with changing(child.pk, today=today):
        _take_back(FamilyStatement.objects.for_child(child).standing().filter(what=what), by)


def end_series(*, child: Resident, had: str, on: date | None, note: str, by, today: date) -> None:
    """Note a disease had, or another reason why doses are no longer wanted; the newest stands."""
    with changing(child.pk, today=today):
        ends = SeriesEnd.objects.for_child(child).standing().filter(had=had)
        if not ends.filter(on=on, note=note).exists():
            _take_back(ends, by)
            SeriesEnd.objects.create(child=child, had=had, on=on, note=note, entered_by=by)


def take_back_end(*, child: Resident, had: str, by, today: date) -> None:
    with changing(child.pk, today=today):
        _take_back(SeriesEnd.objects.for_child(child).standing().filter(had=had), by)


# ---- what is said about records


def answer(
    *,
    child: Resident,
    vaccination: int | None,
    entry: int | None,
    of: str,
    which: str,
    by,
    today: date,
) -> None:
    """Note which of two records that differ is right; another answer takes the earlier one's place.

    `of` is how both stood when they were shown.
    """
    pair = {"vaccination_id": vaccination, "entry_id": entry}
    with changing(child.pk, today=today):
        given = RecordAnswer.objects.for_child(child).standing().filter(**pair)
        if not given.filter(of=of, answer=which).exists():
            _take_back(given, by)
            RecordAnswer.objects.create(child=child, **pair, of=of, answer=which, entered_by=by)


def take_back_answer(
    *, child: Resident, vaccination: int | None, entry: int | None, by, today: date
) -> None:
    with changing(child.pk, today=today):
        given = RecordAnswer.objects.for_child(child).standing()
        _take_back(given.filter(vaccination_id=vaccination, entry_id=entry), by)


def not_mine(*, child: Resident, record: Birth | Checkup | Vaccination, by, today: date) -> None:
    """Hide a municipal record that is not this child's, and put it before staff.

    Once staff have said that it is the child's, it can be said again.
    """
    about = _named(record)
    with changing(child.pk, today=today):
        said = NotMine.objects.for_child(child).standing().filter(**about)
        if not said.exclude(outcome=NotMine.Outcome.RESTORED).exists():
            NotMine.objects.create(child=child, **about, evidence=_as_shown(record), entered_by=by)


def take_back_not_mine(
    *, child: Resident, record: Birth | Checkup | Vaccination, by, today: date
) -> None:
    """Show the record again. What staff have confirmed is not the family's to take back."""
    with changing(child.pk, today=today):
        said = NotMine.objects.for_child(child).standing().filter(**_named(record))
        if said.filter(outcome=NotMine.Outcome.CONFIRMED).exists():
            raise Refused(_("The office has confirmed that this is not your child’s. Ask there."))
        _take_back(said, by)


def _named(record) -> dict:
    kind = record._meta.model_name
    return {"kind": kind} | ({} if kind == NotMine.Kind.BIRTH else {f"{kind}_id": record.pk})


def _as_shown(record) -> dict:
    """Return the record's own columns as text, whatever becomes of the record afterwards."""
    columns = {field.attname: getattr(record, field.attname) for field in record._meta.fields}
    return {name: None if value is None else str(value) for name, value in columns.items()}
