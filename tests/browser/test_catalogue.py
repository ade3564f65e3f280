"""What can be applied for, in a real browser on a phone."""

import pytest
from playwright.sync_api import expect

from portal.applications.ship import ship
from tests.browser.conftest import axe_findings

pytestmark = pytest.mark.django_db(transaction=True)

CATALOGUE = "/applications/"
PAGES = [
    CATALOGUE,
    f"{CATALOGUE}?q=手等",
    f"{CATALOGUE}?q=児童手等",
    f"{CATALOGUE}procedures/child-allowance/",
    f"{CATALOGUE}procedures/moving-out/",
]


@pytest.fixture
def shipped(hanako):
    ship(using="default")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    page, site, hanako, shipped, complaints, language, width
):
    hanako.user.language = language
    hanako.user.save()
    page.set_viewport_size({"width": width, "height": 800})

    found = {}
    for address in PAGES:
        page.goto(site + address)
        found[address] = axe_findings(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[address].append("scrolls sideways")

    assert {address: wrong for address, wrong in found.items() if wrong} == {}
    assert complaints == []


def test_from_the_home_page_a_procedure_is_found_and_begun(plain_page, live_server, shipped):
    plain_page.goto(live_server.url)
    plain_page.get_by_role("main").get_by_role("link", name="What can I apply for?").click()
    plain_page.get_by_role("searchbox").fill("ジドウテアテ")
    plain_page.get_by_role("button", name="Search").click()
    plain_page.get_by_role("link", name="Claim for the child allowance").first.click()

    plain_page.get_by_role("link", name="Begin").click()

    expect(plain_page.get_by_role("button", name="Begin")).to_be_visible()
