"""How an application stands, and all of mine, in a real browser on a phone."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from portal.accounts.models import User
from portal.applications.messages import write
from portal.applications.models import (
    Application,
    ApplicationEvent,
    Message,
    ProcedureVersion,
    UsualDuration,
)
from portal.applications.ship import ship
from portal.applications.states import TURN
from tests.applications.factories import (
    ApplicationFactory,
    CorrectionRequestFactory,
    SentApplicationFactory,
)
from tests.browser.conftest import TODAY, axe_findings
from tests.factories import CHIYODA, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

MINE = "/applications/mine/"
ANSWERS = {"main-earner": "me", "civil-servant": "no", "name": "山田 花子", "phone": "03-1234-5678"}


def note(application, *states):
    began = timezone.now() - timedelta(days=30)
    for number, state in enumerate(states):
        ApplicationEvent.objects.create(
            resident_id=application.resident_id,
            application=application,
            what="state",
            state=state,
            turn=TURN[state],
            step=application.step,
            at=began + timedelta(days=number),
        )


@pytest.fixture
def version(chiyoda):
    ship(using="default")
    return ProcedureVersion.objects.offered().get(procedure__key="child-allowance")


@pytest.fixture
def slow(hanako, version):
    """Under review for a month, longer than usual, and the clerk asks something."""
    UsualDuration.objects.create(
        municipality_id=CHIYODA,
        procedure_key="child-allowance",
        step="review",
        cases=180,
        median_days=8,
        ninetieth_days=21,
        counted_on=TODAY,
    )
    application = SentApplicationFactory(
        resident=hanako,
        version=version,
        state="under-review",
        step="review",
        state_since=timezone.now() - timedelta(days=29),
        usual_until=TODAY - timedelta(days=8),
        answers=ANSWERS,
    )
    note(application, "received", "under-review")
    write(
        application,
        side=Message.Side.OFFICE,
        text="Since when do you live with the child?",
        token=uuid4(),
        by=UserFactory(),
        answer_by=date(2027, 5, 6),
    )
    return application


@pytest.fixture
def all_of_mine(hanako, version, slow):
    """One of each kind: to correct, draft, under way, in use, finished, and a reported one."""
    clerk = UserFactory()
    decided = {"outcome": "granted", "decided_by": clerk, "decided_at": timezone.now()}
    to_correct = SentApplicationFactory(
        resident=hanako, version=version, state="correction", turn="you", step="review"
    )
    note(to_correct, "received", "under-review", "correction")
    CorrectionRequestFactory(application=to_correct, answer_by=date(2027, 5, 6))
    SentApplicationFactory(
        resident=hanako, version=version, state="completed", turn="nobody", **decided
    )
    SentApplicationFactory(resident=hanako, version=version, state="withdrawn", turn="nobody")
    ApplicationFactory(resident=hanako, version=version)
    ApplicationFactory(
        resident=hanako,
        version=None,
        ref="N-7",
        seq=3,
        state="with-others",
        turn="other",
        procedure_key="nursery-place",
    )
    return Application.objects.for_resident(hanako).exclude(state="draft")


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    page, site, complaints, all_of_mine, language, colours
):
    User.objects.update(language=language)
    page.set_viewport_size({"width": 360, "height": 800})
    page.emulate_media(color_scheme=colours)

    findings = {}
    for path in [MINE, *[f"/applications/{one.uuid}/" for one in all_of_mine]]:
        page.goto(site + path)
        for folded in page.locator("details:not([open]) > summary").all():
            folded.click()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        expect(page.locator("h1")).to_have_count(1)
        findings[path] = axe_findings(page)

    assert {path: found for path, found in findings.items() if found} == {}
    assert complaints == []


def test_a_question_is_asked_without_scripts_and_stays_in_the_time_lines_page(
    plain_page, site, slow
):
    plain_page.set_viewport_size({"width": 360, "height": 800})
    plain_page.goto(site + MINE)
    plain_page.locator("main .row a").first.click()
    expect(plain_page.get_by_text("This takes longer than usual")).to_be_visible()
    plain_page.get_by_label("Ask the clerk a question").fill("Which paper is missing?")
    plain_page.get_by_role("main").get_by_role("button", name="Send").click()

    expect(plain_page.get_by_text("Which paper is missing?")).to_be_visible()
    assert Message.objects.of(slow).filter(side="resident").count() == 1


def test_what_cannot_be_sent_is_told_at_the_top_and_axe_finds_nothing(page, site, slow):
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{site}/applications/{slow.uuid}/")
    page.get_by_label("Ask the clerk a question").fill("1234 5678 9018")
    page.get_by_role("main").get_by_role("button", name="Send").click()

    page.get_by_role("link", name="This holds twelve digits").click()
    expect(page.get_by_label("Ask the clerk a question")).to_be_focused()
    assert axe_findings(page) == []
