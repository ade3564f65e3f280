"""What holds for every child: chance records, and births at the ends of all months."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childcare.counting import after_months, reach
from childcare.forecast import Given, forecast
from childcare.schedule import the_schedule
from tests.childcare.plain_schedule import next_doses

DAY = timedelta(days=1)
CODES = sorted(the_schedule().vaccines)
BIRTHS_AT_MONTH_ENDS = [
    date(year, month, day)
    for year in (2023, 2024)
    for month in range(1, 13)
    for day in (1, 28, 29, 30, 31)
    if day <= (date(year + month // 12, month % 12 + 1, 1) - DAY).day
]
births = st.dates(date(2005, 1, 1), date(2026, 10, 1)) | st.sampled_from(BIRTHS_AT_MONTH_ENDS)


calm = settings(deadline=None)  # a busy machine is no mistake
# The rules that were written out by hand (plain_schedule.py) are those of these days.
FIRST_DAY, LAST_DAY = date(2024, 4, 1), date(2027, 3, 31)
BORDERS = (2, 6, 7, 12, 24, 36, 60, 90, 108, 132, 144, 156, 180, 240)


@st.composite
def children(draw):
    """A birth, a sex, doses that lie between birth and the day of the question, and that day."""
    as_of = draw(
        st.dates(FIRST_DAY, LAST_DAY) | st.sampled_from([date(2025, 7, 31), date(2025, 8, 1)])
    )
    age = st.integers(0, 400) | st.integers(0, 1200) | st.integers(0, 7500)  # in days
    born = draw(
        age.map(lambda days: as_of - timedelta(days=days))
        | st.sampled_from([day for day in BIRTHS_AT_MONTH_ENDS if day <= as_of])
    )
    near = [reach(born, months) + timedelta(days=days) for months in BORDERS for days in (-1, 0, 1)]
    days = (
        st.dates(born, min(as_of, born + timedelta(days=800)))  # most are given to small children
        | st.dates(born, as_of)
        | st.sampled_from([born, as_of, *(day for day in near if day <= as_of)])
    )
    few_codes = st.sampled_from(draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=4)))
    doses = draw(st.lists(st.builds(Given, few_codes, days), max_size=12))
    return {"born": born, "sex": draw(st.sampled_from("FM")), "given": doses, "as_of": as_of}


STEPS = [
    *(timedelta(days=days + near) for days in (7, 21, 28, 61, 140) for near in (-1, 0, 1)),
    *((months, near) for months in (1, 3, 5, 6, 7) for near in (-1, 0, 1)),
]


@st.composite
def followers(draw):
    """A child whose doses of one or two vaccines follow each other near what the rules ask."""
    born = draw(
        st.dates(date(2024, 1, 1), date(2026, 6, 1))
        | st.dates(date(2009, 9, 25), date(2009, 10, 8))
        | st.dates(date(2010, 1, 1), date(2020, 12, 31))
        | st.dates(date(2007, 3, 25), date(2007, 4, 8))
    )
    codes = st.sampled_from(draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=2)))
    months = draw(st.sampled_from(BORDERS))
    day = reach(born, months) + timedelta(days=draw(st.integers(-1, 1)))
    doses = []
    for _number in range(draw(st.integers(0, 4))):
        doses.append(Given(draw(codes), day))
        step = draw(st.sampled_from(STEPS) | st.sampled_from(BORDERS))
        if isinstance(step, timedelta):
            day += step
        elif isinstance(step, tuple):
            day = after_months(day, step[0]) + timedelta(days=step[1])
        else:
            day = max(day, reach(born, step) + timedelta(days=draw(st.integers(0, 1))))
    given = [dose for dose in doses if born <= dose.on <= LAST_DAY]
    last = max([born, FIRST_DAY, *(dose.on for dose in given)])
    as_of = min(last + timedelta(days=draw(st.integers(0, 60))), LAST_DAY)
    return {"born": born, "sex": "F", "given": given, "as_of": as_of}


def windows(found):
    """Return earliest and last free day of each next dose; the 5-in-1 may follow the 4-in-1."""
    return {
        (dose.series, dose.dose, dose.vaccine if dose.series == "ROTA" else ""): (
            dose.earliest,
            dose.legal_until,
        )
        for dose in found.next
    }


@given(births, st.integers(1, 240))
@calm
def test_an_age_ends_the_day_before_an_interval_of_as_many_months(born, months):
    """Civil Code 143 says both at once: one counts the day that ends it, one the day after."""
    assert reach(born, months) == after_months(born, months) - DAY


@given(children() | followers(), st.integers(0, 2000))
@calm
def test_a_later_day_of_the_question_never_moves_a_date(child, later):
    before = windows(forecast(**child))
    after = windows(forecast(**child | {"as_of": child["as_of"] + timedelta(days=later)}))

    for key in before.keys() & after.keys():
        assert before[key] == after[key]


@given(children() | followers())
@calm
def test_a_dose_recorded_on_its_first_day_gives_the_one_after_it_or_none(child):
    for dose in forecast(**child).next:
        recorded = Given(dose.vaccine, dose.earliest)
        found = forecast(
            **child
            | {
                "given": [*child["given"], recorded],
                "as_of": max(child["as_of"], dose.earliest),
            }
        )

        (series,) = [each for each in found.series if each.series == dose.series]
        assert series.given[-1] == (dose.dose, dose.vaccine, dose.earliest)
        assert all(each.dose > dose.dose and each.earliest > dose.earliest for each in series.next)
        reviews = [
            each
            for each in found.review
            if (each.vaccine, each.on) == (recorded.vaccine, recorded.on)
        ]
        assert {each.why.code for each in reviews} <= {"review-other-product"}


@given(children(), st.randoms())
@calm
def test_the_order_of_the_doses_does_not_matter(child, chance):
    shuffled = list(child["given"])
    chance.shuffle(shuffled)

    assert forecast(**child) == forecast(**child | {"given": shuffled})


@given(children() | followers())
@calm
def test_every_next_dose_can_be_had_and_its_periods_are_in_order(child):
    for dose in forecast(**child).next:
        assert dose.earliest <= dose.legal_until
        assert child["as_of"] <= dose.legal_until
        days = [dose.earliest, dose.recommended_from, dose.recommended_until, dose.legal_until]
        known = [day for day in days if day]
        assert known == sorted(known)


@given(children())
@calm
def test_no_dose_is_lost(child):
    found = forecast(**child)

    kept = {(each.vaccine, each.on) for series in found.series for each in series.given}
    kept |= {(each.vaccine, each.on) for each in found.review}
    assert {(dose.vaccine, dose.on) for dose in child["given"]} <= kept


@given(children())
@calm
def test_every_sentence_can_be_said_in_both_languages(child):
    found = forecast(**child)

    sentences = [*found.notes, *(each.why for each in found.review)]
    sentences += [each.note for each in found.series if each.note]
    for dose in found.next:
        sentences += [*dose.reasons, *dose.warnings]
    for sentence in sentences:
        for language in ("ja", "en"):
            assert "{" not in sentence.text(language)


@given(children(), st.sampled_from([code for code in CODES if code not in ("HIB", "DPT_IPV_HIB")]))
@settings(calm, max_examples=50)
def test_inactivated_and_oral_doses_of_other_series_move_nothing(child, code):
    vaccines = the_schedule().vaccines
    if vaccines[code].live_injected:
        return
    without = [dose for dose in child["given"] if dose.vaccine != code]

    before, after = (
        {
            series.series: series
            for series in forecast(**child | {"given": doses}).series
            if code not in the_schedule().series[series.series].vaccines
        }
        for doses in (without, child["given"])
    )
    for name in before.keys() & after.keys() - {"HIB"}:
        assert before[name].given == after[name].given
        assert windows_of(before[name]) == windows_of(after[name])


def windows_of(series):
    return [(dose.dose, dose.earliest, dose.legal_until) for dose in series.next]


def plainly(child):
    """Leave one rotavirus product, and Hib or the 5-in-1, and one dose of a series a day."""
    codes = {dose.vaccine for dose in child["given"]}
    leave_out = set()
    if "ROTA_RV5" in codes:
        leave_out.add("ROTA_RV1")
    if "HIB" in codes:
        leave_out.add("DPT_IPV_HIB")
    one_a_day = {}
    for dose in sorted(child["given"], key=lambda dose: CODES.index(dose.vaccine)):
        if dose.vaccine not in leave_out:
            one_a_day.setdefault((series_of(dose.vaccine), dose.on), dose)
    return child | {"given": list(one_a_day.values())}


@given(children() | followers() | followers())
@settings(calm, max_examples=500)
def test_the_forecast_agrees_with_the_schedule_written_plainly(child):
    child = plainly(child)

    found = forecast(**child)

    assert {
        (dose.vaccine, dose.dose, dose.earliest, dose.legal_until) for dose in found.next
    } == next_doses(
        child["born"],
        child["sex"],
        [(dose.vaccine, dose.on) for dose in child["given"]],
        child["as_of"],
    )


# ---- the days before, on and after each border, from the data


def second_doses(first, born):
    """Days worth trying for a dose: as soon as possible, and around the ages that rules name."""
    yield first
    for months in (7, 12, 24):
        for day in (reach(born, months), reach(born, months) + DAY):
            if day > first:
                yield day


def walks(born, sex, as_of):
    """Yield (record so far, next dose) for many ways to go through each series."""
    start = forecast(born=born, sex=sex, given=[], as_of=as_of)
    seeds = [[]]
    seeds += [[Given("DPT_IPV", reach(born, 2))], [Given("HPV", date(born.year + 13, 6, 1))]]
    for months in (2, 7, 12):
        seeds.append([Given("HIB", reach(born, months))])
        seeds.append([Given("HIB", reach(born, months) + DAY)])
    seeds.append([Given("HPV9", reach(born, 180))])
    seeds.append([Given("HPV9", reach(born, 180) + DAY)])
    seeds.append([Given("HPV9", reach(born, 170)), Given("HPV9", reach(born, 172))])
    names = {series.series for series in start.series} | {"HIB"}
    for seed in seeds:
        waiting = [seed]
        while waiting:
            record = waiting.pop()
            day = max([as_of, *(dose.on for dose in record)])
            found = forecast(born=born, sex=sex, given=record, as_of=day)
            for series in found.series:
                if series.series not in names or not (record or series.next):
                    continue
                if record and series.series != series_of(record[0].vaccine):
                    continue
                for dose in series.next:
                    yield record, dose
                    for on in second_doses(dose.earliest, born):
                        if on <= dose.legal_until and len(record) < 4:
                            waiting.append([*record, Given(dose.vaccine, on)])


def series_of(code):
    (series,) = [each for each in the_schedule().series.values() if code in each.vaccines]
    return series.code


def reached_rules(born, as_of):
    """Return for each rule the shortest record after which it decides, and its dose."""
    found = {}
    for record, dose in walks(born, "F", as_of):
        if dose.rule not in found or len(record) < len(found[dose.rule][0]):
            found[dose.rule] = (record, dose)
    return found


BORN = date(2024, 1, 31)
TODAY = reached_rules(BORN, BORN)
LATER = reached_rules(BORN, date(2025, 8, 1))
SPECIAL = reached_rules(date(2007, 4, 1), date(2024, 4, 1)) | reached_rules(
    date(2009, 10, 1), date(2010, 10, 1)
)


def test_each_rule_decides_for_some_child():
    rules = {rule.key for rule in the_schedule().rules if rule.forecast}

    assert rules <= TODAY.keys() | LATER.keys() | SPECIAL.keys()


REACHED = LATER | TODAY
CASES = [pytest.param(*REACHED[key], id=key) for key in sorted(REACHED)]


def is_offered(record, dose, as_of):
    """Say whether that number is offered; the 5-in-1 may have taken the place of the 4-in-1."""
    found = forecast(born=BORN, sex="F", given=record, as_of=as_of)
    same_product = [dose.vaccine] if dose.series == "ROTA" else the_schedule().vaccines
    return any(
        (each.series, each.dose) == (dose.series, dose.dose) and each.vaccine in same_product
        for each in found.next
    )


@pytest.mark.parametrize(("record", "dose"), CASES)
def test_a_dose_is_offered_to_the_last_free_day_and_not_on_the_day_after(record, dose):
    assert is_offered(record, dose, dose.legal_until - DAY)
    assert is_offered(record, dose, dose.legal_until)
    assert not is_offered(record, dose, dose.legal_until + DAY)


@pytest.mark.parametrize(("record", "dose"), CASES)
@pytest.mark.parametrize(("days", "early"), [(-1, True), (0, False), (1, False)])
def test_a_dose_is_early_until_the_day_before_its_first_day(record, dose, days, early):
    on = dose.earliest + timedelta(days=days)
    if on < BORN:
        return
    rule = next(rule for rule in the_schedule().rules if rule.key == dose.rule)

    marks = marks_of(record, Given(dose.vaccine, on))

    early = early and not rule.given_from
    assert bool(marks & {"review-too-soon", "review-before-period"}) is early


@pytest.mark.parametrize(("record", "dose"), CASES)
@pytest.mark.parametrize(("days", "late"), [(-1, False), (0, False), (1, True)])
def test_a_dose_is_late_from_the_day_after_its_last_day(record, dose, days, late):
    on = dose.legal_until + timedelta(days=days)

    marks = marks_of(record, Given(dose.vaccine, on))

    if late and dose.dose == 1 and dose.series in ("JE", "MR"):
        return  # another number may come of it; what is told then has a test of its own
    assert ("review-after-period" in marks) is late


def marks_of(record, dose):
    given = [*record, dose]
    found = forecast(born=BORN, sex="F", given=given, as_of=max(each.on for each in given))
    return {each.why.code for each in found.review if each.on == dose.on}


@pytest.mark.parametrize("born", BIRTHS_AT_MONTH_ENDS)
def test_windows_of_births_at_month_ends_meet_without_gap_or_overlap(born):
    """Where one age's period ends another's begins on the same day: both count that day."""
    found = {dose.rule: dose for dose in forecast(born=born, sex="F", given=[], as_of=born).next}

    assert found["bcg.1"].legal_until == found["mr.1"].earliest == reach(born, 12)
    assert found["var.1"].earliest == found["mr.1"].earliest
    assert found["je.1"].legal_until == found["dpt-ipv-hib.1"].legal_until == reach(born, 90)
    assert found["pcv.1"].legal_until == reach(born, 60)
    assert found["dt.1"].earliest == reach(born, 132)
    assert found["dt.1"].legal_until == reach(born, 156)


def test_replacing_nothing_changes_nothing():
    """Forecasts compare by value, so that a stored one can be told from a new one."""
    child = {"born": BORN, "sex": "F", "given": [], "as_of": date(2026, 10, 15)}
    first, second = forecast(**child), forecast(**child)

    assert first == second
    assert first.next[0] != replace(first.next[0], dose=9)
