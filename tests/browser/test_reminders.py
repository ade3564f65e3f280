"""Choosing reminders in a real browser: by keyboard, without JavaScript, and on a device.

The browser's own push service is out of reach, so what `PushManager` gets from it is made up
here; all else, the service worker among it, is the browser's.
"""

import json
from operator import itemgetter

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tasks.reminders.mail import stop_token
from tasks.reminders.models import MailOff, PushSubscription
from tests.browser.conftest import axe_findings, tab_to
from tests.reminders.push_service import Browser

pytestmark = pytest.mark.django_db(transaction=True)

TURN_ON = "Turn notifications on for this device"


MADE_UP = """
    given.toJSON = () => given;
    PushManager.prototype.getSubscription = async () =>
      sessionStorage.getItem("subscribed") ? given : null;
    PushManager.prototype.subscribe = async (options) => {
      if (!options.userVisibleOnly) throw new Error("asked for silent notifications");
      sessionStorage.setItem("subscribed", options.applicationServerKey);
      return given;
    };"""


@pytest.fixture
def stop_link(live_server, hanako):
    hanako.refresh_from_db()
    return live_server.url + reverse("reminders:stop", args=[stop_token(hanako.uuid)])


@pytest.fixture
def telephone(page):
    """What the browser's push service would give it; `PushManager` keeps it for the session."""
    browser = Browser("https://fcm.googleapis.com/fcm/send/this-device")
    given = browser.subscription
    asked_for = {"endpoint": given.pop("endpoint"), "keys": given}
    page.add_init_script(f"const given = {json.dumps(asked_for)};" + MADE_UP)
    return browser


def allow(page, site):
    page.context.grant_permissions(["notifications"], origin=site)


# ---- by e-mail


@pytest.mark.parametrize("with_javascript", [True, False])
def test_mail_is_turned_off_and_on(page, plain_page, site, with_javascript):
    page = page if with_javascript else plain_page
    page.goto(f"{site}/settings/")

    page.get_by_role("button", name="Turn reminders by e-mail off").click()
    expect(page.get_by_text("Off. No reminders are sent by e-mail.")).to_be_visible()
    assert MailOff.objects.exists()
    page.get_by_role("button", name="Turn reminders by e-mail on").click()

    expect(page.get_by_text("On. They go to")).to_be_visible()
    assert not MailOff.objects.exists()


def test_the_settings_are_reached_from_a_task_and_changed_by_keyboard_alone(
    page, site, complaints, renewal
):
    page.goto(f"{site}/tasks/{renewal.pk}/")

    tab_to(page, "Change how you are reminded")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/#reminders")
    tab_to(page, "Turn reminders by e-mail off")
    page.keyboard.press("Enter")

    expect(page.get_by_text("No more reminders come by e-mail.")).to_be_visible()
    assert complaints == []


