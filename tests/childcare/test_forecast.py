"""Worked examples of the schedule, series by series. Dates were counted by hand."""

from datetime import date, timedelta

import pytest

from childcare.forecast import Given, forecast, pregnancy
from childcare.schedule import the_schedule

D = date.fromisoformat
DAY = timedelta(days=1)


def ask(born, *given, as_of="2026-10-15", sex="F", had=()):
    """Return the forecast; `given` are texts such as "PCV 2026-10-01"."""
    doses = [Given(text.split()[0], D(text.split()[1])) for text in given]
    return forecast(born=D(born), sex=sex, given=doses, as_of=D(as_of), had=had)


def series(found, code):
    return next((each for each in found.series if each.series == code), None)


def series_of(vaccine):
    every = the_schedule().series.values()
    return next(each.code for each in every if vaccine in each.vaccines)


def following(found, code):
    """Return the next doses of a series as (vaccine, dose, earliest, legal_until)."""
    return [
        (dose.vaccine, dose.dose, str(dose.earliest), str(dose.legal_until))
        for dose in series(found, code).next
    ]


def recommended(found, code):
    (dose,) = series(found, code).next
    return tuple(day and str(day) for day in (dose.recommended_from, dose.recommended_until))


def reviewed(found):
    return [(each.vaccine, each.dose, str(each.on), each.why.code) for each in found.review]


def test_a_newborn_has_the_first_dose_of_every_series():
    found = ask("2026-07-31", as_of="2026-07-31")

    expected = {
        "HEPB": [("HEPB", 1, "2026-07-31", "2027-07-30")],
        "ROTA": [
            ("ROTA_RV1", 1, "2026-09-11", "2027-01-15"),
            ("ROTA_RV5", 1, "2026-09-11", "2027-03-12"),
        ],
        "DPT_IPV_HIB": [("DPT_IPV_HIB", 1, "2026-09-30", "2034-01-30")],
        "PCV": [("PCV", 1, "2026-09-30", "2031-07-30")],
        "BCG": [("BCG", 1, "2026-07-31", "2027-07-30")],
        "MR": [("MR", 1, "2027-07-30", "2028-07-30")],
        "VAR": [("VAR", 1, "2027-07-30", "2029-07-30")],
        "JE": [("JE", 1, "2027-01-30", "2034-01-30")],
        "DT": [("DT", 1, "2037-07-30", "2039-07-30")],
        "HPV": [("HPV9", 1, "2038-04-01", "2043-03-31")],
    }
    assert {each.series: following(found, each.series) for each in found.series} == expected
    assert found.review == ()
    assert found.notes == ()


def test_the_recommended_periods_of_a_newborn():
    found = ask("2026-07-31", as_of="2026-07-31")

    assert {
        dose.rule: (str(dose.recommended_from), str(dose.recommended_until)) for dose in found.next
    } == {
        "hepb.1": ("2026-09-30", "2027-04-30"),
        "rota.rv1.1": ("2026-09-30", "2026-11-12"),
        "rota.rv5.1": ("2026-09-30", "2026-11-12"),
        "dpt-ipv-hib.1": ("2026-09-30", "2027-02-28"),
        "pcv.1": ("2026-09-30", "2027-02-28"),
        "bcg.1": ("2026-12-30", "2027-03-30"),
        "mr.1": ("2027-07-30", "None"),
        "var.1": ("2027-07-30", "2027-10-30"),
        "je.1": ("2029-07-30", "2030-07-30"),
        "dt.1": ("2037-07-30", "2038-07-30"),
        "hpv.1": ("2039-04-01", "2040-03-31"),
    }


def test_the_worked_example_of_the_command():
    found = ask("2026-07-31", "PCV 2026-10-01", as_of="2026-10-15")

    assert following(found, "PCV") == [("PCV", 2, "2026-10-29", "2031-07-30")]


@pytest.mark.parametrize("born", ["2018-12-29", "2018-12-30", "2018-12-31"])
def test_two_months_end_with_february_for_births_at_the_end_of_december(born):
    found = ask(born, as_of="2019-01-15")

    assert series(found, "PCV").next[0].earliest == date(2019, 2, 28)


# ---- the 5-in-1, and leaving the 4-in-1


@pytest.mark.parametrize(
    ("given", "dose", "earliest", "best"),
    [
        (["2026-04-01"], 2, "2026-04-22", ("2026-04-22", "2026-05-28")),
        (["2026-04-01", "2026-04-22"], 3, "2026-05-13", ("2026-05-13", "2026-06-18")),
        (
            ["2026-04-01", "2026-04-22", "2026-05-13"],
            4,
            "2026-11-13",
            ("2026-11-13", "2027-11-13"),
        ),
        (["2025-04-01", "2025-04-22", "2025-08-31"], 4, "2026-03-01", ("2026-03-01", "2027-03-01")),
    ],
)
def test_the_5_in_1_goes_by_20_days_and_then_6_months(given, dose, earliest, best):
    found = ask("2025-01-15", *[f"DPT_IPV_HIB {on}" for on in given])

    assert following(found, "DPT_IPV_HIB") == [("DPT_IPV_HIB", dose, earliest, "2032-07-14")]
    assert recommended(found, "DPT_IPV_HIB") == best


def test_four_doses_of_the_5_in_1_complete_the_series():
    found = ask(
        "2025-01-15",
        "DPT_IPV_HIB 2025-03-20",
        "DPT_IPV_HIB 2025-04-20",
        "DPT_IPV_HIB 2025-05-20",
        "DPT_IPV_HIB 2026-03-20",
    )

    assert series(found, "DPT_IPV_HIB").state == "complete"
    assert following(found, "DPT_IPV_HIB") == []


FOUR_IN_1 = ["DPT_IPV 2024-03-20", "DPT_IPV 2024-04-20", "DPT_IPV 2024-05-20"]


