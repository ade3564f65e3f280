"""What is rising: against its own four weeks, by a test that knows how many words it looks at."""

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from feedback.models import Opinion
from feedback.read import read
from feedback.rising import COUNTED, FALSE, asked, rising
from tests.feedback.factories import OpinionFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
# Words that differ, so that the texts do: 白, 赤, …
COLOURS = "白赤青黒緑紫銀金茶紺"
THINGS = ["犬", "猫", "馬", "牛", "鳥", "魚", "虎", "熊"]
OTHERS = [f"{COLOURS[n % 10]}い{THINGS[(n + n // 40) % 8]}を見た" for n in range(80)]  # all differ


def said(text, *, days_ago, **about):
    return OpinionFactory(text=text, given_at=NOW - timedelta(days=days_ago), **about)


def of_each(texts, *, days_ago):
    at = NOW - timedelta(days=days_ago)
    return Opinion.objects.bulk_create(
        OpinionFactory.build(text=text, given_at=at) for text in texts
    )


def over_four_weeks():
    for days in range(20):
        of_each(OTHERS[days:60:20], days_ago=8 + days)


@pytest.fixture
def four_weeks():
    """60 different texts in the four weeks before the last, 10 in the last."""
    over_four_weeks()
    of_each(OTHERS[60:70], days_ago=3)


def found(**limits):
    read()
    return rising(until=NOW, **limits)


def names(**limits):
    return [one.term for one in found(**limits)]


ON_BOOKING = [f"窓口の予約が{how}" for how in ("混む", "遅い", "面倒", "複雑", "不便", "無理")]


def test_a_word_that_many_say_lately_and_few_said_before_is_rising(four_weeks):
    of_each(ON_BOOKING, days_ago=2)

    [one] = found()

    assert (one.term, one.times, one.of) == ("窓口 予約", 6, 16)
    assert (one.before_times, one.before_of) == (0, 60)
    # C(16, 6) / C(76, 6)
    assert one.p == pytest.approx(8008 / 218618940)


def test_the_pair_stands_for_its_words_only_where_they_are_in_the_same_texts(four_weeks):
    of_each(ON_BOOKING, days_ago=2)
    said("予約は電話だけ", days_ago=2)

    assert set(names()) == {"窓口 予約", "予約"}


def test_what_is_as_frequent_as_before_is_not_rising(four_weeks):
    of_each(ON_BOOKING, days_ago=2)
    for week in range(4):
        of_each(ON_BOOKING, days_ago=9 + 7 * week)

    assert found() == []


def test_what_falls_is_not_rising(four_weeks):
    of_each(ON_BOOKING, days_ago=10)

    assert found() == []


@pytest.mark.parametrize(("many", "shown"), [(2, False), (3, True)])
def test_fewer_than_three_are_never_shown(many, shown):
    over_four_weeks()
    of_each(ON_BOOKING[:many], days_ago=2)

    assert ("窓口 予約" in names()) is shown


def test_one_text_sent_twenty_times_counts_once(four_weeks):
    for hour in range(20):
        said("窓口の予約が混む" + "!" * hour, days_ago=1 + hour / 24)

    assert found() == []


def test_the_same_text_counts_once_in_each_week_so_before_weighs_no_less(four_weeks):
    for week in range(5):
        for hour in range(5):
            said("窓口の予約が混む", days_ago=1 + 7 * week + hour / 24)
    of_each(ON_BOOKING[1:], days_ago=2)

    [one] = [one for one in found() if one.term == "窓口 予約"]

    assert (one.times, one.before_times) == (6, 4)


def test_opinions_that_are_the_same_as_another_count_too(four_weeks):
    first, *others = of_each(ON_BOOKING, days_ago=2)
    Opinion.objects.filter(pk__in=[one.pk for one in others]).update(merged_into=first)

    assert names() == ["窓口 予約"]


@pytest.mark.parametrize(
    ("ago", "times"), [(0, 0), (1e-6, 6), (7, 6), (7 + 1e-6, 0), (35, 0), (35 + 1e-6, 0)]
)
def test_the_days_end_before_the_moment_and_begin_with_their_first(four_weeks, ago, times):
    of_each(ON_BOOKING, days_ago=ago)

    assert [one.times for one in found() if one.term == "窓口 予約"] == [times] * bool(times)


def test_nothing_is_rising_where_nothing_was_before():
    of_each(ON_BOOKING, days_ago=2)

    assert found() == []
    assert rising(until=NOW - timedelta(days=90)) == []


def test_the_least_likely_come_first_and_no_more_than_asked(four_weeks):
    of_each(ON_BOOKING, days_ago=2)
    of_each([f"補助金の一覧が{how}" for how in ("古い", "長い", "見にくい", "欲しい")], days_ago=2)

    assert names() == ["窓口 予約", "補助金 一覧"]
    assert names(most=1) == ["窓口 予約"]


def test_chance_alone_passes_for_rising_no_more_often_than_said():
    """A year of weeks in which each text has one of forty words, drawn without favour."""
    chance, weeks = Random(7), 60
    words = [colour + thing for colour in COLOURS for thing in THINGS[:4]]
    Opinion.objects.bulk_create(
        OpinionFactory.build(
            text="x",
            terms=[chance.choice(words), f"only-{number}"],
            given_at=NOW - timedelta(days=7 * chance.random() * (weeks + 4)),
        )
        for number in range((weeks + 4) * 30)
    )

    wrong = sum(bool(rising(until=NOW - timedelta(days=7 * week))) for week in range(weeks))

    assert wrong <= 2 * FALSE * weeks


def test_an_unread_text_and_a_mark_alone_count_for_nothing(four_weeks):
    read()
    of_each(ON_BOOKING, days_ago=2)
    said("", days_ago=2, state="counted")

    assert rising(until=NOW) == []


def test_it_reads_the_texts_of_its_days_by_their_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {COUNTED}", asked(NOW, 7))
        plan = "\n".join(row for (row,) in cursor.fetchall())

    assert "opinion_texts" in plan


def test_nobody_is_named():
    over_four_weeks()
    of_each([text.replace("窓口", "山田花子さん") for text in ON_BOOKING], days_ago=2)
    of_each([f"Mr. Greene is {how}" for how in ("rude", "slow", "late", "mean")], days_ago=2)

    assert names() == ["予約"]
