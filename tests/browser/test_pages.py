"""The resident's pages in a real browser: by keyboard, without JavaScript, large, and for axe."""

import pytest
from playwright.sync_api import expect

from portal.accounts.models import User
from portal.card.models import InsuranceUse
from tasks import acts
from tasks.models import Status, TaskEvent
from tasks.rules import Start
from tests.browser.conftest import TODAY, axe_findings, tab_to
from tests.tasks.changed_rules import change, other_code

pytestmark = pytest.mark.django_db(transaction=True)


def pages(renewal, insurance):
    return [
        "/",
        f"/tasks/{renewal.pk}/",
        f"/tasks/{insurance.pk}/",
        "/why/",
        "/why/?q=nothing",
        "/why/card.insurance-use/",
        "/who-looked/",
        "/settings/",
    ]


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_and_the_console_is_empty(
    page, site, complaints, renewal, insurance, language, width, colours
):
    User.objects.update(language=language)
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=colours)
    acts.report_done(
        resident=insurance.resident,
        task_id=insurance.pk,
        by=insurance.resident.user,
        today=TODAY,
    )

    findings = {}
    for path in pages(renewal, insurance):
        page.goto(site + path)
        expect(page.locator("html")).to_have_attribute("lang", language)
        for folded in page.locator("details:not([open]) > summary").all():
            folded.click()
        findings[path] = axe_findings(page)

    assert {path: found for path, found in findings.items() if found} == {}
    assert complaints == []


def test_axe_finds_nothing_on_a_form_that_has_to_be_corrected(page, site, renewal):
    open_and_type_date(page, site, renewal, "2027-06-01")

    expect(page.get_by_role("heading", name="Please correct")).to_be_visible()
    assert axe_findings(page) == []


@pytest.mark.parametrize("path", ["/nowhere/", "/tasks/999999/"])
def test_axe_finds_nothing_on_a_missing_page(page, site, path):
    page.goto(site + path)

    assert axe_findings(page) == []


@pytest.mark.parametrize(("width", "text_size"), [(360, "200%"), (320, "100%"), (180, "100%")])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_nothing_scrolls_sideways_when_enlarged(
    page, site, renewal, insurance, language, width, text_size
):
    """A window of 360 pixels at 200% has 180; twice the size of text alone is asked too."""
    User.objects.update(language=language)
    page.set_viewport_size({"width": width, "height": 640})

    too_wide = []
    for path in pages(renewal, insurance):
        page.goto(site + path)
        page.evaluate("size => document.documentElement.style.fontSize = size", text_size)
        for folded in page.locator("details:not([open]) > summary").all():
            folded.click()
        if page.evaluate("document.documentElement.scrollWidth") > width:
            too_wide.append(path)

    assert too_wide == []


def test_what_can_be_pressed_is_large_enough(page, site, renewal, insurance):
    page.set_viewport_size({"width": 360, "height": 640})
    alone = ".card-title a, .row-title a, .links a, .back a, header a, footer a"

    small = []
    for path in pages(renewal, insurance):
        page.goto(site + path)
        for folded in page.locator("details:not([open]) > summary").all():
            folded.click()
        targets = page.locator(f"button, summary, input:not([type=hidden], [hidden] *), {alone}")
        for target in targets.all():
            box = target.bounding_box()
            if box["height"] < 44 or box["width"] < 44:
                small.append((path, target.inner_text(), box["width"], box["height"]))

    assert [one for one in small if one[1] not in ("To do", "案内")] == []


# ---- a task that begins on another page, and that the resident's word ends


@pytest.fixture
def by_word():
    def record_report(*, task, by, today):
        InsuranceUse.objects.filter(resident=task.about_id).update(status="registered")

    with other_code():
        yield change(
            "card.insurance-use",
            start=Start("See where it can be registered", lambda task: "/why/", "First look."),
            record_report=record_report,
            taken_back_at=lambda task: "/settings/",
            names=lambda subject: f"Register the card of {subject}",
        )


@pytest.mark.parametrize("width", [360, 1280])
def test_it_is_begun_ended_and_taken_back_from_its_page(
    page, site, complaints, by_word, insurance, width
):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{site}/tasks/{insurance.pk}/")
    expect(page.get_by_role("link", name="See where it can be registered")).to_be_visible()
    assert axe_findings(page) == []

    tab_to(page, "I have done this")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Done", exact=True)).to_be_focused()
    expect(page.locator("#announcement")).to_contain_text("Noted: you have done this.")
    assert axe_findings(page) == []
    page.get_by_role("link", name="Not done after all? Take it back").click()
    page.wait_for_url("**/settings/")
    page.goto(f"{site}/why/card.insurance-use/")
    expect(page.get_by_role("heading", name="Register the card of")).to_have_count(2)
    assert axe_findings(page) == []
    assert complaints == []


