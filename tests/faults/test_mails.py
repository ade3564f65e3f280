"""Mail servers that fail, and senders that die."""

import json
import signal
from collections import Counter

import pytest

from tests.faults.kills import REMINDS, compare
from tests.faults.sink import HANG, LOST
from tests.faults.site import wait_until
from tests.faults.world import MORNING, NIGHT, RUN_MORNING

pytestmark = pytest.mark.faults

LATER = f"{NIGHT}T10:00+09:00"
WAITING = "SELECT count(*) FROM reminders_message WHERE state = 'waiting'"


def remind(world, at=f"{NIGHT}T08:00+09:00"):
    return json.loads(world.site.command("remind", "--at", at).splitlines()[-1])


def everybody_once(world):
    """Tell that the ledger is an undisturbed one's, and that each mail was accepted once."""
    compare("ledger", world.ledger, world.site.ledger())
    people = Counter(mail.to for mail in world.sink.accepted)
    assert people == Counter(world.mails)


# ---- 9. the mail server
def test_a_server_that_refuses_connections_is_asked_once_and_all_goes_later(dawn):
    dawn.sink.close()
    try:
        first = remind(dawn)
    finally:
        dawn.sink.open()
    waiting = dawn.site.value(WAITING)
    tried = dawn.site.value("SELECT sum(attempts) FROM reminders_message")

    remind(dawn, LATER)

    assert (first["sent"], first["messages"], waiting) == (0, 0, len(dawn.mails))
    assert tried == 1
    everybody_once(dawn)


@pytest.mark.parametrize(("answer", "tried"), [("421", 1), ("451", 3)])
def test_what_is_refused_for_the_moment_goes_later(dawn, answer, tried):
    dawn.sink.answers.extend([answer] * tried)
    remind(dawn)

    remind(dawn, LATER)

    everybody_once(dawn)


def test_it_is_tried_again_after_minutes_that_chance_has_spread(dawn):
    dawn.sink.answers.extend(["451"] * len(dawn.mails))
    remind(dawn)

    waits = dawn.site.query(
        "SELECT extract(epoch FROM try_at - %s) FROM reminders_message", MORNING
    )

    minutes = [float(seconds) / 60 for (seconds,) in waits]
    assert all(1 <= one <= 3 for one in minutes)
    assert len(set(minutes)) == len(minutes) > 10
    tried = dawn.sink.tried
    remind(dawn, f"{NIGHT}T08:00:30+09:00")
    assert dawn.sink.tried == tried


def test_a_mail_that_is_refused_for_good_ends_with_the_reason_and_is_not_tried_again(dawn):
    dawn.sink.answers.append("550")
    counts = remind(dawn)

    again = remind(dawn, LATER)

    failed = [json.loads(line) for line in dawn.site.ledger().splitlines() if "failed" in line]
    assert {(one["outcome"], one["reason"]) for one in failed} == {("failed", "refused 550")}
    assert len(failed) == counts["failed"]
    assert again["sent"] == 0
    assert len(dawn.sink.accepted) == len(dawn.mails) - 1
    assert dawn.sink.tried == len(dawn.mails)


def test_a_server_that_hangs_after_data_is_cut_off_and_the_mail_goes_later(dawn):
    dawn.sink.answers.append(HANG)

    remind(dawn)

    [seconds] = dawn.sink.hung_for
    # About ten: before it hung some of them had gone, and it would have hung for sixty.
    assert 5 < seconds < 30
    assert len(dawn.sink.accepted) == len(dawn.mails) - 1
    remind(dawn, LATER)
    everybody_once(dawn)


def test_a_yes_that_is_lost_on_the_way_is_asked_for_again_under_the_same_id(dawn):
    dawn.sink.answers.append(LOST)
    remind(dawn)

    remind(dawn, LATER)

    compare("ledger", dawn.ledger, dawn.site.ledger())
    assert (dawn.sink.repeated(), dawn.sink.told_twice()) == (1, [])


# ---- 9. the sender is killed
@pytest.mark.parametrize(
    ("moment", "repeated"),
    [("taken", 0), ("answered", 1), ("before_commit", 1), ("after_commit", 0)],
)
def test_only_what_was_accepted_and_not_yet_noted_goes_again_under_the_same_id(
    dawn, moment, repeated
):
    killed = dawn.site.start_command(*RUN_MORNING, crash_at=f"message:3:{moment}")
    assert killed.wait() == -signal.SIGKILL

    dawn.morning()

    compare("ledger", dawn.ledger, dawn.site.ledger())
    assert {mail.to for mail in dawn.sink.accepted} == dawn.mails
    assert (dawn.sink.repeated(), dawn.sink.told_twice()) == (repeated, [])


@pytest.mark.parametrize("moment", ["round:1:before_commit", "claim:1:after_commit"])
def test_killed_before_the_first_mail_none_is_lost(dawn, moment):
    killed = dawn.site.start_command(*RUN_MORNING, crash_at=moment)
    assert killed.wait() == -signal.SIGKILL
    assert dawn.sink.accepted == []

    dawn.morning()

    everybody_once(dawn)


def test_senders_killed_at_times_drawn_by_chance_repeat_one_mail_at_most(killer):
    kinds = {"morning_at_any_time": 3, "morning_without_database": 1}

    kills = [killer.kill(number, kinds) for number in range(4)]

    assert [kill for kill in kills if kill.differed] == []


def test_what_a_killed_sender_had_claimed_is_taken_up_within_the_lease_and_a_look(killer):
    assert killer.kill(2, {"senders_process": 1}).differed == []


# ---- 2 and 7. the morning started twice, and messages that come three times
def test_jobs_that_come_three_times_at_once_write_to_each_person_once(dawn):
    jobs = [
        dawn.site.start("do_job", module="tasks.reminders.jobs", name=name)
        for name in ["remind", "send_reminders"] * 3
    ]
    for job in jobs:
        job.finish()
    dawn.site.do("do_job", module="tasks.reminders.jobs", name="send_reminders")

    everybody_once(dawn)
    assert dawn.site.value("SELECT count(*) FROM reminders_reminderround") == 1


def test_two_commands_at_once_write_to_each_person_once(dawn):
    both = [dawn.site.start_command(*RUN_MORNING) for _ in range(2)]
    for one in both:
        one.finish()

    everybody_once(dawn)


def test_mails_go_when_the_queue_lost_the_message_that_was_to_send_them(dawn):
    dawn.site.do("do_job", module="tasks.reminders.jobs", name="remind")
    assert dawn.site.value(WAITING) == len(dawn.mails)
    dawn.site.valkey.kill()
    dawn.site.valkey.bring_up()
    dawn.site.start_worker()

    dawn.site.do("send_job", name=REMINDS)

    wait_until(lambda: dawn.site.value(WAITING) == 0, "all are sent")
    everybody_once(dawn)
