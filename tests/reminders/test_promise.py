"""What goes into the ledger, on which day, for whom."""

from datetime import date, timedelta
from threading import Thread

import pytest
from django.db import connection

from portal.residents.models import Resident
from tasks.models import LIVE, Status, Sweep, Task, TaskEvent
from tasks.reminders.models import MailOff, Message, Reminder, ReminderRound
from tasks.reminders.promise import Promised, promise, start_round
from tasks.rules import registry
from tests.factories import GuardianshipFactory, ResidentFactory, UserFactory
from tests.reminders.conftest import at
from tests.reminders.push_service import Browser

RENEWAL = registry["card.user-authentication-renewal"]
ACCOUNT = registry["card.benefit-account"]
OPENED = date(2027, 2, 21)
DUE = date(2027, 5, 20)

pytestmark = pytest.mark.django_db


def resident(**fields):
    return ResidentFactory(**{"email": "hanako@example.jp"} | fields)


def task(owner, rule=RENEWAL, *, status=Status.OPEN, **fields):
    given = {
        "resident": owner,
        "about": fields.pop("about", owner),
        "rule_id": rule.id,
        "subject": "S1",
        "status": status,
        "due_on": DUE if rule is RENEWAL else None,
        "opened_on": OPENED,
        "wake_on": DUE if status in (Status.SNOOZED, Status.REPORTED) else None,
        "ended_on": None if status in LIVE else OPENED,
    }
    return Task.objects.create(**given | fields)


def ledger():
    rows = Reminder.objects.order_by("resident_id", "day", "task_id", "channel")
    return list(rows.values_list("step", "channel", "outcome", "reason"))


def on(day: str, time="08:00"):
    return promise(at(f"{day} {time}"))


def test_a_step_is_promised_once_on_its_day():
    task(resident())
    assert on("2027-04-19") == Promised(1, 0)  # the one at 90 days, which nobody has sent yet
    assert on("2027-04-20") == Promised(1, 0)
    assert on("2027-04-20") == Promised(0, 0)
    assert on("2027-04-21") == Promised(0, 0)
    assert [step for step, *_ in ledger()] == [90, 30]


def test_after_a_long_stop_only_the_latest_step_is_promised():
    task(resident())
    assert on("2027-05-19") == Promised(1, 0)
    assert ledger() == [(1, "mail", "promised", "")]


def test_a_task_that_is_overdue_is_reminded_of_once():
    task(resident())
    assert [on(day).promised for day in ("2027-06-01", "2027-06-02", "2028-01-01")] == [1, 0, 0]


def test_without_a_date_it_is_promised_by_the_interval():
    task(resident(), ACCOUNT)
    days = [OPENED + timedelta(days=days) for days in (0, 179, 180, 181, 359, 360)]
    assert [on(day.isoformat()).promised for day in days] == [0, 0, 1, 0, 0, 1]
    assert [step for step, *_ in ledger()] == [180, 360]


@pytest.mark.parametrize("status", [status for status in Status if status != Status.OPEN])
def test_only_what_is_open_is_promised(status):
    task(resident(), status=status)
    assert on("2027-04-20") == Promised(0, 0)


def test_steps_of_one_person_and_day_travel_in_one_message():
    owner = resident()
    task(owner, subject="S1")
    task(owner, subject="S2", due_on=date(2027, 5, 1), priority=1)
    task(resident(ref="R-other"), subject="S1")
    assert on("2027-04-24") == Promised(3, 0)
    message = Message.objects.get(resident=owner)
    assert message.reminders.count() == 2
    assert (message.priority, message.due_on) == (1, date(2027, 5, 1))


def woken(one, day):
    TaskEvent.objects.create(resident=one.resident, task=one, what="woken", day=day)


def test_what_was_put_off_is_promised_when_it_is_open_again():
    one = task(resident())
    on("2027-02-21")
    woken(one, date(2027, 3, 7))
    assert [on(day).promised for day in ("2027-03-07", "2027-03-08", "2027-04-20")] == [1, 0, 1]
    assert [step for step, *_ in ledger()] == [90, -14, 30]


