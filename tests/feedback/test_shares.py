"""How many found a page not clear, lately and before; and what chance alone does."""

from datetime import datetime, timedelta
from functools import partial
from math import comb
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from feedback.models import Opinion
from feedback.shares import SHARES, PageShare, page_shares, tail
from tests.feedback import factories
from tests.feedback.factories import OpinionFactory
from tests.tasks.plans import plan_of

UNTIL = datetime(2026, 11, 20, tzinfo=ZoneInfo("Asia/Tokyo"))
MOMENT = timedelta(microseconds=1)


marks = partial(factories.marks, until=UNTIL)


# ---- the test of two shares


@pytest.mark.parametrize(
    ("least", "drawn", "marked", "population", "p"),
    [
        # Fisher, The Design of Experiments (1935), chapter II: the lady tasting tea.
        (4, 4, 4, 8, 1 / 70),
        (3, 4, 4, 8, 17 / 70),
        # Fisher, The logic of inductive inference (1935): criminal twins, 10 of 13 and 2 of 17.
        (10, 13, 12, 30, 619 / 1330665),
    ],
)
def test_the_chance_is_the_published_one(least, drawn, marked, population, p):
    assert tail(least, drawn=drawn, marked=marked, population=population) == pytest.approx(p)


def counted_out(least, drawn, marked, population):
    ways = sum(
        comb(marked, one) * comb(population - marked, drawn - one)
        for one in range(max(least, 0), min(drawn, marked) + 1)
    )
    return ways / comb(population, drawn)


@given(st.data())
def test_the_chance_is_that_of_all_ways_counted_out(data):
    population = data.draw(st.integers(1, 400))
    drawn, marked = (data.draw(st.integers(0, population)) for _time in range(2))
    least = data.draw(st.integers(0, population))

    p = tail(least, drawn=drawn, marked=marked, population=population)

    assert 0 <= p <= 1
    assert p == pytest.approx(counted_out(least, drawn, marked, population), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("least", "below", "above"), [(18_000, 0.4, 0.6), (40_000, 0, 1e-300)])
def test_it_holds_for_very_many_answers(least, below, above):
    assert below <= tail(least, drawn=90_000, marked=90_000, population=450_000) <= above


# ---- a page's shares


@pytest.mark.django_db
def test_a_page_is_compared_with_its_four_weeks_before():
    marks(6, clear=False)
    marks(6)
    marks(3, days_ago=20, clear=False)
    marks(27, days_ago=20)

    [share] = page_shares(until=UNTIL)

    expected = counted_out(6, drawn=12, marked=9, population=42)
    assert share == PageShare("tasks:home", "", 6, 12, 3, 30, pytest.approx(expected))
    assert (share.lately.percent, share.before.percent) == (50, 10)


@pytest.mark.django_db
def test_each_rule_on_a_page_stands_for_itself_and_other_kinds_do_not_count():
    marks(1)
    marks(1, rule="card.insurance-use")
    marks(1, route="tasks:task", rule="card.insurance-use")
    OpinionFactory(kind="free", clear=None, route="tasks:task", given_at=UNTIL - timedelta(1))
    OpinionFactory(kind="applying", clear=None, rating=3, given_at=UNTIL - timedelta(1))

    assert [(one.route, one.rule, one.of) for one in page_shares(until=UNTIL)] == [
        ("tasks:home", "", 1),
        ("tasks:home", "card.insurance-use", 1),
        ("tasks:task", "card.insurance-use", 1),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "lately", "before"),
    [
        (UNTIL, 0, 0),
        (UNTIL - MOMENT, 1, 0),
        (UNTIL - timedelta(days=7), 1, 0),
        (UNTIL - timedelta(days=7) - MOMENT, 0, 1),
        (UNTIL - timedelta(days=35), 0, 1),
        (UNTIL - timedelta(days=35) - MOMENT, 0, 0),
    ],
)
def test_the_days_begin_and_end_at_a_moment(at, lately, before):
    marks(1, at=at)

    shares = page_shares(until=UNTIL)

    assert [(one.of, one.before_of) for one in shares] == [(lately, before)] * (lately + before)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lately", "before", "said"),
    [(9, 10, False), (10, 9, False), (10, 10, True)],
)
def test_with_too_few_answers_nothing_is_said_of_chance(lately, before, said):
    marks(lately)
    marks(before, days_ago=20)

    [share] = page_shares(until=UNTIL)

    assert (share.p is not None) is said


@pytest.mark.django_db
def test_without_opinions_there_is_no_page():
    assert page_shares(until=UNTIL) == []


def crowd(many):
    """Make opinions of six years on 20 pages, `many` of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {Opinion._meta.db_table} (once, kind, given_at, clear, reasons, text,
                pairs, masked, route, rule, rule_version, procedure, question, errors, language,
                width, state, why_declined)
            SELECT gen_random_uuid(), 'clear', %s - n * interval '2200 days' / %s, n %% 5 > 0,
                '{{}}', '', '{{}}', '{{}}', 'page:' || n %% 20, '', '', '', '', '{{}}', 'ja', '',
                'counted', ''
            FROM generate_series(1, %s) n""",
            [UNTIL, many, many],
        )
        cursor.execute(f"ANALYZE {Opinion._meta.db_table}")


@pytest.mark.django_db
def test_no_more_is_read_than_those_weeks_and_one_of_each_page():
    crowd(40_000)
    days = {"until": UNTIL, "since": UNTIL - timedelta(7), "before": UNTIL - timedelta(35)}
    lately = Opinion.objects.filter(given_at__gte=days["before"]).count()

    nodes = plan_of(SHARES, **days)

    read = [(kind, rows) for kind, table, rows in nodes if table == Opinion._meta.db_table]
    assert "Seq Scan" not in {kind for kind, _rows in read}
    assert sum(rows for _kind, rows in read) <= lately + 2 * 21
