"""Which of the municipality's records and the family's entries are one dose, and what counts."""

from collections import Counter
from datetime import date, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from childcare.compare import Answer, Difference, Right, compare, to_ask


class Dose(NamedTuple):
    id: int
    vaccine: str
    on: date


def dose(vaccine, day, id_=1):
    return Dose(id_, vaccine, date(2026, 3, 1) + timedelta(day))


def differences(municipal, family):
    return [pair.difference for pair in compare(municipal, family)]


def answered(pair, right, id_=1):
    mine, theirs = (side[0].id if side else None for side in pair.sides)
    return Answer(id_, mine, theirs, pair.fingerprint, right)


def counted(pairs):
    return [one for pair in pairs for one in pair.counted]


# ---- pairs
@pytest.mark.parametrize(
    ("municipal", "family", "difference"),
    [
        (("PCV", 0), ("PCV", 0), Difference.NONE),
        (("PCV", 0), ("PCV", 14), Difference.DATE),
        (("PCV", 14), ("PCV", 0), Difference.DATE),
        (("DPT_IPV", 0), ("DPT_IPV_HIB", 0), Difference.VACCINE),
        (("HIB", 0), ("DPT_IPV_HIB", 0), Difference.VACCINE),
        (("HPV", 0), ("HPV9", 0), Difference.VACCINE),
        (("ROTA_RV1", 0), ("ROTA_RV5", 0), Difference.VACCINE),
        (("おたふくかぜ", 0), ("おたふくかぜ", 3), Difference.DATE),
    ],
)
def test_two_records_of_what_can_be_one_dose_stand_together(municipal, family, difference):
    assert differences([dose(*municipal)], [dose(*family)]) == [difference]


@pytest.mark.parametrize(
    ("municipal", "family"),
    [
        (("PCV", 0), ("PCV", 15)),
        (("PCV", 0), ("HEPB", 0)),
        (("MR", 0), ("VAR", 0)),
        (("DPT_IPV", 0), ("DPT_IPV_HIB", 1)),
        (("HPV", 0), ("ROTA_RV1", 0)),
    ],
)
def test_two_records_of_two_doses_stand_alone(municipal, family):
    found = differences([dose(*municipal)], [dose(*family)])

    assert sorted(found) == [Difference.ONLY_FAMILY, Difference.ONLY_MUNICIPAL]


def test_what_is_the_same_is_paired_before_what_is_near():
    pairs = compare(
        [dose("JE", 0, 1), dose("JE", 7, 2)],
        [dose("JE", 7, 3), dose("JE", 12, 4)],
    )

    assert [(pair.difference, len(pair.family)) for pair in pairs] == [
        (Difference.DATE, 1),
        (Difference.NONE, 1),
    ]
    assert (pairs[0].municipal[0].id, pairs[0].family[0].id) == (1, 4)


def test_of_several_dates_the_nearest_are_paired():
    pairs = compare([dose("PCV", 0)], [dose("PCV", 9, 1), dose("PCV", -3, 2)])

    assert [pair.family and pair.family[0].id for pair in pairs] == [2, 1]
    assert [pair.difference for pair in pairs] == [Difference.DATE, Difference.ONLY_FAMILY]


def test_one_dose_that_two_sources_report_stands_once():
    [pair] = compare([dose("PCV", 0, 1), dose("PCV", 0, 2)], [])

    assert [record.id for record in pair.municipal] == [1, 2]
    assert len(pair.counted) == 1


# ---- what counts, and what is asked
@pytest.mark.parametrize(
    ("right", "ids"),
    [(None, [1]), (Right.MUNICIPAL, [1]), (Right.FAMILY, [2]), (Right.BOTH, [1, 2])],
)
def test_of_two_that_differ_the_answer_says_what_counts_until_then_the_municipality(right, ids):
    municipal, family = [dose("PCV", 0, 1)], [dose("PCV", 5, 2)]
    [pair] = compare(municipal, family)

    pairs = compare(municipal, family, [answered(pair, right)] if right else [])

    assert [one.id for one in counted(pairs)] == ids


