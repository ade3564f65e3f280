"""What a child was measured to be: at birth, at checkups, and at home as the family enters it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from childcare.growth.standard import Measure
from childcare.models import Checkup, FamilyMeasurement
from childcare.record import Record, Source
from portal.residents.models import Resident
from tasks.reconcile import hold


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One day's measures, empty where not taken. Of the family's own, `source` is None.

    `occasion` is "birth", the code of a checkup, or "" for what the family entered. `key` names it
    among others of the same day.
    """

    on: date
    weight_g: int | None
    height_cm: Decimal | float | None
    head_cm: Decimal | float | None
    source: Source | None
    occasion: str = ""
    key: str = ""

    def amount(self, measure: Measure) -> float | None:
        """Return a measure in kg or cm."""
        if measure == Measure.WEIGHT:
            return None if self.weight_g is None else self.weight_g / 1000
        value = self.height_cm if measure == Measure.HEIGHT else self.head_cm
        return None if value is None else float(value)


def measurements_of(
    record: Record, checkups: list[Checkup], entries: list[FamilyMeasurement]
) -> list[Measurement]:
    """Return every measurement of a child by date, the family's own after others of the day."""
    found = [_entered(entry) for entry in entries]
    found += [_at_checkup(checkup) for checkup in checkups]
    if record.birth:
        birth = record.birth
        found.append(_measured(birth, on=birth.born, source=birth.source, occasion="birth"))
    taken = [one for one in found if any(one.amount(measure) for measure in Measure)]
    return sorted(taken, key=lambda one: (one.on, one.source is None, one.key))


def checkups_of(child: Resident, record: Record) -> list[Checkup]:
    """Return the checkups that sources report, without those said not to be the child's."""
    known = Checkup.objects.in_force().filter(resident=child).select_related("source")
    return [one for one in known.order_by("on", "pk") if one.pk not in record.hidden_checkups]


def entries_of(child: Resident) -> list[FamilyMeasurement]:
    return list(FamilyMeasurement.objects.for_child(child).standing().order_by("on", "pk"))


def _entered(entry: FamilyMeasurement) -> Measurement:
    return _measured(entry, on=entry.on, source=None, key=str(entry.uuid))


def _at_checkup(checkup: Checkup) -> Measurement:
    source = Source(checkup.source.key, checkup.source.name, checkup.source.name_en)
    return _measured(
        checkup, on=checkup.on, source=source, occasion=checkup.checkup, key=checkup.record
    )


def _measured(measures, **rest) -> Measurement:
    return Measurement(
        weight_g=measures.weight_g,
        height_cm=measures.height_cm,
        head_cm=measures.head_cm,
        **rest,
    )


# ---- what the family enters. No date and no task follows from it, so nothing is worked out anew.


def enter(
    *,
    child: Resident,
    on: date,
    weight_g: int | None,
    height_cm: Decimal | None,
    head_cm: Decimal | None,
    by,
) -> FamilyMeasurement:
    """Write a measurement. The same one sent twice is one."""
    measured = {"on": on, "weight_g": weight_g, "height_cm": height_cm, "head_cm": head_cm}
    with transaction.atomic():
        hold([child.pk])
        standing = FamilyMeasurement.objects.for_child(child).standing()
        if same := standing.filter(**measured).first():
            return same
        entry = FamilyMeasurement(child=child, entered_by=by, **measured)
        entry.save(force_insert=True)
        return entry


def take_back(*, child: Resident, entry: UUID, by) -> int:
    """Take a measurement back; return how many that was: none the second time."""
    standing = FamilyMeasurement.objects.for_child(child).standing()
    return standing.filter(uuid=entry).update(removed_by=by, removed_at=timezone.now())
