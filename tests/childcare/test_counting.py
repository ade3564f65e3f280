"""Ages round down to the month's last day, intervals round up to the next month's first."""

from datetime import date, timedelta

import pytest

from childcare.counting import (
    after_days,
    after_months,
    enters_school_on,
    fiscal_year,
    fiscal_year_first,
    fiscal_year_last,
    reach,
    weeks_after,
)


@pytest.mark.parametrize(
    ("born", "months", "reached"),
    [
        # The worked example of the counting rule: 生後2月から生後60月に至るまで
        (date(2018, 4, 1), 2, date(2018, 5, 31)),
        (date(2018, 4, 1), 60, date(2023, 3, 31)),
        # No like day: the month's last day, nothing taken off
        (date(2018, 12, 29), 2, date(2019, 2, 28)),
        (date(2018, 12, 30), 2, date(2019, 2, 28)),
        (date(2018, 12, 31), 2, date(2019, 2, 28)),
        (date(2018, 12, 28), 2, date(2019, 2, 27)),
        (date(2023, 12, 29), 2, date(2024, 2, 28)),
        (date(2023, 12, 30), 2, date(2024, 2, 29)),
        (date(2026, 7, 31), 2, date(2026, 9, 30)),
        (date(2026, 7, 30), 2, date(2026, 9, 29)),
        (date(2026, 7, 31), 60, date(2031, 7, 30)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        # Born on the first: the last day of the month before, whatever its length
        (date(2026, 1, 1), 2, date(2026, 2, 28)),
        (date(2024, 1, 1), 2, date(2024, 2, 29)),
        (date(2025, 3, 1), 12, date(2026, 2, 28)),
        (date(2023, 3, 1), 12, date(2024, 2, 29)),
        # 29 February reaches every age on 28 February
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 28)),
        (date(2024, 2, 29), 1, date(2024, 3, 28)),
        (date(2025, 12, 31), 1, date(2026, 1, 30)),
    ],
)
def test_an_age_is_reached_on_the_day_before_the_like_day(born, months, reached):
    assert reach(born, months) == reached


@pytest.mark.parametrize(
    ("previous", "days", "first"),
    [
        (date(2026, 10, 1), 27, date(2026, 10, 29)),
        (date(2026, 10, 1), 20, date(2026, 10, 22)),
        (date(2026, 10, 1), 6, date(2026, 10, 8)),
        (date(2026, 10, 1), 60, date(2026, 12, 1)),
        (date(2026, 10, 1), 139, date(2027, 2, 18)),
        (date(2028, 2, 1), 27, date(2028, 2, 29)),
    ],
)
def test_full_days_lie_between_two_doses(previous, days, first):
    assert after_days(previous, days) == first
    assert first - previous == timedelta(days=days + 1)


@pytest.mark.parametrize(
    ("previous", "months", "first"),
    [
        (date(2026, 1, 15), 6, date(2026, 7, 15)),
        (date(2026, 8, 31), 6, date(2027, 3, 1)),
        (date(2026, 8, 30), 6, date(2027, 3, 1)),
        (date(2026, 8, 29), 6, date(2027, 3, 1)),
        (date(2026, 8, 28), 6, date(2027, 2, 28)),
        (date(2027, 8, 29), 6, date(2028, 2, 29)),
        (date(2027, 8, 30), 6, date(2028, 3, 1)),
        (date(2026, 10, 31), 6, date(2027, 5, 1)),
        (date(2026, 8, 31), 3, date(2026, 12, 1)),
        (date(2026, 11, 30), 3, date(2027, 3, 1)),
        (date(2026, 10, 31), 1, date(2026, 12, 1)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2028, 2, 29), 12, date(2029, 3, 1)),
    ],
)
def test_months_between_two_doses_end_on_the_like_day_or_the_next_month(previous, months, first):
    assert after_months(previous, months) == first


def test_weeks_count_the_day_of_birth_as_0():
    born = date(2026, 7, 31)

    assert weeks_after(born, 0, 0) == born
    assert weeks_after(born, 6, 0) == date(2026, 9, 11)
    assert weeks_after(born, 14, 6) == date(2026, 11, 12)
    assert weeks_after(born, 24, 0) == date(2027, 1, 15)
    assert weeks_after(born, 32, 0) == date(2027, 3, 12)


@pytest.mark.parametrize(
    ("born", "enters"),
    [
        (date(2020, 3, 31), date(2026, 4, 1)),
        (date(2020, 4, 1), date(2026, 4, 1)),
        (date(2020, 4, 2), date(2027, 4, 1)),
        (date(2020, 2, 29), date(2026, 4, 1)),
        (date(2020, 12, 31), date(2027, 4, 1)),
    ],
)
def test_a_child_born_on_1_april_enters_school_with_the_earlier_year(born, enters):
    assert enters_school_on(born) == enters


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 3, 31), 2025),
        (date(2026, 4, 1), 2026),
        (date(2026, 12, 31), 2026),
        (date(2027, 1, 1), 2026),
    ],
)
def test_a_fiscal_year_begins_on_1_april(day, year):
    assert fiscal_year(day) == year
    assert fiscal_year_first(day) == date(year, 4, 1)
    assert fiscal_year_last(day) == date(year + 1, 3, 31)
