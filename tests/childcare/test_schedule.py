"""The schedule's file: every rule dated and sourced, every mistake told by its name."""

import re
from datetime import date, timedelta

import pytest

from childcare.forecast import Given, forecast
from childcare.schedule import (
    FILE,
    LANGUAGES,
    ScheduleError,
    edition,
    edition_label,
    load,
    the_schedule,
)

DAY = timedelta(days=1)
DATED = [pytest.param(item, id=item.key) for item in the_schedule().dated()]


@pytest.mark.parametrize("item", DATED)
def test_each_rule_says_since_when_it_holds_and_where_it_is_written(item):
    assert isinstance(item.valid_from, date)
    assert item.valid_to is None or item.valid_from <= item.valid_to
    assert len(item.source) > 5
    assert item.verified in (True, False)


@pytest.mark.parametrize("item", DATED)
def test_each_rule_holds_from_its_first_day_to_its_last(item):
    assert not item.holds_on(item.valid_from - DAY)
    assert item.holds_on(item.valid_from)
    if item.valid_to:
        assert item.holds_on(item.valid_to)
        assert not item.holds_on(item.valid_to + DAY)
    else:
        assert item.holds_on(date(2199, 12, 31))


@pytest.mark.parametrize("item", [case for case in DATED if "general" in case.values[0].source])
def test_what_comes_from_general_knowledge_is_not_called_verified(item):
    assert item.verified is False


def test_every_text_stands_in_both_languages():
    schedule = the_schedule()
    texts = [*schedule.sentences.values()]
    texts += [rule.words for rule in (*schedule.rules, *schedule.warnings, *schedule.measures)]
    texts += [each.words for each in (*schedule.vaccines.values(), *schedule.series.values())]
    for words in texts:
        assert re.search("[ぁ-んァ-ン一-龥]|BCG|HPV|DT", words.ja), words
        assert not re.search("[ぁ-んァ-ン一-龥]", words.en), words


def test_the_sentences_of_a_rule_have_nothing_to_fill_in():
    schedule = the_schedule()
    for item in (*schedule.rules, *schedule.warnings, *schedule.measures, *schedule.pregnancy):
        for language in LANGUAGES:
            assert "{" not in getattr(item.words, language)


def test_the_same_rules_give_the_same_edition():
    assert edition(date(2026, 4, 1)) == edition(date(2027, 3, 31))
    assert len(edition(date(2026, 4, 1))) == 12


def test_the_edition_changes_with_the_end_of_the_4_in_1_and_not_with_a_note():
    assert edition(date(2025, 7, 31)) != edition(date(2025, 8, 1))
    # The HPV catch-up's note ends here, which moves no date.
    assert edition(date(2026, 3, 31)) == edition(date(2026, 4, 1))


def test_a_change_of_a_rule_changes_the_edition_and_a_change_of_words_does_not(tmp_path):
    today = date(2026, 10, 15)

    longer = changed(tmp_path, 'free_until = "age 36 months"', 'free_until = "age 48 months"')
    assert longer.on(today).fingerprint != edition(today)

    reworded = changed(tmp_path, 'en = "BCG, one dose."', 'en = "One dose of BCG."')
    assert reworded.on(today).fingerprint == edition(today)


@pytest.mark.parametrize(
    ("day", "ja", "en"),
    [
        (date(2026, 3, 31), "令和7年度", "FY2025"),
        (date(2026, 4, 1), "令和8年度", "FY2026"),
        (date(2027, 3, 31), "令和8年度", "FY2026"),
        (date(2018, 6, 1), "2018年度", "FY2018"),
    ],
)
def test_people_call_an_edition_by_its_fiscal_year(day, ja, en):
    assert edition_label(day, "ja") == ja
    assert edition_label(day, "en") == en


def test_days_before_the_known_rules_have_the_edition_of_the_first():
    first = the_schedule().covers_from

    assert edition(first - 1000 * DAY) == edition(first)


