"""The demo's opinions, for who reviews them and for everyone."""

from datetime import date, datetime

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from feedback.before_after import before_and_after
from feedback.found import alike
from feedback.models import Improvement, Opinion
from feedback.rising import rising
from portal.demo import opinions, people
from tests.factories import ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def made(time_machine):
    time_machine.move_to(datetime(2026, 11, 20, 12, 0, tzinfo=timezone.get_default_timezone()))
    ResidentFactory(ref=people.YOSHINO.ref)
    for one in people.REVIEWERS:
        user = UserFactory(email=one.email)
        user.groups.add(Group.objects.get(name=one.group))
    opinions.make_opinions(today=TODAY)


def test_made_twice_they_are_there_once():
    many = Opinion.objects.count()

    opinions.make_opinions(today=TODAY)

    assert Opinion.objects.count() == many


def test_the_change_shows_before_and_after_with_enough_answers():
    improvement = Improvement.objects.get()

    before, after = before_and_after([improvement])[improvement.pk]

    assert not before.too_few
    assert not after.too_few
    assert after.percent < before.percent


def test_there_is_something_to_look_at_to_merge_and_to_answer():
    assert Opinion.objects.filter(state="new").count() >= 5
    assert Opinion.objects.filter(asker__isnull=False).count() == 1
    assert alike(Opinion.objects.filter(text=opinions.WRITTEN[1][3]).get())


def test_all_texts_have_been_read_and_two_things_are_rising():
    assert not Opinion.objects.exclude(text="").filter(terms=None).exists()

    terms = [one.term for one in rising(until=timezone.now())]

    assert {"窓口 予約", "混雑"} <= set(terms)
    assert len(terms) <= 4
