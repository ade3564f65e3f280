"""The least valid opinion; a test states what matters to it."""

from uuid import uuid4

import factory

from feedback.models import Opinion, Wording


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
