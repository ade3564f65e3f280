"""When a child is to come to a checkup: by the law, by the municipality's calendar, or not said."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import pytest

from childcare.checkups import windows as checkups
from childcare.checkups.windows import current, due_rows, entries, name_of, of_children

BORN = date(2026, 4, 30)
LAW = {"18m", "3y"}


@dataclass
class Held:
    """A row of a municipality's calendar."""

    checkup: str = "3-4m"
    born_from: date = date(2026, 4, 1)
    born_until: date = date(2026, 4, 30)
    held_from: date = date(2026, 8, 5)
    held_until: date = date(2026, 8, 7)
    place: str = "保健所"
    note: str = ""


def due(born=BORN, *, done=None, calendars=()):
    return {row.checkup: row for row in due_rows(born=born, done=done or {}, calendars=calendars)}


# ---- the file


def test_every_entry_says_what_it_is_on_what_it_rests_and_where_it_was_read():
    for entry in entries():
        assert entry.of in {"child", "mother"}
        for words in (entry.name, entry.basis):
            assert set(words) == {"ja", "en"} and all(words.values())
        assert entry.source
        assert entry.valid_from <= entry.valid_to
        assert isinstance(entry.verified, bool)


def test_entries_of_one_checkup_follow_one_another():
    for code in current():
        same = sorted((e for e in entries() if e.code == code), key=lambda e: e.valid_from)

        assert all(one.valid_to < following.valid_from for one, following in pairwise(same))


def test_only_the_two_checkups_of_article_12_have_a_window_for_the_whole_country():
    windows = {entry.code: entry.basis["ja"] for entry in entries() if entry.window}

    assert windows == {"18m": "母子保健法第12条", "3y": "母子保健法第12条"}


def test_what_was_not_read_in_a_source_has_no_window():
    assert [entry.code for entry in entries() if entry.window and not entry.verified] == []


def test_the_codes_are_those_of_the_sources():
    assert list(current()) == [
        "pregnancy",
        "newborn-hearing",
        "newborn-screening",
        "postpartum-2w",
        "postpartum-1m",
        "1m",
        "3-4m",
        "6-7m",
        "9-10m",
        "18m",
        "3y",
        "5y",
        "school-entry",
    ]


def test_a_calendar_names_the_checkups_of_children():
    assert set(current()) - set(of_children()) == {"pregnancy", "postpartum-2w", "postpartum-1m"}


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("18m", "ja", "1歳6か月児健診"),
        ("18m", "en", "18-month checkup"),
        ("18m", "fr", "18-month checkup"),
        ("dental-2y", "ja", "dental-2y"),
    ],
)
def test_a_checkup_is_called_by_its_name_and_an_unknown_one_by_its_code(code, language, name):
    assert name_of(code, language) == name


# ---- windows by the law


@pytest.mark.parametrize(
    ("born", "code", "first", "last"),
    [
        pytest.param("2026-04-30", "18m", "2027-10-30", "2028-04-29", id="30 April"),
        pytest.param("2026-04-30", "3y", "2029-04-30", "2030-04-29", id="30 April, 3 years"),
        pytest.param("2025-01-01", "18m", "2026-07-01", "2026-12-31", id="New Year's Day"),
        pytest.param("2024-12-31", "18m", "2026-07-01", "2026-12-30", id="no 31 June"),
        pytest.param("2024-12-31", "3y", "2027-12-31", "2028-12-30", id="year's end"),
        pytest.param("2025-08-31", "18m", "2027-03-01", "2027-08-30", id="no 31 February"),
        pytest.param("2026-08-29", "18m", "2028-02-29", "2028-08-28", id="29 February"),
        pytest.param("2024-02-29", "18m", "2025-08-29", "2026-02-28", id="born on 29 February"),
        pytest.param("2024-02-29", "3y", "2027-03-01", "2028-02-28", id="born on it, 3 years"),
    ],
)
def test_a_window_by_the_law_begins_on_the_like_day_and_ends_before_the_birthday(
    born, code, first, last
):
    row = due(date.fromisoformat(born))[code]

    assert (row.window_from, row.window_until) == tuple(map(date.fromisoformat, (first, last)))
    assert row.basis == "law"


