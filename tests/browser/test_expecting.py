"""The page for expecting parents in a real browser."""

import pytest
from playwright.sync_api import expect

from portal.accounts.models import User
from tests.browser.conftest import axe_findings

pytestmark = pytest.mark.django_db(transaction=True)

EXPECTING = "/children/expecting/"
# Nothing, the period ahead, now and over, and a date that is too far away.
TYPED = ["", "2027-08-01", "2027-06-10", "2027-05-01", "2029-01-01"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page, site, complaints, language):
    User.objects.update(language=language)
    page.set_viewport_size({"width": 360, "height": 800})

    findings = {}
    for typed in TYPED:
        page.goto(site + EXPECTING + (f"?due_on={typed}" if typed else ""))
        for folded in page.locator("details:not([open]) > summary").all():
            folded.click()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        findings[typed] = axe_findings(page)

    assert {typed: found for typed, found in findings.items() if found} == {}
    # The answer 422 for a date that cannot be is itself a line there.
    assert [said for said in complaints if "422" not in said] == []


def test_a_date_is_typed_and_answered_without_scripts(plain_page, site):
    plain_page.goto(site + "/children/")
    plain_page.get_by_role("link", name="Expecting a child").click()
    plain_page.get_by_label("Expected date of birth").fill("2027-08-01")
    plain_page.get_by_role("button", name="Show the dates").click()

    expect(plain_page.get_by_role("heading", name="Today: 25 weeks 4 days")).to_be_visible()
    expect(plain_page.get_by_text("9 May 2027 (Sun)").first).to_be_visible()