@pytest.mark.parametrize(
    ("right", "count"), [(None, 1), (Right.MUNICIPAL, 1), (Right.BOTH, 1), (Right.FAMILY, 0)]
)
def test_a_dose_of_the_municipality_alone_counts_unless_the_family_says_no(right, count):
    municipal = [dose("PCV", 0)]
    [pair] = compare(municipal, [])

    pairs = compare(municipal, [], [answered(pair, right)] if right else [])

    assert len(counted(pairs)) == count


@pytest.mark.parametrize(
    ("right", "count"), [(None, 1), (Right.FAMILY, 1), (Right.BOTH, 1), (Right.MUNICIPAL, 0)]
)
def test_a_dose_of_the_family_alone_counts_unless_the_family_takes_it_back(right, count):
    family = [dose("PCV", 0)]
    [pair] = compare([], family)

    pairs = compare([], family, [answered(pair, right)] if right else [])

    assert len(counted(pairs)) == count


def test_what_the_municipality_alone_has_is_asked_of_those_who_entered_something():
    nothing_entered = compare([dose("PCV", 0)], [])
    something = compare([dose("PCV", 0)], [dose("HEPB", 40)])

    assert to_ask(nothing_entered) == []
    assert [pair.difference for pair in to_ask(something)] == [Difference.ONLY_MUNICIPAL]


def test_an_answered_question_is_not_asked_again():
    municipal, family = [dose("PCV", 0, 1)], [dose("PCV", 5, 2)]
    [pair] = compare(municipal, family)

    assert to_ask(compare(municipal, family, [answered(pair, Right.FAMILY)])) == []


def test_when_a_record_changes_it_is_asked_anew():
    family = [dose("PCV", 5, 2)]
    [pair] = compare([dose("PCV", 0, 1)], family)

    changed = compare([dose("PCV", 1, 1)], family, [answered(pair, Right.FAMILY)])

    assert len(to_ask(changed)) == 1
    assert counted(changed) == [dose("PCV", 1, 1)]


def test_of_several_answers_the_newest_counts():
    municipal, family = [dose("PCV", 0, 1)], [dose("PCV", 5, 2)]
    [pair] = compare(municipal, family)
    answers = [answered(pair, Right.BOTH, 9), answered(pair, Right.FAMILY, 8)]

    assert len(counted(compare(municipal, family, answers))) == 2


# ---- whatever is recorded
doses = st.lists(
    st.builds(
        dose,
        st.sampled_from(["DPT_IPV", "DPT_IPV_HIB", "HIB", "PCV", "HPV", "HPV9", "おたふく"]),
        st.integers(0, 40),
    ),
    max_size=9,
)


def numbered(records):
    return [record._replace(id=number) for number, record in enumerate(records, start=1)]


@given(municipal=doses.map(numbered), family=doses.map(numbered), data=st.data())
def test_every_record_is_in_one_pair_whatever_the_order(municipal, family, data):
    pairs = compare(municipal, family)

    for side, records in ((0, municipal), (1, family)):
        placed = [record for pair in pairs for record in pair.sides[side]]
        assert Counter(placed) == Counter(records)
    shuffled = compare(data.draw(st.permutations(municipal)), data.draw(st.permutations(family)))
    assert shuffled == pairs


@given(municipal=doses.map(numbered), family=doses.map(numbered))
def test_the_two_sides_are_treated_alike(municipal, family):
    turned = {
        Difference.ONLY_FAMILY: Difference.ONLY_MUNICIPAL,
        Difference.ONLY_MUNICIPAL: Difference.ONLY_FAMILY,
    }

    here, there = compare(municipal, family), compare(family, municipal)

    assert sorted(turned.get(pair.difference, pair.difference) for pair in here) == sorted(
        pair.difference for pair in there
    )


@given(records=doses.map(numbered))
def test_records_that_agree_are_never_asked_about(records):
    pairs = compare(records, records)

    assert to_ask(pairs) == []
    assert {pair.difference for pair in pairs} <= {Difference.NONE}
