"""The least valid opinion; a test states what matters to it."""

from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import factory

from feedback.models import Alert, Improvement, Opinion, Wording
from feedback.pairs import pairs
from tests.factories import UserFactory


class WordingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Wording

    version = factory.Sequence("{:016x}".format)
    route = "tasks:home"
    language = "ja"


class OpinionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Opinion

    once = factory.LazyFunction(uuid4)
    kind = Opinion.Kind.CLEAR
    clear = False
    route = "tasks:home"
    language = "ja"
    state = Opinion.State.NEW
    text = "むずかしい"
    pairs = factory.LazyAttribute(lambda one: pairs(one.text))


class ImprovementFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Improvement

    said_ja, said_en = "言葉がむずかしい", "The words are hard"
    done_ja, done_en = "やさしい言葉にしました", "The words are plain now"
    version = "1.2"
    changed_at = datetime(2026, 11, 1, tzinfo=ZoneInfo("Asia/Tokyo"))
    made_by = factory.SubFactory(UserFactory)


class AlertFactory(factory.django.DjangoModelFactory):
    """Twenty of forty were “not clear”, after ten of a hundred; it waits for all who publish."""

    class Meta:
        model = Alert

    route = "tasks:task"
    day = date(2026, 11, 20)
    not_clear, of, before_not_clear, before_of, p = 20, 40, 10, 100, 1e-6


def marks(many, *, until, days_ago=1.0, clear=True, at=None, **about):
    """Make so many answers to “Was this clear?”, all given at one moment before `until`."""
    about = {"given_at": at or until - timedelta(days=days_ago), "text": "", **about}
    Opinion.objects.bulk_create(
        OpinionFactory.build_batch(many, clear=clear, state=Opinion.State.COUNTED, **about)
    )
