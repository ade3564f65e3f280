"""The demo's figures for everyone."""

from datetime import date

import pytest

from portal.applications.models import Application
from portal.demo import figures, people
from portal.insights.models import WeekFigure
from portal.insights.published import read
from tests.factories import ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def made():
    UserFactory(email=people.CLERKS[1].email)
    ResidentFactory()
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
