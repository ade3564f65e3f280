from datetime import datetime

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone, translation

from feedback.review_groups import PUBLISHERS, REVIEWERS
from tests.factories import UserFactory


def member(group, email):
    user = UserFactory(email=email, language="en", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def november(time_machine):
    """Noon in Japan on 20 November 2026."""
    time_machine.move_to(datetime(2026, 11, 20, 12, 0, tzinfo=timezone.get_default_timezone()))


@pytest.fixture
def english():
    """Sentences as they stand in the code."""
    with translation.override("en"):
        yield


@pytest.fixture
def reviewer(db):
    return member(REVIEWERS, "reviewer@example.jp")


@pytest.fixture
def publisher(db):
    return member(PUBLISHERS, "publisher@example.jp")
