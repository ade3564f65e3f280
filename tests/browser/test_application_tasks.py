"""What applications put into the inbox, in a real browser."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from portal.accounts.models import User
from portal.applications.models import Application
from tasks.models import Task
from tasks.reconcile import reconcile_people
from tests.applications.factories import (
    ApplicationFactory,
    CorrectionRequestFactory,
    SentApplicationFactory,
)
from tests.applications.test_correct_request import DEFINITION
from tests.browser.conftest import TODAY, axe_findings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tasks(hanako):
    """One task of each rule about applications, by the rule's key."""
    now = timezone.now()
    procedure = {"version__definition": DEFINITION}
    CorrectionRequestFactory(
        application=SentApplicationFactory(
            resident=hanako, state="correction", turn="you", **procedure
        ),
        asked_on=TODAY - timedelta(5),
    )
    ApplicationFactory(resident=hanako, started_at=now - timedelta(3), **procedure)
    slow = {"state": "under-review", "usual_until": TODAY - timedelta(1)}
    SentApplicationFactory(resident=hanako, state_since=now, **slow, **procedure)
    decided = {"state": "completed", "turn": "nobody", "outcome": "granted"}
    clerk = {"decided_at": now, "decided_by": User.objects.first()}
    SentApplicationFactory(resident=hanako, **decided, **clerk, **procedure)
    reported = {"version": None, "ref": "S-17", "seq": 1, "state": "correction", "turn": "you"}
    ApplicationFactory(resident=hanako, **reported, procedure_key="保育所入所")
    reconcile_people([hanako.pk], today=TODAY)
    mine = Task.objects.live().filter(resident=hanako, rule__key__startswith="applications.")
    return {task.rule.key: task for task in mine.select_related("rule")}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page, site, complaints, tasks, language):
    User.objects.update(language=language)
    page.set_viewport_size({"width": 360, "height": 640})
    assert len(tasks) == 6

    findings = {}
    for name, path in {"home": "/", **{key: f"/tasks/{t.pk}/" for key, t in tasks.items()}}.items():
        page.goto(site + path)
        findings[name] = axe_findings(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360

    assert {name: found for name, found in findings.items() if found} == {}
    assert complaints == []


@pytest.mark.parametrize(
    ("key", "button", "address"),
    [
        ("applications.correction", "Correct the application", "/correct/"),
        ("applications.draft-not-sent", "Go on with it", "/questions/"),
        ("applications.with-the-office", "See the application", "/"),
        ("applications.slower-than-usual", "See the application", "/"),
        ("applications.decided", "See the application", "/"),
    ],
)
def test_a_task_leads_to_the_page_where_it_goes_on(page, site, tasks, key, button, address):
    page.goto(f"{site}/tasks/{tasks[key].pk}/")

    page.get_by_role("link", name=button).click()

    public = "|".join(str(uuid) for uuid in Application.objects.values_list("uuid", flat=True))
    expect(page).to_have_url(re.compile(rf"/applications/({public}){address}"))
    expect(page.locator("h1")).to_be_visible()


def test_news_that_was_read_is_put_away(page, site, tasks):
    page.goto(f"{site}/tasks/{tasks['applications.decided'].pk}/")

    page.get_by_role("button", name="I have read this").click()

    expect(page.get_by_text("You put this away.")).to_be_visible()
    assert Task.objects.get(pk=tasks["applications.decided"].pk).status == "dismissed"


@pytest.mark.parametrize(
    "key",
    [
        "applications.correction",
        "applications.draft-not-sent",
        "applications.with-the-office",
        "applications.decided",
        "applications.slower-than-usual",
    ],
)
def test_nobody_is_asked_to_say_that_it_is_done(page, site, tasks, key):
    page.goto(f"{site}/tasks/{tasks[key].pk}/")

    expect(page.get_by_role("button", name="I have done this")).to_have_count(0)