def test_until_july_2025_whoever_began_with_the_4_in_1_keeps_it():
    found = ask("2024-01-15", *FOUR_IN_1, as_of="2025-07-31")

    assert following(found, "DPT_IPV_HIB") == [("DPT_IPV", 4, "2024-11-20", "2031-07-14")]
    assert recommended(found, "DPT_IPV_HIB") == ("2025-05-20", "2025-11-20")


@pytest.mark.parametrize(
    ("given", "dose", "earliest", "best"),
    [
        (["2025-04-01"], 2, "2025-04-22", ("2025-04-22", "2025-05-28")),
        (["2025-04-01", "2025-04-22"], 3, "2025-05-13", ("2025-05-13", "2025-06-18")),
    ],
)
def test_the_4_in_1_goes_by_20_days(given, dose, earliest, best):
    found = ask("2025-01-15", *[f"DPT_IPV {on}" for on in given], as_of="2025-07-31")

    assert following(found, "DPT_IPV_HIB") == [("DPT_IPV", dose, earliest, "2032-07-14")]
    assert recommended(found, "DPT_IPV_HIB") == best


def test_from_august_2025_the_5_in_1_follows_and_counts_both():
    found = ask("2024-01-15", *FOUR_IN_1, as_of="2025-08-01")

    assert following(found, "DPT_IPV_HIB") == [("DPT_IPV_HIB", 4, "2024-11-20", "2031-07-14")]


def test_doses_of_both_count_together():
    found = ask("2024-01-15", *FOUR_IN_1, "DPT_IPV_HIB 2025-09-01", as_of="2025-10-01")

    assert series(found, "DPT_IPV_HIB").state == "complete"


def test_whoever_has_none_is_never_offered_the_4_in_1_or_hib():
    for as_of in ("2025-07-31", "2025-08-01", "2026-10-15"):
        found = ask("2025-04-15", as_of=as_of)

        assert series(found, "HIB") is None
        assert following(found, "DPT_IPV_HIB")[0][:2] == ("DPT_IPV_HIB", 1)


def test_fewer_hib_doses_than_4_in_1_doses_give_a_warning_and_change_no_date():
    hib = ["HIB 2024-03-20", "HIB 2024-04-20"]
    found = ask("2024-01-15", *FOUR_IN_1, *hib, as_of="2025-08-01")

    (dose,) = series(found, "DPT_IPV_HIB").next
    assert [warning.code for warning in dose.warnings] == ["hib-first"]
    (alone,) = series(found, "HIB").next
    assert alone.covered_by is None


@pytest.mark.parametrize(
    ("born", "given", "as_of", "warned"),
    [
        # Hib closes at 60 months: 2025-06-14
        ("2020-06-15", ["DPT_IPV 2020-08-20", "DPT_IPV 2020-09-20"], "2025-08-01", False),
        ("2020-08-15", ["DPT_IPV 2020-10-20", "DPT_IPV 2020-11-20"], "2025-08-14", True),
        ("2020-08-15", ["DPT_IPV 2020-10-20", "DPT_IPV 2020-11-20"], "2025-08-15", False),
        # Hib begun after 12 months is complete with one dose
        (
            "2024-06-15",
            ["DPT_IPV 2025-06-01", "DPT_IPV 2025-07-01", "HIB 2025-07-01"],
            "2025-08-10",
            False,
        ),
        # Begun before, it takes a booster
        (
            "2024-06-15",
            ["DPT_IPV 2025-04-01", "DPT_IPV 2025-05-01", "DPT_IPV 2025-06-01", "HIB 2025-04-01"],
            "2025-08-10",
            True,
        ),
    ],
)
def test_hib_first_is_told_only_while_a_dose_of_hib_is_still_due(born, given, as_of, warned):
    found = ask(born, *given, as_of=as_of)

    (dose,) = series(found, "DPT_IPV_HIB").next
    assert ("hib-first" in [warning.code for warning in dose.warnings]) is warned


def test_hib_first_is_not_told_where_a_doctor_says_that_hib_is_not_for_the_child():
    found = ask("2024-01-15", *FOUR_IN_1, as_of="2025-08-01", had=["HIB"])

    (dose,) = series(found, "DPT_IPV_HIB").next
    assert dose.warnings == ()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["DPT_IPV_HIB 2024-03-20"], None),
        (["DPT_IPV 2024-03-20"], "Doses of 4-in-1 (DPT-IPV) are counted too."),
        (
            ["DPT_IPV_HIB 2024-03-20", "DPT_IPV 2024-04-20"],
            "Doses of 4-in-1 (DPT-IPV) are counted too.",
        ),
    ],
)
def test_that_the_4_in_1_is_counted_too_is_told_to_whoever_had_it(given, told):
    found = ask("2024-01-15", *given, as_of="2025-08-01")

    (dose,) = series(found, "DPT_IPV_HIB").next
    said = " ".join(reason.text("en") for reason in dose.reasons)
    assert ("counted too" in said) is bool(told)
    assert (told or "") in said


def test_hib_alone_is_told_to_be_contained_in_the_5_in_1_that_comes():
    hib = ["HIB 2024-03-20", "HIB 2024-04-20", "HIB 2024-05-20"]
    found = ask("2024-01-15", *FOUR_IN_1, *hib, as_of="2025-08-01")

    (alone,) = series(found, "HIB").next
    assert alone.covered_by == "DPT_IPV_HIB"
    assert "contained-in-5-in-1" in [warning.code for warning in alone.warnings]
    assert following(found, "HIB") == [("HIB", 4, "2024-12-20", "2029-01-14")]


def test_the_5_in_1_counts_as_hib_for_whoever_began_with_hib_alone():
    hib = ["HIB 2024-03-20", "HIB 2024-04-20", "HIB 2024-05-20"]
    found = ask("2024-01-15", *FOUR_IN_1, *hib, "DPT_IPV_HIB 2025-09-01", as_of="2025-10-01")

    assert series(found, "HIB").state == "complete"
    assert found.review == ()


