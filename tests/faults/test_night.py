"""Processes and servers that die during the night. Each case: docs/reliability.md."""

import json
import os
import signal
import time

import pytest

from tests.faults.kills import compare
from tests.faults.site import LEASE_SECONDS, wait_until
from tests.faults.world import NIGHT, PEOPLE, RANGE_SIZE, RANGES, RUN_NIGHT

pytestmark = pytest.mark.faults

EVENTS = int(os.environ.get("FAULTS_EVENTS", "1000"))  # at the same time; by hand: 10000

FINISHED = "SELECT finished_at IS NOT NULL FROM tasks_sweep WHERE day = %s"
WHAT_RANGES_DID = """SELECT r.id, r.attempts, r.opened, r.updated, r.closed FROM tasks_sweeprange r
    JOIN tasks_sweep s ON s.id = r.sweep_id WHERE s.day = %s ORDER BY r.low"""


def finished(site):
    """Return what tells that the night is done, and meanwhile looks after the processes."""
    return lambda: site.supervise() or site.value(FINISHED, NIGHT)


@pytest.fixture(scope="module")
def undisturbed_counts(made):
    """What each range of an undisturbed night does, without its id."""
    made.evening()
    made.night()
    return [row[2:] for row in made.site.query(WHAT_RANGES_DID, NIGHT)]


def counts(site):
    return [row[2:] for row in site.query(WHAT_RANGES_DID, NIGHT)]


# ---- 1. the process that does the night is killed
def test_a_night_killed_at_twenty_moments_drawn_by_chance_ends_as_if_undisturbed(killer):
    kinds = {"night_at_a_moment": 1, "night_at_any_time": 1}

    kills = [killer.kill(number, kinds) for number in range(20)]

    assert [kill for kill in kills if kill.differed] == []


@pytest.mark.parametrize(
    "moment", ["1:leased", f"{RANGES}:before_commit", f"{RANGES}:after_commit"]
)
def test_a_night_killed_in_its_first_or_last_range_ends_as_if_undisturbed(evening, moment):
    passing, name = moment.split(":")
    killed = evening.site.start_command(*RUN_NIGHT, crash_at=f"range:{passing}:{name}")
    assert killed.wait() == -signal.SIGKILL

    evening.night()

    compare("inbox", evening.inbox, evening.site.inbox())
    assert evening.site.value(FINISHED, NIGHT)


def test_a_night_whose_last_worker_was_killed_at_the_very_end_is_finished_by_the_sweeper(evening):
    night = evening.site.start_command(*RUN_NIGHT, crash_at=f"range:{RANGES}:after_commit")
    night.wait()
    assert not evening.site.value(FINISHED, NIGHT)

    evening.site.do("do_job", module="tasks.jobs", name="take_up_lost_work")

    assert evening.site.value(FINISHED, NIGHT)


def test_what_a_killed_worker_had_in_hand_is_taken_up_within_the_lease_and_a_look(killer):
    kinds = {"workers_process": 1, "worker_with_all": 1}

    kills = [killer.kill(number, kinds) for number in range(2)]

    assert [kill for kill in kills if kill.differed] == []


# ---- 2. two nights at once
def test_a_beat_that_fires_five_times_at_once_starts_one_night(evening):
    started = [
        evening.site.start("start_night", day=NIGHT, range_size=RANGE_SIZE, wake=False)
        for _ in range(5)
    ]

    new = sorted(one.finish().strip() for one in started)

    assert new == ["False"] * 4 + ["True"]
    assert evening.site.value("SELECT count(*) FROM tasks_sweep WHERE day = %s", NIGHT) == 1


def test_the_second_of_two_nights_leaves_at_once_and_says_so(evening):
    evening.site.do("start_night", day=NIGHT, range_size=RANGE_SIZE, wake=False)

    said = evening.site.do("do_job", module="tasks.jobs", name="start_night")

    assert f"The night of {NIGHT} has been started before" in said
    assert evening.site.messages() == []


def test_two_commands_at_once_do_each_range_once(evening, undisturbed_counts):
    both = [evening.site.start_command(*RUN_NIGHT) for _ in range(2)]
    for one in both:
        one.finish()

    compare("inbox", evening.inbox, evening.site.inbox())
    assert counts(evening.site) == undisturbed_counts


