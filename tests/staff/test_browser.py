"""The staff pages in a real browser: nothing the policy refuses, nothing axe finds in our pages."""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from playwright.sync_api import expect

from feedback.models import PageOwner
from feedback.review_groups import REVIEWERS
from portal.applications.models import MessageTemplate, ProcedureVersion
from portal.applications.ship import ship
from portal.exchange.changes.number import number_changes
from portal.exchange.changes.tell import tell
from portal.exchange.connections.keys import make_key
from portal.exchange.models import Connection
from portal.exchange.webhooks.plan import make_endpoint, plan
from tasks import versions
from tasks.rules import registry
from tests.applications.factories import OfficeMembershipFactory, SentApplicationFactory
from tests.factories import ResidentFactory
from tests.feedback.conftest import member
from tests.feedback.factories import AlertFactory, OpinionFactory, WordingFactory
from tests.staff.conftest import open_record
from tests.tasks.changed_rules import change, other_code

OUR_OWN = {
    "a purpose": "/staff/residents/resident/{office.child.uuid}/",
    "a record": "/staff/residents/resident/{office.resident.uuid}/",
    "rules": "/staff/tasks/rulerecord/",
    "a rule": "/staff/tasks/rulerecord/{office.rule.id}/",
    "versions of rules": "/staff/tasks/ruleversion/",
    "a version": "/staff/tasks/ruleversion/{office.rule.id}/",
    "nights": "/staff/tasks/sweep/",
    "nights of a rule": "/staff/tasks/sweep/?rule={office.rule.id}",
    "a night": "/staff/tasks/sweep/{office.night.pk}/change/",
    "starting a night": "/staff/tasks/sweep/start/",
    "days of reminders": "/staff/reminders/reminder/",
    "starting reminders": "/staff/reminders/reminder/start/",
    "cases": "/staff/applications/application/",
    "a case": "/staff/applications/application/{office.case.uuid}/",
    "opinions": "/staff/feedback/opinion/",
    "an opinion": "/staff/feedback/opinion/{office.opinion.uuid}/",
    "what was changed": "/staff/feedback/improvement/",
    "a new improvement": "/staff/feedback/improvement/add/",
    "what people say now": "/staff/insights/saidnow/",
    "use": "/staff/insights/useday/",
    "alerts": "/staff/feedback/alert/",
    "an alert": "/staff/feedback/alert/{office.alert.uuid}/",
    "a new procedure": "/staff/applications/procedure/add/",
    "a procedure": "/staff/applications/procedure/{office.case.version.procedure_id}/",
    "an upload": "/staff/exchange/upload/{office.upload.pk}/change/",
    "an upload with what would change": "/staff/exchange/upload/{office.upload.pk}/change/?back=1",
    "records of one person": "/staff/exchange/merge/",
    "two records": "/staff/exchange/merge/{office.merged.uuid}/",
    "decisions on records": "/staff/exchange/merge/decided/",
    "keys of a connection": "/staff/exchange/connection/{office.connection.pk}/keys/",
    "a webhook": "/staff/exchange/webhookendpoint/{office.webhook.pk}/deeds/",
    "its preview": "/staff/applications/procedure/{office.case.version.procedure_id}/preview/",
}
DJANGOS = {
    "connections": "/staff/exchange/connection/",
    "a new connection": "/staff/exchange/connection/add/",
    "a connection": "/staff/exchange/connection/{office.connection.pk}/change/",
    "mails given up": "/staff/applications/notice/",
    "checks of the logs": "/staff/residents/accesslogcheck/",
    "questions about accesses": "/staff/residents/accessquestion/",
    "the index": "/staff/",
    "a room": "/staff/residents/",
    "residents": "/staff/residents/resident/?q=R1",
    "sources": "/staff/residents/source/",
    "a source": "/staff/residents/source/{office.resident.source_id}/change/",
    "its history": "/staff/residents/source/{office.resident.source_id}/history/",
    "reminders of a day": "/staff/reminders/reminder/?day=2027-03-01",
    "messages": "/staff/reminders/message/?day=2027-03-01",
    "webhooks": "/staff/exchange/webhookendpoint/",
    "a new webhook": "/staff/exchange/webhookendpoint/add/",
    "its address": "/staff/exchange/webhookendpoint/{office.webhook.pk}/change/",
    "deliveries by webhooks": "/staff/exchange/webhookdelivery/",
    "uploads": "/staff/exchange/upload/",
    "lines": "/staff/exchange/quarantinedline/",
    "a line": "/staff/exchange/quarantinedline/{office.line.pk}/change/",
    "templates of messages": "/staff/applications/messagetemplate/",
    "alerts": "/staff/feedback/alert/",
    "looks at all pages": "/staff/feedback/alertlook/",
    "owners of pages": "/staff/feedback/pageowner/",
    "a new owner": "/staff/feedback/pageowner/add/",
    "a new template": "/staff/applications/messagetemplate/add/",
    "users": "/staff/accounts/user/",
    "a user": "/staff/accounts/user/{office.resident.user_id}/change/",
    "a new user": "/staff/accounts/user/add/",
    "a user's deletion": "/staff/accounts/user/{office.resident.user_id}/delete/",
    "a new group": "/staff/auth/group/add/",
    "a password": "/staff/password_change/",
}
FIELDS_IN_THE_MARGIN = """() => {
    const content = document.querySelector("#content")
    const end = content.getBoundingClientRect().right
        - parseFloat(getComputedStyle(content).paddingRight)
    return [...content.querySelectorAll("input:not([type=hidden]), select, textarea")]
        .filter(one => !one.closest(".staff-table"))
        .filter(one => one.getBoundingClientRect().right > end + 1)
        .map(one => one.name || one.id)
}"""
TOLD = {"error", "warning"}  # of the policy, of missing files; the rest are hints to developers


