"""What a picture of figures by the day shows, and what it may not hide."""

from datetime import date, timedelta

import pytest

from portal.bars import FOOT, LEAST, TOP, Bars, rounded_up

MONDAY = date(2027, 3, 1)


def picture(*values, **days):
    days_shown = [MONDAY + timedelta(n) for n in range(len(values))]
    return Bars(days_shown, [("opened", values)], **days)


def drawn(*values, **days):
    return picture(*values, **days).panels[0]


@pytest.mark.parametrize(
    ("value", "end"),
    [(0.04, 0.1), (0.3, 0.5), (1, 1), (1.1, 2), (3, 5), (5, 5), (11, 20), (501, 1000)],
)
def test_a_scale_ends_at_a_round_number(value, end):
    assert rounded_up(value) == pytest.approx(end)


def test_a_bar_is_as_high_as_its_value_on_the_scale():
    panel = drawn(50, 100, 25)

    assert panel.scale == 100
    assert [bar.height for bar in panel.bars] == [32, 64, 16]
    assert [bar.top + bar.height for bar in panel.bars] == [FOOT] * 3


def test_the_least_of_something_can_be_seen_and_nothing_has_no_bar():
    panel = drawn(100, 0.01, 0)

    assert [bar.height for bar in panel.bars] == [FOOT - TOP, LEAST, 0]


def test_one_great_value_does_not_flatten_the_others():
    panel = drawn(760_000, 30, 40, 20)

    assert panel.scale == 50
    assert [bar.broken for bar in panel.bars] == [True, False, False, False]
    assert panel.most.said == "760,000"


def test_a_day_without_a_value_says_why():
    panel = drawn(1, None, None, missing=frozenset([MONDAY + timedelta(1)]))

    assert [bar.sign for bar in panel.bars] == ["", "×", "?"]


def test_the_key_explains_only_what_there_is():
    assert picture(1, 2).signs == {""}
    assert picture(1, None, unfinished=frozenset([MONDAY])).signs == {"", "?", "unfinished"}


def test_with_nothing_on_any_day_there_is_no_longest_bar():
    panel = drawn(0, 0)

    assert panel.most is None
    assert panel.scale == 1


def test_dates_stand_under_every_other_monday():
    dates = picture(*[1] * 56).dates

    assert [day for _x, day in dates] == [MONDAY + timedelta(weeks=n) for n in (0, 2, 4, 6)]
    assert [x for x, _day in dates] == [0, 25, 50, 75]


def test_dates_of_many_weeks_do_not_run_into_each_other():
    dates = picture(*[1] * 90).dates

    assert [day for _x, day in dates] == [MONDAY + timedelta(weeks=n) for n in (0, 4, 8)]
