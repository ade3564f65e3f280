"""How visits are put together for a page, and what the picture supposes of later doses."""

from datetime import date
from types import SimpleNamespace

import pytest

from childcare.child_page import visits
from childcare.forecast import Given, forecast
from childcare.outlook import outlook
from childcare.timeline import Mark, Row, Timeline

BORN = date(2026, 8, 1)
TODAY = date(2026, 11, 25)


def record(*given, sex="F", born=BORN):
    counted = [Given(vaccine, on) for vaccine, on in given]
    return SimpleNamespace(born=born, sex=sex, counted=counted, had=[])


def planned(child, today=TODAY):
    found = forecast(born=child.born, sex=child.sex, given=child.counted, as_of=today)
    return [
        (visit.on, [(dose.vaccine, dose.dose) for dose in visit.doses])
        for visit in visits(found.next, today=today)
    ]


FIRST = [
    ("HEPB", date(2026, 10, 1)),
    ("PCV", date(2026, 10, 1)),
    ("DPT_IPV_HIB", date(2026, 10, 1)),
    ("ROTA_RV1", date(2026, 10, 1)),
]


def test_what_can_be_given_now_stands_in_one_visit_in_the_schedules_order():
    assert planned(record(*FIRST))[0] == (
        TODAY,
        [("HEPB", 2), ("ROTA_RV1", 2), ("DPT_IPV_HIB", 2), ("PCV", 2)],
    )


def test_no_dose_waits_months_for_a_visit_with_another():
    """The fewest visits would put the third pneumococcal dose beside MR at the age of one."""
    given = [
        *FIRST,
        *[(vaccine, date(2026, 11, 2)) for vaccine, _on in FIRST],
        ("DPT_IPV_HIB", date(2026, 12, 1)),
        ("BCG", date(2027, 1, 5)),
        ("HEPB", date(2027, 3, 1)),
    ]
    today = date(2027, 3, 2)

    found = planned(record(*given), today)

    assert found[0] == (today, [("PCV", 3)])
    assert (date(2027, 7, 31), [("MR", 1), ("VAR", 1)]) in found


def test_bcg_comes_at_its_time_where_no_other_live_vaccine_is_near():
    given = [*FIRST, ("HEPB", date(2026, 11, 2))]

    days = {vaccine: on for on, doses in planned(record(*given)) for vaccine, _dose in doses}

    assert days["BCG"] == date(2026, 12, 31)
    assert days["HEPB"] == date(2027, 2, 18)


def test_the_outlook_begins_with_the_next_doses_and_goes_on_to_the_last():
    found = outlook(record(*FIRST), today=TODAY)

    assert {supposed.on for supposed in found if supposed.dose.dose == 2} >= {TODAY}
    assert [supposed.dose.dose for supposed in found if supposed.dose.series == "PCV"] == [2, 3, 4]
    assert [supposed.on for supposed in found] == sorted(supposed.on for supposed in found)
    assert {supposed.dose.vaccine for supposed in found} >= {"JE", "DT", "HPV9"}


def test_the_outlook_of_a_child_with_everything_is_empty():
    child = record(("HPV9", date(2026, 5, 1)), ("HPV9", date(2026, 11, 1)), born=date(2013, 4, 2))

    assert outlook(child, today=date(2026, 11, 25)) == []


# ---- the picture


def drawn(*marks, born=BORN, today=TODAY):
    timeline = Timeline(born, today, [Row("PCV", [Mark(on, "done", "") for on in marks])])
    return [place for place, _mark in timeline.drawn[0]["marks"]]


def test_signs_stand_by_age_and_never_over_each_other():
    places = drawn(date(2026, 10, 8), date(2026, 10, 1), date(2027, 8, 1))

    assert places == sorted(places)
    assert places[1] - places[0] >= 3
    assert places[2] == pytest.approx(48, abs=0.2)


@pytest.mark.parametrize("born", [BORN, date(2023, 1, 1), date(2012, 1, 1), date(1990, 1, 1)])
def test_today_and_every_age_lie_within_the_picture(born):
    timeline = Timeline(born, TODAY, [])

    assert 0 <= timeline.today_at <= 100
    assert all(0 <= place <= 100 for place, _months in timeline.ages)