# ---- Hib by the age at the first dose; born 2024-01-15, so 7 months is 2024-08-14


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["2024-03-14"], (2, "2024-04-11")),
        (["2024-08-14"], (2, "2024-09-11")),
        (["2024-08-14", "2024-09-11"], (3, "2024-10-09")),
        (["2024-08-14", "2024-09-11", "2024-10-09"], (4, "2025-05-09")),
        (["2024-03-14", "2025-01-14"], (3, "2025-02-11")),
        (["2024-03-14", "2025-01-15"], None),
        (["2024-03-14", "2024-04-11", "2025-01-14"], (4, "2025-08-14")),
        (["2024-03-14", "2024-04-11", "2025-01-15"], None),
        (["2024-08-15"], (2, "2024-09-12")),
        (["2024-08-15", "2024-09-12"], (3, "2025-04-12")),
        (["2024-08-15", "2025-01-14"], (3, "2025-08-14")),
        (["2024-08-15", "2025-01-15"], None),
        (["2024-08-15", "2024-09-12", "2025-04-12"], None),
        (["2024-08-15", "2024-09-12", "2024-10-10"], None),
        (["2025-01-14"], (2, "2025-02-11")),
        (["2025-01-15"], None),
    ],
)
def test_hib_goes_by_the_age_at_the_first_dose(given, expected):
    found = ask("2024-01-15", *[f"HIB {on}" for on in given], as_of="2026-10-15")

    assert following(found, "HIB") == ([("HIB", *expected, "2029-01-14")] if expected else [])
    assert series(found, "HIB").state == ("next" if expected else "complete")


# ---- pneumococcal by the age at the first dose; born 2024-01-15


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # Begun by 7 months (2024-08-14): three and a booster
        (["2024-03-14"], (2, "2024-04-11")),
        (["2024-08-14"], (2, "2024-09-11")),
        (["2024-08-14", "2024-09-11"], (3, "2024-10-09")),
        (["2024-08-14", "2024-09-11", "2024-10-09"], (4, "2025-01-14")),
        (["2024-08-14", "2024-09-11", "2024-12-30"], (4, "2025-03-01")),
        (["2024-03-14", "2025-01-14"], (3, "2025-02-11")),
        # Dose 2 after 12 months: no third primary dose
        (["2024-03-14", "2025-01-15"], (3, "2025-03-17")),
        (["2024-03-14", "2026-01-14"], (3, "2026-03-16")),
        (["2024-03-14", "2025-01-15", "2025-03-17"], None),
        # After 24 months no primary dose: what is given is the booster
        (["2024-03-14", "2026-01-15"], None),
        (["2024-03-14", "2024-04-11", "2026-01-14"], (4, "2026-03-16")),
        (["2024-03-14", "2024-04-11", "2026-01-15"], None),
        # Begun after 7 months: two and a booster
        (["2024-08-15"], (2, "2024-09-12")),
        (["2024-08-15", "2024-09-12"], (3, "2025-01-14")),
        (["2025-01-14"], (2, "2025-02-11")),
        (["2025-01-14", "2025-02-11"], (3, "2025-04-13")),
        (["2025-01-14", "2026-01-14"], (3, "2026-03-16")),
        (["2025-01-14", "2026-01-15"], None),
        (["2024-08-15", "2024-09-12", "2025-01-14"], None),
        # Begun after 12 months: two, 60 full days apart
        (["2025-01-15"], (2, "2025-03-17")),
        (["2026-01-14"], (2, "2026-03-16")),
        (["2025-01-15", "2025-03-17"], None),
        # Begun after 24 months: one
        (["2026-01-15"], None),
    ],
)
def test_pneumococcal_goes_by_the_age_at_the_first_dose(given, expected):
    found = ask("2024-01-15", *[f"PCV {on}" for on in given], as_of="2026-10-15")

    assert following(found, "PCV") == ([("PCV", *expected, "2029-01-14")] if expected else [])
    assert series(found, "PCV").state == ("next" if expected else "complete")
    assert found.review == ()


def test_after_24_months_the_next_primary_dose_is_told_to_be_the_booster():
    found = {
        as_of: ask("2024-01-15", "PCV 2024-03-14", as_of=as_of)
        for as_of in ("2026-01-14", "2026-01-15")
    }

    for as_of, told in (("2026-01-14", False), ("2026-01-15", True)):
        (dose,) = series(found[as_of], "PCV").next
        assert ("pcv-primary-over" in [each.code for each in dose.warnings]) is told
        assert (dose.cautioned_from is None) is told


# ---- hepatitis B


@pytest.mark.parametrize(
    ("given", "dose", "earliest"),
    [
        (["2026-03-15"], 2, "2026-04-12"),
        (["2026-03-15", "2026-04-12"], 3, "2026-08-02"),
        (["2026-03-15", "2026-07-30"], 3, "2026-08-06"),
        (["2026-03-15", "2026-07-26"], 3, "2026-08-02"),
        (["2026-03-15", "2026-07-27"], 3, "2026-08-03"),
    ],
)
def test_hepatitis_b_3_keeps_its_distance_from_both(given, dose, earliest):
    found = ask("2026-01-15", *[f"HEPB {on}" for on in given])

    assert following(found, "HEPB") == [("HEPB", dose, earliest, "2027-01-14")]
    assert recommended(found, "HEPB") == (earliest, "2026-10-14")


def test_hepatitis_b_given_at_birth_goes_on_when_it_is_recommended():
    found = ask("2026-01-15", "HEPB 2026-01-15", as_of="2026-02-01")

    assert following(found, "HEPB") == [("HEPB", 2, "2026-02-12", "2027-01-14")]
    assert recommended(found, "HEPB") == ("2026-03-14", "2026-10-14")


def test_a_recommended_period_over_before_the_dose_can_come_is_not_recommended_from_then():
    found = ask("2026-01-05", "HEPB 2026-10-05", as_of="2026-11-25")

    (dose,) = series(found, "HEPB").next
    assert recommended(found, "HEPB") == (None, None)
    assert [warning.code for warning in dose.warnings] == ["recommended-over"]
    assert "recommended-from" not in [reason.code for reason in dose.reasons]