# ---- the link in a mail


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_on_the_stop_page(page, stop_link, complaints, language, width):
    page.set_viewport_size({"width": width, "height": 800})
    findings = []

    page.goto(f"{stop_link}?language={language}")
    asked, off, on_again = (".button-main", "[name=again]", ".button-outline:not([name])")
    for button in (asked, off, on_again):
        expect(page.locator(f"main {button}")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", language)
        findings += axe_findings(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if button != on_again:
            page.locator("main button").click()

    assert findings == []
    assert complaints == []


@pytest.mark.parametrize("with_javascript", [True, False])
def test_a_link_stops_mails_and_takes_it_back_without_signing_in(
    browser, stop_link, with_javascript
):
    context = browser.new_context(java_script_enabled=with_javascript)
    page = context.new_page()
    page.goto(stop_link)

    page.get_by_role("button", name="Stop reminders by e-mail").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You get no more reminders by e-mail")
    assert MailOff.objects.exists()
    page.get_by_role("button", name="Turn reminders by e-mail on again").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("You get reminders by e-mail again")
    assert not MailOff.objects.exists()
    context.close()


def test_the_stop_page_works_by_keyboard_and_in_another_language(page, stop_link):
    page.goto(stop_link)

    tab_to(page, "日本語")
    page.keyboard.press("Enter")
    page.wait_for_url("**?language=ja")
    tab_to(page, page.locator("main button").inner_text())
    page.keyboard.press("Enter")

    expect(page.locator("main button[name=again]")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "ja"
    assert MailOff.objects.exists()


# ---- on this device


def test_notifications_are_asked_for_by_the_button_alone(page, site, telephone, complaints):
    page.add_init_script("Notification.requestPermission = () => console.error('asked')")

    page.goto(site)
    page.goto(f"{site}/settings/")

    expect(page.get_by_role("button", name=TURN_ON)).to_be_visible()
    assert page.evaluate("navigator.serviceWorker.getRegistrations()") == []
    assert complaints == []


def test_a_device_is_turned_on_by_keyboard_and_removed(page, site, telephone, complaints, hanako):
    allow(page, site)
    page.goto(f"{site}/settings/")

    tab_to(page, TURN_ON)
    page.keyboard.press("Enter")

    expect(page.get_by_text("Notifications come to this device.")).to_be_visible()
    expect(page.get_by_text("This device gets notifications.")).to_be_visible()
    expect(page.get_by_role("button", name=TURN_ON)).to_be_hidden()
    expect(page.locator("[data-device]")).to_contain_text("this device")
    kept = PushSubscription.objects.get(resident=hanako)
    assert kept.p256dh == telephone.subscription["p256dh"]
    assert axe_findings(page) == []

    page.get_by_role("button", name="Remove Chrome").click()

    expect(page.get_by_text("No more notifications come to that device.")).to_be_visible()
    expect(page.get_by_role("button", name=TURN_ON)).to_be_visible()
    assert not PushSubscription.objects.exists()
    assert complaints == []


def test_the_devices_of_others_places_are_listed_and_removed_without_javascript(
    plain_page, site, hanako
):
    Browser("https://updates.push.services.mozilla.com/wpush/v2/a").subscribe(hanako)
    page = plain_page
    page.goto(f"{site}/settings/")

    expect(
        page.get_by_text("To turn notifications on, this browser needs JavaScript.")
    ).to_be_visible()
    expect(page.get_by_role("button", name=TURN_ON)).to_be_hidden()
    page.get_by_role("button", name="Remove Firefox").click()

    expect(page.get_by_text("No more notifications come to that device.")).to_be_visible()
    assert not PushSubscription.objects.exists()


def test_who_has_blocked_notifications_is_told_where_to_allow_them(page, site, telephone):
    page.add_init_script(
        "Object.defineProperty(Notification, 'permission', { get: () => 'denied' })"
    )
    page.goto(f"{site}/settings/")

    expect(page.get_by_text("This browser has been told to show no notifications")).to_be_visible()
    expect(page.get_by_role("button", name=TURN_ON)).to_be_hidden()
    assert axe_findings(page) == []


def test_a_no_to_the_browsers_question_leaves_the_button(page, site, telephone):
    page.add_init_script("Notification.requestPermission = async () => 'default'")
    page.goto(f"{site}/settings/")

    page.get_by_role("button", name=TURN_ON).click()

    expect(page.get_by_role("button", name=TURN_ON)).to_be_visible()
    assert not PushSubscription.objects.exists()


def test_a_browser_that_cannot_says_so(page, site):
    page.add_init_script("delete window.PushManager")
    page.goto(f"{site}/settings/")

    expect(page.get_by_text("This browser cannot show notifications of Annai.")).to_be_visible()
    expect(page.get_by_role("button", name=TURN_ON)).to_be_hidden()
    assert axe_findings(page) == []


def test_a_push_service_out_of_reach_is_said_and_can_be_tried_again(page, site):
    """As it is: nothing is made up here, and this browser reaches no push service."""
    allow(page, site)
    page.add_init_script("PushManager.prototype.subscribe = () => Promise.reject(new Error())")
    page.goto(f"{site}/settings/")

    page.get_by_role("button", name=TURN_ON).click()

    expect(page.get_by_role("alert")).to_contain_text("could not reach its notification service")
    expect(page.get_by_role("button", name=TURN_ON)).to_be_visible()
    assert axe_findings(page) == []


def test_a_subscription_with_an_earlier_key_makes_room_for_another(page, site, telephone, hanako):
    allow(page, site)
    page.add_init_script(
        """
        const subscribe = PushManager.prototype.subscribe;
        let inTheWay = true;
        PushManager.prototype.getSubscription = async () =>
          inTheWay && { unsubscribe: async () => { inTheWay = false; } };
        PushManager.prototype.subscribe = async (options) => {
          if (inTheWay) throw new DOMException("another key", "InvalidStateError");
          return subscribe(options);
        };
        """
    )
    page.goto(f"{site}/settings/")

    page.get_by_role("button", name=TURN_ON).click()

    expect(page.get_by_text("Notifications come to this device.")).to_be_visible()
    assert PushSubscription.objects.get(resident=hanako).endpoint == telephone.endpoint


# ---- what the service worker does


@pytest.fixture
def worker(page, site, telephone):
    """The service worker of a browser that has turned notifications on."""
    allow(page, site)
    page.goto(f"{site}/settings/")
    page.get_by_role("button", name=TURN_ON).click()
    expect(page.get_by_text("This device gets notifications.")).to_be_visible()
    # The browser tells of its workers when it comes to it, not when the page is ready.
    until(page, lambda: page.context.service_workers)
    [worker] = page.context.service_workers
    return worker


def until(page, holds, *, seconds=120):
    """Let the browser's events in until `holds()`, and return what it says."""
    for _step in range(seconds * 50):
        if said := holds():
            return said
        page.wait_for_timeout(20)
    pytest.fail(f"The browser did not tell within {seconds} s what was waited for.")


def deliver(page, site, told):
    """Hand the service worker a message, as the browser does when its push service has one."""
    session = page.context.new_cdp_session(page)
    registrations = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(event["registrations"]),
    )
    session.send("ServiceWorker.enable")  # answers at once, and tells of the registrations later
    until(page, lambda: registrations)
    session.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": site,
            "registrationId": registrations[0]["registrationId"],
            "data": json.dumps(told),
        },
    )
    session.detach()