def test_a_step_that_passed_while_it_was_put_off_is_not_made_up_for_later():
    one = task(resident())
    on("2027-02-21")
    woken(one, date(2027, 4, 25))
    days = ["2027-04-25", "2027-05-01", "2027-05-05", "2027-05-12", "2027-05-13"]
    assert [on(day).promised for day in days] == [1, 0, 0, 0, 1]


def test_a_step_and_a_waking_on_one_day_are_one_promise():
    one = task(resident())
    woken(one, date(2027, 4, 20))
    assert on("2027-04-20") == Promised(1, 0)
    assert ledger() == [(30, "mail", "promised", "")]


def test_a_waking_during_a_stop_of_more_than_a_week_is_no_reason_to_write():
    one = task(resident(), ACCOUNT)
    woken(one, date(2027, 3, 7))
    assert [on(day).promised for day in ("2027-03-14", "2027-03-13")] == [0, 1]


@pytest.mark.parametrize(
    "fields, reason",
    [
        ({"email": ""}, "no-address"),
        ({"state": Resident.State.DECEASED}, "deceased"),
        ({"state": Resident.State.MOVED_AWAY}, "moved-away"),
        ({"state": Resident.State.MERGED, "merged_into": "another"}, "merged"),
    ],
)
def test_whom_it_cannot_reach_is_skipped_with_the_reason_and_has_no_message(fields, reason):
    task(resident(**fields))
    assert on("2027-04-20") == Promised(0, 1)
    assert ledger() == [(30, "mail", "skipped", reason)]
    assert not Message.objects.exists()


def test_who_wants_no_mail_is_skipped_and_gets_the_next_step_after_turning_it_on_again():
    owner = resident()
    task(owner)
    off = MailOff.objects.create(resident=owner)
    assert on("2027-04-20") == Promised(0, 1)
    off.delete()
    assert on("2027-04-21") == Promised(0, 0)
    assert on("2027-05-13") == Promised(1, 0)


def test_the_address_of_the_sign_in_serves_where_the_register_has_none():
    task(resident(email="", user=UserFactory()))
    assert on("2027-04-20") == Promised(1, 0)


def test_a_child_that_acts_for_itself_is_no_longer_the_guardians():
    link = GuardianshipFactory(guardian__email="hanako@example.jp")
    task(link.guardian, about=link.child)
    Resident.objects.filter(pk=link.child.pk).update(acts_from=date(2027, 4, 20))
    assert on("2027-04-20") == Promised(0, 1)
    assert ledger()[0][3] == "child-grown-up"


def test_who_no_longer_acts_for_the_child_is_skipped():
    link = GuardianshipFactory(guardian__email="hanako@example.jp", ends_on=date(2027, 4, 20))
    task(link.guardian, about=link.child)
    assert on("2027-04-19") == Promised(1, 0)
    assert on("2027-04-20") == Promised(0, 1)
    assert ledger()[1][3] == "no-longer-guardian"


def test_a_device_is_a_second_channel_of_the_same_ledger():
    owner = resident(email="")
    task(owner)
    Browser("https://fcm.googleapis.com/1").subscribe(owner)
    assert on("2027-04-20") == Promised(1, 1)
    assert ledger() == [(30, "mail", "skipped", "no-address"), (30, "push", "promised", "")]


def test_a_message_that_could_not_go_travels_with_the_next_days():
    owner = resident()
    first = task(owner)
    on("2027-04-20")
    task(owner, subject="S2", due_on=date(2027, 5, 21))
    assert on("2027-04-21") == Promised(1, 0)
    message = Message.objects.get()
    assert message.day == date(2027, 4, 21)
    assert message.reminders.count() == 2
    assert Reminder.objects.get(task=first).day == date(2027, 4, 20)  # the day it was promised for


def test_a_step_that_waited_until_the_next_one_is_overtaken_by_it():
    task(resident())
    on("2027-05-12")
    assert on("2027-05-13") == Promised(1, 0)
    assert ledger() == [(30, "mail", "skipped", "overtaken"), (7, "mail", "promised", "")]
    assert Message.objects.get().reminders.filter(outcome="promised").count() == 1