def test_a_recommended_period_without_an_end_is_told_from_its_first_day():
    found = ask("2024-06-15", as_of="2026-05-01")

    (dose,) = series(found, "MR").next
    assert recommended(found, "MR") == ("2025-06-14", None)
    assert "recommended-over" not in [warning.code for warning in dose.warnings]
    assert "recommended-from" in [reason.code for reason in dose.reasons]


def test_a_dose_that_cannot_come_inside_the_free_period_is_not_offered():
    found = ask("2026-01-15", "HEPB 2026-09-01", "HEPB 2026-10-01")

    standing = series(found, "HEPB")
    assert (standing.state, standing.next) == ("outside", ())
    assert standing.last.earliest == date(2027, 1, 19)
    assert standing.last.legal_until == date(2027, 1, 14)
    assert "医療機関" in standing.note.text("ja")


# ---- rotavirus


def test_once_a_rotavirus_product_is_given_only_that_one_is_forecast():
    found = ask("2026-07-31", "ROTA_RV1 2026-10-01")
    assert following(found, "ROTA") == [("ROTA_RV1", 2, "2026-10-29", "2027-01-15")]

    found = ask("2026-07-31", "ROTA_RV5 2026-10-01")
    assert following(found, "ROTA") == [("ROTA_RV5", 2, "2026-10-29", "2027-03-12")]

    found = ask("2026-07-31", "ROTA_RV5 2026-10-01", "ROTA_RV5 2026-10-29", as_of="2026-11-01")
    assert following(found, "ROTA") == [("ROTA_RV5", 3, "2026-11-26", "2027-03-12")]

    found = ask("2026-07-31", "ROTA_RV1 2026-10-01", "ROTA_RV1 2026-10-29", as_of="2026-11-01")
    assert series(found, "ROTA").state == "complete"


@pytest.mark.parametrize(("as_of", "warned"), [("2026-11-12", False), ("2026-11-13", True)])
def test_a_first_rotavirus_dose_after_14_weeks_6_days_is_offered_with_a_warning(as_of, warned):
    found = ask("2026-07-31", as_of=as_of)

    for dose in series(found, "ROTA").next:
        assert [each.code for each in dose.warnings] == ["rota-first-late"] * warned
    assert len(series(found, "ROTA").next) == 2


def test_the_products_of_rotavirus_close_one_after_the_other():
    assert len(following(ask("2026-07-31", as_of="2027-01-15"), "ROTA")) == 2
    assert following(ask("2026-07-31", as_of="2027-01-16"), "ROTA") == [
        ("ROTA_RV5", 1, "2026-09-11", "2027-03-12")
    ]
    assert series(ask("2026-07-31", as_of="2027-03-13"), "ROTA").state == "closed"


def test_another_rotavirus_product_than_the_first_is_put_before_staff():
    found = ask("2026-07-31", "ROTA_RV1 2026-10-01", "ROTA_RV5 2026-10-29", as_of="2026-11-01")

    assert reviewed(found) == [("ROTA_RV5", 2, "2026-10-29", "review-other-product")]


# ---- measles-rubella


@pytest.mark.parametrize(
    ("born", "first", "last"),
    [
        ("2020-04-01", "2025-04-01", "2026-03-31"),
        ("2020-04-02", "2026-04-01", "2027-03-31"),
        ("2021-03-31", "2026-04-01", "2027-03-31"),
        ("2021-04-01", "2026-04-01", "2027-03-31"),
        ("2021-04-02", "2027-04-01", "2028-03-31"),
        ("2020-02-29", "2025-04-01", "2026-03-31"),
    ],
)
@pytest.mark.parametrize("given", [[], ["MR 2022-05-10"]])
def test_stage_2_of_mr_has_its_own_year_whether_or_not_stage_1_was_given(born, first, last, given):
    found = ask(born, *given, as_of=first)

    assert following(found, "MR") == [("MR", 2, first, last)]
    assert recommended(found, "MR") == (first, last)


def test_stage_1_of_mr_gives_way_to_stage_2_when_it_closes():
    assert following(ask("2024-10-15", as_of="2026-10-14"), "MR") == [
        ("MR", 1, "2025-10-14", "2026-10-14")
    ]
    found = ask("2024-10-15", as_of="2026-10-15")
    assert following(found, "MR") == [("MR", 2, "2030-04-01", "2031-03-31")]
    assert [dose.rule for dose in series(found, "MR").passed] == ["mr.1"]
    assert "stage-1-missing" in [each.code for each in series(found, "MR").next[0].warnings]


def test_where_stage_1_cannot_come_in_time_that_is_told_beside_stage_2():
    found = ask("2024-10-15", "VAR 2026-10-01", as_of="2026-10-05")

    assert following(found, "MR") == [("MR", 2, "2030-04-01", "2031-03-31")]
    assert series(found, "MR").passed[0].earliest == date(2026, 10, 29)
    assert series(found, "MR").note.code == "series-outside"


def test_a_dose_in_the_period_of_stage_2_is_stage_2():
    found = ask("2020-05-01", "MR 2026-05-10")

    assert series(found, "MR").given[0].dose == 2
    assert series(found, "MR").state == "complete"
    assert found.review == ()


@pytest.mark.parametrize(
    ("born", "given", "as_of", "noted"),
    [
        # Stage 2 from 2026-04-01 until 2027-03-31
        ("2020-05-01", ["MR 2021-02-01", "MR 2021-05-01"], "2021-06-01", True),
        ("2020-05-01", ["MR 2021-02-01", "MR 2021-05-01"], "2027-03-31", True),
        ("2020-05-01", ["MR 2021-02-01", "MR 2021-05-01"], "2027-04-01", False),
        ("2020-05-01", ["MR 2021-05-01", "MR 2026-04-01"], "2026-05-01", False),
        ("2020-05-01", ["MR 2021-02-01", "MR 2021-05-01", "MR 2026-04-01"], "2026-05-01", False),
    ],
)
def test_two_doses_of_mr_before_stage_2_are_complete_with_a_note(born, given, as_of, noted):
    standing = series(ask(born, *given, as_of=as_of), "MR")

    assert standing.state == "complete"
    assert (standing.note.code if standing.note else None) == (
        "series-stage-unsure" if noted else None
    )


