"""A household with something on every page, signed in with a real browser."""

from datetime import date, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.utils import timezone

from portal.residents.access_log import note_access
from tasks.models import Task
from tasks.reconcile import reconcile_people
from tasks.rules import registry
from tests.factories import (
    BenefitAccountFactory,
    CertificateFactory,
    GuardianshipFactory,
    InsuranceUseFactory,
    MunicipalityFactory,
    ResidentFactory,
    UserFactory,
)

TODAY = date(2027, 4, 22)


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(datetime(2027, 4, 22, 22, 30, tzinfo=timezone.get_default_timezone()))


@pytest.fixture
def chiyoda(transactional_db):
    """The one municipality needed: tests with real transactions begin with empty tables."""
    MunicipalityFactory()


@pytest.fixture
def hanako(chiyoda):
    """A parent with every kind of entry on the home page."""
    hanako = ResidentFactory(user=UserFactory(language="en"))
    child = GuardianshipFactory(guardian=hanako).child
    CertificateFactory(resident=hanako)
    CertificateFactory(resident=hanako, type="card", expires_on=date(2027, 9, 1))
    BenefitAccountFactory(resident=hanako)
    InsuranceUseFactory(resident=hanako)
    InsuranceUseFactory(resident=child, stale_on=TODAY)
    CertificateFactory(resident=child, expires_on=date(2027, 4, 1))
    reconcile_people([child.pk], today=date(2027, 1, 1))
    reconcile_people([hanako.pk, child.pk], today=TODAY)
    note_access(resident=hanako, by=UserFactory(), purpose="call 2027-311")
    return hanako


def task_of(resident, key):
    return Task.objects.get(resident=resident, about=resident, rule_id=registry[key].id)


@pytest.fixture
def renewal(hanako):
    return task_of(hanako, "card.user-authentication-renewal")


@pytest.fixture
def insurance(hanako):
    return task_of(hanako, "card.insurance-use")


@pytest.fixture
def signed_in(live_server, hanako):
    """Sign a browser context in, and tell where the site is."""
    client = Client()
    client.force_login(hanako.user)
    name = settings.SESSION_COOKIE_NAME

    def sign_in(context):
        cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
        context.add_cookies([cookie])
        return live_server.url

    return sign_in


@pytest.fixture
def site(context, signed_in):
    return signed_in(context)


@pytest.fixture
def plain_page(browser, signed_in):
    """A page of a browser that runs no scripts."""
    context = browser.new_context(java_script_enabled=False)
    signed_in(context)
    yield context.new_page()
    context.close()


@pytest.fixture
def complaints(page):
    """What the browser writes to its console: errors, and what the security policy stopped."""
    found = []
    page.on("console", lambda message: found.append(message.text))
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def axe_findings(page):
    page.wait_for_load_state()  # what stands on a page may be there before its styles are
    result = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    return [
        (violation["id"], [node["html"] for node in violation["nodes"]])
        for violation in result.response["violations"]
    ]


def tab_to(page, name):
    """Press Tab until the focus is on what is called `name`, and see that the focus shows."""
    for _press in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "({ text: document.activeElement.innerText,"
            " line: getComputedStyle(document.activeElement).outlineStyle })"
        )
        if name in (focused["text"] or ""):
            assert focused["line"] == "solid"
            return
    pytest.fail(f"Tab never reaches “{name}”.")
