"""What goes out, when it is looked at again, and what a mail server's answers do."""

import asyncio
from contextlib import closing, suppress
from datetime import date, timedelta
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from time import monotonic, sleep

import pytest
from django.db import connection, transaction

from portal.residents.models import Guardianship, Resident
from tasks.models import Task
from tasks.reminders import mail, send
from tasks.reminders.claim import claim
from tasks.reminders.delivery import Answer, Verdict
from tasks.reminders.mail import MailDelivery
from tasks.reminders.models import MailOff, Message, Reminder, SendingHour
from tasks.reminders.promise import promise
from tasks.reminders.push import PushDelivery
from tests.factories import GuardianshipFactory, ResidentFactory
from tests.ports import free_port
from tests.reminders.conftest import at
from tests.reminders.push_service import Browser
from tests.reminders.test_promise import DUE, resident, task

MORNING = at("2027-04-20 08:00")

pytestmark = pytest.mark.django_db


def send_at(moment=MORNING, **options):
    done = send.send_due(clock=lambda: moment, **options)
    return done.sent, done.skipped, done.failed, done.messages


def outcome():
    return Reminder.objects.values_list("outcome", "reason").get()


def put_off_to_the_past():
    """What failed is due again."""
    Message.objects.update(try_at=MORNING)


def test_what_is_promised_is_sent_once(mail_server):
    task(resident())
    promise(MORNING)
    assert send_at() == (1, 0, 0, 1)
    assert send_at() == (0, 0, 0, 0)
    assert outcome() == ("sent", "")
    assert len(mail_server.accepted) == 1


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"status": "done", "ended_on": date(2027, 4, 20)}, "task-done"),
        ({"status": "withdrawn", "ended_on": date(2027, 4, 20)}, "task-withdrawn"),
        ({"status": "expired", "ended_on": date(2027, 4, 20)}, "task-expired"),
        ({"status": "snoozed", "wake_on": DUE}, "task-snoozed"),
        ({"status": "reported", "wake_on": DUE}, "task-reported"),
        ({"status": "dismissed"}, "task-dismissed"),
    ],
)
def test_a_task_that_changed_after_the_promise_is_not_reminded_of(mail_server, change, reason):
    task(resident())
    promise(at("2027-04-20 07:00"))
    Task.objects.update(**change)
    assert send_at() == (0, 1, 0, 0)
    assert outcome() == ("skipped", reason)
    assert Message.objects.get().state == "skipped"
    assert not mail_server.accepted


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"state": "deceased"}, "deceased"),
        ({"state": "moved-away"}, "moved-away"),
        ({"state": "merged", "merged_into": "another"}, "merged"),
        ({"email": ""}, "no-address"),
    ],
)
def test_a_person_who_changed_after_the_promise_is_skipped(mail_server, change, reason):
    task(resident())
    promise(MORNING)
    Resident.objects.update(**change)
    assert send_at() == (0, 1, 0, 0)
    assert outcome() == ("skipped", reason)
    assert not mail_server.accepted


def test_mail_turned_off_after_the_promise_is_off(mail_server):
    owner = resident()
    task(owner)
    promise(MORNING)
    MailOff.objects.create(resident=owner)
    assert send_at() == (0, 1, 0, 0)
    assert outcome() == ("skipped", "mail-off")


def test_a_child_that_grew_up_after_the_promise_is_not_the_guardians_any_more(mail_server):
    link = GuardianshipFactory(guardian__email="hanako@example.jp")
    task(link.guardian, about=link.child)
    promise(MORNING)
    Resident.objects.filter(pk=link.child.pk).update(acts_from=date(2027, 4, 20))
    assert send_at() == (0, 1, 0, 0)
    assert outcome() == ("skipped", "child-grown-up")


def test_a_guardianship_that_ended_after_the_promise_counts(mail_server):
    link = GuardianshipFactory(guardian__email="hanako@example.jp")
    task(link.guardian, about=link.child)
    promise(MORNING)
    Guardianship.objects.update(ends_on=date(2027, 4, 20))
    assert send_at() == (0, 1, 0, 0)
    assert outcome() == ("skipped", "no-longer-guardian")


def test_of_two_tasks_the_one_that_is_left_still_goes(mail_server):
    owner = resident()
    done = task(owner)
    task(owner, subject="S2")
    promise(MORNING)
    Task.objects.filter(pk=done.pk).update(status="done", ended_on=date(2027, 4, 20))
    assert send_at() == (1, 1, 0, 1)
    text = mail_server.accepted[0].get_body(("plain",)).get_content()
    assert text.count("利用者証明用") == 1


