"""What people say now, in one browser, while somebody gives an opinion in another."""

import re

import pytest
from django.conf import settings
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from portal.applications.models import ProcedureVersion
from portal.applications.ship import ship
from portal.insights.models import UseDay
from tests.applications.factories import ApplicationFactory
from tests.browser.conftest import axe_findings
from tests.factories import UserFactory
from tests.feedback.factories import AlertFactory, OpinionFactory

pytestmark = pytest.mark.django_db(transaction=True)
PAGE, USE = "/staff/insights/saidnow/", "/staff/insights/useday/"


@pytest.fixture(autouse=True)
def nothing_kept():
    caches["fragments"].clear()
    yield
    caches["fragments"].clear()


@pytest.fixture
def today():
    """The page shows the days before the true now: nothing is moved here."""


@pytest.fixture
def reviewers(live_server, browser, chiyoda):
    """Return a function that opens the page as a reviewer, in a browser of its own."""
    client = Client()
    user = UserFactory(is_staff=True, is_superuser=True, language="en", password=None)
    client.force_login(user)
    opened = []

    def open_(address=PAGE, **how):
        context = browser.new_context(**how)
        opened.append(context)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
        )
        page = context.new_page()
        page.goto(live_server.url + address)
        return page

    open_.user = user
    yield open_
    for context in opened:
        context.close()


@pytest.fixture
def visit(live_server, browser):
    """Return a function by which a visitor without a sign-in says that a page is not clear."""
    context = browser.new_context(locale="en")

    def visit():
        page = context.new_page()
        page.goto(f"{live_server.url}/account/sign-in/")
        page.locator(".opinion [name=clear][value=no]").click()
        expect(page.locator(".opinion [name=opinion]")).to_be_attached()  # it asks why
        page.close()

    yield visit
    context.close()


def answers(page):
    """Return the cell with how many answered about the sign-in page."""
    return page.locator("[id='page-account_login-'] td a")


def test_an_answer_is_seen_without_loading_the_page_again(reviewers, visit):
    page = reviewers()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    expect(page.get_by_text("No answer in the last five weeks.")).to_be_visible()
    page.evaluate("window.loadedOnce = true")

    visit()

    expect(answers(page)).to_have_text("1")
    expect(page.locator("#live-new")).to_have_text("1 answer since you opened this page")
    expect(page.locator("#live-heard")).to_have_text("1 answer since you opened this page")
    assert page.evaluate("window.loadedOnce") is True
    assert complaints == []


def test_focus_and_scroll_stay_where_they_are_while_it_moves(reviewers, visit):
    for route in ("a:page", "b:page"):
        OpinionFactory.create_batch(30, route=route, given_at=timezone.now())
    page = reviewers(viewport={"width": 360, "height": 500})
    link = page.locator("[id='page-b:page-'] td a")
    link.focus()
    page.locator("section[aria-labelledby=pages]").evaluate("one => { one.scrollLeft = 60 }")
    scrolled = page.evaluate("scrollY")

    visit()

    expect(answers(page)).to_have_text("1")
    expect(link).to_be_focused()
    assert page.locator("section[aria-labelledby=pages]").evaluate("one => one.scrollLeft") == 60
    assert page.evaluate("scrollY") == scrolled


def test_what_somebody_closed_stays_closed_while_it_moves(reviewers, visit):
    ship(using="default")
    version = ProcedureVersion.objects.offered().get(procedure__key="child-allowance")
    ApplicationFactory(version=version)
    page = reviewers()
    summary = page.locator("#live summary").first
    table = page.locator("#live details table").first
    expect(table).to_be_visible()
    summary.focus()
    page.keyboard.press("Enter")
    expect(table).to_be_hidden()

    visit()

    expect(answers(page)).to_have_text("1")
    expect(table).to_be_hidden()
    expect(summary).to_be_focused()


def test_it_stops_and_goes_on_by_keyboard(reviewers, visit):
    page = reviewers()
    page.get_by_role("button", name="Stop moving").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It stands still.")).to_be_visible()

    visit()
    caches["fragments"].clear()  # the seconds that it is kept are over
    page.reload()  # which shows what is new, and stands still again
    expect(page.get_by_role("button", name="Move again")).to_be_visible()
    expect(answers(page)).to_have_text("1")
    OpinionFactory(route="account_login", given_at=timezone.now())
    page.get_by_role("button", name="Move again").press("Enter")

    expect(page.get_by_text("It stands still.")).to_be_hidden()
    expect(answers(page)).to_have_text("2")


def test_a_session_that_ended_is_told_and_the_numbers_stay(reviewers, visit):
    OpinionFactory(route="account_login", given_at=timezone.now())
    page = reviewers()
    expect(answers(page)).to_have_text("1")

    page.context.clear_cookies()

    expect(page.get_by_text("No newer numbers come from the server.")).to_be_visible()
    expect(answers(page)).to_have_text("1")
    expect(page.locator("h1")).to_have_count(1)


def test_without_scripts_it_is_refreshed_by_a_link(reviewers, visit):
    page = reviewers(java_script_enabled=False)
    expect(page.get_by_role("button", name="Stop moving")).to_be_hidden()

    visit()
    caches["fragments"].clear()  # the seconds that it is kept are over
    page.get_by_role("link", name="Refresh").click()

    expect(answers(page)).to_have_text("1")


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_and_nothing_is_too_wide(reviewers, language, width, colours):
    reviewers.user.language = language
    reviewers.user.save()
    OpinionFactory.create_batch(30, given_at=timezone.now())
    OpinionFactory(kind="applying", clear=None, rating=4, procedure="child-allowance")
    AlertFactory()
    AlertFactory(route="tasks:home")
    ship(using="default")
    version = ProcedureVersion.objects.offered().get(procedure__key="child-allowance")
    ApplicationFactory(version=version)
    page = reviewers(viewport={"width": width, "height": 800}, color_scheme=colours)

    expect(page.locator("html")).to_have_attribute("lang", re.compile(language))
    assert axe_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_on_the_page_of_use(reviewers, language, width, colours):
    reviewers.user.language = language
    reviewers.user.save()
    today = timezone.localdate()
    for spoken, times in (("ja", 20), ("en", 3)):
        UseDay.objects.create(
            day=today, measure="page", about="tasks:home", language=spoken, times=times
        )
    page = reviewers(USE, viewport={"width": width, "height": 800}, color_scheme=colours)

    expect(page.locator("html")).to_have_attribute("lang", re.compile(language))
    assert axe_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_use_is_narrowed_by_keyboard(reviewers):
    today = timezone.localdate()
    for measure, about, times in (("page", "tasks:home", 20), ("task-seen", "childcare.dose", 3)):
        UseDay.objects.create(day=today, measure=measure, about=about, language="ja", times=times)
    page = reviewers(USE)
    expect(page.get_by_text("20 times in all.")).to_be_visible()

    page.get_by_label("What", exact=True).focus()
    page.keyboard.type("Page of a to-do")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Show").press("Enter")

    expect(page.get_by_text("3 times in all.")).to_be_visible()
    expect(page.get_by_role("link", name="Have the next dose of a vaccination")).to_be_visible()
