"""The queue: its lists, how many are in each, and pages that repeat and drop no case."""

from datetime import date, timedelta
from itertools import chain

import pytest

from portal.applications import queue as queues
from portal.applications.models import Application
from portal.applications.queue import COUNTED, STALLED, counts, queue
from portal.residents.models import Municipality
from tests.applications.factories import NOON, SentApplicationFactory
from tests.applications.test_cases import QUEUE, clerk
from tests.factories import CHIYODA, MunicipalityFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def office():
    return Municipality.objects.get(pk=CHIYODA)


@pytest.fixture
def three_a_page(monkeypatch):
    monkeypatch.setattr(queues, "PER_PAGE", 3)


def waiting(**fields):
    return SentApplicationFactory(**fields).pk


def pages(office, **asked):
    """Return the ids page by page."""
    found, after = [], ""
    while True:
        cases, after = queue(office, {**asked, "after": after}, by=None, today=TODAY)
        found.append([case.pk for case in cases])
        if not after:
            return found


@pytest.mark.parametrize("cases", [0, 1, 3, 4, 6, 7])
def test_the_pages_have_each_case_once_the_stalled_first(office, three_a_page, cases):
    others = [waiting(state_since=NOON - timedelta(days=one)) for one in range(cases)]
    stalled = [waiting(usual_until=YESTERDAY) for _one in range(cases)]

    found = pages(office)

    assert [*chain(*found)] == [*stalled, *reversed(others)]
    assert all(len(page) == 3 for page in found[:-1]) and len(found[-1]) <= 3


def test_cases_of_the_same_moment_are_each_on_one_page(office, three_a_page):
    cases = [waiting(state_since=NOON) for _one in range(8)]

    assert [*chain(*pages(office))] == cases


@pytest.mark.parametrize("state", ["", STALLED, "received"])
def test_a_case_that_leaves_the_list_takes_none_along(office, three_a_page, state):
    cases = [waiting(usual_until=YESTERDAY) for _one in range(6)]
    first, after = queue(office, {"state": state}, by=None, today=TODAY)
    Application.objects.filter(pk=first[-1].pk).update(turn="you", state="correction")

    rest, _end = queue(office, {"state": state, "after": after}, by=None, today=TODAY)
    assert [case.pk for case in rest] == cases[3:]


def test_stalled_is_what_the_office_has_for_longer_than_usual_and_nothing_else(office):
    stalled = waiting(usual_until=YESTERDAY)
    waiting(usual_until=TODAY)
    waiting()
    waiting(usual_until=YESTERDAY, state="correction", turn="you")

    assert pages(office, state=STALLED) == [[stalled]]


def test_the_lists_are_counted_for_the_own_office_and_not_beyond_a_hundred(office):
    MunicipalityFactory(code="131024", name="中央区", name_kana="チュウオウク")
    SentApplicationFactory(municipality_id="131024")
    SentApplicationFactory(usual_until=YESTERDAY)
    SentApplicationFactory(state="correction", turn="you")
    SentApplicationFactory.create_batch(COUNTED, state="under-review")

    found = counts(office, today=TODAY)

    assert {name: number for name, number in found.items() if number} == {
        "": COUNTED,
        STALLED: 1,
        "received": 1,
        "correction": 1,
        "under-review": COUNTED,
    }


def test_each_count_leads_to_what_it_counts(november, shipped):
    version = shipped.get(procedure__key="child-allowance")
    late = SentApplicationFactory(version=version, usual_until=YESTERDAY)
    soon = SentApplicationFactory(version=version)
    client = clerk()

    shown = client.get(QUEUE).content.decode()
    assert '<a href="?state=stalled">Slower than usual <span class="staff-count">1</span>' in shown
    assert 'Waits for the office <span class="staff-count">2</span>' in shown

    shown = client.get(f"{QUEUE}?state=stalled").content.decode()
    assert late.receipt_number in shown and soon.receipt_number not in shown
    assert '<a href="?state=stalled" aria-current="true">' in shown


def test_the_next_page_keeps_what_was_asked_for(november, shipped, three_a_page):
    version = shipped.get(procedure__key="child-allowance")
    numbers = [SentApplicationFactory(version=version).receipt_number for _one in range(4)]
    client = clerk()

    shown = client.get(f"{QUEUE}?state=received&whose=nobody").context
    following = client.get(f"{QUEUE}?{shown['more']}")

    assert [case.receipt_number for case, _slow in following.context["cases"]] == numbers[3:]
    assert "whose=nobody" in shown["more"] and not following.context["more"]
    assert "First page" in following.content.decode()
