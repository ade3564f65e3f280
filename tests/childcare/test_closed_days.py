"""A last day on which the offices are closed moves on to the next day on which they are open."""

from datetime import date, timedelta

import pytest

from childcare.after_birth.closed_days import is_closed, next_opening_day


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        pytest.param("2026-05-15", "2026-05-15", id="a Friday"),
        pytest.param("2026-05-16", "2026-05-18", id="a Saturday"),
        pytest.param("2026-05-17", "2026-05-18", id="a Sunday"),
        pytest.param("2026-07-20", "2026-07-21", id="a holiday on a Monday"),
        pytest.param("2027-03-21", "2027-03-23", id="a Sunday holiday with its substitute"),
        pytest.param("2026-04-29", "2026-04-30", id="Showa Day"),
        pytest.param("2026-05-02", "2026-05-07", id="Golden Week of 2026, with a substitute"),
        pytest.param("2027-05-01", "2027-05-06", id="Golden Week of 2027"),
        pytest.param("2026-05-01", "2026-05-01", id="the Friday before Golden Week"),
        pytest.param("2026-09-19", "2026-09-24", id="the day between two holidays is one too"),
        pytest.param("2026-12-28", "2026-12-28", id="the last day of work of 2026"),
        pytest.param("2026-12-29", "2027-01-04", id="the turn of the year"),
        pytest.param("2027-12-29", "2028-01-04", id="the turn of the year, 4 January a Tuesday"),
        pytest.param("2025-12-27", "2026-01-05", id="a weekend on either side of the turn"),
        pytest.param("2028-02-29", "2028-02-29", id="29 February"),
    ],
)
def test_the_next_opening_day(day, opens):
    assert next_opening_day(date.fromisoformat(day)) == date.fromisoformat(opens)


def test_an_opening_day_is_itself_the_next_for_ten_years():
    for number in range(3653):
        day = date(2026, 1, 1) + timedelta(days=number)

        opens = next_opening_day(day)

        assert not is_closed(opens)
        assert (opens == day) == (not is_closed(day))
        assert opens - day <= timedelta(days=10)