@pytest.mark.parametrize(("on", "stage"), [("2026-03-31", 1), ("2026-04-01", 2)])
def test_stage_2_begins_with_the_school_year(on, stage):
    found = ask("2020-05-01", f"MR {on}")

    assert series(found, "MR").given[0].dose == stage


@pytest.mark.parametrize(
    ("born", "as_of", "noted"),
    [
        ("2022-04-01", "2026-10-15", False),
        ("2022-04-02", "2026-10-15", True),
        ("2023-04-01", "2026-10-15", True),
        ("2023-04-02", "2026-10-15", False),
        ("2022-04-02", "2027-03-31", True),
        ("2022-04-02", "2027-04-01", False),
        ("2019-04-01", "2026-10-15", True),
        ("2019-04-02", "2026-10-15", False),
        ("2018-04-02", "2026-10-15", True),
        ("2018-04-01", "2026-10-15", False),
    ],
)
def test_the_measure_for_the_mr_shortage_is_a_note_and_no_date(born, as_of, noted):
    found = ask(born, as_of=as_of)

    assert any(note.code.startswith("mr-shortage") for note in found.notes) is noted


def test_the_measure_for_the_mr_shortage_is_not_told_to_whoever_had_the_dose():
    assert ask("2022-04-02", "MR 2023-05-01").notes == ()


# ---- varicella


def test_varicella_2_comes_3_months_after_the_first():
    found = ask("2025-01-15", "VAR 2026-02-01")
    assert following(found, "VAR") == [("VAR", 2, "2026-05-01", "2028-01-14")]
    assert recommended(found, "VAR") == ("2026-08-01", "2027-02-01")

    found = ask("2025-01-15", "VAR 2025-11-30", as_of="2026-10-15")
    assert following(found, "VAR") == [("VAR", 2, "2026-03-01", "2028-01-14")]


# ---- Japanese encephalitis


@pytest.mark.parametrize(
    ("given", "dose", "earliest", "best"),
    [
        (["2026-05-01"], 2, "2026-05-08", ("2026-05-08", "2026-05-30")),
        (["2026-05-01", "2026-05-08"], 3, "2026-11-08", ("2027-05-08", "2028-04-14")),
        (
            ["2025-05-01", "2025-05-08", "2026-05-08"],
            4,
            "2032-04-14",
            ("2032-04-14", "2033-04-14"),
        ),
    ],
)
def test_japanese_encephalitis_goes_by_stages(given, dose, earliest, best):
    found = ask("2023-04-15", *[f"JE {on}" for on in given])

    until = "2036-04-14" if dose == 4 else "2030-10-14"
    assert following(found, "JE") == [("JE", dose, earliest, until)]
    assert recommended(found, "JE") == best


def test_stage_2_of_japanese_encephalitis_follows_when_stage_1_has_closed():
    given = ["JE 2019-05-01", "JE 2019-05-08"]
    assert following(ask("2016-04-15", *given, as_of="2023-10-14"), "JE") == [
        ("JE", 3, "2019-11-08", "2023-10-14")
    ]
    assert following(ask("2016-04-15", *given, as_of="2023-10-15"), "JE") == [
        ("JE", 4, "2025-04-14", "2029-04-14")
    ]


def test_a_dose_from_9_years_on_is_stage_2():
    found = ask("2016-04-15", "JE 2019-05-01", "JE 2025-04-14")
    assert [dose.dose for dose in series(found, "JE").given] == [1, 4]
    assert series(found, "JE").state == "complete"

    found = ask("2016-04-15", "JE 2019-05-01", "JE 2025-04-13")
    assert [dose.dose for dose in series(found, "JE").given] == [1, 2]


@pytest.mark.parametrize(
    ("given", "dose", "earliest"),
    [
        ([], 1, "2007-09-30"),
        (["2010-05-01"], 2, "2010-05-08"),
        (["2010-05-01", "2010-05-08"], 3, "2010-11-08"),
        (["2010-05-01", "2010-05-08", "2011-01-01"], 4, "2016-03-31"),
        (["2010-05-01", "2010-05-08", "2025-06-01"], 4, "2025-06-08"),
    ],
)
def test_births_up_to_april_2007_go_through_all_four(given, dose, earliest):
    found = ask("2007-04-01", *[f"JE {on}" for on in given], as_of="2026-10-15")

    assert following(found, "JE") == [("JE", dose, earliest, "2027-03-31")]
    assert found.review == ()


def test_births_up_to_april_2007_make_up_what_is_missing_until_20():
    found = ask("2007-04-01", "JE 2010-05-01", as_of="2026-10-15")
    assert following(found, "JE") == [("JE", 2, "2010-05-08", "2027-03-31")]

    found = ask("2007-04-01", "JE 2010-05-01", as_of="2027-04-01")
    assert series(found, "JE").state == "closed"

    found = ask("2007-04-02", "JE 2010-05-01", as_of="2026-10-15")
    assert series(found, "JE").state == "closed"


def test_made_up_doses_of_births_up_to_2009_are_no_matter_for_staff():
    found = ask("2008-05-01", "JE 2018-05-01", "JE 2018-05-08", "JE 2018-12-01")

    assert [dose.dose for dose in series(found, "JE").given] == [1, 2, 3]
    assert found.review == ()


# ---- diphtheria-tetanus, HPV


def test_diphtheria_tetanus_from_11_until_13():
    found = ask("2016-02-29", as_of="2026-10-15")

    assert following(found, "DT") == [("DT", 1, "2027-02-28", "2029-02-28")]


@pytest.mark.parametrize(
    ("born", "first", "last"),
    [
        ("2014-04-01", "2025-04-01", "2030-03-31"),
        ("2014-04-02", "2026-04-01", "2031-03-31"),
        ("2015-03-31", "2026-04-01", "2031-03-31"),
        ("2015-04-01", "2026-04-01", "2031-03-31"),
        ("2015-04-02", "2027-04-01", "2032-03-31"),
    ],
)
def test_hpv_goes_by_fiscal_years(born, first, last):
    assert following(ask(born), "HPV") == [("HPV9", 1, first, last)]


