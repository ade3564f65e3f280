"""What residents see of reminders and choose: in the settings, and on a task's page."""

from datetime import date, datetime

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tasks.models import RuleVersion, Status, Sweep, Task
from tasks.reminders import choose, push
from tasks.reminders.models import Channel, MailOff, Message, PushSubscription, Reason, Reminder
from tasks.reminders.promise import promise, start_round
from tasks.reminders.record import FAILED, SENT, SKIPPED, WHY, WHY_FAILED
from tests.factories import ResidentFactory, UserFactory
from tests.reminders.conftest import at
from tests.reminders.push_service import Browser
from tests.reminders.test_promise import ACCOUNT, task, woken

SERVICE = "https://fcm.googleapis.com/fcm/send"
SETTINGS = "/settings/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def hanako():
    """Somebody who signs in; the ladder of the renewal is 90, 30, 7 and 1 days before 20 May."""
    return ResidentFactory(user=UserFactory(language="en", email="hanako@example.jp"))


@pytest.fixture
def signed_in(client, hanako, settings):
    settings.SESSION_COOKIE_AGE = 365 * 24 * 60 * 60  # tests move the clock by months
    client.force_login(hanako.user)
    return client


@pytest.fixture
def moment(time_machine):
    def move(text):
        moment = timezone.make_aware(datetime.fromisoformat(text))
        time_machine.move_to(moment, tick=False)
        return moment

    move("2027-04-22 12:00")
    return move


# ---- settings: by e-mail


def test_the_settings_say_where_reminders_go_and_when(signed_in):
    page = signed_in.get("/settings/")

    assertContains(page, "On. They go to <strong>hanako@example.jp</strong>.")
    assertContains(page, "between 08:00 and 21:00, once a day at most")
    assertContains(page, "The subject says nothing private.")
    assertContains(page, "Only your municipality can change the address")


def test_mail_is_turned_off_and_on_again(signed_in, hanako):
    off = signed_in.post("/reminders/mail/", {"off": ""}, follow=True)
    assertContains(off, "No more reminders come by e-mail.")
    assertContains(off, "Off. No reminders are sent by e-mail.")
    assert MailOff.objects.get().resident == hanako

    on = signed_in.post("/reminders/mail/", {"on": ""}, follow=True)

    assertContains(on, "On. They go to")
    assert not MailOff.objects.exists()


@pytest.mark.parametrize("choice", ["off", "on"])
def test_a_choice_made_twice_is_made_once(signed_in, choice):
    for _time in range(2):
        assertRedirects(signed_in.post("/reminders/mail/", {choice: ""}), SETTINGS)

    assert MailOff.objects.count() == (choice == "off")


@pytest.mark.parametrize("address", ["/reminders/mail/", "/reminders/devices/"])
def test_looking_changes_nothing(signed_in, address):
    assertRedirects(signed_in.get(address), SETTINGS)
    assert not MailOff.objects.exists()


@pytest.mark.parametrize(
    "address", ["/reminders/mail/", "/reminders/devices/", "/reminders/devices/1/remove/"]
)
def test_who_has_not_signed_in_is_asked_to(client, address):
    assertRedirects(client.post(address), f"/account/sign-in/?next={address}")


@pytest.mark.parametrize("address", ["/reminders/mail/", "/reminders/devices/"])
def test_a_form_from_another_site_is_refused(hanako, address):
    client = Client(enforce_csrf_checks=True)
    client.force_login(hanako.user)

    assert client.post(address, {"off": ""}).status_code == 403
    assert not MailOff.objects.exists()


# ---- settings: devices


def test_a_device_is_added_and_listed(signed_in, hanako, moment):
    browser = Browser(f"{SERVICE}/one")

    page = signed_in.post("/reminders/devices/", browser.subscription, follow=True)

    assertContains(page, "Notifications come to this device.")
    assertContains(page, 'Since <time datetime="2027-04-22">22 April 2027 (Thu)</time>')
    device = PushSubscription.objects.get(resident=hanako)
    given = browser.subscription
    assert {name: getattr(device, name) for name in given} == given