SHOWN = """
    async () => (await (await navigator.serviceWorker.ready).getNotifications())
      .map(({ title, body, lang, tag }) => ({ title, body, lang, tag }))"""


def wait_until_shown(page, *, count):
    """Wait until just so many are shown; `wait_for_function` would take the promise for it."""
    page.evaluate(
        """async (count) => {
          const worker = await navigator.serviceWorker.ready;
          const until = Date.now() + 120_000;
          while ((await worker.getNotifications()).length !== count) {
            if (Date.now() > until) throw new Error(`not ${count} notifications in two minutes`);
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }""",
        count,
    )


def test_the_service_worker_shows_what_it_is_told_and_a_repetition_once(
    page, site, worker, complaints
):
    told = {"title": "案内", "body": "やることがあります。", "lang": "ja", "tag": "0190"}
    later = told | {"tag": "0191"}

    for message in [told, told, later]:
        deliver(page, site, message)
    wait_until_shown(page, count=2)

    assert sorted(page.evaluate(SHOWN), key=itemgetter("tag")) == [told, later]
    assert complaints == []


def test_pressing_a_notification_closes_it_and_opens_the_home_page(page, site, worker):
    deliver(page, site, {"title": "Annai", "body": "", "lang": "en", "tag": "0190"})
    wait_until_shown(page, count=1)

    opened = worker.evaluate(
        """async () => {
          const [notification] = await self.registration.getNotifications();
          const opened = new Promise((resolve) => { Clients.prototype.openWindow = resolve; });
          self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
          return opened;
        }"""
    )

    assert opened == f"{site}/"
    wait_until_shown(page, count=0)