@pytest.mark.parametrize(
    ("born", "given", "expected"),
    [
        # 15 is reached on 2026-05-14: two doses if begun by then
        ("2011-05-15", ["HPV9 2026-05-14"], (2, "2026-10-14")),
        ("2011-05-15", ["HPV9 2026-05-15"], (2, "2026-06-15")),
        ("2011-05-15", ["HPV9 2026-05-15", "HPV9 2026-06-15"], (3, "2026-09-15")),
        ("2011-05-15", ["HPV9 2026-01-31", "HPV9 2026-07-01"], None),
        ("2011-05-15", ["HPV9 2026-01-31", "HPV9 2026-06-30"], (3, "2026-09-30")),
        ("2011-05-15", ["HPV9 2026-01-31", "HPV9 2026-06-30", "HPV9 2026-09-30"], None),
        ("2011-05-15", ["HPV9 2025-09-30"], (2, "2026-03-01")),
        # Begun with another product: three in all
        ("2011-05-15", ["HPV 2024-05-14"], (2, "2024-06-14")),
        ("2011-05-15", ["HPV 2024-05-14", "HPV 2024-07-14"], (3, "2024-10-14")),
        ("2011-05-15", ["HPV 2024-05-14", "HPV9 2024-12-14"], (3, "2025-03-14")),
        ("2011-05-15", ["HPV 2024-05-14", "HPV 2024-07-14", "HPV9 2024-12-14"], None),
    ],
)
def test_hpv_takes_two_doses_if_begun_by_15_with_the_9_valent(born, given, expected):
    found = ask(born, *given)

    assert following(found, "HPV") == ([("HPV9", *expected, "2028-03-31")] if expected else [])
    assert found.review == ()


def test_hpv_is_for_girls_and_unknown_is_not_false():
    boy = ask("2014-05-15", sex="M")
    assert series(boy, "HPV").state == "not-eligible"

    unknown = ask("2014-05-15", sex=None)
    assert series(unknown, "HPV").state == "sex-unknown"
    assert "性別" in series(unknown, "HPV").note.text("ja")
    assert series(unknown, "DT").state == "next"


@pytest.mark.parametrize(
    ("born", "given", "had", "as_of", "state"),
    [
        # Free until 2026-03-31, at the end of the fiscal year of 16
        ("2009-05-01", [], [], "2026-03-31", "sex-unknown"),
        ("2009-05-01", [], [], "2026-04-01", "closed"),
        ("1990-05-01", [], [], "2026-10-15", "closed"),
        ("2012-05-01", ["HPV9 2025-05-01"], [], "2026-10-15", "sex-unknown"),
        ("2012-05-01", ["HPV9 2025-05-01", "HPV9 2025-11-01"], [], "2026-10-15", "complete"),
        ("2012-05-01", [], ["HPV"], "2026-10-15", "ended"),
        # Of an age for the catch-up, until 2026-03-31
        ("2000-05-01", [], [], "2026-03-31", "sex-unknown"),
        ("2000-05-01", [], [], "2026-04-01", "closed"),
    ],
)
def test_the_sex_is_asked_for_only_where_it_decides_something(born, given, had, as_of, state):
    found = ask(born, *given, sex=None, had=had, as_of=as_of)

    standing = series(found, "HPV")
    assert standing.state == state
    assert standing.next == ()
    assert ("sex-unknown" in standing.note.code if standing.note else False) is (
        state == "sex-unknown"
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["HPV9 2026-05-15"], "at least 1 month after dose 1"),
        (["HPV9 2026-05-15", "HPV9 2026-06-15"], "at least 3 months after dose 2"),
    ],
)
def test_one_month_is_told_in_the_singular(given, told):
    (dose,) = series(ask("2011-05-15", *given), "HPV").next

    assert told in dose.reasons[1].text("en")


@pytest.mark.parametrize(("on", "marks"), [("2026-02-28", ["review-too-soon"]), ("2026-03-01", [])])
def test_an_early_second_dose_of_hpv_is_no_mistake_from_one_month_on(on, marks):
    found = ask("2011-05-15", "HPV9 2026-01-31", f"HPV9 {on}")

    assert [each.why.code for each in found.review] == marks
    assert following(found, "HPV")[0][1] == 3


# ---- recommended periods of later doses, and doses after one that came far too early


@pytest.mark.parametrize(
    ("born", "given", "best"),
    [
        ("2024-01-15", "HIB 2024-03-14", ("2024-04-11", "2024-05-10")),
        ("2024-01-15", "HIB 2024-03-14 2024-04-11", ("2024-05-09", "2024-06-07")),
        ("2024-01-15", "HIB 2024-03-14 2024-04-11 2024-05-09", ("2024-12-09", "2025-06-09")),
        ("2024-01-15", "HIB 2024-08-15 2024-09-12", ("2025-04-12", "2025-10-12")),
        ("2024-01-15", "PCV 2024-03-14", ("2024-04-11", "2025-01-14")),
        ("2024-01-15", "PCV 2024-03-14 2024-04-11", ("2024-05-09", "2025-01-14")),
        ("2024-01-15", "PCV 2024-03-14 2024-04-11 2024-05-09", ("2025-01-14", "2025-04-14")),
        ("2024-01-15", "PCV 2024-08-15 2024-09-12", ("2025-01-14", "2025-04-14")),
        # The standard period, to 2025-04-14, is over before 60 full days have passed
        ("2024-01-15", "PCV 2024-08-15 2025-03-01", (None, None)),
        ("2024-01-15", "PCV 2025-01-15", (None, None)),
        ("2011-05-15", "HPV9 2026-05-14", ("2026-11-14", None)),
        ("2011-05-15", "HPV9 2026-05-15", ("2026-07-15", None)),
        ("2011-05-15", "HPV9 2026-05-15 2026-06-15", ("2026-11-15", None)),
        ("2026-07-31", "ROTA_RV1 2026-10-01", (None, None)),
    ],
)
def test_when_later_doses_are_recommended(born, given, best):
    vaccine, *days = given.split()
    found = ask(born, *[f"{vaccine} {on}" for on in days])

    assert recommended(found, series_of(vaccine)) == best


