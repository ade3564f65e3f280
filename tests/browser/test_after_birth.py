"""The pages after a birth in a real browser: for axe, small and large, and without JavaScript."""

from datetime import date

import pytest
from playwright.sync_api import expect

from childcare.after_birth import acts
from childcare.models import AnnouncedBirth
from tasks.models import Task
from tests.browser.conftest import TODAY, axe_findings
from tests.factories import GuardianshipFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def baby(hanako):
    """A child of five days; a civil servant earns most, and the insurance is settled."""
    child = GuardianshipFactory(guardian=hanako, child__born=date(2027, 4, 17)).child
    acting = {"child": child, "by": hanako.user, "today": TODAY}
    acts.answer_allowance(main_earner="me", civil_servant="yes", **acting)
    acts.say_done(step="insurance", **acting)
    return child


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_page_has_a_finding_or_scrolls_sideways(page, site, hanako, baby, width, language):
    type(hanako.user).objects.filter(pk=hanako.user.pk).update(language=language)
    acts.announce(parent=hanako, born=date(2027, 4, 20), abroad=False, by=hanako.user, today=TODAY)
    own = f"/children/{baby.uuid}/after-birth/"
    tasks = Task.objects.for_resident(hanako).live().filter(rule__key__contains="after-birth")
    page.set_viewport_size({"width": width, "height": 800})

    for address in [
        own,
        f"{own}allowance/",
        f"{own}allowance/?next=1",
        f"{own}allowance/?main_earner=me",
        "/children/born/",
        *(f"/tasks/{pk}/" for pk in tasks.values_list("pk", flat=True)),
    ]:
        page.goto(site + address)

        assert axe_findings(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_two_questions_lead_to_the_right_office_without_scripts(
    plain_page, live_server, hanako, baby
):
    plain_page.goto(f"{live_server.url}/children/{baby.uuid}/after-birth/")
    plain_page.get_by_role("link", name="Change the answer").click()
    plain_page.get_by_label("The other parent").check()
    plain_page.get_by_role("button", name="Next").click()
    plain_page.get_by_label("No", exact=True).check()
    plain_page.get_by_role("button", name="Save").click()

    expect(plain_page.locator("#allowance")).to_contain_text("認定請求書")
    expect(plain_page.locator("#allowance")).to_contain_text("by 6 May 2027")


def test_a_birth_is_told_and_taken_back_without_scripts(plain_page, live_server, hanako):
    plain_page.goto(f"{live_server.url}/children/born/")
    plain_page.get_by_label("When was the child born?").fill("2027-04-20")
    plain_page.get_by_label("In Japan").check()
    plain_page.get_by_role("button", name="Show what comes first").click()
    expect(plain_page.get_by_role("heading", name="Born on 20 April 2027")).to_be_visible()

    plain_page.get_by_role("button", name="Take back").click()

    expect(plain_page.get_by_text("Taken back.")).to_be_visible()
    assert not AnnouncedBirth.objects.filter(removed_at=None).exists()
