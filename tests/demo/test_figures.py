"""The demo's figures for everyone."""

from datetime import date

import pytest

from portal.applications.models import Application
from portal.demo import figures, past, people
from portal.insights.models import WeekFigure
from portal.insights.published import read
from tasks.models import Task
from tasks.reminders.models import Reminder
from tasks.sweep import run_sweep
from tests.factories import ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def made():
    UserFactory(email=people.CLERKS[1].email)
    ResidentFactory.create_batch(30)
    figures.make_figures(today=TODAY)


def test_made_twice_they_are_there_once():
    many = Application.objects.count()

    figures.make_figures(today=TODAY)

    assert Application.objects.count() == many


def test_the_page_shows_a_line_of_weeks_and_hides_what_is_small():
    found = read()

    assert found["last"] == date(2026, 11, 16)
    assert [line.difference is not None for line in found["lines"]] == [True] * 3
    assert WeekFigure.objects.filter(procedure="medical-subsidy", shown=True).count() == 0


def test_two_municipalities_stand_there_under_their_names():
    found = read()

    assert [row.romaji for row in found["municipalities"]][:2] == ["Chiyoda, Tokyo", "Kobe, Hyogo"]
    assert all(value for row in found["municipalities"] for value in row.values)


def test_the_page_says_how_many_to_dos_were_done_in_time_and_reminders_sent():
    found = read()

    assert (found["in_time"].weeks, found["in_time"].percent) == (4, pytest.approx(78, abs=8))
    assert found["promised"] > 10
    assert 80 < found["sent_percent"] < 100


def test_past_to_dos_stay_as_they_are_in_a_night():
    before = list(Task.objects.order_by("pk").values_list("status", "ended_on"))

    run_sweep(day=TODAY, worker="test")

    assert len(before) == past.WEEKS * past.A_WEEK
    past_ones = Task.objects.filter(subject__startswith="demo-past")
    assert list(past_ones.order_by("pk").values_list("status", "ended_on")) == before
    assert not Reminder.objects.filter(outcome="promised").exists()