@pytest.mark.parametrize(
    "time, goes",
    [("07:59", False), ("08:00", True), ("20:59", True), ("21:00", False), ("02:00", False)],
)
def test_the_night_is_quiet(mail_server, time, goes):
    task(resident())
    moment = at(f"2027-04-20 {time}")
    promise(moment)
    assert send_at(moment)[0] == int(goes)
    assert len(mail_server.accepted) == int(goes)


# ---- what the mail server answers


@pytest.mark.parametrize("code", ["550", "552"])
def test_an_address_refused_for_good_ends_with_the_code(mail_server, code):
    task(resident())
    promise(MORNING)
    mail_server.answers["hanako@example.jp"] = [f"{code} no such mailbox"]
    assert send_at() == (0, 0, 1, 0)
    assert outcome() == ("failed", "refused")
    assert Message.objects.values_list("state", "last_answer").get() == ("failed", code)
    put_off_to_the_past()
    assert send_at() == (0, 0, 0, 0)


def test_a_text_refused_for_good_ends_too(mail_server):
    task(resident())
    promise(MORNING)
    mail_server.after_data = ["554 looks like advertising"]
    assert send_at() == (0, 0, 1, 0)
    assert outcome() == ("failed", "refused")


@pytest.mark.parametrize("code", ["421", "450", "451"])
def test_a_passing_refusal_is_tried_again_later(mail_server, code):
    task(resident())
    promise(MORNING)
    mail_server.answers["hanako@example.jp"] = [f"{code} later please"]
    assert send_at() == (0, 0, 1, 0)
    message = Message.objects.get()
    assert (message.state, message.attempts, message.last_answer) == ("waiting", 1, code)
    assert timedelta(minutes=1) <= message.try_at - MORNING <= timedelta(minutes=3)
    assert send_at() == (0, 0, 0, 0)
    assert send_at(message.try_at) == (1, 0, 0, 1)
    assert outcome() == ("sent", "")


def test_when_the_server_closes_the_others_are_given_back_untried(mail_server):
    for number in range(3):
        task(resident(ref=f"R{number}", email=f"r{number}@example.jp"))
    promise(MORNING)
    mail_server.answers["r0@example.jp"] = ["421 closing"]
    assert send_at() == (0, 0, 1, 0)
    assert not Message.objects.filter(lease_until__isnull=False).exists()
    assert list(Message.objects.order_by("id").values_list("attempts", flat=True)) == [1, 0, 0]
    assert SendingHour.objects.get().messages == 1
    assert send_at() == (2, 0, 0, 2)


def test_a_mail_server_that_is_away_does_not_hold_up_notifications(settings, monkeypatch):
    settings.EMAIL_BACKEND = "portal.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    owner = resident()
    task(owner)
    Browser("https://fcm.googleapis.com/1").subscribe(owner)
    monkeypatch.setattr(PushDelivery, "send", lambda self, letter: Answer(Verdict.ACCEPTED))
    promise(MORNING)
    assert send_at() == (1, 0, 1, 1)
    outcomes = Reminder.objects.order_by("channel").values_list("channel", "outcome")
    assert list(outcomes) == [("mail", "promised"), ("push", "sent")]


def test_a_sender_whose_time_is_up_gives_back_what_it_has_claimed(mail_server):
    for number in range(5):
        task(resident(ref=f"R{number}"))
    promise(MORNING)
    assert send_at(until=lambda: len(mail_server.accepted) == 2) == (2, 0, 0, 2)
    assert not Message.objects.filter(lease_until__isnull=False).exists()
    assert send_at() == (3, 0, 0, 3)


def test_a_server_that_cannot_be_reached_is_tried_with_one_message_only(settings):
    settings.EMAIL_BACKEND = "portal.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    for number in range(3):
        task(resident(ref=f"R{number}"))
    promise(MORNING)
    assert send_at() == (0, 0, 1, 0)
    assert sorted(Message.objects.values_list("attempts", "last_answer")) == [
        (0, ""),
        (0, ""),
        (1, "no-connection"),
    ]


