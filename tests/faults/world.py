"""The same people and facts for every fault, and what an undisturbed run makes of them."""

import contextlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.faults.sink import Sink
from tests.faults.site import Site

PEOPLE = 200
RANGE_SIZE = 20
RANGES = 11  # ids begin with 1, ranges with 0
FIRST_NIGHT = "2027-04-01"
NIGHT = "2027-04-20"
MORNING = f"{NIGHT}T08:00+09:00"
RUN_NIGHT = ["reconcile", "--today", NIGHT, "--range-size", RANGE_SIZE]
RUN_MORNING = ["remind", "--at", MORNING]


@dataclass
class World:
    """A site whose facts have changed since its first night; copies to go back to.

    `evening` is the database before the second night, `dawn` after it, before the reminders.
    `inbox` and `ledger` are the dumps of an undisturbed night and morning, `mails` whom it wrote.
    """

    site: Site
    sink: Sink
    inbox: str = ""
    ledger: str = ""
    mails: frozenset[str] = frozenset()

    def evening(self):
        self.site.go_back_to("evening")
        self.sink.forget()

    def dawn(self):
        self.site.go_back_to("dawn")
        self.sink.forget()

    def night(self) -> str:
        """Run the night to its end by hand, taking up what is left over."""
        return self.site.command(*RUN_NIGHT)

    def morning(self) -> str:
        return self.site.command(*RUN_MORNING)


@contextlib.contextmanager
def made():
    """Start a site, fill it, and let a night and a morning pass undisturbed."""
    with Sink() as sink, Site(sink_port=sink.port) as site:
        set_clock(site, date.fromisoformat(NIGHT))
        site.do("make_people", count=PEOPLE)
        site.command("reconcile", "--today", FIRST_NIGHT)
        site.do("hear_news")
        site.keep_as("evening")
        world = World(site, sink)
        world.night()
        world.inbox = site.inbox()
        site.keep_as("dawn")
        world.morning()
        world.ledger = site.ledger()
        world.mails = frozenset(mail.to for mail in sink.accepted)
        yield world


def set_clock(site: Site, today: date) -> None:
    """Let the site's workers take it for this day: its own clock is moved on (portal/clock.py)."""
    now = datetime.now(ZoneInfo("Asia/Tokyo")).date()
    (site.run_folder / "clock-annai").write_text(str((today - now) // timedelta(days=1)))
