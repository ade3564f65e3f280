"""The fewest visits, each dose inside its window, live vaccines together or 28 days apart."""

from datetime import date, timedelta
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childcare.forecast import Dose, forecast
from childcare.visits import plan

TODAY = date(2026, 10, 1)
DAY = timedelta(days=1)


def dose(series, first, last, *, live=False, best=None, vaccine=None, covered_by=None):
    """Return a dose that is free from day `first` to day `last`, counted from today."""
    best = [TODAY + DAY * day for day in best] if best else [None, None]
    return Dose(
        series=series,
        vaccine=vaccine or series,
        dose=1,
        earliest=TODAY + DAY * first,
        legal_until=TODAY + DAY * last,
        recommended_from=best[0],
        recommended_until=best[1],
        rule=series,
        reasons=(),
        warnings=(),
        live_injected=live,
        covered_by=covered_by,
    )


def days(visits):
    return [
        (
            (visit.on_from - TODAY).days,
            (visit.on_until - TODAY).days,
            "".join(sorted(each.vaccine for each in visit.doses)),
        )
        for visit in visits
    ]


def test_what_can_go_together_goes_together():
    assert days(plan([dose("A", 0, 50), dose("B", 10, 90), dose("C", 60, 90)], today=TODAY)) == [
        (10, 50, "AB"),
        (60, 90, "C"),
    ]


def test_nothing_is_planned_before_today_or_after_it_has_closed():
    assert days(plan([dose("A", -90, 50), dose("B", -90, -1)], today=TODAY)) == [(0, 50, "A")]


def test_nothing_to_have_is_no_visit():
    assert plan([], today=TODAY) == []


def test_the_recommended_period_is_preferred_and_else_the_free_one():
    early = dose("A", 0, 300, best=(0, 30))
    late = dose("B", 0, 300, best=(100, 130))
    over = dose("C", -100, 300, best=(-90, -60))

    assert days(plan([early, late, over], today=TODAY)) == [(0, 30, "AC"), (100, 130, "B")]


@pytest.mark.parametrize(
    ("second_until", "expected"),
    [
        (40, [(0, 10, "L"), (38, 40, "M")]),
        (38, [(0, 10, "L"), (38, 38, "M")]),
        (30, [(0, 2, "L"), (28, 30, "M")]),
        (28, [(0, 0, "L"), (28, 28, "M")]),
    ],
)
def test_live_vaccines_that_cannot_go_together_come_28_days_apart(second_until, expected):
    doses = [dose("L", 0, 10, live=True), dose("M", 20, second_until, live=True)]

    found = days(plan(doses, today=TODAY))

    assert [each[2] for each in found] == ["L", "M"]
    assert found[1][0] - found[0][1] >= 28
    assert found[0][0] == expected[0][0]
    assert found[1][1] == expected[1][1]


def test_live_vaccines_that_fit_on_one_day_go_together():
    doses = [dose("L", 0, 30, live=True), dose("M", 20, 60, live=True)]

    assert days(plan(doses, today=TODAY)) == [(20, 30, "LM")]


def test_a_live_vaccine_leaves_its_recommended_period_where_another_needs_it():
    doses = [
        dose("L", 0, 10, live=True),
        dose("M", 0, 90, live=True, best=(12, 30)),
        dose("N", 0, 200, live=True, best=(14, 20)),
    ]

    found = days(plan(doses, today=TODAY))

    assert "".join(each[2] for each in found) in ("LMN", "LNM")
    assert all(b[0] - a[1] >= 28 for a, b in pairwise(found))


def test_a_live_vaccine_without_a_possible_day_is_left_out():
    doses = [dose("L", 0, 10, live=True), dose("M", 20, 25, live=True), dose("A", 0, 9)]

    assert days(plan(doses, today=TODAY)) == [(0, 9, "AL")]


def test_of_alternatives_one_is_enough_and_those_that_suit_are_named():
    one = dose("R", 0, 20, vaccine="1")
    five = dose("R", 0, 40, vaccine="5")

    assert days(plan([one, five, dose("A", 30, 60)], today=TODAY)) == [(30, 40, "5A")]
    assert days(plan([one, five, dose("A", 5, 15)], today=TODAY)) == [(5, 15, "15A")]


def test_what_another_dose_of_the_plan_contains_needs_no_visit():
    five_in_1 = dose("F", 0, 40)
    hib = dose("H", 50, 90, covered_by="F")

    assert days(plan([five_in_1, hib], today=TODAY)) == [(0, 40, "F")]
    assert days(plan([hib], today=TODAY)) == [(50, 90, "H")]


def test_a_newborn_is_done_with_in_six_visits():
    found = forecast(born=TODAY, sex="F", given=[], as_of=TODAY)

    visits = plan(found.next, today=TODAY)

    assert [{each.series for each in visit.doses} for visit in visits] == [
        {"HEPB", "ROTA", "DPT_IPV_HIB", "PCV"},
        {"BCG"},
        {"MR", "VAR"},
        {"JE"},
        {"DT"},
        {"HPV"},
    ]


# ---- against every way to do it


@st.composite
def small_cases(draw):
    count = draw(st.integers(1, 5))
    return [
        dose(
            f"S{number}",
            first := draw(st.integers(0, 60)),
            first + draw(st.integers(0, 60)),
            live=draw(st.booleans()),
        )
        for number in range(count)
    ]


def partitions(items):
    if not items:
        yield []
        return
    first, *rest = items
    for parts in partitions(rest):
        yield [[first], *parts]
        for number, part in enumerate(parts):
            yield [*parts[:number], [first, *part], *parts[number + 1 :]]


def can_be_done(parts):
    """Say whether these groups can be visits: each has a day, live ones 28 days apart."""
    live = []
    for part in parts:
        first = max(each.earliest for each in part)
        last = min(each.legal_until for each in part)
        if first > last:
            return False
        if any(each.live_injected for each in part):
            live.append((first, last))
    return any(in_this_order(order) for order in permutations(live))


def in_this_order(windows):
    day = date.min
    for first, last in windows:
        day = max(day, first)
        if day > last:
            return False
        day += 28 * DAY
    return True


@given(small_cases())
@settings(max_examples=400, deadline=None)
def test_no_plan_has_fewer_visits(doses):
    possible = [len(parts) for parts in partitions(doses) if can_be_done(parts)]

    visits = plan(doses, today=TODAY)

    if possible:
        assert len(visits) == min(possible)
        assert sum(len(visit.doses) for visit in visits) == len(doses)


@given(small_cases(), st.randoms())
@settings(max_examples=200, deadline=None)
def test_any_day_of_each_visit_keeps_every_rule(doses, chance):
    visits = plan(doses, today=TODAY)

    live = []
    for visit in visits:
        day = visit.on_from + DAY * chance.randint(0, (visit.on_until - visit.on_from).days)
        assert all(each.earliest <= day <= each.legal_until for each in visit.doses)
        if any(each.live_injected for each in visit.doses):
            live.append(day)
    assert all((b - a).days >= 28 for a, b in pairwise(live))
