"""A source, a family and the night change one child at the same moment: the plan has it all."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from childcare.change import changing
from childcare.models import DueDose, FamilyVaccination, VaccinationForecast
from childcare.plan import out_of_date, replan
from portal.residents.models import Resident
from tasks.derived import refresh_range
from tasks.models import Task
from tasks.reconcile import Reconciled, reconcile_people, reconcile_range
from tests.exchange.facts import guardianship, load_lines, resident, vaccination
from tests.factories import FamilyVaccinationFactory, UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("municipalities"),
    pytest.mark.serial,
]
BORN, TODAY = date(2026, 1, 10), date(2026, 11, 24)
ROUNDS = 8


def together(*deeds):
    """Let each deed run in a thread of its own, round by round, all beginning at once."""
    start, failures = Barrier(len(deeds)), []

    def run(deed):
        try:
            for number in range(ROUNDS):
                start.wait()
                deed(number)
        except Exception as error:
            failures.append(error)
            start.abort()
        finally:
            connection.close()

    threads = [Thread(target=run, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_load_an_entry_and_a_night_at_once_leave_a_plan_of_everything():
    load_lines(
        resident("R1"),
        resident("R2", born=str(BORN)),
        guardianship(**{"from": str(BORN)}),
        today=TODAY,
    )
    child, by = Resident.objects.get(ref="R2"), UserFactory()

    def day(number):
        return BORN + timedelta(60 + 20 * number)

    def source(number):
        load_lines(vaccination(vaccine="HEPB", on=str(day(number))), today=TODAY)

    def family(number):
        with changing(child.pk, today=TODAY):
            FamilyVaccinationFactory(child=child, entered_by=by, on=day(number))

    def night(_number):
        everyone = {"low": 0, "high": child.pk + 1, "today": TODAY}
        with transaction.atomic():
            VaccinationForecast.objects.update(edition="of last year")
            refresh_range(**everyone)
            reconcile_range(**everyone)

    together(source, family, night)

    given = DueDose.objects.filter(resident=child, given_on__isnull=False)
    assert given.filter(vaccine="HEPB").count() == ROUNDS
    assert given.filter(vaccine="PCV").count() == FamilyVaccination.objects.count() == ROUNDS
    assert out_of_date([child.pk], today=TODAY) == set()
    with transaction.atomic():
        assert replan([child.pk], today=TODAY) == set()
        assert reconcile_people([child.pk], today=TODAY) == Reconciled()
    assert Task.objects.live().filter(rule__key="childcare.dose").exists()
