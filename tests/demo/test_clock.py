"""The demo's clock moved on: each day with its night and its reminders, and then every page."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from feedback.models import AlertLook
from portal import clock
from portal.demo import jobs, mails, walk
from portal.demo.people import HANAKO
from tasks import jobs as nights
from tasks.models import Status, Sweep, Task, TaskEvent
from tasks.reconcile import reconcile_people
from tasks.reminders.models import MailOff, Reminder
from tests.factories import CertificateFactory, ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db

TODAY = date(2027, 2, 20)  # the day before the renewal opens
EXPIRES_ON = date(2027, 5, 20)
STEPS = [date(2027, 2, 21), date(2027, 4, 20), date(2027, 5, 13), date(2027, 5, 19)]


@pytest.fixture(autouse=True)
def demo(settings, tmp_path, time_machine):
    settings.DEMO = True
    settings.RUN_DIR = tmp_path
    settings.EMAIL_BACKEND = "portal.demo.mails.KeepingBackend"
    time_machine.move_to(datetime(2027, 2, 20, 15, 0, tzinfo=timezone.get_default_timezone()))


@pytest.fixture(autouse=True)
def queue(monkeypatch):
    """What the clock queues; nothing runs it by itself."""
    queued = []
    monkeypatch.setattr(jobs.go_on, "delay", queued.append)
    return queued


@pytest.fixture
def hanako():
    user = UserFactory(email=HANAKO.email, language="en")
    hanako = ResidentFactory(ref=HANAKO.ref, user=user)
    CertificateFactory(resident=hanako, expires_on=EXPIRES_ON)
    return hanako


def go_all_the_way(queue):
    while queue:
        jobs.go_on(queue.pop())


def mailed_on():
    return [timezone.localdate(one.at) for one in reversed(mails.kept())]


# ---- days
def test_a_ladder_of_90_days_comes_as_mails_on_its_days(hanako, queue):
    walk.set_out(until=EXPIRES_ON)
    jobs.go_on_tomorrow()

    go_all_the_way(queue)

    assert clock.today() == EXPIRES_ON
    assert mailed_on() == STEPS
    assert walk.current() is None
    assert [night.day for night in Sweep.objects.order_by("day")] == [
        TODAY + timedelta(days=days) for days in range(1, 90)
    ]


def test_every_page_then_shows_that_day(hanako, client):
    walk.live_through(date(2027, 5, 18))
    client.force_login(hanako.user)

    assert "2 days left" in client.get("/").content.decode()
    assert "18 May 2027 (Tue)" in client.get("/demo/").content.decode()


def test_a_day_lived_through_twice_changes_nothing(hanako):
    walk.live_through(date(2027, 2, 21))
    before = list(Task.objects.values()), list(TaskEvent.objects.values()), mailed_on()

    walk.live_through(date(2027, 2, 21))

    assert (list(Task.objects.values()), list(TaskEvent.objects.values()), mailed_on()) == before
    assert clock.days_ahead() == 1


def test_each_day_has_its_look_at_all_pages(hanako):
    for _time in range(2):
        walk.live_through(date(2027, 2, 21))

    assert [look.day for look in AlertLook.objects.all()] == [date(2027, 2, 21)]


def test_a_message_of_an_earlier_day_that_comes_late_does_nothing(hanako):
    walk.live_through(date(2027, 2, 22))

    walk.live_through(date(2027, 2, 21))

    assert clock.today() == date(2027, 2, 22)
    assert not Sweep.objects.filter(day=date(2027, 2, 21)).exists()


def test_the_schedules_night_and_events_go_by_the_moved_day(hanako):
    """By the real day, before the renewal opens, they would close what the moved day opened."""
    walk.live_through(date(2027, 2, 21))

    nights.start_night()
    nights.take_up_lost_work()
    reconcile_people([hanako.pk])

    assert Task.objects.get().status == Status.OPEN
    assert [night.day for night in Sweep.objects.all()] == [date(2027, 2, 21)]


def test_the_next_real_night_is_the_next_moved_one(hanako, time_machine, monkeypatch):
    monkeypatch.setattr(nights.sweep_range, "delay", lambda range_id: None)
    walk.live_through(date(2027, 3, 1))
    time_machine.move_to(datetime(2027, 2, 21, 2, 0, tzinfo=timezone.get_default_timezone()))

    nights.start_night()

    assert [night.day for night in Sweep.objects.all()] == [date(2027, 3, 2), date(2027, 3, 1)]


# ---- on the way
def test_it_stops_where_the_person_is_reminded(hanako, queue):
    walk.set_out(until=TODAY + walk.FURTHEST, ref=HANAKO.ref)
    jobs.go_on_tomorrow()

    go_all_the_way(queue)

    assert clock.today() == date(2027, 2, 21)
    assert Reminder.objects.get().outcome == "sent"


def test_it_stops_too_where_the_reminder_is_skipped(hanako, queue):
    MailOff.objects.create(resident=hanako)
    walk.set_out(until=TODAY + walk.FURTHEST, ref=HANAKO.ref)
    jobs.go_on_tomorrow()

    go_all_the_way(queue)

    assert clock.today() == date(2027, 2, 21)
    assert Reminder.objects.get().reason == "mail-off"


def test_who_is_on_the_way_does_not_set_out_again():
    assert walk.set_out(until=date(2027, 3, 1))
    assert not walk.set_out(until=date(2027, 4, 1))
    assert walk.current().goal == date(2027, 3, 1)


def test_stopped_it_stays_on_its_day(queue):
    walk.set_out(until=date(2027, 3, 1))
    jobs.go_on("2027-02-21")
    walk.end()

    go_all_the_way(queue)

    assert clock.today() == date(2027, 2, 21)


def test_a_day_that_fails_ends_the_way_and_can_be_tried_again(queue, monkeypatch):
    walk.set_out(until=date(2027, 2, 22))
    with monkeypatch.context() as broken:
        broken.setattr(walk, "run_sweep", lambda **options: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            jobs.go_on("2027-02-21")

    assert walk.current().failed
    assert queue == []
    assert walk.set_out(until=date(2027, 2, 22))
    jobs.go_on_tomorrow()
    go_all_the_way(queue)
    assert clock.today() == date(2027, 2, 22)


# ---- the page
def test_the_page_goes_on_by_a_day_to_a_date_or_to_a_reminder(hanako, client, queue):
    answers = [
        client.post("/demo/clock/", {"until": "2027-02-21"}).url,
        client.post("/demo/clock/", {"of": HANAKO.ref}).url,  # refused: on its way
    ]
    walk.end()
    answers.append(client.post("/demo/clock/", {"of": HANAKO.ref}).url)

    of_hanako = f"/demo/clock/?of={HANAKO.ref}"
    assert answers == ["/demo/clock/", of_hanako, of_hanako]
    assert queue == ["2027-02-21", "2027-02-21"]
    assert walk.current().ref == HANAKO.ref


@pytest.mark.parametrize("until", ["", "soon", "2027-02-20", "2026-12-31", "2028-02-22"])
def test_a_date_that_cannot_be_is_said_and_led_to(client, queue, until):
    answer = client.post("/demo/clock/", {"until": until})

    assert answer.status_code == 422
    assert '<a href="#id_until">' in answer.content.decode()
    assert queue == []


def test_a_click_from_another_site_moves_nothing(queue):
    client = Client(enforce_csrf_checks=True)

    assert client.post("/demo/clock/", {"until": "2027-02-21"}).status_code == 403
    assert walk.current() is None


@pytest.mark.parametrize("address", ["", "stop/"])
def test_outside_the_demo_there_is_no_clock_to_move(client, settings, address):
    settings.DEMO = False

    assert client.get(f"/demo/clock/{address}").status_code == 404
    assert client.post(f"/demo/clock/{address}", {"until": "2027-02-21"}).status_code == 404
