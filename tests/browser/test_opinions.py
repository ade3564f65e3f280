"""Giving an opinion in a real browser: by keyboard, on a phone, with and without scripts."""

import pytest
from playwright.sync_api import expect

from feedback.models import Opinion
from tests.browser.conftest import axe_findings, tab_to

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_opinion_is_given_by_keyboard_alone_and_the_page_stays(page, site, complaints, renewal):
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(f"{site}/tasks/{renewal.pk}/")

    tab_to(page, "No")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Noted. Would you say why?")).to_be_focused()
    for reason in ["The words are hard", "It is too long"]:
        page.get_by_label(reason).focus()
        page.keyboard.press("Space")
    page.get_by_label("In your own words").focus()
    page.keyboard.type("Which office? My number is 090-1234-5678.")
    tab_to(page, "Send")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Your opinion has been kept")).to_be_focused()
    expect(page.get_by_text("My number is [telephone number].")).to_be_visible()
    expect(page).to_have_url(f"{site}/tasks/{renewal.pk}/")
    expect(page.locator("h1")).to_have_count(1)
    opinion = Opinion.objects.get()
    assert (opinion.route, opinion.rule) == ("tasks:task", "card.user-authentication-renewal")
    assert (opinion.width, opinion.language) == ("narrow", "en")
    assert len(opinion.rule_version) == 32
    assert complaints == []


def test_focus_goes_to_what_must_be_mended_and_then_to_what_was_kept(page, site, renewal):
    page.goto(f"{site}/tasks/{renewal.pk}/")
    page.get_by_role("button", name="I have done this").click()
    expect(page.locator("#state")).to_be_focused()  # a part of the page that takes focus too

    page.locator(".opinion").get_by_role("button", name="No", exact=True).click()
    expect(page.get_by_role("heading", name="Noted. Would you say why?")).to_be_focused()
    for reason in page.locator("[name=reasons]").all()[:4]:
        reason.check()
    page.get_by_role("button", name="Send").click()

    alert = page.locator("aside").get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("Choose at most three.")
    page.locator("[name=reasons]").first.uncheck()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Your opinion has been kept")).to_be_focused()


def test_an_opinion_knows_the_error_that_was_brought_into_the_page(page, site, renewal):
    page.goto(f"{site}/tasks/{renewal.pk}/")
    page.get_by_text("Remind me later").click()
    page.get_by_role("button", name="Remind me on this date").click()
    expect(page.get_by_role("heading", name="Please correct")).to_be_visible()

    page.locator(".opinion").get_by_role("button", name="No", exact=True).click()
    expect(page.get_by_role("heading", name="Noted. Would you say why?")).to_be_focused()

    assert Opinion.objects.get().errors == ["until:required"]


def test_without_scripts_it_leads_back_to_the_page(plain_page, site):
    page = plain_page
    page.goto(f"{site}/settings/")

    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_label("The words are hard").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your opinion has been kept")
    page.get_by_role("link", name="Back to the page").click()

    expect(page).to_have_url(f"{site}/settings/")
    assert Opinion.objects.get().reasons == ["hard-words"]


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_at_any_step(page, site, complaints, hanako, language, width, colours):
    hanako.user.language = language
    hanako.user.save()
    page.emulate_media(color_scheme=colours)
    page.set_viewport_size({"width": width, "height": 800})
    findings = []

    page.goto(site)
    findings += axe_findings(page)
    page.locator(".opinion [name=clear][value=no]").click()
    expect(page.locator(".opinion h2")).to_be_visible()
    findings += axe_findings(page)
    page.locator(".opinion .button-main").click()
    expect(page.locator(".opinion [name=opinion]")).to_have_count(0)
    findings += axe_findings(page)
    assert complaints == []
    page.goto(f"{site}/opinions/")
    page.locator(".opinion .button-main").click()  # nothing is written yet
    expect(page.locator(".banner-error")).to_be_visible()
    findings += axe_findings(page)

    assert findings == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_trap_for_programs_is_neither_seen_nor_heard_nor_reached(page, site):
    page.goto(f"{site}/opinions/")

    expect(page.locator("[name=website]")).to_be_hidden()
    expect(page.get_by_label("Leave this empty")).to_be_hidden()
    assert "Leave this empty" not in page.locator("main").aria_snapshot()