def test_an_interval_after_a_dose_that_was_not_given_asks_nothing(tmp_path):
    schedule = changed(
        tmp_path,
        'free_from = "age 9 years"\nfree_until = "age 13 years"\nrecommended_from',
        'free_from = "age 9 years"\nfree_until = "age 13 years"\n'
        'not_before = "5 years after dose 3"\nrecommended_from',
    )
    for given, earliest in (
        ([], date(2025, 4, 14)),
        ([Given("JE", date(2021, 5, day)) for day in (1, 8)], date(2025, 4, 14)),
        ([Given("JE", date(2021, month, 1)) for month in (3, 4, 11)], date(2026, 11, 1)),
    ):
        found = forecast(
            born=date(2016, 4, 15),
            sex="M",
            given=given,
            as_of=date(2026, 10, 15),
            schedule=schedule,
        )

        (dose,) = [dose for dose in found.next if dose.series == "JE"]
        assert (dose.dose, dose.earliest) == (4, earliest)


def changed(tmp_path, old, new):
    """Return the schedule of a file in which one text stands for another."""
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "schedule.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return load(path)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("covers_from = 2024-04-01", "covers_from =", "schedule.toml is no TOML"),
        ("covers_from = 2024-04-01", 'covers_from = "2024"', "`covers_from` is no date"),
        (
            'vaccines = ["ROTA_RV1", "ROTA_RV5"]',
            'vaccines = ["ROTA_RV1", "ROTA_RV5"]\ncounts_too = ["PCV"]',
            "series ROTA counts PCV too, which stands below it",
        ),
        ('free_until = "age 1 year"', 'free_until = "1 year"', '"hepb.1", `free_until`: "1 year"'),
        ('free_from = "birth"', 'free_from = "age 0 months"', '"birth"'),
        (
            'not_before = "27 days after dose 1"',
            'not_before = "27 days"',
            '"hepb.2", `not_before`: "27 days" is no interval',
        ),
        (
            'not_before = "27 days after dose 1"',
            'not_before = "27 days after dose 2"',
            '"hepb.2" is dose 2 and counts from a dose',
        ),
        ('key = "hepb.2"', 'key = "hepb.1"', '"hepb.1" stands twice'),
        ("dose = 1\n", 'dose = "1"\n', "'1' should be a int"),
        ("dose = 1\n", "", '"hepb.1" has no `dose`'),
        ('recommended_from = "age 2', 'recomended_from = "age 2', "`recomended_from`"),
        ("[[measure]]", "[[mesure]]", "[mesure]"),
        ('begun_with = "ROTA_RV1"', 'begun_with = "ROTA"', 'names "ROTA"'),
        ("verified = true", "", "has no `verified`"),
        ("valid_to = 2025-07-31", "valid_to = 2023-07-31", '"dpt-ipv.2" ends on 2023-07-31'),
        ('vaccines = ["BCG"]', 'vaccines = ["BCG", "VAR"]', 'vaccine "VAR" is counted by 2 series'),
        ('kind = "live-oral"', 'kind = "live"', 'of kind "live"'),
        ('en = "BCG, one dose."', "", "lacks a text"),
        ("{dose}回目（{on}）から{n}日", "{dose}回目から{n}日", "sentence.from-days has other"),
        (
            'vaccine = "BCG"\ndose = 1',
            'vaccine = "MR"\ndose = 1',
            '"bcg.1" gives MR',
        ),
        (
            'series = "BCG"\nvaccine = "BCG"\ndose = 1',
            'series = "BCG"\nvaccine = "BCG"\ndose = 2',
            "series BCG has no rule for its first dose",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_to_do(tmp_path, old, new, told):
    with pytest.raises(ScheduleError) as caught:
        changed(tmp_path, old, new)

    assert told in str(caught.value)
    assert str(caught.value).endswith(".")
