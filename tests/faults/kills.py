"""Kills at moments drawn by chance, each against what an undisturbed run leaves.

A kill is drawn from a seed and its own number alone, so that one can be repeated by itself.
"""

import difflib
import random
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from tests.faults.site import LEASE_SECONDS, PATIENCE, wait_until
from tests.faults.world import NIGHT, RANGE_SIZE, RANGES, RUN_MORNING, RUN_NIGHT, World

LOOKS_FOR_LOST_WORK = "tasks.jobs.take_up_lost_work"
REMINDS = "tasks.reminders.jobs.remind"


@dataclass
class Kill:
    """What was killed and when; how the end differed from an undisturbed run, if it did."""

    number: int
    kind: str
    moment: str
    differed: list[str] = field(default_factory=list)
    repeated: int = 0  # mails that came once more


class Killer:
    """Kills one after the other in a world."""

    def __init__(self, world: World, *, seed: int):
        self.world, self.site, self.seed = world, world.site, seed
        self.worker = None
        self.night_takes = self._seconds(world.evening, world.night)
        self.morning_takes = self._seconds(world.dawn, world.morning)

    def _seconds(self, before, run) -> float:
        before()
        began = time.monotonic()
        run()
        return time.monotonic() - began

    def kill(self, number: int, kinds: dict[str, int] | None = None) -> Kill:
        """Do the kill of this number; `kinds` says how often each kind is drawn."""
        kinds = kinds or KINDS
        chance = random.Random(f"{self.seed}:{number}")
        [kind] = chance.choices(list(kinds), kinds.values())
        one = Kill(number, kind, "")
        try:
            one.moment = getattr(self, kind)(chance)
        except AssertionError as error:
            one.differed = str(error).splitlines()
        except Exception:  # a run of hours goes on, and tells
            one.differed = traceback.format_exc().splitlines()
        finally:
            self.site.stop_children()  # or it would work on in the next kill's database
            self.site.start_servers()
        one.repeated = self.world.sink.repeated()
        return one

    # ---- the night, by a process of its own
    def night_at_a_moment(self, chance) -> str:
        self.world.evening()
        passing = chance.randint(1, RANGES)
        moment = chance.choice(["leased", "before_commit", "after_commit"])
        killed = self.site.start_command(*RUN_NIGHT, crash_at=f"range:{passing}:{moment}")
        assert killed.wait() == -signal.SIGKILL, killed.printed()
        self._night_goes_on()
        return f"range {moment}"

    def night_at_any_time(self, chance) -> str:
        self._kill_at_any_time(chance, self.world.evening, RUN_NIGHT, self.night_takes)
        done = self._night_goes_on()
        return "before the first range" if not done else f"after {done // 4 * 4} ranges or more"

    def night_without_database(self, chance) -> str:
        self._database_fails(chance, self.world.evening, RUN_NIGHT, self.night_takes)
        self._night_goes_on()
        return "PostgreSQL"

    def _night_goes_on(self) -> int:
        """Run the night again, compare, and return how many ranges had been finished before."""
        finished = self._finished_ranges()
        self.world.night()
        self._same_inbox()
        again = self.site.value(
            "SELECT count(*) FROM tasks_sweeprange WHERE id = ANY(%s) AND (attempts > 1)", finished
        )
        assert again == 0, f"{again} finished ranges were done again"
        return len(finished)

    def _finished_ranges(self):
        sql = "SELECT id FROM tasks_sweeprange WHERE finished_at IS NOT NULL AND sweep_id > 1"
        return [one for (one,) in self.site.query(sql)]

    def _same_inbox(self):
        compare("inbox", self.world.inbox, self.site.inbox())
        first, *more = self.site.query(NIGHTS, NIGHT)
        assert first.finished, "the night has no end"
        # Killed when all was done and the process had not ended yet: again is a night of its own.
        assert all(night.finished and night.changed == 0 for night in more), more

    # ---- the morning, by a process of its own
    def morning_at_a_moment(self, chance) -> str:
        self.world.dawn()
        moment = chance.choice(MORNING_MOMENTS)
        passing = 1 if moment in ONCE else chance.randint(1, len(self.world.mails))
        work, name = moment.split(":")
        killed = self.site.start_command(*RUN_MORNING, crash_at=f"{work}:{passing}:{name}")
        assert killed.wait() == -signal.SIGKILL, killed.printed()
        self._morning_goes_on()
        return f"{work} {name}"

    def morning_at_any_time(self, chance) -> str:
        self._kill_at_any_time(chance, self.world.dawn, RUN_MORNING, self.morning_takes)
        sent = len(self.world.sink.accepted)
        self._morning_goes_on()
        return "before the first mail" if not sent else f"after {sent // 10 * 10} mails or more"

    def morning_without_database(self, chance) -> str:
        self._database_fails(chance, self.world.dawn, RUN_MORNING, self.morning_takes)
        self._morning_goes_on()
        return "PostgreSQL"

    def _morning_goes_on(self):
        self.world.morning()
        self._same_ledger()

    def _same_ledger(self, senders=1):
        """Compare; each of the senders that were killed may have repeated the mail in its hands."""
        compare("ledger", self.world.ledger, self.site.ledger())
        sink = self.world.sink
        assert {mail.to for mail in sink.accepted} == self.world.mails, "not everybody was written"
        assert not sink.told_twice(), f"two different mails went to {sink.told_twice()}"
        assert sink.repeated() <= senders, f"{sink.repeated()} mails were repeated after one kill"

    # ---- both by a Celery worker, woken as beat does
    def workers_process(self, chance) -> str:
        """One of the worker's processes, as the kernel does where memory is short."""
        self._begin_night_by_worker(chance)
        chance.choice(self._workers_processes()).kill()
        self._night_by_worker_ends()
        return "one process"

    def worker_with_all(self, chance) -> str:
        self._begin_night_by_worker(chance)
        self.site.kill(self.worker)
        self._night_by_worker_ends()
        return "main process and all"

    def workers_valkey(self, chance) -> str:
        self._begin_night_by_worker(chance)
        self.site.valkey.kill()
        self.site.valkey.bring_up()
        self._night_by_worker_ends()
        return "Valkey, emptied"

    def workers_database(self, chance) -> str:
        self._begin_night_by_worker(chance)
        self.site.postgres.kill()
        self.site.postgres.bring_up()
        self._night_by_worker_ends()
        return "PostgreSQL"

    def senders_process(self, chance) -> str:
        self._begin_morning_by_worker(chance)
        chance.choice(self._workers_processes()).kill()
        self._morning_by_worker_ends()
        return "one process"

    def sender_with_all(self, chance) -> str:
        self._begin_morning_by_worker(chance)
        self.site.kill(self.worker)
        self._morning_by_worker_ends(senders=2)
        return "main process and all"

    def _let_a_worker_run(self):
        if self.worker not in self.site.children:
            self.worker = self.site.start_worker()
            wait_until(lambda: len(self._workers_processes()) == 2, "the worker has its processes")

    def _workers_processes(self):
        return psutil.Process(self.worker.process.pid).children()

    def _begin_night_by_worker(self, chance):
        self.world.evening()
        self._let_a_worker_run()
        self.site.do("start_night", day=NIGHT, range_size=RANGE_SIZE)
        enough = chance.randint(0, RANGES // 2)
        wait_until(lambda: len(self._finished_ranges()) >= enough, "the worker does the night")

    def _night_by_worker_ends(self):
        self._let_a_worker_run()
        finished = "SELECT finished_at IS NOT NULL FROM tasks_sweep WHERE day = %s"
        self._knock(LOOKS_FOR_LOST_WORK, lambda: self.site.value(finished, NIGHT))
        self._same_inbox()

    def _begin_morning_by_worker(self, chance):
        self.world.dawn()
        self._let_a_worker_run()
        self.site.do("send_job", name=REMINDS)
        enough = chance.randint(0, len(self.world.mails) // 2)
        wait_until(lambda: len(self.world.sink.accepted) >= enough, "the worker sends mails")

    def _morning_by_worker_ends(self, *, senders=1):
        self._let_a_worker_run()
        waiting = "SELECT count(*) FROM reminders_message WHERE state = 'waiting'"
        rounds = "SELECT count(*) FROM reminders_reminderround"
        self._knock(REMINDS, lambda: self.site.value(rounds) and not self.site.value(waiting))
        self._same_ledger(senders)

    def _knock(self, job: str, ended: Callable[[], bool]):
        """Send the schedule's job as often as the schedule would, until all is done."""
        until = time.monotonic() + PATIENCE
        while not ended():
            assert time.monotonic() < until, f"not taken up within {PATIENCE} s"
            self.site.supervise()
            self.site.do("send_job", name=job)
            wait_a_little = time.monotonic() + LEASE_SECONDS / 4
            while not ended() and time.monotonic() < wait_a_little:
                time.sleep(0.05)

    # ---- how
    def _kill_at_any_time(self, chance, before, command, seconds):
        """Kill the command's process at a time drawn by chance; again, where it ended first."""
        while True:
            before()
            process = self.site.start_command(*command)
            time.sleep(chance.random() * seconds)
            process.kill()
            if process.wait() == -signal.SIGKILL:
                return

    def _database_fails(self, chance, before, command, seconds):
        while True:
            before()
            process = self.site.start_command(*command)
            time.sleep(chance.random() * seconds)
            self.site.postgres.kill()
            code = process.wait()
            self.site.postgres.bring_up()
            if code != 0:
                return


NIGHTS = """SELECT s.finished_at IS NOT NULL AS finished, sum(opened + updated + closed) AS changed
    FROM tasks_sweep s JOIN tasks_sweeprange r ON r.sweep_id = s.id
    WHERE s.day = %s GROUP BY s.id ORDER BY s.id"""
ONCE = {"round:before_commit", "claim:after_commit"}
MORNING_MOMENTS = [
    *sorted(ONCE),
    "message:taken",
    "message:answered",
    "message:before_commit",
    "message:after_commit",
]
# What is killed, and how often among a hundred.
KINDS = {
    "night_at_a_moment": 22,
    "night_at_any_time": 20,
    "night_without_database": 5,
    "morning_at_a_moment": 22,
    "morning_at_any_time": 12,
    "morning_without_database": 4,
    "workers_process": 4,
    "worker_with_all": 2,
    "workers_valkey": 3,
    "workers_database": 2,
    "senders_process": 2,
    "sender_with_all": 2,
}


def compare(name: str, undisturbed: str, found: str) -> None:
    """Fail with the first lines that differ."""
    if found != undisturbed:
        lines = difflib.unified_diff(
            undisturbed.splitlines(), found.splitlines(), "undisturbed", "after the kill", n=0
        )
        raise AssertionError("\n".join([f"The {name} differs:", *list(lines)[:20]]))
