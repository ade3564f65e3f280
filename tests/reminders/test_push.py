"""Notifications on devices: what is sent, to whom alone, and what a push service's answers do."""

import json
import time
from base64 import urlsafe_b64decode
from contextlib import suppress
from datetime import datetime
from threading import Thread

import pytest
from django.utils import timezone
from py_vapid import Vapid02

from tasks.reminders import push, send
from tasks.reminders.checks import vapid_key_is_one
from tasks.reminders.models import Message, PushSubscription, Reminder
from tasks.reminders.promise import promise
from tests.ports import free_port
from tests.reminders.conftest import at
from tests.reminders.push_service import Browser, PushService, with_status
from tests.reminders.test_promise import resident, task

MORNING = at("2027-04-20 08:00")

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(settings):
    server = PushService()
    settings.PUSH_SERVICES = [server.address]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hanako(mail_server):
    """Somebody with something to do today, whom e-mail reaches too."""
    hanako = resident()
    task(hanako)
    return hanako


def send_now(moment=MORNING):
    promise(moment)
    send.send_due(clock=lambda: moment)


def outcome(channel="push"):
    return Reminder.objects.values_list("outcome", "reason").get(channel=channel)


def last_answer():
    return Message.objects.get(channel="push").last_answer


# ---- what is sent


def test_the_device_alone_can_read_it_and_it_says_nothing_private(service, hanako):
    browser = service.browser()
    browser.subscribe(hanako)

    send_now()

    [(path, headers, body)] = service.requests
    assert path == "/push/one"
    assert headers["Content-Encoding"] == "aes128gcm"
    told = browser.open(body)
    assert told.pop("body")
    uuid = Message.objects.get(channel="push").uuid
    assert told == {"title": "案内", "lang": "ja", "tag": str(uuid)}
    assert outcome() == ("sent", "")


def test_it_is_in_the_language_of_the_person(service, mail_server):
    owner = resident(language="en")
    task(owner)
    browser = service.browser()
    browser.subscribe(owner)

    send_now()

    told = browser.open(service.requests[0][2])
    assert (told["title"], told["lang"]) == ("Annai", "en")
    assert told["body"] == "There is something to do. Open Annai to see what, and by when."


def test_it_is_signed_by_the_key_that_browsers_are_told(service, hanako, settings):
    service.browser().subscribe(hanako)

    send_now()

    signed = service.requests[0][1]["Authorization"]
    token, key = (part.partition("=")[2] for part in signed.removeprefix("vapid ").split(","))
    claims = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    assert Vapid02.verify(signed)
    assert key == push.public_key()
    assert claims["aud"] == service.address
    assert claims["sub"] == settings.VAPID_CONTACT
    assert 0 < claims["exp"] - time.time() <= 12 * 60 * 60


@pytest.mark.parametrize(
    ("now", "seconds"), [("08:00:00", 13 * 3600), ("20:59:00", 60), ("20:59:59", 60)]
)
def test_a_service_keeps_it_until_the_night_and_not_into_it(time_machine, now, seconds):
    moment = datetime.fromisoformat(f"2027-04-20T{now}")
    time_machine.move_to(timezone.make_aware(moment), tick=False)

    assert push.kept_for() == seconds


def test_every_device_gets_it(service, hanako):
    for name in ("telephone", "tablet"):
        service.browser(name).subscribe(hanako)

    send_now()

    assert [path for path, _, _ in service.requests] == ["/push/telephone", "/push/tablet"]


def test_without_a_device_the_ledger_has_no_such_line(service, hanako):
    send_now()

    assert not Reminder.objects.filter(channel="push").exists()


# ---- what the answers do


@pytest.mark.parametrize("status", [200, 201, 202])
def test_what_the_service_takes_is_sent(service, hanako, status):
    service.browser().subscribe(hanako)
    service.answer = with_status(status)

    send_now()

    assert outcome() == ("sent", "")


@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_has_given_notifications_up_is_removed(service, hanako, mail_server, status):
    service.browser().subscribe(hanako)
    service.answer = with_status(status)

    send_now()

    assert not PushSubscription.objects.exists()
    assert outcome() == ("skipped", "no-device")
    assert outcome("mail") == ("sent", "")


def test_one_device_of_two_is_enough(service, hanako):
    service.browser("gone").subscribe(hanako)
    service.browser("there").subscribe(hanako)

    def answer(handler):
        with_status(410 if handler.path.endswith("gone") else 201)(handler)

    service.answer = answer

    send_now()

    assert outcome() == ("sent", "")
    assert PushSubscription.objects.get().endpoint.endswith("there")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_is_not_taken_for_now_is_tried_again(service, hanako, status):
    service.browser().subscribe(hanako)
    service.answer = with_status(status)
    send_now()
    assert (outcome(), last_answer()) == (("promised", ""), str(status))

    service.answer = with_status(201)
    Message.objects.update(try_at=MORNING)
    send_now()

    assert outcome() == ("sent", "")


@pytest.mark.parametrize("status", [400, 403, 413])
def test_what_is_refused_ends_with_the_answer(service, hanako, status):
    service.browser().subscribe(hanako)
    service.answer = with_status(status)

    send_now()

    assert (outcome(), last_answer()) == (("failed", "refused"), str(status))
    assert PushSubscription.objects.exists()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(service, hanako, status):
    service.browser().subscribe(hanako)
    service.answer = with_status(status, Location=f"{service.address}/elsewhere")

    send_now()

    assert [path for path, _, _ in service.requests] == ["/push/one"]
    assert (outcome(), last_answer()) == (("failed", "refused"), str(status))


