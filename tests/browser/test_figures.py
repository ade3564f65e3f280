"""The figures for everyone in a real browser, without signing in."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.cache import caches
from django.utils import timezone
from playwright.sync_api import expect

from portal.insights.models import Measure, Week, WeekFigure
from tests.browser.conftest import axe_findings
from tests.factories import UserFactory
from tests.feedback.factories import ImprovementFactory, OpinionFactory, WordingFactory

pytestmark = pytest.mark.django_db(transaction=True)
CHANGED = datetime(2027, 4, 1, tzinfo=ZoneInfo("Asia/Tokyo"))
LAST = date(2027, 4, 12)
# Whatever would have to be scrolled sideways, the page itself too.
WIDER = """[...document.querySelectorAll("html, main *")]
    .filter(one => !one.closest("svg, .visually-hidden") && one.scrollWidth > one.clientWidth
        && getComputedStyle(one).display != "inline")
    .map(one => `${one.tagName}.${one.className}: ${one.scrollWidth} > ${one.clientWidth}`)"""


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
    old, new = WordingFactory(first_seen=CHANGED - timedelta(days=9)), WordingFactory()
    for wording, no in [(old, 21), (new, 4)]:
        for number in range(30):
            OpinionFactory(wording=wording, clear=number >= no, text="")
    by = UserFactory()
    ImprovementFactory(
        route="tasks:home",
        changed_at=CHANGED,
        published_at=CHANGED,
        published_by=by,
        made_by=by,
        said_en="“Electronic certificate for identity verification” is too hard a word",
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
        for hidden in reversed(page.locator("details:not([open]) > summary").all()):
            hidden.click()
        assert page.evaluate(WIDER) == []
        findings += axe_findings(page)

    assert findings == []
    assert complaints == []


def test_the_difference_is_read_and_the_weeks_stand_in_a_table(page, live_server, weeks):
    page.context.add_cookies(
        [{"name": settings.LANGUAGE_COOKIE_NAME, "value": "en", "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/figures/")

    table = page.get_by_role("table", name="Applications", exact=True)
    expect(table.get_by_role("columnheader").nth(0)).to_have_text("Received")
    for name, number in [
        ("Last week", "470,888"),
        ("The week before", "478,713"),
        ("Difference", "−7,825"),
    ]:
        row = table.get_by_role("row").filter(has_text=name).last
        expect(row.get_by_role("cell").first).to_have_text(number)
    line = page.locator(".figures-line").first
    expect(line.locator("polyline")).to_have_count(2)
    expect(line.locator(".figures-plot .figures-gap")).to_have_count(2)  # and one in the key
    expect(line.locator("figcaption")).to_contain_text("Most: 877,788")
    line.get_by_text("The weeks as a table").click()
    expect(line.get_by_role("cell", name="not shown")).to_be_visible()
    expect(line.get_by_role("rowheader", name="corrected")).to_be_visible()


def test_a_municipality_is_found_without_a_script(browser, live_server, weeks):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/figures/")

    page.locator("#municipality").fill("ちよだ")
    page.locator("#municipality").press("Enter")

    found = page.locator("table[aria-labelledby=found]")
    expect(found.get_by_role("rowheader")).to_have_text("東京都千代田区 131016")
    expect(found.get_by_role("cell").first).to_have_text("470,888")
    context.close()