def test_the_same_device_again_is_one_device_with_the_newest_keys(signed_in):
    Browser(f"{SERVICE}/one")
    signed_in.post("/reminders/devices/", Browser(f"{SERVICE}/one").subscription)
    browser = Browser(f"{SERVICE}/one")

    signed_in.post("/reminders/devices/", browser.subscription)

    assert PushSubscription.objects.get().p256dh == browser.subscription["p256dh"]


def test_one_device_may_serve_two_people(signed_in, hanako):
    other = ResidentFactory()
    browser = Browser(f"{SERVICE}/family")
    browser.subscribe(other)

    signed_in.post("/reminders/devices/", browser.subscription)

    assert PushSubscription.objects.count() == 2


def test_of_more_than_ten_devices_the_oldest_goes(hanako):
    for number in range(12):
        choose.add_device(resident=hanako, **Browser(f"{SERVICE}/{number}").subscription)

    kept = PushSubscription.objects.order_by("pk").values_list("endpoint", flat=True)
    assert list(kept) == [f"{SERVICE}/{number}" for number in range(2, 12)]


POINT_OFF_THE_CURVE = "BA" + "A" * 85


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": ""},
        {"endpoint": "https://example.jp/push"},
        {"endpoint": "http://127.0.0.1:8000/"},
        {"endpoint": f"{SERVICE}/{'a' * 1000}"},
        {"p256dh": ""},
        {"p256dh": "p"},
        {"p256dh": POINT_OFF_THE_CURVE},
        {"p256dh": "*" * 87},
        {"auth": ""},
        {"auth": "A" * 21},
        {"auth": "A" * 24},
    ],
)
def test_what_is_no_subscription_is_not_kept_and_the_page_says_what_next(signed_in, wrong):
    given = Browser(f"{SERVICE}/one").subscription | wrong

    page = signed_in.post("/reminders/devices/", given, follow=True)

    assertContains(page, "Choose another browser, or reminders by e-mail.")
    assert not PushSubscription.objects.exists()


def test_a_device_is_removed(signed_in, hanako):
    device = Browser(f"{SERVICE}/one").subscribe(hanako)
    kept = Browser(f"{SERVICE}/two").subscribe(hanako)

    page = signed_in.post(f"/reminders/devices/{device.pk}/remove/", follow=True)

    assertContains(page, "No more notifications come to that device.")
    assert PushSubscription.objects.get() == kept


def test_the_device_of_another_is_the_same_missing_page(signed_in):
    theirs = Browser(f"{SERVICE}/one").subscribe(ResidentFactory())

    for device in (theirs.pk, 999_999):
        answer = signed_in.post(f"/reminders/devices/{device}/remove/")
        assert answer.status_code == 404
    assertNotContains(signed_in.get("/settings/"), theirs.endpoint)
    assert PushSubscription.objects.get() == theirs


@pytest.mark.parametrize(
    ("endpoint", "called"),
    [
        ("https://fcm.googleapis.com/1", "Chrome, or a browser like it"),
        ("https://updates.push.services.mozilla.com/1", "Firefox"),
        ("https://web.push.apple.com/1", "Safari"),
        ("https://wns2-by3p.notify.windows.com/1", "Edge"),
        ("https://push.example.jp/1", "A browser"),
    ],
)
def test_a_device_is_called_by_what_its_service_is_used_by(signed_in, hanako, endpoint, called):
    Browser(endpoint).subscribe(hanako)

    assertContains(signed_in.get("/settings/"), f'<p class="row-title">{called}</p>')


def test_the_browser_is_told_the_key_that_notifications_are_signed_with(signed_in):
    assertContains(signed_in.get("/settings/"), f'data-key="{push.public_key()}"')


