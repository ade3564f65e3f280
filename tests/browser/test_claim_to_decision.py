"""One claim by keyboard alone: a resident on a phone, two clerks at their desks, to its end."""

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import translation
from playwright.sync_api import expect

from portal.applications.models import Application, Notice
from portal.applications.ship import ship
from portal.residents.models import RecordAccess, Resident
from tests.applications.factories import OfficeMembershipFactory
from tests.browser.conftest import axe_findings

pytestmark = pytest.mark.django_db(transaction=True)

PHONE, DESK = {"width": 360, "height": 640}, {"width": 1280, "height": 800}
PATIENCE = 60_000  # milliseconds, for a busy machine
QUEUE = "/staff/applications/application/"
ASKED, MENDED = "Which flat is it?", "千代田区九段南1-2-1 九段ハイツ 203"


class Reader:
    """Somebody with a keyboard and no mouse."""

    def __init__(self, browser, live_server, user, viewport):
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        self.context = browser.new_context(viewport=viewport)
        self.context.add_cookies(
            [{"name": name, "value": client.cookies[name].value, "url": live_server.url}]
        )
        self.page, self.site = self.context.new_page(), live_server.url
        self.page.set_default_timeout(PATIENCE)

    def open(self, path):
        self.page.goto(self.site + path)
        return self

    def go_to(self, target):
        """Press Tab until the focus is on `target`, a locator."""
        expect(target).to_be_visible()
        self.page.wait_for_load_state()  # else a script may take the focus elsewhere
        for _press in range(200):
            if target.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"Tab never reaches {target}.")

    def press(self, role, name, *, leads_to):
        """Press Enter on a link or button, and wait for the address it leads to."""
        within = self.page.locator("main")
        self.go_to(within.get_by_role(role, name=name).first)
        self.page.keyboard.press("Enter")
        expect(self.page).to_have_url(re.compile(leads_to))

    def type(self, label, text):
        self.go_to(self.page.locator("main").get_by_label(label, exact=True))
        self.page.keyboard.type(text)

    def choose(self, value):
        """Choose one of several answers by Space and the arrows, as a keyboard does."""
        wanted = self.page.locator(f"[name=answer][value='{value}']")
        self.go_to(self.page.locator("[name=answer]").first)
        self.page.keyboard.press("Space")
        for _press in range(10):
            if wanted.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        pytest.fail(f"The arrows never reach {value}.")

    def sees(self, *texts):
        for text in texts:
            expect(self.page.locator("main")).to_contain_text(text)
        assert axe_findings(self.page) == [], self.page.url


@pytest.fixture
def phone(browser, live_server, hanako):
    ship(using="default")
    Resident.objects.filter(pk=hanako.pk).update(name_kana="ヤマダ ハナコ", email="h@example.jp")
    reader = Reader(browser, live_server, hanako.user, PHONE)
    with translation.override("en"):
        yield reader
    reader.context.close()


@pytest.fixture
def desk(browser, live_server, chiyoda):
    """Open a desk of Chiyoda for somebody of these groups."""
    desks = []

    def open_desk(email, *groups):
        user = OfficeMembershipFactory(user__email=email, user__language="en").user
        user.groups.set(Group.objects.filter(name__in=groups))
        desks.append(Reader(browser, live_server, user, DESK))
        return desks[-1]

    yield open_desk
    for one in desks:
        one.context.close()


def claim(phone) -> Application:
    """Find the claim, fill it in and send it; return it."""
    phone.open("/applications/")
    phone.type("Search", "ジドウテアテ")
    phone.page.keyboard.press("Enter")
    expect(phone.page).to_have_url(re.compile(r"\?q="))  # the list before has the same link
    phone.press("link", "Claim for the child allowance", leads_to="/procedures/child-allowance/$")
    phone.press("link", "Begin", leads_to="/start/$")
    phone.press("button", "Begin", leads_to="/questions/main-earner/$")
    phone.choose("me")
    phone.press("button", "Next", leads_to="/civil-servant/$")
    phone.choose("no")
    phone.press("button", "Next", leads_to="/name/$")
    phone.press("button", "Yes, it is right", leads_to="/name-kana/$")
    phone.press("button", "Yes, it is right", leads_to="/phone/$")
    phone.press("button", "Next", leads_to="/address/$")
    phone.type("Postcode", "1028688")
    phone.type("Address, with the building and room", "千代田区九段南1-2-1")
    phone.press("button", "Next", leads_to="/lives-with-child/$")
    phone.choose("yes")
    phone.press("button", "Next", leads_to="/account/$")
    phone.choose("registered")
    phone.press("button", "Next", leads_to="/review/$")
    phone.press("button", "Send", leads_to="/sent/$")
    sent = Application.objects.get()
    phone.sees(sent.receipt_number)
    return sent


