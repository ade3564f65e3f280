"""The demo's use: sums, drafts that stand or stopped, marks."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.urls import URLPattern, get_resolver

from feedback.models import Opinion
from portal.applications.models import Application
from portal.applications.ship import ship
from portal.demo import use
from portal.insights import live, stops
from portal.insights.models import UseDay
from tasks.rules import registry
from tests.factories import CHIYODA, ResidentFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 12, tzinfo=ZoneInfo("Asia/Tokyo"))


@pytest.fixture(autouse=True)
def made(time_machine):
    time_machine.move_to(NOON, tick=False)
    ship(using="default")
    ResidentFactory.create_batch(3, municipality_id=CHIYODA)
    use.make_use(today=TODAY)


def test_made_twice_it_is_there_once():
    many = UseDay.objects.count(), Application.objects.count(), Opinion.objects.count()

    use.make_use(today=TODAY)

    after = UseDay.objects.count(), Application.objects.count(), Opinion.objects.count()
    assert many == after


def test_people_stop_in_each_way_at_some_questions():
    for one in stops.begun(now=NOON):
        assert one.begun == use.DRAFTS[one.version.procedure.key]
        assert sum(place.there for place in one.places) > 0
        assert sum(place.given_up for place in one.places) > 0


def test_rules_and_errors_and_pages_are_ones_that_there_are():
    assert set(use.USUAL["task-seen"]) <= set(registry)
    counted = [about for name in ("page", "sent", "sign-in") for about in use.USUAL[name]]
    assert set(counted) <= set(names(get_resolver()))
    assert len(live.errors(TODAY)) == len(use.USUAL["error-shown"])


def names(resolver, within=""):
    for one in resolver.url_patterns:
        if isinstance(one, URLPattern):
            yield f"{within}{one.name}"
        else:
            yield from names(one, f"{within}{one.namespace}:" if one.namespace else within)


def test_marks_are_seen_for_two_procedures():
    assert [(one.procedure, one.times) for one in live.marks(NOON)] == [
        ("residence-certificate", use.MARKS["residence-certificate"]),
        ("moving-in", use.MARKS["moving-in"]),
    ]