def test_without_a_key_none_are_offered(signed_in, settings):
    settings.VAPID_PRIVATE_KEY = ""

    assertNotContains(signed_in.get("/settings/"), "notification")


def test_the_service_worker_is_at_the_root_and_may_load_nothing_from_elsewhere(client):
    answer = client.get("/service-worker.js")

    assert answer["Content-Type"] == "text/javascript"
    assert answer["Cache-Control"] == "no-cache"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assertContains(answer, "showNotification")


# ---- a task's page: what came


def record(client, one):
    """Return the text of the section on reminders, its markup left out."""
    return client.get(f"/tasks/{one.pk}/").context["shown"].record


def entries(client, one):
    return [(entry.day, entry.what, entry.why) for entry in record(client, one).entries]


def send_all(outcome, reason=""):
    """Let the day's messages end."""
    Reminder.objects.filter(outcome="promised").update(outcome=outcome, reason=reason)
    Message.objects.filter(state="waiting").update(state=outcome, ended_at=timezone.now())


def test_a_task_says_when_it_was_reminded_of_and_when_it_will_be(signed_in, hanako, moment):
    one = task(hanako)
    promise(moment("2027-02-21 08:00"))
    send_all("sent")
    moment("2027-04-01 12:00")

    page = signed_in.get(f"/tasks/{one.pk}/")

    sent = '<time datetime="2027-02-21">21 February 2027 (Sun)</time> E-mail sent'
    assertContains(page, f"<li>{sent}</li>")
    assertContains(page, 'Next: <time datetime="2027-04-20">20 April 2027 (Tue)</time>.')
    assertContains(page, f'href="{SETTINGS}#reminders"')


def test_what_went_a_day_late_stands_under_the_day_it_went(signed_in, hanako, moment):
    one = task(hanako)
    promise(moment("2027-02-21 08:00"))
    promise(moment("2027-02-22 08:00"))
    send_all("sent")

    assert entries(signed_in, one) == [(date(2027, 2, 22), SENT["mail"], "")]


def test_both_channels_are_listed(signed_in, hanako, moment):
    one = task(hanako)
    Browser(f"{SERVICE}/one").subscribe(hanako)
    promise(moment("2027-02-21 08:00"))
    send_all("sent")

    day = date(2027, 2, 21)
    assert entries(signed_in, one) == [(day, SENT["mail"], ""), (day, SENT["push"], "")]


@pytest.mark.parametrize("reason", ["refused", "given-up"])
@pytest.mark.parametrize("channel", ["mail", "push"])
def test_what_could_not_be_delivered_says_why(signed_in, hanako, moment, channel, reason):
    one = task(hanako)
    Browser(f"{SERVICE}/one").subscribe(hanako)
    promise(moment("2027-02-21 08:00"))
    Reminder.objects.exclude(channel=channel).delete()
    send_all("failed", reason)

    [(_day, what, why)] = entries(signed_in, one)

    assert (what, why) == (FAILED[channel], WHY_FAILED[channel, reason])
    assertContains(signed_in.get(f"/tasks/{one.pk}/"), f"{what}: {why}".replace("'", "&#x27;"))


def test_what_was_skipped_says_why(signed_in, hanako, moment):
    MailOff.objects.create(resident=hanako)
    one = task(hanako)
    promise(moment("2027-02-21 08:00"))

    assert entries(signed_in, one) == [
        (date(2027, 2, 21), SKIPPED["mail"], "you had turned reminders by e-mail off")
    ]


def test_every_reason_has_words_for_the_person():
    failures = {Reason.REFUSED, Reason.GIVEN_UP}
    assert set(WHY) == set(Reason) - failures
    assert set(WHY_FAILED) == {(channel, why) for channel in Channel for why in failures}


