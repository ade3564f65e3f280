"""The demo's own pages in a real browser: found by everybody, and safe to open."""

from datetime import date, datetime
from email.message import EmailMessage

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from portal.demo import data, jobs, mails, walk
from portal.demo.people import HANAKO
from tests.factories import CertificateFactory, MunicipalityFactory, ResidentFactory

pytestmark = pytest.mark.django_db(transaction=True)

HOSTILE = """<h1>Hello</h1><a href="/account/sign-in/">a link</a><form action="/demo/">
<button>a form</button></form><img src="/static/img/icon.svg" onerror="document.title='ran'">
<script>parent.document.title = document.title = 'ran'</script>"""


@pytest.fixture(autouse=True)
def demo(settings, tmp_path, time_machine):
    settings.DEMO = settings.DEMO_KEEPS_MAILS = True
    settings.RUN_DIR = tmp_path
    time_machine.move_to(datetime(2027, 2, 20, 15, 0, tzinfo=timezone.get_default_timezone()))


@pytest.fixture
def mail():
    message = EmailMessage()
    message["Subject"] = "A long subject " * 5
    message["List-Unsubscribe"] = f"<https://example.jp/{'stop' * 40}/>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content("See https://example.jp/" + "long" * 40)
    message.add_alternative(HOSTILE, subtype="html")
    mails.keep(message.as_bytes(), to=["hanako@example.jp"])
    [kept] = mails.kept()
    return kept


@pytest.fixture
def hanako():
    MunicipalityFactory()
    hanako = ResidentFactory(ref=HANAKO.ref)
    CertificateFactory(resident=hanako, expires_on=date(2027, 5, 20))
    data.let_sign_in("kamota-sanehe-417")
    return hanako


def in_language(page, site, language):
    page.context.add_cookies([{"name": "annai_language", "value": language, "url": site.url}])


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    page, live_server, mail, hanako, language, width
):
    in_language(page, live_server, language)
    page.set_viewport_size({"width": width, "height": 800})
    walk.live_through(date(2027, 2, 21))
    addresses = ["mails/", "mails/?to=nobody", f"mails/{mail.name}/", f"clock/?of={HANAKO.ref}"]

    found = {}
    for address in addresses:
        page.goto(f"{live_server.url}/demo/{address}")
        found[address] = wrong_with(page, width)
    walk.set_out(until=date(2027, 3, 1))
    page.goto(f"{live_server.url}/demo/clock/")
    found["on the way"] = wrong_with(page, width)

    assert {address: wrong for address, wrong in found.items() if wrong} == {}


def wrong_with(page, width):
    page.wait_for_load_state()
    levels = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
    result = Axe().run(page, options={"runOnly": levels})
    wrong = [
        (violation["id"], [node["html"] for node in violation["nodes"]])
        for violation in result.response["violations"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return wrong + ([("scrolls sideways", wide)] if wide > width else [])


def test_nothing_in_a_mail_runs_and_its_links_open_beside(page, live_server, mail):
    in_language(page, live_server, "en")
    for address in ("", "html/"):
        page.goto(f"{live_server.url}/demo/mails/{mail.name}/{address}")
        html = page.frame_locator("iframe") if not address else page
        expect(html.get_by_role("heading", name="Hello")).to_be_visible()
        before = page.url

        html.get_by_role("button", name="a form").click()
        with page.context.expect_page() as opened:
            html.get_by_role("link", name="a link").click()

        expect(opened.value).to_have_title("Sign in | Annai")
        assert page.title() != "ran"
        expect(page).to_have_url(before)


def test_on_the_way_the_page_counts_days_and_on_arrival_says_so(
    page, live_server, hanako, monkeypatch
):
    in_language(page, live_server, "en")
    monkeypatch.setattr(jobs.go_on, "delay", lambda day: None)
    page.goto(f"{live_server.url}/demo/clock/")
    page.get_by_label("To which date?").fill("2027-02-23")
    page.get_by_role("button", name="Go on to this date").click()
    expect(page.get_by_role("heading", name="On the way to 23 February 2027")).to_be_visible()

    for day in (21, 22, 23):
        jobs.go_on(f"2027-02-{day}")
        if day < 23:
            expect(page.locator("#walk .now")).to_contain_text(f"Now {day} February 2027")

    expect(page.get_by_text("In the demo it is 23 February 2027 (Tue).")).to_be_visible()
    expect(page.locator("#walk")).to_have_count(0)
