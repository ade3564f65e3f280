from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone, translation

from portal.applications.models import ProcedureVersion
from portal.applications.ship import ship
from tests.factories import ChildFactory, GuardianshipFactory, ResidentFactory, UserFactory


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
def shipped(db):
    ship(using="default")
    return ProcedureVersion.objects.offered()


@pytest.fixture
def hanako(db):
    """A resident of Chiyoda who reads English, with a child of three months."""
    hanako = ResidentFactory(
        user=UserFactory(language="en"), name_kana="ヤマダ ハナコ", email="hanako@example.jp"
    )
    GuardianshipFactory(guardian=hanako, child=ChildFactory())
    return hanako


@pytest.fixture
def hers(hanako):
    """Hanako's browser."""
    client = Client()
    client.force_login(hanako.user)
    return client