def open_case(clerk, case):
    """Open the case from the queue, by its keys alone."""
    clerk.open(QUEUE)
    expect(clerk.page.locator("#keys")).to_be_checked()
    clerk.page.keyboard.press("j")
    expect(clerk.page.get_by_role("link", name=case.receipt_number)).to_be_focused()
    clerk.page.keyboard.press("Enter")
    expect(clerk.page.locator("h1")).to_have_text(case.receipt_number)
    expect(clerk.page.locator("#keys")).to_be_checked()


def ask_for_correction(clerk):
    clerk.page.keyboard.press("t")
    clerk.sees("You have taken this case.")
    expect(clerk.page.locator("#keys")).to_be_checked()
    clerk.go_to(clerk.page.get_by_role("checkbox", name="Your present address"))
    clerk.page.keyboard.press("Space")
    clerk.type("What is to be corrected", ASKED)
    clerk.go_to(clerk.page.get_by_role("button", name="Ask", exact=True))
    clerk.page.keyboard.press("Enter")
    clerk.sees("The resident has been asked.")


def answer(phone, case):
    """From the inbox to the question, and send it again."""
    phone.open("/")
    phone.sees(case.receipt_number)
    to_do = re.compile(f"correct.*{case.receipt_number}", re.IGNORECASE)
    phone.press("link", to_do, leads_to=r"/tasks/\d+/$")
    phone.sees(ASKED)
    phone.press("link", "Correct the application", leads_to="/correct/$")
    phone.sees(ASKED)
    phone.press("link", "Change", leads_to="/questions/address/")
    written = phone.page.get_by_label("Address, with the building and room", exact=True)
    phone.go_to(written)
    phone.page.keyboard.press("Control+A")
    phone.page.keyboard.type(MENDED)
    phone.press("button", "Save", leads_to="/correct/$")
    phone.press("button", "Send again", leads_to=f"/{case.uuid}/$")
    phone.sees("The office’s turn", "Sent again")


def decide(clerk, key_text, button, said):
    clerk.page.keyboard.press("d")
    reason = clerk.page.get_by_label("Reason. The resident reads it.", exact=True)
    expect(reason).to_be_focused()
    clerk.page.keyboard.type(key_text)
    clerk.go_to(clerk.page.get_by_role("button", name=button, exact=True))
    clerk.page.keyboard.press("Enter")
    clerk.sees(said)


def test_from_the_phone_to_the_desks_and_back_by_keyboard_alone(phone, desk):
    first = desk("clerk@example.jp", "case workers")
    second = desk("decider@example.jp", "case workers", "deciders")
    case = claim(phone)

    open_case(first, case)
    ask_for_correction(first)
    answer(phone, case)

    open_case(first, case)
    first.sees(MENDED)
    decide(first, "The child lives abroad.", "Propose not to grant", "A second person decides.")
    expect(first.page.get_by_role("button", name="Decide: not granted")).to_have_count(0)
    open_case(second, case)
    second.sees("The child lives abroad.")
    second.page.keyboard.press("d")
    expect(second.page.get_by_role("region", name="Not granting is proposed")).to_be_focused()
    second.go_to(second.page.get_by_role("button", name="Decide: not granted"))
    second.page.keyboard.press("Enter")
    second.sees("Decided: not granted.")

    phone.open(f"/applications/{case.uuid}/")
    phone.sees("Decided: not granted", "The child lives abroad.")
    phone.open("/")
    phone.sees("Claim for the child allowance")
    told = Notice.objects.values_list("what", flat=True)
    assert set(told) >= {"received", "correction", "decided"}

    phone.open("/who-looked/")
    phone.sees(case.receipt_number, "work on this application")
    looked = RecordAccess.objects.filter(what=case.receipt_number)
    assert set(looked.values_list("by__email", flat=True)) == {
        "clerk@example.jp",
        "decider@example.jp",
    }
    phone.press("link", "Ask why", leads_to=r"/who-looked/\d+/")
    phone.sees("work on this application")
    phone.type("Your question (may be left empty)", "Why was this opened?")
    phone.press("button", "Send", leads_to="/who-looked/$")
    phone.sees("The office answers by")