def test_a_day_far_ahead_by_mistake_does_not_end_what_comes_before_it():
    task(resident())
    on("2072-05-01")
    assert [on(day).promised for day in ("2027-02-21", "2027-04-20", "2027-05-13")] == [1, 1, 1]


def test_who_has_had_the_days_message_gets_what_comes_after_it_tomorrow():
    owner = resident()
    task(owner)
    on("2027-04-20")
    sent(Message.objects.all())
    task(owner, subject="S2", due_on=DUE)
    assert on("2027-04-20", "14:00") == Promised(0, 0)
    assert on("2027-04-21") == Promised(1, 0)


def sent(messages):
    Reminder.objects.filter(message__in=messages).update(outcome="sent")
    messages.update(state="sent", ended_at=at("2027-04-20 08:01"))


def test_a_new_step_before_the_days_message_has_gone_joins_it():
    owner = resident()
    task(owner)
    on("2027-04-20")
    task(owner, subject="S2", due_on=DUE)
    assert on("2027-04-20", "14:00") == Promised(1, 0)
    assert Message.objects.get().reminders.count() == 2


@pytest.mark.parametrize(
    "days",
    [
        ["2027-04-20", "2027-04-21", "2027-04-20", "2027-04-21"],  # a day ahead and back
        ["2027-04-20", "2028-04-20", "2027-04-20"],
        ["2027-04-20", "2027-04-19", "2027-04-20"],
    ],
)
def test_a_clock_that_jumps_promises_no_step_twice(days):
    task(resident())
    for day in days:
        on(day)
        sent(Message.objects.waiting())
    steps = [row[0] for row in ledger()]
    assert len(steps) == len(set(steps))


@pytest.mark.parametrize(
    "due_on, day",
    [
        (date(2027, 1, 1), "2026-12-31"),
        (date(2028, 3, 1), "2028-02-29"),
        (date(2027, 3, 1), "2027-02-28"),
    ],
)
def test_the_last_step_comes_the_day_before_over_the_ends_of_months_and_years(due_on, day):
    task(resident(), due_on=due_on, opened_on=due_on - timedelta(days=80))
    before = date.fromisoformat(day) - timedelta(days=1)
    on(before.isoformat())
    assert on(day) == Promised(1, 0)
    assert ledger()[-1][0] == 1


def test_the_day_is_that_of_japan():
    task(resident())
    promise(at("2027-04-20 00:30"))  # in UTC still the 19th
    assert Reminder.objects.get().day == date(2027, 4, 20)
    assert Reminder.objects.get().step == 30


def test_the_schedule_starts_one_round_a_day_and_by_hand_there_may_be_more():
    task(resident())
    start = {"at": at("2027-04-20 08:00"), "started_by": Sweep.StartedBy.BEAT}
    first, new = start_round(**start)
    again, _not_new = start_round(**start)
    by_hand, _new = start_round(**start | {"started_by": Sweep.StartedBy.STAFF})
    assert new and first.promised == 1
    assert again == first
    assert (by_hand.run, by_hand.promised) == (2, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("municipalities")
def test_two_beats_at_once_promise_once():
    task(resident())

    def beat():
        start_round(at=at("2027-04-20 08:00"), started_by=Sweep.StartedBy.BEAT)
        connection.close()

    beats = [Thread(target=beat) for _ in range(6)]
    for one in beats:
        one.start()
    for one in beats:
        one.join()
    assert ReminderRound.objects.count() == 1
    assert len(ledger()) == 1


@pytest.mark.parametrize("people", [1, 60])
def test_it_takes_three_statements_whatever_the_number_of_people(people, statements):
    for number in range(people):
        task(resident(ref=f"R{number}"))
    statements.clear()
    assert on("2027-04-20") == Promised(people, 0)
    assert len(statements) == 3


WRITTEN = """SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables
    WHERE relname IN ('reminders_reminder', 'reminders_message', 'tasks_task')"""


def test_a_second_time_writes_nothing():
    task(resident())
    on("2027-04-20")
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        before = cursor.fetchone()
        on("2027-04-20")
        cursor.execute(WRITTEN)
        assert cursor.fetchone() == before
