"""Filling in a claim on a phone, in a real browser: each question fits, and it is sent."""

import re

import pytest
from django.utils import translation
from playwright.sync_api import expect

from portal.applications.models import Application
from portal.applications.ship import ship
from portal.residents.models import Resident
from tests.browser.conftest import axe_findings

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 360, "height": 640}
NEXT = "main .button-main"


def choose(page, value):
    page.check(f"[name=answer][value={value}]")


def address(page):
    page.fill("[name=postcode]", "1028688")
    page.fill("[name=address]", "千代田区九段南1-2-1")


# What is done on each page, in the order in which they come; None: what is known is right.
PAGES = [
    lambda page: choose(page, "me"),
    lambda page: choose(page, "no"),
    None,
    None,
    lambda page: page.fill("[name=answer]", "03-1234-5678"),
    address,
    lambda page: choose(page, "yes"),
    lambda page: choose(page, "registered"),
]


@pytest.fixture(params=["ja", "en"])
def language(request, hanako):
    hanako.user.language = request.param
    hanako.user.save()
    Resident.objects.filter(pk=hanako.pk).update(name_kana="ヤマダ ハナコ")
    ship(using="default")
    with translation.override(request.param):
        yield request.param


@pytest.mark.parametrize("scripts", [True, False])
def test_a_claim_is_filled_in_on_a_phone_without_scrolling_and_sent(
    browser, signed_in, language, scripts
):
    context = browser.new_context(viewport=PHONE, java_script_enabled=scripts)
    site, page = signed_in(context), context.new_page()
    page.goto(f"{site}/applications/procedures/child-allowance/start/")
    page.click(NEXT)

    for number, act in enumerate(PAGES, start=1):
        expect(page.locator(".question-number")).to_have_text(f"{number} / 8")
        page.wait_for_load_state()  # the styles too
        box = page.locator(NEXT).bounding_box()
        assert box["y"] + box["height"] <= PHONE["height"], page.url
        if scripts:
            assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
            assert axe_findings(page) == [], page.url
        if act:
            act(page)
        page.click(NEXT)

    expect(page).to_have_url(re.compile("/review/$"))
    if scripts:
        assert axe_findings(page) == []
    page.click(NEXT)
    claim = Application.objects.get()
    expect(page.locator("main")).to_contain_text(claim.receipt_number)
    if scripts:
        assert axe_findings(page) == []
    context.close()
