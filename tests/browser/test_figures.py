"""The figures for everyone in a real browser, without signing in."""

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.core.cache import caches
from django.utils import timezone
from playwright.sync_api import expect

from portal.insights.models import Measure, Week, WeekFigure
from tests.browser.conftest import axe_findings

pytestmark = pytest.mark.django_db(transaction=True)
LAST = date(2027, 4, 12)


@pytest.fixture
def weeks(chiyoda):
    caches["fragments"].clear()
    for number in range(60):
        monday = LAST - timedelta(weeks=number)
        Week.objects.create(
            monday=monday,
            closed=True,
            counted_at=timezone.now(),
            corrected_at=timezone.now() if number == 3 else None,
        )
        WeekFigure.objects.bulk_create(
            WeekFigure(
                monday=monday,
                measure=measure,
                municipality=municipality,
                procedure=procedure,
                value=470_888 + 7825 * number,
                shown=number != 20 and municipality != "",
            )
            for measure in Measure
            for municipality, procedure in [
                *(("*", "*"), ("131016", "*"), ("", "*"), ("*", "child-allowance")),
            ]
        )
    yield
    caches["fragments"].clear()


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    page, live_server, weeks, complaints, language, width, colours
):
    page.context.add_cookies(
        [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url}]
    )
    page.emulate_media(color_scheme=colours)
    page.set_viewport_size({"width": width, "height": 800})
    findings = []

    for path in ["figures/", "figures/dictionary/"]:
        page.goto(f"{live_server.url}/{path}")
        findings += axe_findings(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for hidden in page.locator("details:not([open]) > summary").all():
            hidden.click()
        findings += axe_findings(page)

    assert findings == []
    assert complaints == []


def test_the_difference_is_read_and_the_weeks_stand_in_a_table(page, live_server, weeks):
    page.context.add_cookies(
        [{"name": settings.LANGUAGE_COOKIE_NAME, "value": "en", "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/figures/")

    row = page.locator("#totals + div tbody tr").first
    expect(row).to_contain_text("470,888")
    expect(row).to_contain_text("478,713")
    expect(row).to_contain_text("−7,825")
    expect(page.locator(".figures-line").first.locator("polyline")).to_have_count(2)
    page.get_by_text("The weeks as a table").click()
    expect(page.get_by_role("cell", name="not shown").first).to_be_visible()
