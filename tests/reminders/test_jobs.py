import pytest

from tasks.reminders import jobs
from tasks.reminders.models import Message, Reminder, ReminderRound
from tests.reminders.conftest import at
from tests.reminders.test_promise import resident, task

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken(monkeypatch):
    """How many times a sender was sent for: what the queue would carry."""
    calls = []
    monkeypatch.setattr(jobs.send_reminders, "delay", lambda: calls.append(1))
    return calls


@pytest.mark.parametrize("time, rounds", [("07:59", 0), ("08:00", 1), ("20:59", 1), ("21:00", 0)])
def test_the_schedule_starts_within_the_hours_only(time_machine, woken, time, rounds):
    time_machine.move_to(at(f"2027-04-20 {time}"), tick=False)
    task(resident())
    jobs.remind()
    assert ReminderRound.objects.count() == rounds
    assert bool(woken) == bool(rounds)


def test_a_beat_that_fires_twice_promises_once_and_wakes_nobody_while_senders_work(
    time_machine, woken
):
    time_machine.move_to(at("2027-04-20 08:00"), tick=False)
    task(resident())
    jobs.remind()
    Message.objects.update(lease_until=at("2027-04-20 08:04"))
    jobs.remind()
    assert ReminderRound.objects.count() == 1
    assert len(woken) == jobs.SENDERS


def test_a_later_beat_wakes_senders_for_what_is_left(time_machine, woken):
    time_machine.move_to(at("2027-04-20 08:00"), tick=False)
    task(resident())
    jobs.remind()
    time_machine.move_to(at("2027-04-20 08:05"), tick=False)
    jobs.remind()
    assert len(woken) == 2 * jobs.SENDERS


def test_with_nothing_due_nobody_is_woken(time_machine, woken):
    time_machine.move_to(at("2027-04-20 08:00"), tick=False)
    jobs.remind()
    assert not woken


def test_a_sender_whose_time_is_up_sends_for_the_next(time_machine, woken, monkeypatch):
    monkeypatch.setattr(jobs, "SENDS_FOR", -1)
    jobs.send_reminders()
    assert len(woken) == 1


def test_the_same_message_of_the_queue_three_times_sends_once(time_machine, mail_server):
    time_machine.move_to(at("2027-04-20 08:00"), tick=False)
    task(resident())
    jobs.promise.start_round(at=at("2027-04-20 08:00"), started_by="beat")
    for _ in range(3):
        jobs.send_reminders()
    assert len(mail_server.accepted) == 1
    assert Reminder.objects.get().outcome == "sent"