@pytest.mark.parametrize("born", [date(2024, 2, 28) + timedelta(days=n) for n in range(0, 400, 7)])
def test_the_last_day_is_the_one_before_the_second_birthday(born):
    birthday = date(born.year + 2, born.month, born.day)

    assert due(born)["18m"].window_until == birthday - timedelta(days=1)


def test_it_is_shown_thirty_days_before():
    row = due()["18m"]

    assert row.opens_on == date(2027, 9, 30) == row.window_from - timedelta(days=30)


def test_without_a_calendar_no_other_checkup_has_a_date():
    assert set(due()) == LAW


def test_a_window_that_began_before_its_entry_was_looked_at_is_not_told():
    assert due(date(2018, 9, 30)).keys() == {"3y"}
    assert due(date(2017, 3, 31)).keys() == set()


def test_when_an_entry_changes_the_one_that_holds_at_the_beginning_counts(monkeypatch):
    [old] = [entry for entry in entries() if entry.code == "18m"]
    kept = {**vars(old), "window": {"over": 12, "under": 24}, "valid_from": date(2027, 11, 1)}
    ended = checkups.Checkup(**{**vars(old), "valid_to": date(2027, 10, 31)})
    both = [ended, checkups.Checkup(**kept)]
    monkeypatch.setattr(checkups, "by_law", lambda: {"18m": both})

    assert due(date(2026, 4, 30))["18m"].window_from == date(2027, 10, 30)
    assert due(date(2026, 11, 1))["18m"].window_from == date(2027, 11, 1)


# ---- the municipality's calendar


@pytest.mark.parametrize(
    ("born", "invited"),
    [
        (date(2026, 3, 31), False),
        (date(2026, 4, 1), True),
        (date(2026, 4, 30), True),
        (date(2026, 5, 1), False),
    ],
)
def test_a_calendar_is_for_the_children_born_in_its_period(born, invited):
    rows = due(born, calendars=[Held()])

    assert ("3-4m" in rows) == invited


def test_a_calendar_says_when_and_where():
    row = due(calendars=[Held(note="母子健康手帳をお持ちください")])["3-4m"]

    assert row == checkups.Due(
        checkup="3-4m",
        basis="calendar",
        done_on=None,
        window_from=date(2026, 8, 5),
        window_until=date(2026, 8, 7),
        opens_on=date(2026, 7, 6),
        place="保健所",
        note="母子健康手帳をお持ちください",
    )


def test_a_calendar_comes_before_the_window_of_the_law():
    calendar = Held("18m", held_from=date(2027, 11, 4), held_until=date(2027, 11, 5))

    row = due(calendars=[calendar])["18m"]

    assert (row.basis, row.window_from) == ("calendar", date(2027, 11, 4))


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_calendars_the_one_that_begins_later_counts(turned):
    wide = Held(born_from=date(2026, 1, 1), place="old")
    calendars = [wide, Held(place="new")]

    rows = due(calendars=reversed(calendars) if turned else calendars)

    assert rows["3-4m"].place == "new"


@pytest.mark.parametrize("code", ["postpartum-1m", "pregnancy", "dental-2y"])
def test_a_calendar_for_what_is_no_checkup_of_a_child_gives_nothing(code):
    assert set(due(calendars=[Held(checkup=code)])) == LAW


def test_a_checkup_that_was_done_says_when():
    row = due(done={"18m": date(2027, 12, 1), "1m": date(2026, 6, 1)})["18m"]

    assert row.done_on == date(2027, 12, 1)
    assert "1m" not in due(done={"1m": date(2026, 6, 1)})