@pytest.fixture
def browsing(live_server, client, office, superuser, page):
    """Return a function that opens an address as a superuser; what the browser says is kept."""
    client.force_login(superuser)
    open_record(client, office.resident)
    OfficeMembershipFactory(user=superuser)
    ship(using="default")
    version = ProcedureVersion.objects.offered().get(procedure__key="child-allowance")
    office.case = SentApplicationFactory(
        version=version, state="under-review", resident=office.resident
    )
    office.connection = Connection.objects.create(
        source=office.resident.source, kinds=["resident"], made_by=superuser
    )
    make_key(office.connection, by=superuser)
    office.webhook = make_endpoint(
        connection=office.connection, url="https://hooks.example.jp/", by=superuser
    )
    tell(office.connection, what="ref.merged", about=office.resident.uuid)
    number_changes()
    plan(office.webhook.pk)
    office.opinion = OpinionFactory(
        asker=office.resident, wording=WordingFactory(messages=["x"]), errors=["a:b"]
    )
    OpinionFactory(given_at=office.opinion.given_at - timedelta(days=1))
    office.alert = AlertFactory()
    office.merged = ResidentFactory(
        ref="twice", state="merged", merged_into=office.resident.ref, name="ヤマダ ハナコ"
    )
    office.upload.state, office.upload.finished_at = "done", timezone.now()
    office.upload.save()
    page.context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                "url": live_server.url,
            }
        ]
    )
    said = []
    page.on("console", lambda message: message.type in TOLD and said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))

    def open_(address):
        answer = page.goto(live_server.url + address.format(office=office))
        page.wait_for_load_state("networkidle")
        assert answer.status == 200
        return page

    open_.said = said
    return open_


def findings(page):
    """Return what axe says of the page, one line each."""
    page.wait_for_load_state()
    result = Axe().run(page)
    return [
        f"{found['id']}: {node['html']}"
        for found in result.response["violations"]
        for node in found["nodes"]
    ]


def test_the_browser_refuses_nothing_on_any_page(browsing):
    for name, address in (OUR_OWN | DJANGOS).items():
        browsing(address)

        assert browsing.said == [], name


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_in_our_own_pages(browsing, page, width):
    page.set_viewport_size({"width": width, "height": 740})
    for name, address in OUR_OWN.items():
        browsing(address)

        assert findings(page) == [], name


def test_the_pages_work_on_a_narrow_screen(browsing):
    for name, address in OUR_OWN.items():
        page = browsing(address)
        page.set_viewport_size({"width": 360, "height": 740})

        wider = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wider <= 0, name
        assert page.evaluate(FIELDS_IN_THE_MARGIN) == [], name


def test_a_history_with_a_long_id_is_no_wider_than_a_phone(browsing, office, superuser):
    source = office.resident.source
    LogEntry.objects.create(
        user=superuser,
        content_type=ContentType.objects.get_for_model(source),
        object_id=source.pk,
        object_repr=str(source),
        action_flag=CHANGE,
        change_message="5a7e9c4945e64c46a8df81b2cf532b35" * 2,
    )

    page = browsing(DJANGOS["its history"])
    page.set_viewport_size({"width": 360, "height": 740})

    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_of_a_version_is_sound_with_its_answer_too(browsing, page, width):
    page.set_viewport_size({"width": width, "height": 740})
    with other_code():
        change("card.insurance-use", subject="status", remind_every=30)
        versions.record()
        number = registry["card.insurance-use"].id
        browsing(f"/staff/tasks/ruleversion/{number}/")

        page.get_by_role("button", name="Ask what would change today").click()
        page.get_by_text("The same in figures").click()

        expect(page.get_by_role("img", name="Mails after the release")).to_be_visible()
        assert browsing.said == []
        assert findings(page) == []
        wider = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wider <= 0


