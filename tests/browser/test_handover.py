"""Growth, checkups, calendar and sheet in a real browser."""

from datetime import date

import pytest
from playwright.sync_api import expect

from childcare.handover import calendar_feed
from childcare.models import FamilyMeasurement
from portal.accounts.models import User
from tests.browser.conftest import axe_findings
from tests.childcare.factories import (
    BirthFactory,
    CheckupFactory,
    DueCheckupFactory,
    FamilyMeasurementFactory,
    FamilyVaccinationFactory,
    VaccinationFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)

OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true)"


@pytest.fixture
def child(hanako):
    """A child of two years, born early, with something on every page."""
    child = hanako.wardships.get().child
    BirthFactory(resident=child, sex="M", weight_g=2410, gestation_weeks=35)
    CheckupFactory(resident=child, on=date(2024, 9, 5), weight_g=4300, findings="異常なし")
    CheckupFactory(resident=hanako, checkup="pregnancy", on=date(2024, 6, 1))
    FamilyMeasurementFactory(
        child=child, on=date(2027, 3, 1), height_cm="91.0", entered_by=hanako.user
    )
    VaccinationFactory(resident=child, on=date(2024, 10, 5), lot="A12", clinic="千代田小児科")
    FamilyVaccinationFactory(child=child, on=date(2024, 10, 7), entered_by=hanako.user)
    DueCheckupFactory(resident=child, window_from=date(2027, 8, 1), window_until=date(2028, 7, 31))
    calendar_feed.create(resident=hanako, by=hanako.user)
    return child


def pages(child):
    return [
        f"/children/{child.uuid}/growth/",
        f"/children/{child.uuid}/checkups/",
        f"/children/{child.uuid}/print/",
        "/children/own-checkups/",
        "/children/calendar/",
    ]


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_and_the_console_is_empty(
    page, site, complaints, child, language, width, colours
):
    User.objects.update(language=language)
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=colours)

    findings = {}
    for path in pages(child):
        page.goto(site + path)
        page.evaluate(OPEN_ALL)
        findings[path] = axe_findings(page)

    assert {path: found for path, found in findings.items() if found} == {}
    assert complaints == []


@pytest.mark.parametrize(("width", "text_size"), [(360, "200%"), (320, "100%"), (180, "100%")])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_nothing_scrolls_sideways_when_enlarged(page, site, child, language, width, text_size):
    User.objects.update(language=language)
    page.set_viewport_size({"width": width, "height": 640})

    too_wide = []
    for path in pages(child):
        page.goto(site + path)
        page.evaluate("size => document.documentElement.style.fontSize = size", text_size)
        page.evaluate(OPEN_ALL)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            too_wide.append(path)

    assert too_wide == []


def test_a_measurement_is_mended_saved_and_taken_back_without_javascript(plain_page, site, child):
    page = plain_page
    page.goto(f"{site}/children/{child.uuid}/growth/")
    page.get_by_role("textbox", name="Weight").fill("12.5 stone")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", name="Please correct")).to_be_visible()
    expect(page.get_by_role("textbox", name="Weight")).to_have_value("12.5 stone")
    page.get_by_role("textbox", name="Weight").fill("12500")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("p", has_text="The latest: 12.5 kg")).to_be_visible()
    page.locator("li.row", has_text="22 April 2027").get_by_role("button").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert FamilyMeasurement.objects.standing().count() == 1


def test_axe_finds_nothing_on_a_measurement_that_has_to_be_mended(page, site, child):
    page.goto(f"{site}/children/{child.uuid}/growth/")
    page.get_by_role("textbox", name="Weight").fill("12.5 stone")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", name="Please correct")).to_be_visible()
    assert axe_findings(page) == []


def test_the_secret_address_is_copied(page, site, child):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{site}/children/calendar/")

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("button", name="Copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.get_by_label("Address made on").input_value()
    assert page.context.request.get(copied).text().startswith("BEGIN:VCALENDAR")


def test_on_paper_only_the_sheet_itself_is_left(page, site, child):
    page.goto(f"{site}/children/{child.uuid}/print/?language=en")
    page.emulate_media(media="print")

    expect(page.get_by_role("heading", name="Record of vaccinations")).to_be_visible()
    expect(page.get_by_text("This sheet is not a certificate.")).to_be_visible()
    assert page.locator("a:visible, button:visible, header:visible, footer:visible").all() == []