@pytest.mark.parametrize(
    ("born", "given", "earliest"),
    [
        ("2026-01-15", "DPT_IPV_HIB 2026-01-20", "2026-03-14"),
        ("2026-01-15", "DPT_IPV_HIB 2026-01-20 2026-02-10", "2026-03-14"),
        ("2026-01-15", "DPT_IPV 2026-01-20", "2026-03-14"),
        ("2026-01-15", "HIB 2026-01-20", "2026-03-14"),
        ("2026-01-15", "HIB 2026-01-16 2026-01-20", "2026-03-14"),
        ("2026-01-15", "PCV 2026-01-20", "2026-03-14"),
        ("2026-01-15", "PCV 2026-01-16 2026-01-20", "2026-03-14"),
        ("2026-01-15", "ROTA_RV1 2026-01-20", "2026-02-26"),
        ("2026-01-15", "ROTA_RV5 2026-01-20", "2026-02-26"),
        ("2026-01-15", "ROTA_RV5 2026-01-16 2026-01-20", "2026-02-26"),
        ("2025-01-15", "VAR 2025-07-15", "2026-01-14"),
        ("2026-01-15", "JE 2026-02-01", "2026-07-14"),
        ("2014-05-15", "HPV9 2025-09-01", "2026-04-01"),
        ("2014-05-15", "HPV 2025-12-01", "2026-04-01"),
        ("2014-05-15", "HPV 2025-11-01 2025-12-01", "2026-04-01"),
    ],
)
def test_after_a_dose_far_too_early_the_next_one_waits_for_its_period(born, given, earliest):
    vaccine, *days = given.split()
    found = ask(born, *[f"{vaccine} {on}" for on in days])

    assert str(series(found, series_of(vaccine)).last.earliest) == earliest
    assert {each.why.code for each in found.review} >= {"review-before-period"}


# ---- injected live vaccines across series


def test_another_injected_live_vaccine_waits_27_full_days():
    found = ask("2025-09-15", "MR 2026-10-01", as_of="2026-10-15")
    assert following(found, "VAR") == [("VAR", 1, "2026-10-29", "2028-09-14")]

    found = ask("2025-11-15", "VAR 2026-11-14", as_of="2026-11-20")
    assert following(found, "BCG") == []
    assert following(found, "MR") == [("MR", 1, "2026-12-12", "2027-11-14")]


def test_oral_and_inactivated_vaccines_wait_for_nothing():
    found = ask("2026-07-31", "BCG 2026-09-30", "ROTA_RV1 2026-09-30")

    assert following(found, "DPT_IPV_HIB") == [("DPT_IPV_HIB", 1, "2026-09-30", "2034-01-30")]
    assert following(found, "ROTA") == [("ROTA_RV1", 2, "2026-10-28", "2027-01-15")]


def test_the_same_series_goes_by_its_own_interval_only():
    found = ask("2025-01-15", "VAR 2026-02-01", "MR 2026-02-01")

    assert following(found, "VAR") == [("VAR", 2, "2026-05-01", "2028-01-14")]


def test_two_injected_live_vaccines_on_the_same_day_or_28_days_apart_are_no_matter():
    assert ask("2025-09-15", "MR 2026-09-14", "VAR 2026-09-14").review == ()
    assert ask("2025-08-15", "MR 2026-08-14", "VAR 2026-09-11").review == ()
    assert reviewed(ask("2025-08-15", "MR 2026-08-14", "VAR 2026-09-10")) == [
        ("VAR", 1, "2026-09-10", "review-live-too-close")
    ]


def test_where_two_injected_live_vaccines_are_due_one_day_or_a_pair_is_proposed():
    found = ask("2025-09-15", as_of="2026-09-20")

    for code, other in (("MR", "水痘"), ("VAR", "MR")):
        (warning,) = series(found, code).next[0].warnings
        assert warning.code == "live-together"
        assert other in warning.text("ja")
        assert "同じ日に受けられるか、医療機関に確認" in warning.text("ja")
        assert "Ask the clinic whether both can be given on one day" in warning.text("en")


@pytest.mark.parametrize(
    ("born", "as_of", "pair"),
    [
        # MR is free until 2 years, varicella until 3
        (
            "2025-09-15",
            "2026-09-20",
            "Measles-rubella (MR) on 20 September 2026 and "
            "Varicella (chickenpox) on 18 October 2026",
        ),
        # On the last day of BCG the other two follow it
        (
            "2025-09-15",
            "2026-09-14",
            "BCG (tuberculosis) on 14 September 2026 and Measles-rubella (MR) on 12 October 2026",
        ),
    ],
)
def test_of_two_injected_live_vaccines_the_one_free_for_the_shorter_time_goes_first(
    born, as_of, pair
):
    (dose,) = series(ask(born, as_of=as_of), "MR").next

    assert pair in dose.warnings[-1].text("en")


def test_a_mumps_dose_is_a_note_and_holds_back_other_injected_live_vaccines():
    found = ask("2025-09-15", "おたふくかぜ 2026-10-01", "MUMPS 2026-10-02", as_of="2026-10-15")

    assert [note.code for note in found.notes] == ["note-live-injected"] * 2
    assert following(found, "MR") == [("MR", 1, "2026-10-30", "2027-09-14")]


@pytest.mark.parametrize(("as_of", "said"), [("2026-10-28", 1), ("2026-10-29", 0)])
def test_the_note_about_a_live_vaccine_ends_when_another_may_follow(as_of, said):
    found = ask("2025-09-15", "MUMPS 2026-10-01", as_of=as_of)

    assert len(found.notes) == said
    assert following(found, "MR") == [("MR", 1, "2026-10-29", "2027-09-14")]


