"""A parent who looks at a child's pages on 15 November 2026."""

from datetime import date, datetime

import pytest
from django.utils import timezone

from tests.childcare.factories import BORN
from tests.factories import GuardianshipFactory, ResidentFactory, UserFactory

TODAY = date(2026, 11, 15)


@pytest.fixture
def family(client, time_machine):
    """The guardianship of Hanako, who is signed in, over a child of one year."""
    time_machine.move_to(datetime(2026, 11, 15, 9, 0, tzinfo=timezone.get_default_timezone()))
    hanako = ResidentFactory(user=UserFactory(language="en"))
    family = GuardianshipFactory(guardian=hanako, child__born=BORN)
    client.force_login(hanako.user)
    return family


@pytest.fixture
def child(family):
    return family.child
