"""What should be in every inbox: a second opinion, in plain Python and written from the law.

Facts and a day go in, wanted tasks come out. It shares nothing with the engine but the keys of
the rules, so what both say alike is unlikely to be wrong in both.
"""

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
URGENT, PRIORITY, NORMAL = 1, 2, 3
ASLEEP = {"snoozed", "reported"}


# ---- counting days and months
def birthday(born: date, years: int) -> date:
    """Return the first day at that age: who has no birthday in a year begins it on 1 March."""
    if (born.month, born.day) == (2, 29) and not calendar.isleap(born.year + years):
        return date(born.year + years, 3, 1)
    return date(born.year + years, born.month, born.day)


def months_later(day: date, months: int) -> date:
    """Return the like day so many months later (or earlier), or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def renewal_opens(expires_on: date) -> date:
    return months_later(expires_on, -3) + ONE_DAY


# ---- facts
@dataclass
class Person:
    ref: str
    born: date
    acts_from: date
    state: str = "active"


@dataclass
class Guardian:
    child: str
    guardian: str
    starts_on: date
    ends_on: date


@dataclass
class Certificate:
    holder: str
    type: str
    serial: str
    expires_on: date
    current: bool = True
    lapsed_on: date | None = None


@dataclass
class Insurance:
    status: str
    stale_on: date
    valid_until: date | None = None


@dataclass
class Account:
    status: str
    stale_on: date


@dataclass
class World:
    """All that is known; insurance and account by the ref of the person.

    `urgent_later`: another version of the law, by which a certificate for identity verification
    is urgent before the card no longer proves the insurance, three months after the expiry.
    """

    people: dict[str, Person] = field(default_factory=dict)
    guardians: list[Guardian] = field(default_factory=list)
    certificates: list[Certificate] = field(default_factory=list)
    insurance: dict[str, Insurance] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    urgent_later: bool = False

    def who_acts_for(self, ref: str, today: date) -> set[str]:
        if self.people[ref].acts_from <= today:
            return {ref}
        return {
            one.guardian
            for one in self.guardians
            if one.child == ref
            and one.starts_on <= today < one.ends_on
            and self.people[one.guardian].state == "active"
        }

    def household_of(self, ref: str) -> set[str]:
        """The person and the children that he or she is, was or will be a guardian of."""
        return {ref} | {one.child for one in self.guardians if one.guardian == ref}


# ---- what the rules say of one occurrence
@dataclass
class Occurrence:
    """`tests` are pairs: true, false or None for unknown; and what a task becomes by false."""

    rule: str
    about: str
    subject: str
    tests: list[tuple[bool | None, str]]
    opens_on: date | None = None
    due_on: date | None = None
    priority: int = NORMAL

    @property
    def verdict(self) -> bool | None:
        values = [value for value, _ending in self.tests]
        return False if False in values else None if None in values else True

    @property
    def ending(self) -> str | None:
        return next((ending for value, ending in self.tests if value is False), None)


RENEWALS = {
    "user-authentication": "card.user-authentication-renewal",
    "signature": "card.signature-renewal",
    "card": "card.card-renewal",
}


def occurrences(world: World, today: date) -> list[Occurrence]:
    found = []
    for one in world.certificates:
        found.append(_renewal(world, one, today))
        if one.type == "signature":
            found.append(_reissue(world, one, today))
    for ref, fact in world.insurance.items():
        found.append(_insurance_use(world, ref, fact, today))
    for ref, fact in world.accounts.items():
        found.append(_benefit_account(world, ref, fact, today))
    return found


def _lives_here(world, ref):
    return (world.people[ref].state == "active", "withdrawn")


def _is_of_age(world, ref, years, today):
    return (birthday(world.people[ref].born, years) <= today, "withdrawn")


def _renewal(world, one, today):
    opens_on = renewal_opens(one.expires_on)
    tests = [_lives_here(world, one.holder)]
    if one.type == "signature":
        tests.append(_is_of_age(world, one.holder, 15, today))
    tests.append((one.current, "done"))
    if one.type == "signature":
        tests.append((one.lapsed_on is None, "withdrawn"))
    tests.append((opens_on <= today, "withdrawn"))
    urgent_until = one.expires_on
    if world.urgent_later and one.type == "user-authentication":
        urgent_until = months_later(one.expires_on, 3)
    urgent = (urgent_until - today).days <= 30
    return Occurrence(
        RENEWALS[one.type],
        one.holder,
        one.serial,
        tests,
        opens_on,
        one.expires_on,
        URGENT if urgent else NORMAL,
    )


def _reissue(world, one, today):
    tests = [
        _lives_here(world, one.holder),
        _is_of_age(world, one.holder, 15, today),
        (one.current, "done"),
        (one.lapsed_on is not None, "withdrawn"),
    ]
    return Occurrence("card.signature-reissue", one.holder, one.serial, tests, one.lapsed_on)


def _insurance_use(world, ref, fact, today):
    too_old = fact.stale_on <= today or (
        fact.status != "not-registered"
        and fact.valid_until is not None
        and fact.valid_until < today
    )
    status = "unknown" if too_old else fact.status
    unregistered, without_paper = {
        "registered": (False, True),
        "not-registered": (True, True),
        "confirmation-certificate": (True, False),
        "unknown": (None, None),
    }[status]
    tests = [_lives_here(world, ref), (unregistered, "done"), (without_paper, "withdrawn")]
    return Occurrence("card.insurance-use", ref, ref, tests, priority=PRIORITY)


def _benefit_account(world, ref, fact, today):
    status = "unknown" if fact.stale_on <= today else fact.status
    without = {"registered": False, "not-registered": True, "unknown": None}[status]
    tests = [
        _lives_here(world, ref),
        _is_of_age(world, ref, 18, today),
        (without, "done"),
    ]
    return Occurrence("card.benefit-account", ref, ref, tests, priority=PRIORITY)


# ---- what should stand in the inboxes
Key = tuple[str, str, str, str]  # who must act, rule, subject, about


@dataclass
class Live:
    status: str
    opens_on: date | None
    due_on: date | None
    priority: int
    wake_on: date | None = None


def wanted(world: World, today: date) -> dict[Key, Occurrence]:
    return {
        (actor, one.rule, one.subject, one.about): one
        for one in occurrences(world, today)
        if one.verdict
        for actor in world.who_acts_for(one.about, today)
    }


@dataclass
class Inbox:
    """All tasks stored: the live ones by their key, and the ended ones as they ended."""

    live: dict[Key, Live] = field(default_factory=dict)
    ended: list[tuple[Key, str, date]] = field(default_factory=list)

    def reconcile(self, world: World, today: date, about: set[str]) -> None:
        """Make the live tasks about some people equal to the wanted ones.

        Unknown neither opens nor closes.
        """
        want = {key: one for key, one in wanted(world, today).items() if key[3] in about}
        told = {(one.rule, one.about, one.subject): one for one in occurrences(world, today)}
        for key, one in want.items():
            task = self.live.setdefault(key, Live("open", None, None, NORMAL))
            task.opens_on, task.due_on, task.priority = one.opens_on, one.due_on, one.priority
        for key in [key for key in self.live if key[3] in about]:
            ending = None if key in want else _ending(world, key, told, today)
            if ending:
                self.ended.append((key, ending, today))
                del self.live[key]
            else:
                _wake(self.live[key], today)
        self.ended.sort()


def _ending(world, key, told, today):
    actor, rule, subject, about = key
    if actor not in world.who_acts_for(about, today):
        return "withdrawn"
    one = told.get((rule, about, subject))
    return one.ending if one else "withdrawn"


def _wake(task, today):
    past_due = task.status == "snoozed" and task.due_on and task.due_on <= today
    if task.status in ASLEEP and (task.wake_on <= today or past_due):
        task.status, task.wake_on = "open", None


# ---- what is coming
def coming_up(world: World, resident: str, today: date, until: date) -> dict[Key, date]:
    """Return what is wanted on a later day and not today, with the first such day."""
    present, found, day = wanted(world, today), {}, today
    while day < until:
        day += ONE_DAY
        for key in wanted(world, day).keys() - present.keys():
            if key[0] == resident:
                found.setdefault(key, day)
    return found