def test_a_server_that_hangs_after_the_text_is_cut_off(mail_server, settings):
    allowed, settings.MAIL_TAKES_AT_MOST = settings.MAIL_TAKES_AT_MOST, 1
    task(resident())
    promise(MORNING)

    async def hang():
        await asyncio.sleep(60)
        return "451 too late"

    mail_server.after_data = [hang]
    assert send_at() == (0, 0, 1, 0)
    message = Message.objects.get()
    assert (message.state, message.last_answer) == ("waiting", "no-answer")
    settings.MAIL_TAKES_AT_MOST = allowed
    assert send_at(message.try_at) == (1, 0, 0, 1)


class Drip(BaseRequestHandler):
    """Says a beginning, then a byte now and then that ends no line, for a minute."""

    def handle(self):
        with suppress(OSError):
            self.request.sendall(self.server.beginning)
            for _byte in range(1200):
                self.request.sendall(b"2")
                sleep(0.05)


@pytest.fixture
def dripping_server(settings):
    with ThreadingTCPServer(("127.0.0.1", 0), Drip) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        settings.EMAIL_BACKEND = "portal.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "annai", "secret"
        yield server
        server.shutdown()


@pytest.mark.parametrize("beginning", [b"", b"220 good", b"220 good morning\r\n"])
def test_a_server_that_never_ends_its_greeting_is_cut_off(dripping_server, settings, beginning):
    dripping_server.beginning = beginning
    settings.MAIL_TAKES_AT_MOST = 0.3
    task(resident())
    promise(MORNING)

    started = monotonic()
    assert send_at() == (0, 0, 1, 0)
    assert monotonic() - started < 30  # long before it would end
    assert Message.objects.values_list("state", "last_answer").get() == ("waiting", "no-connection")


def test_it_gives_up_after_three_days_with_the_last_answer(mail_server):
    task(resident())
    promise(MORNING)
    for days, state in [(0, "waiting"), (2, "waiting"), (3, "failed")]:
        moment = MORNING + timedelta(days=days)
        mail_server.answers["hanako@example.jp"] = ["451 not now"]
        promise(moment)
        put_off_to_the_past()
        send_at(moment)
        assert Message.objects.get().state == state
    assert outcome() == ("failed", "given-up")
    assert Message.objects.get().last_answer == "451"


def test_the_three_days_count_from_the_first_try(mail_server, settings):
    task(resident())
    promise(MORNING)
    late = MORNING + timedelta(days=4)
    promise(late)
    mail_server.answers["hanako@example.jp"] = ["450 not yet"]
    assert send_at(late) == (0, 0, 1, 0)
    assert Message.objects.get().state == "waiting"


@pytest.mark.parametrize(
    "address",
    [
        "a;b@example.jp",
        "a(b)@example.jp",
        'a"b@example.jp',
        "=?utf-8?q?x?=@example.jp",
        "山田@example.jp",
        "<a>@example.jp",
        "a@example.jp.",
    ],
)
def test_an_address_that_leads_elsewhere_ends_that_message_and_no_other(mail_server, address):
    task(resident(ref="R1", email=address))
    task(resident(ref="R2"))
    promise(MORNING)
    assert send_at() == (1, 0, 1, 1)
    assert [mail["To"] for mail in mail_server.accepted] == ["hanako@example.jp"]
    failed = Reminder.objects.get(resident__ref="R1")
    assert (failed.outcome, failed.reason) == ("failed", "refused")
    assert failed.message.last_answer == "address"


@pytest.mark.parametrize("address", ["a..b@docomo.ne.jp", ".a@ezweb.ne.jp", "a.@docomo.ne.jp"])
def test_old_addresses_of_carriers_are_sent_to_as_they_stand(mail_server, address):
    task(resident(email=address))
    promise(MORNING)
    assert send_at() == (1, 0, 0, 1)


def test_a_fault_of_ours_in_one_message_holds_up_no_other(mail_server, monkeypatch):
    for number in range(3):
        task(resident(ref=f"R{number}", email=f"r{number}@example.jp"))
    promise(MORNING)
    compose = mail.compose

    def faulty(letter):
        if letter.address == "r1@example.jp":
            raise KeyError("fault")
        return compose(letter)

    monkeypatch.setattr(mail, "compose", faulty)
    assert send_at() == (2, 0, 1, 2)
    message = Message.objects.get(state="waiting")
    assert (message.resident.ref, message.last_answer) == ("R1", "error")


