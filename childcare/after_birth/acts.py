"""What a family says after a birth: who earns most, which steps are done, that a child was born.

Each function may be called twice, or fifty times at once, and has one effect. Nothing is deleted:
what is taken back is marked so. Dates and tasks follow in the same transaction.
"""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from childcare.after_birth.plan import is_registered, notify_by
from childcare.change import changing
from childcare.models import AllowanceAnswer, AnnouncedBirth, StepDone
from portal.residents.models import Resident, Source
from tasks.acts import Refused
from tasks.reconcile import hold, reconcile_people
from tasks.words import day

NEVER_STALE = date(2200, 1, 1)


def answer_allowance(
    *, child: Resident, main_earner: str, civil_servant: str, by, today: date
) -> None:
    """Note who earns most and whether that person is a civil servant; the newest answer stands."""
    said = {"main_earner": main_earner, "civil_servant": civil_servant}
    with changing(child.pk, today=today):
        standing = AllowanceAnswer.objects.for_child(child).standing()
        if not standing.filter(**said).exists():
            _take_back(standing, by)
            AllowanceAnswer.objects.create(child=child, **said, entered_by=by)


def say_done(*, child: Resident, step: str, by, today: date) -> None:
    """Note that a step after the birth is done, as of `today`."""
    with changing(child.pk, today=today):
        note_done(child=child, step=step, by=by, today=today)


def note_done(*, child: Resident, step: str, by, today: date) -> None:
    """Write the same alone, within a transaction that holds the child and plans it afterwards."""
    if not StepDone.objects.for_child(child).standing().filter(step=step).exists():
        StepDone.objects.create(child=child, step=step, on=today, entered_by=by)


def take_back_step(*, child: Resident, step: str, by, today: date) -> None:
    with changing(child.pk, today=today):
        _take_back(StepDone.objects.for_child(child).standing().filter(step=step), by)


def _take_back(entries, by) -> None:
    entries.update(removed_by=by, removed_at=timezone.now())


def announce(*, parent: Resident, born: date, abroad: bool, by, today: date) -> None:
    """Note a birth of which the register knows nothing yet; said otherwise, the newest stands.

    Raises Refused where the register has a child of this parent born on that day.
    """
    with transaction.atomic():
        hold([parent.pk])
        if is_registered(parent, born):
            raise Refused(
                _("Your child born on %(date)s is in the resident register already.")
                % {"date": day(born)}
            )
        standing = AnnouncedBirth.objects.filter(resident=parent, born=born, removed_at=None)
        if not standing.filter(abroad=abroad).exists():
            standing.update(removed_at=timezone.now())
            AnnouncedBirth.objects.create(
                resident=parent,
                born=born,
                abroad=abroad,
                notify_by=notify_by(born, abroad=abroad),
                entered_by=by,
                source=_family(),
                checked_at=timezone.now(),
                stale_on=NEVER_STALE,
            )
            reconcile_people([parent.pk], today=today)


def take_back_birth(*, parent: Resident, born: date, today: date) -> None:
    with transaction.atomic():
        hold([parent.pk])
        told = AnnouncedBirth.objects.filter(resident=parent, born=born, removed_at=None)
        if told.update(removed_at=timezone.now()):
            reconcile_people([parent.pk], today=today)


def _family() -> Source:
    names = {"name": "家族が入力した記録", "name_en": "entered by the family"}
    return Source.objects.get_or_create(key="family", defaults=names)[0]
