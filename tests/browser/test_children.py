"""A child's pages in a real browser: for axe, by keyboard, without JavaScript, and small."""

from datetime import date
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from childcare import enter
from childcare.enter import Dose
from childcare.models import FamilyVaccination, Vaccination
from portal.accounts.models import User
from tests.browser.conftest import TODAY, axe_findings, tab_to
from tests.factories import GuardianshipFactory, VaccinationFactory

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = date(2027, 3, 1)


@pytest.fixture
def child(hanako):
    """A child of 4 months with a conflict, something hidden, and a dose to be looked at."""
    child = GuardianshipFactory(guardian=hanako, child__born=date(2026, 12, 20)).child
    for vaccine, on in [
        ("HEPB", FIRST),
        ("PCV", FIRST),
        ("PCV", date(2027, 3, 8)),
        ("BCG", date(2027, 4, 1)),
    ]:
        VaccinationFactory(
            resident=child, vaccine=vaccine, on=on, lot="L1", clinic="ひまわり小児科"
        )
    acting = {"child": child, "by": hanako.user, "today": TODAY}
    doses = [Dose(vaccine="HEPB", on=date(2027, 3, 3)), Dose(vaccine="Hexaxim", on=FIRST, note="x")]
    enter.enter_page(page=uuid4(), doses=doses, **acting)
    enter.not_mine(record=Vaccination.objects.get(vaccine="BCG"), **acting)
    enter.end_series(had="varicella", on=None, note="", **acting)
    return child


@pytest.fixture
def nothing_known(hanako):
    """A child of eleven, without any record."""
    return GuardianshipFactory(guardian=hanako, child__born=date(2015, 5, 5)).child


def pages(child, nothing_known):
    own = f"/children/{child.uuid}/"
    entry = FamilyVaccination.objects.filter(child=child).first()
    record = Vaccination.objects.filter(resident=child).first()
    return [
        "/children/",
        own,
        f"/children/{nothing_known.uuid}/",
        f"{own}enter/",
        f"{own}entry/{entry.uuid}/",
        f"{own}compare/",
        f"{own}had/",
        f"{own}not-mine/vaccination/{record.pk}/",
    ]


def unfold(page):
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_and_the_console_is_empty(
    page, site, complaints, child, nothing_known, language, width, colours
):
    User.objects.update(language=language)
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=colours)

    findings = {}
    for path in pages(child, nothing_known):
        page.goto(site + path)
        unfold(page)
        findings[path] = axe_findings(page)

    assert {path: found for path, found in findings.items() if found} == {}
    assert complaints == []