def test_the_keys_of_a_case_can_be_turned_off_and_stay_off(browsing, page, office):
    browsing("/staff/applications/application/{office.case.uuid}/")
    page.keyboard.press("m")
    expect(page.locator("#id_message")).to_be_focused()

    page.locator("#keys").uncheck()
    page.reload()
    page.locator("h1").click()
    page.keyboard.press("m")

    expect(page.locator("#keys")).not_to_be_checked()
    expect(page.locator("#id_message")).not_to_be_focused()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_templates_text_comes_below_what_is_typed_with_scripts_or_without(
    browsing, page, browser, office, live_server, scripts
):
    MessageTemplate.objects.create(
        municipality=office.case.municipality, name="Account", text_ja="口座", text_en="Account."
    )
    address = f"{live_server.url}/staff/applications/application/{office.case.uuid}/"
    context = browser.new_context(java_script_enabled=scripts)
    context.add_cookies(page.context.cookies())
    clerks = context.new_page()
    clerks.goto(address)

    clerks.locator("#id_message").fill("Good day.")
    clerks.locator("#template").select_option(label="Account")
    clerks.get_by_role("button", name="Insert its text").click()

    expect(clerks.locator("#id_message")).to_have_value("Good day.\n\nAccount.")
    expect(clerks.locator("#id_message")).to_be_focused()
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_what_is_wrong_in_a_case_leads_to_its_field(browsing, page, width):
    page.set_viewport_size({"width": width, "height": 740})
    browsing("/staff/applications/application/{office.case.uuid}/")
    page.get_by_label("What is to be corrected").fill(" ")
    page.get_by_role("button", name="Ask", exact=True).click()

    alert = page.get_by_role("alert")
    expect(alert).to_have_text("Write what is to be corrected.")
    assert findings(page) == []
    alert.get_by_role("link").click()
    field = page.get_by_label("What is to be corrected")
    expect(field).to_be_in_viewport()
    expect(field).to_have_accessible_description("Write what is to be corrected.")


def test_opinions_are_reviewed_by_keyboard_alone(browsing, page, office):
    browsing("/staff/feedback/opinion/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(str(office.opinion.uuid)))
    expect(page.locator("#keys")).to_be_visible()  # from then on keys are heard

    page.keyboard.press("t")
    expect(page.locator("#tags")).to_be_focused()
    page.keyboard.type("words")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The tags have been changed.")).to_be_visible()
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("s")
    expect(page.locator("#to")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The state has been changed.")).to_be_visible()
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("t")
    expect(page.locator("#tags")).to_be_focused()
    page.keyboard.type(", length")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The tags have been changed.")).to_be_visible()
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("n")
    expect(page).not_to_have_url(re.compile(str(office.opinion.uuid)))
    page.wait_for_load_state()

    office.opinion.refresh_from_db()
    assert office.opinion.state == "looking"
    assert [tag.name for tag in office.opinion.tags.all()] == ["length", "words"]


def test_what_is_wrong_in_a_review_leads_to_its_field(browsing, page, office):
    browsing(f"/staff/feedback/opinion/{office.opinion.uuid}/")
    page.keyboard.press("s")
    page.locator("#to").select_option("declined")
    page.keyboard.press("Enter")

    alert = page.get_by_role("alert")
    expect(alert).to_have_text("Say why it is declined.")
    assert findings(page) == []
    alert.get_by_role("link").click()
    expect(page.locator("#why")).to_be_focused()
    expect(page.locator("#to")).to_have_value("declined")


def tab_to(page, wanted):
    """Press Tab until `wanted` has the focus."""
    expect(wanted).to_be_visible()
    page.wait_for_load_state()
    for _stop in range(100):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    expect(wanted).to_be_focused()


def test_an_alert_is_read_and_put_away_by_keyboard_alone(browsing, page, office):
    browsing("/staff/")
    tab_to(page, page.get_by_role("link", name="To the alert"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Less clear than before: A thing to do"
    )

    tab_to(page, page.get_by_role("button", name="Seen"))
    page.keyboard.press("Enter")

    expect(page.get_by_text("It has been seen, and is an alarm no more.")).to_be_visible()
    expect(page.get_by_text("A page has become less clear")).to_have_count(0)
    office.alert.refresh_from_db()
    assert office.alert.seen_at
    assert findings(page) == []


def test_an_owner_is_set_by_keyboard_alone(browsing, page, office):
    reviewer = member(REVIEWERS, "reviewer@example.jp")
    browsing("/staff/feedback/pageowner/add/")
    for field, typed in [("Page", "Settings"), ("Task rule", ""), ("Owner", "reviewer")]:
        tab_to(page, page.get_by_label(field, exact=False).first)
        page.keyboard.type(typed)
    tab_to(page, page.get_by_role("button", name="Save", exact=True))
    page.keyboard.press("Enter")

    expect(page.locator(".messagelist .success")).to_be_visible()
    owner = PageOwner.objects.get()
    assert (owner.route, owner.rule, owner.user) == ("tasks:settings", "", reviewer)