def test_a_server_that_refuses_everybody_is_not_asked_on(mail_server, monkeypatch):
    monkeypatch.setattr(send, "REFUSED_IN_A_ROW", 3)
    for number in range(5):
        task(resident(ref=f"R{number}"))
    promise(MORNING)
    mail_server.answers["hanako@example.jp"] = ["550 relay denied"] * 5
    assert send_at() == (0, 0, 3, 0)
    assert Message.objects.waiting().count() == 2


@pytest.mark.parametrize("attempts, minutes", [(1, 2), (2, 4), (5, 32), (6, 60), (30, 60)])
def test_the_wait_doubles_up_to_an_hour_give_or_take_half(attempts, minutes):
    waits = [send.next_try(attempts, MORNING) - MORNING for _ in range(200)]
    assert min(waits) >= timedelta(minutes=minutes / 2)
    assert max(waits) <= timedelta(minutes=minutes * 1.5)
    assert len(set(waits)) > 100


def test_a_repeat_after_yes_carries_the_same_message_id(mail_server):
    """The one window: the server has said yes, and the sender dies before it commits."""
    task(resident())
    promise(MORNING)
    [claimed] = claim(at=MORNING, channels=["mail"])
    with closing(MailDelivery()) as delivery, transaction.atomic():
        send.send(claimed, delivery=delivery, at=MORNING, total=send.Sent())
        transaction.set_rollback(True)
    assert outcome() == ("promised", "")
    assert send_at(past_leases=True) == (1, 0, 0, 1)
    first, again = mail_server.accepted
    assert first["Message-ID"] == again["Message-ID"]


# ---- who sends what, and how much


def test_a_leased_message_is_left_to_who_leased_it_until_the_lease_runs_out(mail_server, settings):
    task(resident())
    promise(MORNING)
    assert len(claim(at=MORNING, channels=["mail"])) == 1
    assert send_at() == (0, 0, 0, 0)
    Message.objects.update(lease_until=at("2020-01-01 00:00"))
    assert send_at() == (1, 0, 0, 1)


def test_the_most_urgent_go_first_and_the_cap_holds_for_the_hour(mail_server, settings):
    settings.REMINDERS_PER_HOUR = 2
    for number, (due_on, priority) in enumerate(
        [(DUE, 3), (None, 2), (DUE - timedelta(1), 1), (DUE - timedelta(2), 1), (None, 3)]
    ):
        owner = resident(ref=f"R{number}", email=f"r{number}@example.jp")
        task(owner, due_on=due_on or DUE, priority=priority)
    promise(at("2027-05-18 08:00"))
    rounds = []
    for time in ["08:00", "08:30", "08:59", "09:00", "10:00", "11:00"]:
        before = len(mail_server.accepted)
        send_at(at(f"2027-05-18 {time}"))
        rounds.append([mail["To"] for mail in mail_server.accepted[before:]])
    assert [len(one) for one in rounds] == [2, 0, 0, 2, 1, 0]
    assert rounds[0] == ["r3@example.jp", "r2@example.jp"]
    assert rounds[3][0] == "r1@example.jp"


def test_what_the_cap_leaves_in_the_evening_goes_first_thing_tomorrow(mail_server, settings):
    settings.REMINDERS_PER_HOUR = 1
    for number in range(2):
        task(resident(ref=f"R{number}"))
    promise(at("2027-05-18 20:00"))
    assert send_at(at("2027-05-18 20:00")) == (1, 0, 0, 1)
    assert send_at(at("2027-05-18 21:00")) == (0, 0, 0, 0)
    promise(at("2027-05-19 08:00"))
    assert send_at(at("2027-05-19 08:00"))[3] == 1
    assert send_at(at("2027-05-19 09:00"))[3] == 1
    assert not Reminder.objects.filter(outcome="promised").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("municipalities")
@pytest.mark.parametrize("past_leases", [False, True])
def test_four_senders_at_once_send_each_message_once(mail_server, settings, past_leases):
    settings.REMINDERS_PER_HOUR = 60
    for number in range(40):
        task(ResidentFactory(ref=f"R{number}", email=f"r{number}@example.jp"))
    promise(MORNING)

    def sender():
        send_at(past_leases=past_leases)
        connection.close()

    senders = [Thread(target=sender) for _ in range(4)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    addresses = [mail["To"] for mail in mail_server.accepted]
    assert sorted(addresses) == sorted({f"r{number}@example.jp" for number in range(40)})
    assert set(Reminder.objects.values_list("outcome", flat=True)) == {"sent"}
