"""The pages of the API: nothing axe finds, nothing the policy refuses, and they fit a telephone."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from portal.exchange.api import api, reference
from tests.browser.conftest import axe_findings

PAGES = ["/api/", "/api/reference/", "/api/problems/too-many-requests/"]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_sound(live_server, page, address, language):
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.context.add_cookies(
        [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url}]
    )
    page.set_viewport_size({"width": 360, "height": 740})

    answer = page.goto(live_server.url + address)

    assert answer.status == 200
    assert axe_findings(page) == []
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wider) <= 0
    assert said == []


def test_a_call_leads_to_its_place_in_the_reference(live_server, page):
    page.goto(f"{live_server.url}/api/")
    first = reference.calls(api.get_openapi_schema())[0]

    page.locator(f'a[href$="#{first.id}"]').click()

    page.wait_for_url(f"**/api/reference/#{first.id}")
    expect(page.locator(f"#{first.id}")).to_have_count(1)