# ---- by keyboard


def test_done_and_undo_by_keyboard_alone(page, site, complaints, renewal):
    page.goto(site)

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "Renew the electronic certificate for identity verification")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tasks/{renewal.pk}/")
    tab_to(page, "I have done this")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Being confirmed")).to_be_focused()
    expect(page.locator("#announcement")).to_contain_text("Noted: you have done this.")
    tab_to(page, "Undo")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.locator("#announcement")).to_contain_text("Taken back.")
    renewal.refresh_from_db()
    assert renewal.status == Status.OPEN
    assert complaints == []


def test_undo_on_the_home_page_changes_its_number_and_title(page, site, insurance):
    acts.report_done(
        resident=insurance.resident,
        task_id=insurance.pk,
        by=insurance.resident.user,
        today=TODAY,
    )
    page.goto(site)
    number = int(page.title().removeprefix("To do: ").removesuffix(" | Annai"))

    page.get_by_role("button", name="Undo").click()

    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(f"To do: {number + 1}")
    expect(heading).to_be_focused()
    expect(page).to_have_title(f"To do: {number + 1} | Annai")


def open_and_type_date(page, site, task, typed):
    page.goto(f"{site}/tasks/{task.pk}/")
    page.locator("summary", has_text="Remind me later").click()
    page.get_by_label("Another date").fill(typed)
    page.get_by_role("button", name="Remind me on this date").click()


def test_a_wrong_date_is_led_to_and_kept(page, site, renewal):
    open_and_type_date(page, site, renewal, "2027-06-01")

    expect(page.locator(".banner-error")).to_be_focused()
    page.get_by_role("link", name="Choose a date no later than the due date").click()
    field = page.get_by_label("Another date")
    expect(field).to_be_focused()
    expect(field).to_have_value("2027-06-01")
    field.fill("2027-05-20")
    page.get_by_role("button", name="Remind me on this date").click()

    expect(page.get_by_role("heading", name="Put off")).to_be_focused()


# ---- once, whatever happens


def test_a_double_click_is_one_effect(page, site, renewal):
    page.goto(f"{site}/tasks/{renewal.pk}/")

    page.get_by_role("button", name="I have done this").dblclick()

    expect(page.get_by_role("heading", name="Being confirmed")).to_be_visible()
    assert TaskEvent.objects.filter(task=renewal.pk).count() == 1


@pytest.mark.parametrize("with_javascript", [True, False])
def test_back_and_reload_never_repeat_an_act(page, plain_page, site, renewal, with_javascript):
    page = page if with_javascript else plain_page
    page.goto(f"{site}/tasks/{renewal.pk}/")
    page.get_by_role("button", name="I have done this").click()
    expect(page.get_by_role("heading", name="Being confirmed")).to_be_visible()

    page.reload()
    page.get_by_role("link", name="To do").first.click()
    page.wait_for_url(f"{site}/")
    page.go_back()
    page.reload()

    expect(page.get_by_role("heading", name="Being confirmed")).to_be_visible()
    assert TaskEvent.objects.filter(task=renewal.pk).count() == 1


def test_after_signing_out_elsewhere_an_act_says_so_and_does_nothing(page, site, renewal):
    page.goto(f"{site}/tasks/{renewal.pk}/")
    page.context.clear_cookies()

    page.get_by_role("button", name="I have done this").click()

    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_role("main")).to_have_count(1)
    assert not TaskEvent.objects.exists()


# ---- without JavaScript


def test_every_act_works_without_javascript(plain_page, site, insurance):
    page = plain_page
    page.goto(f"{site}/tasks/{insurance.pk}/")

    for act, state in [("I have done this", "Being confirmed"), ("Not now", "Not now")]:
        page.get_by_role("button", name=act).click()
        expect(page.locator("h2#state")).to_have_text(state)
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("h2#state")).to_have_count(0)
    page.locator("summary", has_text="Remind me later").click()
    page.get_by_role("button", name="In a week").click()

    expect(page.get_by_text("You will be reminded on 29 April 2027 (Thu).")).to_be_visible()
    insurance.refresh_from_db()
    assert insurance.status == Status.SNOOZED


def test_a_wrong_date_is_said_without_javascript(plain_page, site, renewal):
    open_and_type_date(plain_page, site, renewal, "2027-04-22")

    expect(plain_page.locator(".banner-error")).to_contain_text("Choose a date after today")
    expect(plain_page.get_by_label("Another date")).to_have_value("2027-04-22")
