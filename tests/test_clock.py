"""Which day the portal says it is."""

import re
from datetime import date, datetime
from pathlib import Path

import pytest
from django.conf import settings as project
from django.utils import timezone

from portal import clock


@pytest.fixture(autouse=True)
def clock_of_its_own(settings, tmp_path, time_machine):
    settings.RUN_DIR = tmp_path
    time_machine.move_to(datetime(2027, 2, 27, 0, 30, tzinfo=timezone.get_default_timezone()))


def test_today_is_the_date_in_japan():
    assert clock.today() == date(2027, 2, 27)  # in UTC it is the 26th


def test_moved_on_by_days_the_hour_stays():
    clock.moved_by().write_text("2")

    assert clock.today() == date(2027, 3, 1)
    assert clock.localtime().strftime("%d %H:%M") == "01 00:30"


def test_production_has_the_real_clock_whatever_lies_in_its_folder(settings):
    clock.moved_by().write_text("2")
    settings.PRODUCTION = True

    assert clock.today() == date(2027, 2, 27)


def test_nothing_else_asks_for_today():
    rooms = (project.BASE_DIR / room for room in ("portal", "tasks"))
    found = [
        str(path.relative_to(project.BASE_DIR))
        for room in rooms
        for path in room.rglob("*.py")
        if re.search(r"localdate\(\)|date\.today\(\)", Path(path).read_text())
    ]

    assert found == []
