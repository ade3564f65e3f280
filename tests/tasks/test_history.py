"""What the nights did by day and by rule is told from their ranges, with their gaps."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.card.models import InsuranceUse
from tasks import history, sweep
from tasks.models import Sweep, SweepRange
from tasks.reconcile import Reconciled
from tasks.rules import registry
from tests.factories import CHECKED_AT, BenefitAccountFactory, InsuranceUseFactory

pytestmark = pytest.mark.django_db

TODAY = date(2027, 3, 1)
INSURANCE = registry["card.insurance-use"].id
ACCOUNT = registry["card.benefit-account"].id


def run_night(day=TODAY, range_size=sweep.RANGE_SIZE):
    return sweep.run_sweep(day=day, worker="test", range_size=range_size)


@pytest.fixture(autouse=True)
def afternoon_of_the_seventh(time_machine):
    time_machine.move_to(datetime(2027, 3, 7, 15, tzinfo=CHECKED_AT.tzinfo))


def weeks():
    return history.nights(since=TODAY - timedelta(60), until=TODAY + timedelta(6))


@pytest.mark.parametrize("range_size", [1, sweep.RANGE_SIZE])
def test_what_was_done_by_rule_is_kept_whatever_the_ranges(range_size):
    uses = InsuranceUseFactory.create_batch(3)
    BenefitAccountFactory.create_batch(2)
    done = run_night(range_size=range_size)
    InsuranceUse.objects.filter(pk=uses[0].pk).update(status="registered")
    run_night(TODAY + timedelta(1), range_size)

    first, second, *_later = weeks()

    assert first.done == done == Reconciled(opened=5)
    assert first.by_rule == {INSURANCE: Reconciled(opened=3), ACCOUNT: Reconciled(opened=2)}
    assert second.by_rule == {INSURANCE: Reconciled(closed=1)}
    assert second.of_rule(ACCOUNT) == Reconciled()


def test_a_day_without_a_run_is_a_gap_and_those_before_the_first_are_none():
    InsuranceUseFactory()
    run_night(TODAY)
    run_night(TODAY + timedelta(3))

    nights = weeks()

    assert [(night.day.day, bool(night.runs)) for night in nights] == [
        (1, True), (2, False), (3, False), (4, True), (5, False), (6, False), (7, False)
    ]  # fmt: skip


def test_todays_night_is_no_gap_before_it_is_due(time_machine):
    run_night(TODAY)
    time_machine.move_to(datetime(2027, 3, 7, 1, 59, tzinfo=CHECKED_AT.tzinfo))

    assert weeks()[-1].day == date(2027, 3, 6)


def test_the_runs_of_a_day_count_together():
    InsuranceUseFactory()
    run_night(TODAY)
    InsuranceUseFactory()
    run_night(TODAY)

    [night, *_later] = weeks()

    assert [one.run for one in night.runs] == [1, 2]
    assert night.done == Reconciled(opened=2)
    assert history.of_run(night.runs[1]).done == Reconciled(opened=1)
    assert history.of_run(night.runs[1]).by_rule == {INSURANCE: Reconciled(opened=1)}


def test_of_a_night_before_counts_by_rule_were_kept_the_totals_are_told():
    InsuranceUseFactory()
    run_night(TODAY)
    SweepRange.objects.update(by_rule=None)

    [night, *_later] = weeks()

    assert night.done == Reconciled(opened=1)
    assert night.of_rule(INSURANCE) is None


def test_a_night_that_is_not_finished_has_no_seconds():
    InsuranceUseFactory()
    sweep.start_sweep(day=TODAY, started_by=Sweep.StartedBy.BEAT)

    [night, *_later] = weeks()

    assert (night.finished, night.seconds) == (False, None)
    assert (night.ranges_done, night.ranges) == (0, 1)


def test_a_night_for_nobody_ran_and_did_nothing():
    run_night(TODAY)

    [night, *_later] = weeks()

    assert night.finished
    assert (night.done, night.by_rule) == (Reconciled(), {})


def test_weeks_take_the_same_statements_with_one_night_and_with_many():
    InsuranceUseFactory()
    run_night(TODAY)
    with CaptureQueriesContext(connection) as few:
        weeks()
    for days in range(1, 6):
        run_night(TODAY + timedelta(days))

    with CaptureQueriesContext(connection) as many:
        weeks()

    assert len(few) == len(many) <= 4