def test_what_has_ended_keeps_its_record_and_promises_nothing(signed_in, hanako, moment):
    one = task(hanako)
    promise(moment("2027-02-21 08:00"))
    send_all("sent")
    Task.objects.update(status=Status.DONE, ended_on=date(2027, 3, 1))

    page = signed_in.get(f"/tasks/{one.pk}/")

    assertContains(page, "E-mail sent")
    assertNotContains(page, "Next:")
    assertNotContains(page, "No more are planned.")


def test_what_ended_unreminded_has_no_such_section(signed_in, hanako):
    one = task(hanako, status=Status.DONE)

    assertNotContains(signed_in.get(f"/tasks/{one.pk}/"), 'id="reminders"')


# ---- a task's page: what comes next


@pytest.mark.parametrize(
    ("now", "next_on"),
    [
        ("2027-02-18 12:00", date(2027, 2, 19)),
        ("2027-02-19 07:59", date(2027, 2, 19)),
        ("2027-05-18 12:00", date(2027, 5, 19)),
    ],
)
def test_the_next_is_the_next_step_of_the_ladder(signed_in, hanako, moment, now, next_on):
    one = task(hanako, opened_on=date(2027, 1, 1))
    moment(now)
    noted_up_to(now[:10])

    assert record(signed_in, one).next_on == next_on


def noted_up_to(day):
    """Let the steps before a day have gone."""
    for step in ("2027-02-19", "2027-04-20", "2027-05-13", "2027-05-19"):
        if step < day:
            promise(at(f"{step} 08:00"))
            send_all("sent")


def test_after_the_last_step_none_is_planned(signed_in, hanako, moment):
    one = task(hanako)
    noted_up_to("2027-05-20")
    moment("2027-05-20 12:00")

    assertContains(signed_in.get(f"/tasks/{one.pk}/"), "No more are planned.")


def test_without_a_date_it_is_the_next_interval(signed_in, hanako, moment):
    one = task(hanako, ACCOUNT)
    moment("2027-08-19 12:00")

    assert record(signed_in, one).next_on == date(2027, 8, 20)  # 180 days after 21 February


def test_the_ladder_is_the_one_that_was_released(signed_in, hanako, moment):
    RuleVersion.objects.filter(rule=ACCOUNT.id, in_force=True).update(
        ladder={"remind": [], "remind_every": 200}
    )
    one = task(hanako, ACCOUNT)
    moment("2027-08-19 12:00")

    assert record(signed_in, one).next_on == date(2027, 9, 9)  # 200 days after 21 February


@pytest.mark.parametrize(
    ("now", "round_was", "next_on"),
    [
        ("2027-04-22 07:00", False, date(2027, 4, 22)),
        ("2027-04-22 12:00", True, date(2027, 4, 23)),
        ("2027-04-22 12:00", False, date(2027, 4, 22)),
        ("2027-04-22 21:00", False, date(2027, 4, 23)),
    ],
)
def test_a_step_reached_but_not_promised_comes_with_the_next_round(
    signed_in, hanako, moment, now, round_was, next_on
):
    now = moment(now)
    if round_was:
        start_round(at=now, started_by=Sweep.StartedBy.BEAT)
    one = task(hanako, opened_on=date(2027, 4, 22))  # 28 days before: past the step of 30

    assert record(signed_in, one).next_on == next_on


def test_a_day_far_ahead_by_mistake_does_not_hide_what_comes_before_it(signed_in, hanako, moment):
    one = task(hanako)
    promise(at("2072-05-01 08:00"))
    send_all("sent")
    moment("2027-04-20 07:00")

    assert record(signed_in, one).next_on == date(2027, 4, 20)


@pytest.mark.parametrize(
    ("now", "next_on"),
    [
        ("2027-04-20 08:01", date(2027, 4, 20)),
        ("2027-04-20 21:00", date(2027, 4, 21)),
        ("2027-04-22 09:00", date(2027, 4, 22)),
    ],
)
def test_what_is_promised_and_waits_comes_as_soon_as_it_may(
    signed_in, hanako, moment, now, next_on
):
    one = task(hanako)
    promise(at("2027-04-20 08:00"))
    moment(now)

    assert record(signed_in, one).next_on == next_on


