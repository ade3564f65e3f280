"""Each text gets its words, once, whatever becomes of the messages and of the text."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.asserts import assertNumQueries

from feedback import give, jobs, read
from feedback.models import Opinion
from tests.at_once import at_once
from tests.feedback.factories import OpinionFactory

pytestmark = pytest.mark.django_db


def test_texts_get_their_words_and_marks_alone_get_none():
    written = OpinionFactory(text="窓口の予約")
    empty = OpinionFactory(text="これです")
    mark = OpinionFactory(text="", state="counted")

    jobs.read_words()

    for one in (written, empty, mark):
        one.refresh_from_db()
    assert written.terms == ["窓口", "予約", "窓口 予約"]
    assert empty.terms == []
    assert mark.terms is None


def test_lost_or_three_times_is_the_same():
    OpinionFactory(text="窓口の予約")

    assert [read.read(), read.read(), read.read()] == [1, 0, 0]


@pytest.mark.parametrize("many", [1, 30])
def test_a_batch_is_read_and_written_by_a_statement_each(many):
    for _one in range(many):
        OpinionFactory()

    with assertNumQueries(4):  # and a savepoint around
        assert read.read_some() == many


def test_it_goes_on_until_nothing_is_left_or_its_time_is_over():
    for days in range(5):
        OpinionFactory(given_at=timezone.now() - timedelta(days=days))
    turns = iter([False, True])

    assert read.read(until=lambda: next(turns), most=2) == 2
    newest = Opinion.objects.order_by("-given_at").values_list("terms", flat=True)
    assert [found is not None for found in newest] == [True, True, False, False, False]
    assert read.read(most=2) == 3


def test_a_text_said_anew_is_read_anew():
    opinion = OpinionFactory(text="", state="counted", given_at=timezone.now())
    give.say_more(opinion.uuid, text="窓口の予約", reasons=[])
    read.read()

    give.say_more(opinion.uuid, text="補助金の一覧", reasons=[])

    opinion.refresh_from_db()
    assert opinion.terms is None
    read.read()
    opinion.refresh_from_db()
    assert opinion.terms == ["補助金", "一覧", "補助金 一覧"]


def test_an_opinion_about_anything_is_read_too():
    opinion, _kinds = give.say_freely(once=uuid4(), text="補助金の一覧", language="ja")

    assert read.read() == 1
    opinion.refresh_from_db()
    assert opinion.terms


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_read_each_text_once():
    for _one in range(40):
        OpinionFactory(text="窓口の予約が必要かどうか、書いてほしい。")

    def some():
        return sum(read.read_some(5) for _turn in range(8))

    assert sum(at_once(some, some)) == 40
    assert not Opinion.objects.filter(terms=None).exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_being_written_to_is_read_later():
    busy, other = OpinionFactory(text="窓口の予約"), OpinionFactory(text="補助金の一覧")

    with transaction.atomic():
        Opinion.objects.select_for_update().get(pk=busy.pk)
        assert at_once(lambda: read.read_some()) == [1]
    assert at_once(lambda: read.read_some()) == [1]

    assert Opinion.objects.get(pk=other.pk).terms
    assert Opinion.objects.get(pk=busy.pk).terms


def test_finding_what_is_unread_needs_no_look_at_the_table():
    unread = Opinion.objects.filter(terms__isnull=True).exclude(text="").order_by("-given_at")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

        assert "opinion_unread" in unread[:200].explain()