# ---- records that need a look: kept, counted by their place, never judged


@pytest.mark.parametrize(
    ("born", "given", "mark", "then"),
    [
        ("2026-01-15", "PCV 2026-03-13", "review-before-period", (2, "2026-04-10")),
        ("2025-01-15", "MR 2026-01-13", "review-before-period", (2, "2030-04-01")),
        ("2024-01-15", "MR 2026-01-15", "review-after-period", (2, "2029-04-01")),
    ],
)
def test_a_dose_outside_its_period_is_counted_and_reviewed(born, given, mark, then):
    found = ask(born, given)

    vaccine, on = given.split()
    assert reviewed(found) == [(vaccine, 1, on, mark)]
    assert following(found, vaccine)[0][1:3] == then


def test_a_dose_too_soon_is_counted_and_reviewed():
    found = ask("2026-01-15", "PCV 2026-03-14", "PCV 2026-04-10")

    assert reviewed(found) == [("PCV", 2, "2026-04-10", "review-too-soon")]
    assert following(found, "PCV") == [("PCV", 3, "2026-05-08", "2031-01-14")]


def test_a_dose_before_birth_or_in_the_future_is_kept_and_not_counted():
    found = ask("2026-01-15", "PCV 2026-01-14", "HEPB 2026-10-16", as_of="2026-10-15")

    assert reviewed(found) == [
        ("PCV", None, "2026-01-14", "review-before-birth"),
        ("HEPB", None, "2026-10-16", "review-in-future"),
    ]
    assert following(found, "PCV")[0][1] == 1
    assert following(found, "HEPB")[0][1] == 1


def test_two_doses_on_one_day_are_counted_once():
    found = ask("2026-01-15", "PCV 2026-03-20", "PCV 2026-03-20")

    assert reviewed(found) == [("PCV", None, "2026-03-20", "review-same-day")]
    assert following(found, "PCV") == [("PCV", 2, "2026-04-17", "2031-01-14")]


def test_200_doses_lose_nothing():
    given = [f"BCG {date(2026, 2, 1) + DAY * number}" for number in range(200)]

    found = ask("2026-01-15", *given)

    assert len(series(found, "BCG").given) == 200
    assert [each.why.code for each in found.review] == ["review-surplus"] * 199
    assert following(found, "PCV")


def test_a_catch_up_dose_of_hpv_is_no_matter_for_staff():
    assert ask("2000-05-15", "HPV9 2023-05-01", "HPV9 2023-06-01").review == ()
    assert reviewed(ask("2000-05-15", "HPV9 2026-04-01")) == [
        ("HPV9", 1, "2026-04-01", "review-after-period")
    ]


def test_an_unknown_code_is_a_note_and_the_rest_goes_on():
    found = ask("2026-01-15", "FLU 2026-10-01", "XYZ 2026-03-20", "PCV 2026-03-20")

    assert [note.code for note in found.notes] == ["note-unknown-vaccine"] * 2
    assert "XYZ" in found.notes[0].text("en")
    assert following(found, "PCV")[0][1] == 2


# ---- what a child has had


@pytest.mark.parametrize(
    ("had", "code"),
    [
        (["varicella"], "VAR"),
        (["水痘"], "VAR"),
        (["measles", "rubella"], "MR"),
        (["hepatitis-b-immunoglobulin"], "HEPB"),
        (["JE"], "JE"),
        (["ROTA_RV1"], "ROTA"),
    ],
)
def test_what_a_child_has_had_ends_its_series_only(had, code):
    found = ask("2026-07-31", had=had)

    assert [each.series for each in found.series if each.state == "ended"] == [code]
    assert series(found, code).next == ()
    assert series(found, code).note


def test_measles_alone_does_not_end_measles_rubella():
    found = ask("2026-07-31", had=["measles"])

    assert series(found, "MR").state == "next"
    assert [note.code for note in found.notes] == ["note-had-alone"]


def test_an_unknown_reason_ends_nothing_and_is_told():
    found = ask("2026-07-31", had=["toothache"])

    assert [note.code for note in found.notes] == ["note-unknown-had"]
    assert not [each for each in found.series if each.state == "ended"]


# ---- the question itself


def test_a_birth_after_the_day_of_the_question_is_refused():
    with pytest.raises(ValueError, match="2026-10-16 lies after 2026-10-15"):
        ask("2026-10-16")


def test_a_sex_that_is_neither_is_refused():
    with pytest.raises(ValueError, match="Give"):
        ask("2026-07-31", sex="X")


def test_a_day_before_the_known_rules_is_answered_with_the_first_of_them():
    found = ask("2018-04-01", as_of="2018-06-01")

    assert following(found, "PCV") == [("PCV", 1, "2018-05-31", "2023-03-31")]
    assert [note.code for note in found.notes] == ["note-before-known-rules"]


def test_the_rsv_vaccine_belongs_to_the_pregnancy():
    (item,) = pregnancy(due_on=date(2026, 12, 31), as_of=date(2026, 4, 1))

    assert (item.free_from, item.free_until) == (date(2026, 10, 8), date(2026, 12, 9))
    assert pregnancy(due_on=date(2026, 12, 31), as_of=date(2026, 3, 31)) == ()


def test_in_a_pregnancy_under_way_a_new_vaccine_is_free_from_the_day_on_which_it_became_so():
    (item,) = pregnancy(due_on=date(2026, 6, 1), as_of=date(2026, 4, 10))

    assert (item.free_from, item.free_until) == (date(2026, 4, 1), date(2026, 5, 10))


@pytest.mark.parametrize(("due_on", "vaccines"), [(date(2026, 4, 22), 0), (date(2026, 4, 23), 1)])
def test_a_vaccine_that_became_free_after_its_weeks_is_not_offered(due_on, vaccines):
    """36 weeks 6 days is 22 days before the expected date; free since 1 April 2026."""
    assert len(pregnancy(due_on=due_on, as_of=date(2026, 4, 1))) == vaccines