def test_what_was_put_off_is_reminded_of_when_it_is_open_again(signed_in, hanako, moment):
    one = task(hanako, status=Status.SNOOZED, wake_on=date(2027, 5, 1))

    assertContains(signed_in.get(f"/tasks/{one.pk}/"), 'Next: <time datetime="2027-05-01">')


def test_what_is_open_again_is_reminded_of_once(signed_in, hanako, moment):
    one = task(hanako)
    noted_up_to("2027-04-22")
    moment("2027-04-25 07:00")
    woken(one, date(2027, 4, 25))
    assert record(signed_in, one).next_on == date(2027, 4, 25)

    promise(moment("2027-04-25 08:00"))
    send_all("sent")

    assert record(signed_in, one).next_on == date(2027, 5, 13)


def test_what_is_reported_is_reminded_of_if_it_is_not_confirmed(signed_in, hanako, moment):
    one = task(hanako, status=Status.REPORTED, wake_on=date(2027, 4, 25))

    page = signed_in.get(f"/tasks/{one.pk}/")

    assertContains(page, "If it is not confirmed by then, the next comes on <time")


def test_of_what_is_put_away_none_are_sent(signed_in, hanako, moment):
    one = task(hanako, ACCOUNT, status=Status.DISMISSED)

    assertContains(
        signed_in.get(f"/tasks/{one.pk}/"), "None are sent while you have chosen “not now”."
    )


def test_with_mail_off_the_page_says_so_and_where_to_turn_it_on(signed_in, hanako, moment):
    MailOff.objects.create(resident=hanako)
    one = task(hanako)

    page = signed_in.get(f"/tasks/{one.pk}/")

    assertContains(page, "None are sent: you have turned reminders by e-mail off.")
    assertContains(page, f'href="{SETTINGS}#reminders"')


def test_with_mail_off_a_device_is_enough(signed_in, hanako, moment):
    MailOff.objects.create(resident=hanako)
    Browser(f"{SERVICE}/one").subscribe(hanako)
    one = task(hanako, opened_on=date(2027, 1, 1))
    moment("2027-02-01 12:00")

    assert record(signed_in, one).next_on == date(2027, 2, 19)


def test_without_an_address_the_pages_say_what_to_do(signed_in, hanako, moment):
    type(hanako.user).objects.update(email="")
    one = task(hanako)

    for path in ("/settings/", f"/tasks/{one.pk}/"):
        assertContains(signed_in.get(path), "Ask at the counter of your municipality to have one")


def test_another_persons_record_is_a_missing_page(signed_in, moment):
    theirs = task(ResidentFactory(email="taro@example.jp"))
    promise(moment("2027-04-22 08:00"))

    assert signed_in.get(f"/tasks/{theirs.pk}/").status_code == 404


# ---- how many queries


@pytest.mark.parametrize("count", [1, 50])
def test_a_long_record_takes_no_more_queries_than_a_short(
    signed_in, hanako, moment, django_assert_num_queries, count
):
    one = task(hanako)
    for step in range(count):
        Reminder.objects.create(
            resident=hanako,
            task=one,
            step=-step,
            channel="mail",
            day=date(2027, 4, 20),
            outcome="skipped",
            reason="mail-off",
        )

    with django_assert_num_queries(7):
        signed_in.get(f"/tasks/{one.pk}/")


@pytest.mark.parametrize("count", [1, 10])
def test_the_settings_ask_as_often_for_one_device_as_for_ten(
    signed_in, hanako, django_assert_num_queries, count
):
    for number in range(count):
        Browser(f"{SERVICE}/{number}").subscribe(hanako)

    with django_assert_num_queries(1):
        signed_in.get("/settings/")