# ---- a service that does not answer: the mail still goes

LONG_BEFORE_IT_ENDS = 30  # seconds; it would go on for a minute
ENOUGH_TO_BE_ASKED = 2  # seconds; that long it is waited for


def hang(handler):
    """Say nothing until the other side hangs up."""
    handler.connection.recv(1)
    handler.close_connection = True


def drip(handler):
    """Say a byte now and then, for a minute."""
    handler.close_connection = True
    with suppress(OSError):
        for _byte in range(1200):
            handler.wfile.write(b"H")
            handler.wfile.flush()
            time.sleep(0.05)


@pytest.mark.parametrize("answer", [hang, drip])
def test_a_service_that_hangs_is_cut_off_and_the_mail_goes(
    service, hanako, mail_server, settings, answer
):
    settings.PUSH_TAKES_AT_MOST = 0.5
    service.browser().subscribe(hanako)
    service.answer = answer

    started = time.monotonic()
    send_now()

    assert time.monotonic() - started < LONG_BEFORE_IT_ENDS
    assert (outcome(), last_answer()) == (("promised", ""), "no-answer")
    assert outcome("mail") == ("sent", "")


def test_all_devices_together_take_no_longer_than_one_notification_may(service, hanako, settings):
    settings.PUSH_TAKES_AT_MOST = ENOUGH_TO_BE_ASKED
    for number in range(10):
        service.browser(str(number)).subscribe(hanako)
    service.answer = hang

    send_now()

    assert len(service.requests) == 1


def test_a_service_that_hangs_is_left_alone_by_the_next_reminders(service, mail_server, settings):
    settings.PUSH_TAKES_AT_MOST = ENOUGH_TO_BE_ASKED
    service.answer = hang
    for number in range(5):
        owner = resident()
        task(owner)
        service.browser(str(number)).subscribe(owner)

    send_now()

    assert len(service.requests) == 1
    assert Reminder.objects.filter(channel="mail", outcome="sent").count() == 5
    assert Reminder.objects.filter(channel="push", outcome="promised").count() == 5


def test_where_nobody_listens_the_mail_goes(hanako, settings):
    address = f"http://127.0.0.1:{free_port()}"
    settings.PUSH_SERVICES = [address]
    Browser(f"{address}/push/one").subscribe(hanako)

    send_now()

    assert (outcome(), last_answer()) == (("promised", ""), "no-answer")
    assert outcome("mail") == ("sent", "")


# ---- nobody else is contacted


def test_an_address_elsewhere_is_not_contacted_even_if_it_is_stored(service, hanako, settings):
    service.browser().subscribe(hanako)
    settings.PUSH_SERVICES = ["https://push.example.jp"]

    send_now()

    assert service.requests == []
    assert (outcome(), last_answer()) == (("failed", "refused"), "no-service")


def test_without_a_key_nothing_is_sent(service, hanako, settings):
    service.browser().subscribe(hanako)
    settings.VAPID_PRIVATE_KEY = ""

    send_now()

    assert service.requests == []
    assert (outcome(), last_answer()) == (("promised", ""), "no-key")


@pytest.mark.parametrize(
    "address",
    [
        "https://fcm.googleapis.com/fcm/send/abc:DEF-_",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com/QGu",
        "https://wns2-bl2p.notify.windows.com/w/?token=BQYA%2b",
    ],
)
def test_the_services_of_the_browsers_are_known(address):
    service, path = push.at_push_service(address)

    assert service + path == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "fcm.googleapis.com/fcm/send/a",
        "http://fcm.googleapis.com/fcm/send/a",
        "HTTPS://fcm.googleapis.com/a",
        "https://fcm.googleapis.com",
        "https://fcm.googleapis.com:8443/a",
        "https://fcm.googleapis.com.example.jp/a",
        "https://fcm.googleapis.com@127.0.0.1/a",
        "https://me:secret@fcm.googleapis.com/a",
        "https://fcm.googleapis.com\\@127.0.0.1/a",
        "https://fcm-googleapis.com/a",
        "https://fcmxgoogleapis.com/a",
        "https://evil.fcm.googleapis.com/a",
        "https://push.apple.com/a",
        "https://127.0.0.1/.push.apple.com/a",
        "https://127.0.0.1#.push.apple.com/a",
        "https://127.0.0.1?.push.apple.com/a",
        "https://.push.apple.com/a",
        "https://a..push.apple.com/a",
        "https://web.push.apple.com/a b",
        "https://web.push.apple.com/a\r\nHost: 127.0.0.1",
        "https://web.push.apple.com/a\n",
        "https://web.push.apple.com/あ",
        "https://ｗｅｂ.push.apple.com/a",
        "https://[::1]/a",
        "https://[::1",
        "file:///etc/passwd",
    ],
)
def test_no_other_address_is_taken_for_a_service(address):
    assert push.at_push_service(address) is None


# ---- the key


@pytest.mark.parametrize(
    ("key", "errors"),
    [
        ("", []),
        ("AQEB" * 10 + "AQE", []),
        ("a secret", ["reminders.E001"]),
        ("A" * 43, ["reminders.E001"]),  # zero, which is no key
        ("AQEB" * 10, ["reminders.E001"]),
    ],
)
def test_a_key_that_is_none_is_found_at_the_start(settings, key, errors):
    settings.VAPID_PRIVATE_KEY = key

    assert [error.id for error in vapid_key_is_one(None)] == errors
