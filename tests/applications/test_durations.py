"""The usual durations, counted each night from finished cases."""

from datetime import date, timedelta

import pytest

from portal.applications.durations import count_durations
from portal.applications.jobs import count_usual_durations
from portal.applications.models import ApplicationEvent, UsualDuration
from portal.applications.states import TURN
from tests.applications.factories import NOON, SentApplicationFactory, VersionFactory
from tests.factories import MunicipalityFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]

TODAY = date(2026, 11, 20)


@pytest.fixture
def version(db):
    return VersionFactory()


def finished(version, days, *, ago=0, **fields):
    """A case that was checked for `days` and granted so many days ago."""
    ended = NOON - timedelta(ago)
    sent = ended - timedelta(days)
    case = SentApplicationFactory(
        version=version,
        state="granted",
        sent_at=sent,
        outcome="granted",
        decided_at=ended,
        decided_by=UserFactory(),
        **fields,
    )
    note(case, "under-review", "review", sent)
    note(case, "granted", "decision", ended)
    return case


def note(case, state, step, at):
    ApplicationEvent.objects.create(
        resident_id=case.resident_id,
        application=case,
        what="state",
        state=state,
        turn=TURN[state],
        step=step,
        at=at,
    )


def counted() -> dict:
    return {
        (one.step, one.cases): (one.median_days, one.ninetieth_days)
        for one in UsualDuration.objects.all()
    }


def test_median_and_ninetieth_percentile_by_step_and_of_the_whole(version):
    for days in range(1, 12):
        finished(version, days)

    count_durations(today=TODAY)

    assert counted() == {("review", 11): (6, 10), ("", 11): (6, 10)}


def test_days_in_which_the_resident_had_something_to_do_are_not_the_steps(version):
    case = finished(version, 10)
    note(case, "correction", "review", NOON - timedelta(8))
    note(case, "under-review", "review", NOON - timedelta(3))

    count_durations(today=TODAY)

    assert counted() == {("review", 1): (5, 5), ("", 1): (10, 10)}


def test_counted_again_nothing_is_written(version):
    finished(version, 4)

    assert count_durations(today=TODAY) == 2
    assert count_durations(today=TODAY + timedelta(1)) == 0
    assert set(UsualDuration.objects.values_list("counted_on", flat=True)) == {TODAY}


def test_what_is_two_years_old_is_forgotten(version):
    finished(version, 4, ago=729)
    count_durations(today=TODAY)
    assert len(counted()) == 2

    count_durations(today=TODAY + timedelta(2))

    assert counted() == {}


def test_cases_of_each_municipality_are_counted_apart(version):
    finished(version, 4)
    finished(version, 9, municipality_id=MunicipalityFactory(code="131024").pk)

    count_durations(today=TODAY)

    assert sorted(UsualDuration.objects.filter(step="").values_list("median_days", flat=True)) == [
        4,
        9,
    ]


def test_what_is_not_decided_or_was_taken_back_is_not_counted(version):
    SentApplicationFactory(version=version)
    SentApplicationFactory(version=version, state="withdrawn", turn="nobody")

    assert count_durations(today=TODAY) == 0


def test_it_is_one_statement_and_the_job_runs_it(version, statements):
    finished(version, 4)
    statements.clear()

    assert count_usual_durations() == 2
    assert len([sent for sent in statements if "applications_usualduration" in sent]) == 1
