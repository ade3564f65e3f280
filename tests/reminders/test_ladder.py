from datetime import date, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.reminders import ladder
from tasks.rules import Registry, Rule

OPENED = date(2027, 2, 21)
DUE = date(2027, 5, 20)


def rule(**fields):
    given = {"key": "test.rule", "title": "Test", "rows": None, "conditions": [], "due_on": "due"}
    return Rule(**given | fields)


@pytest.mark.parametrize(
    "days_before, step",
    [
        *[(91, None), (90, 90), (89, 90), (31, 90)],
        *[(30, 30), (29, 30), (8, 30), (7, 7), (6, 7), (2, 7)],
        *[(1, 1), (0, 1), (-1, 1), (-400, 1)],
    ],
)
def test_the_latest_step_of_a_ladder_counts(days_before, step):
    today = DUE - timedelta(days=days_before)
    found = ladder.latest_step(
        rule(remind=[90, 30, 7, 1]), opened_on=OPENED, due_on=DUE, today=today
    )
    assert found == step


@pytest.mark.parametrize(
    "days_after, step",
    [(-1, None), (0, None), (59, None), (60, 60), (61, 60), (119, 60), (120, 120), (365, 360)],
)
def test_without_a_date_it_reminds_by_its_interval_from_the_opening(days_after, step):
    today = OPENED + timedelta(days=days_after)
    found = ladder.latest_step(rule(remind_every=60), opened_on=OPENED, due_on=None, today=today)
    assert found == step


def test_a_task_whose_date_is_missing_is_not_reminded_of_by_a_ladder():
    found = ladder.latest_step(rule(remind=[30]), opened_on=OPENED, due_on=None, today=DUE)
    assert found is None


@pytest.mark.parametrize(
    "today, day",
    [
        (date(2027, 2, 18), date(2027, 2, 19)),
        (date(2027, 2, 19), date(2027, 4, 20)),
        (date(2027, 4, 20), date(2027, 5, 13)),
        (date(2027, 5, 13), date(2027, 5, 19)),
        (date(2027, 5, 19), None),
    ],
)
def test_the_next_day_is_that_of_the_next_step(today, day):
    found = ladder.next_day(rule(remind=[90, 30, 7, 1]), opened_on=OPENED, due_on=DUE, today=today)
    assert found == day


@pytest.mark.parametrize(
    "due_on, day",
    [
        (date(2028, 3, 1), date(2028, 2, 29)),  # a leap year
        (date(2027, 3, 1), date(2027, 2, 28)),
        (date(2027, 1, 1), date(2026, 12, 31)),
    ],
)
def test_the_day_before_is_counted_by_the_calendar(due_on, day):
    one = rule(remind=[1])
    assert ladder.latest_step(one, opened_on=OPENED, due_on=due_on, today=day) == 1
    before = day - timedelta(days=1)
    assert ladder.latest_step(one, opened_on=OPENED, due_on=due_on, today=before) is None
    assert ladder.next_day(one, opened_on=OPENED, due_on=due_on, today=before) == day


some_day = st.dates(date(2026, 1, 1), date(2030, 12, 31))
some_rule = st.builds(
    rule,
    remind=st.lists(st.integers(0, 120), unique=True, max_size=5).map(
        lambda days: sorted(days, reverse=True)
    ),
    remind_every=st.none() | st.integers(7, 400),
)


@pytest.mark.django_db
@given(one=some_rule, opened_on=some_day, due_on=st.none() | some_day, today=some_day)
@settings(max_examples=150, deadline=None)
def test_sql_says_the_same_as_the_page(one, opened_on, due_on, today):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT step, {ladder.day_of_in_sql(one)} FROM (SELECT *, "
            f"{ladder.latest_step_in_sql(one, '%(today)s::date')} AS step "
            "FROM (SELECT %(opened_on)s::date AS opened_on, %(due_on)s::date AS due_on) task) t",
            {"today": today, "opened_on": opened_on, "due_on": due_on},
        )
        [(step, day)] = cursor.fetchall()
    assert step == ladder.latest_step(one, opened_on=opened_on, due_on=due_on, today=today)
    if step is not None:
        assert day == ladder.day_of(one, step, opened_on=opened_on, due_on=due_on)


@given(one=some_rule, opened_on=some_day, due_on=st.none() | some_day, today=some_day)
def test_the_next_day_is_the_first_on_which_the_step_changes(one, opened_on, due_on, today):
    def step(day):
        return ladder.latest_step(one, opened_on=opened_on, due_on=due_on, today=day)

    day = ladder.next_day(one, opened_on=opened_on, due_on=due_on, today=today)
    if day is None:
        assert step(today) == step(today + timedelta(days=3000)) or not one.remind
    else:
        assert step(day) != step(day - timedelta(days=1)) == step(today)


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"remind": [30], "due_on": None}, "has none"),
        ({"remind": [7, 30]}, "from the first to the last"),
        ({"remind": [7, 7]}, "each once"),
        ({"remind": [-1]}, "days before"),
        ({"remind_every": 6}, "7 or more"),
    ],
)
def test_a_ladder_that_cannot_be_is_refused_in_words(fields, said):
    with pytest.raises(ImproperlyConfigured, match=said):
        Registry().register(rule(**fields))