@pytest.mark.parametrize(("width", "text_size"), [(360, "200%"), (320, "100%"), (180, "100%")])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_nothing_but_the_picture_and_its_table_scrolls_sideways(
    page, site, child, nothing_known, language, width, text_size
):
    User.objects.update(language=language)
    page.set_viewport_size({"width": width, "height": 640})

    too_wide = []
    for path in pages(child, nothing_known):
        page.goto(site + path)
        page.evaluate("size => document.documentElement.style.fontSize = size", text_size)
        unfold(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            too_wide.append(path)

    assert too_wide == []


def test_what_can_be_pressed_is_large_enough(page, site, child, nothing_known):
    page.set_viewport_size({"width": 360, "height": 640})
    alone = ".card-title a, .links a, .back a, .button"

    small = []
    for path in pages(child, nothing_known):
        page.goto(site + path)
        unfold(page)
        for target in page.locator(f"main :is(button, summary, {alone})").all():
            box = target.bounding_box()
            if box["height"] < 44:
                small.append((path, target.inner_text(), box["width"], box["height"]))

    assert small == []


def test_the_picture_begins_where_today_is_and_scrolls_by_keyboard(page, site, nothing_known):
    for number in range(2):
        VaccinationFactory(resident=nothing_known, vaccine="MR", on=date(2016 + 5 * number, 6, 1))
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{site}/children/{nothing_known.uuid}/")
    picture = page.get_by_role("region", name="Picture of all series by age")

    at = picture.evaluate("one => one.scrollLeft")
    picture.focus()
    page.keyboard.press("ArrowLeft")

    assert at > 0
    page.wait_for_function(
        "at => document.querySelector('.timeline-scroll').scrollLeft < at", arg=at
    )


# ---- a page of the handbook


def test_a_page_is_entered_and_undone_by_keyboard_alone(page, site, complaints, child):
    page.goto(f"{site}/children/{child.uuid}/enter/?vaccine=PCV")

    first = page.get_by_label("Dose 3: date").first
    expect(first).to_be_focused()
    page.keyboard.type("04202027")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Saved 1 vaccination.")).to_be_visible()
    tab_to(page, "Undo")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Taken back: 1 vaccination.")).to_be_visible()
    assert not FamilyVaccination.objects.standing().filter(vaccine="PCV").exists()
    assert complaints == []


def test_a_double_click_enters_once(page, site, child):
    page.goto(f"{site}/children/{child.uuid}/enter/")
    page.get_by_label("Dose 3: date").first.fill("2027-04-20")

    page.get_by_role("button", name="Save").dblclick()

    expect(page.get_by_text("Saved 1 vaccination.")).to_be_visible()
    assert FamilyVaccination.objects.filter(on=date(2027, 4, 20)).count() == 1


@pytest.mark.parametrize("with_javascript", [True, False])
def test_a_wrong_date_is_led_to_and_the_rest_is_kept(
    page, plain_page, site, child, with_javascript
):
    page = page if with_javascript else plain_page
    page.goto(f"{site}/children/{child.uuid}/enter/")
    page.get_by_label("Dose 1: date").first.fill("2027-04-20")
    wrong = page.get_by_label("Dose 2: date").first
    wrong.fill("2028-04-20")
    page.get_by_role("button", name="Save").click()

    page.get_by_role("link", name="20 April 2028 (Thu) has not come yet").click()

    expect(page.get_by_label("Dose 2: date").first).to_be_focused()
    expect(page.get_by_label("Dose 2: date").first).to_have_value("2028-04-20")
    expect(page.get_by_label("Dose 1: date").first).to_have_value("2027-04-20")
    assert axe_findings(page) == [] if with_javascript else True


def test_reload_and_back_enter_nothing_twice(page, site, child):
    page.goto(f"{site}/children/{child.uuid}/enter/")
    bcg = page.get_by_role("group", name="BCG (tuberculosis)")
    bcg.get_by_label("Dose 1: date").fill("2027-04-20")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved 1 vaccination.")).to_be_visible()

    page.reload()
    page.go_back()

    expect(page.get_by_role("heading", level=1)).to_contain_text("from the handbook")
    expect(bcg).to_have_count(0)
    assert FamilyVaccination.objects.filter(on=date(2027, 4, 20)).count() == 1


# ---- without JavaScript


def test_a_conflict_is_answered_without_javascript(plain_page, site, child):
    page = plain_page
    page.goto(f"{site}/children/{child.uuid}/")
    page.get_by_role("link", name="Say which is right").click()

    page.get_by_label("What we entered").first.check()
    page.get_by_role("button", name="Answer").first.click()

    expect(page.get_by_text("Noted. Both records are kept.")).to_be_visible()
    expect(page.get_by_text("What you entered counts in the dates.")).to_be_visible()


def test_a_record_of_another_child_is_hidden_and_shown_without_javascript(plain_page, site, child):
    page = plain_page
    record = Vaccination.objects.get(resident=child, vaccine="HEPB")
    page.goto(f"{site}/children/{child.uuid}/not-mine/vaccination/{record.pk}/")

    page.get_by_role("button", name="This is not my child’s: hide it").click()

    expect(
        page.get_by_text("The record is hidden, and the office will look at it.")
    ).to_be_visible()
    hidden = page.get_by_role("listitem").filter(has_text="Hepatitis B")
    hidden.get_by_role("button", name="Show it again").click()
    expect(page.get_by_text("The record is shown again.")).to_be_visible()