# ---- 3. the night and single events about the same people
def test_nights_reports_files_and_acts_at_the_same_time_lose_nothing(evening):
    for seed in range(EVENTS // 1000):
        evening.site.do("interleave", seed=seed, events=1000, threads=8, today=NIGHT)
    live = live_tasks(evening.site)

    evening.site.command("reconcile", "--today", NIGHT)
    again = live_tasks(evening.site)
    evening.site.do("forget_tasks")
    evening.site.command("reconcile", "--today", NIGHT)

    of_the_facts_alone = live_tasks(evening.site)
    assert keys(live) == keys(again) == keys(of_the_facts_alone)
    assert live == again
    assert len(set(keys(live))) == len(live)


def live_tasks(site):
    """Return the live tasks as the dump has them, of the 40 people whom the events are about."""
    rows = [json.loads(line) for line in site.inbox().splitlines()]
    live = ["open", "snoozed", "reported", "dismissed"]
    return [row for row in rows if row["status"] in live and row["about"] <= "C0000040"]


def keys(tasks):
    return [(row["resident"], row["rule"], row["subject"], row["about"]) for row in tasks]


# ---- 4. PostgreSQL is restarted "immediate"
def test_a_night_whose_database_was_restarted_ends_as_if_undisturbed(killer):
    kills = [killer.kill(number, {"night_without_database": 1}) for number in range(2)]

    assert [kill for kill in kills if kill.differed] == []


def test_a_worker_whose_database_was_restarted_goes_on_by_itself(killer):
    assert killer.kill(1, {"workers_database": 1}).differed == []


# ---- 6. Valkey is killed, and with it every message
def test_a_queue_that_was_emptied_is_filled_again_by_the_beat(evening):
    evening.site.do("start_night", day=NIGHT, range_size=4)
    assert len(evening.site.messages()) == PEOPLE // 4 + 1

    evening.site.valkey.kill()
    evening.site.valkey.bring_up()
    assert evening.site.messages() == []
    evening.site.start_beat()
    evening.site.start_worker()

    wait_until(finished(evening.site), "the night is done")
    compare("inbox", evening.inbox, evening.site.inbox())


def test_worker_and_beat_find_valkey_again(evening):
    evening.site.start_beat()
    evening.site.start_worker()
    evening.site.do("start_night", day=NIGHT, range_size=5)

    evening.site.valkey.kill()
    evening.site.valkey.bring_up()

    wait_until(finished(evening.site), "the night is done")
    compare("inbox", evening.inbox, evening.site.inbox())


def test_without_valkey_a_night_by_hand_goes_on(evening):
    evening.site.valkey.kill()

    evening.night()

    compare("inbox", evening.inbox, evening.site.inbox())


# ---- 7. the same message three times, and two hours later
def test_messages_that_come_three_times_and_again_two_hours_later_have_one_effect(
    evening, undisturbed_counts
):
    site = evening.site
    site.do("start_night", day=NIGHT, range_size=RANGE_SIZE)
    messages = site.messages()
    site.put_back(messages * 2)
    site.start_worker()
    wait_until(finished(site), "the night is done")

    site.change("UPDATE tasks_sweeprange SET finished_at = finished_at - interval '2 hours'")
    site.put_back(messages)
    wait_until(lambda: site.unread() == 0, "all are read")

    compare("inbox", evening.inbox, site.inbox())
    assert counts(site) == undisturbed_counts
    assert {row[1] for row in site.query(WHAT_RANGES_DID, NIGHT)} == {1}


# ---- 8. the queue delivers again what is still worked on
def test_a_message_delivered_again_while_its_range_is_worked_on_finds_the_lease(evening):
    site = evening.site
    site.do("start_night", day=NIGHT, range_size=100_000)
    with site.nobody_is_reconciled():
        # A worker gives back at its start what others have had for longer than this.
        timing = {"VISIBILITY_TIMEOUT": "1", "LEASE_SECONDS": "60"}
        site.start_worker("first", **timing)
        wait_until(lambda: site.jobs("sweep_range") == (1, 1), "one worker is at it")
        time.sleep(2)
        site.start_worker("second", **timing)
        wait_until(lambda: site.jobs("sweep_range") == (2, 1), "received twice, worked on once")
        [taken] = site.query(WHAT_RANGES_DID, NIGHT)
    wait_until(finished(site), "the range is done")

    assert taken[1] == 1
    compare("inbox", evening.inbox, site.inbox())


def test_where_the_lease_has_run_out_as_well_the_row_lets_one_of_two_do_the_range(
    evening, undisturbed_counts
):
    site = evening.site
    site.do("start_night", day=NIGHT, range_size=100_000, wake=False)
    [(one, *_counts)] = site.query(WHAT_RANGES_DID, NIGHT)
    job = {"module": "tasks.jobs", "name": "sweep_range", "arguments": [one]}
    with site.nobody_is_reconciled():
        first = site.start("do_job", **job)
        wait_until(lambda: site.waiting_for_locks() == 1, "the first works on the range")
        time.sleep(LEASE_SECONDS + 0.1)
        second = site.start("do_job", **job)
        wait_until(lambda: site.waiting_for_locks() == 2, "the second waits for the first")
    first.finish(), second.finish()

    [(_one, attempts, *done)] = site.query(WHAT_RANGES_DID, NIGHT)
    assert attempts == 1
    assert done == [sum(column) for column in zip(*undisturbed_counts, strict=True)]
    compare("inbox", evening.inbox, site.inbox())
