"""Hypothesis strategies for facts, with most dates where an answer turns."""

from datetime import date, timedelta

from hypothesis import strategies as st

from tests.tasks.model import (
    Account,
    Certificate,
    Guardian,
    Insurance,
    Person,
    World,
    birthday,
    months_later,
)

FIRST_DAYS = st.sampled_from(
    [
        date(2027, 2, 20),
        date(2027, 2, 28),
        date(2027, 3, 31),
        date(2027, 4, 1),
        date(2027, 12, 31),
        date(2028, 2, 28),
        date(2028, 2, 29),
        date(2028, 3, 1),
        date(2028, 5, 30),
    ]
)
STATES = ["active", "active", "active", "active", "moved-away", "deceased", "merged"]
SERIALS = ["S1", "S2", "S3"]  # few, so that two people may have the same


def days_near(day):
    return st.integers(-2, 3).map(lambda days: day + timedelta(days))


def births(day):
    """Born so that a 15th or 18th birthday is near, or on a date that calendars trip over."""
    near = st.builds(
        lambda years, days: months_later(day, -12 * years) + timedelta(days),
        st.sampled_from([0, 14, 15, 17, 18, 40]),
        st.integers(-2, 3),
    )
    return near | st.sampled_from(
        [date(2012, 2, 29), date(2008, 2, 29), date(2009, 4, 1), date(2012, 4, 1), date(2013, 3, 1)]
    )


@st.composite
def people(draw, ref, day):
    born = draw(births(day))
    return Person(
        ref=ref,
        born=born,
        acts_from=draw(st.sampled_from([birthday(born, 18)] * 3 + [born])),
        state=draw(st.sampled_from(STATES)),
    )


def stale_days(day):
    return st.just(day + timedelta(400)) | days_near(day)


@st.composite
def expiries(draw, day):
    months = draw(st.sampled_from([0, 0, 1, 3, 3, 12]))
    days = draw(st.sampled_from([-1, 0, 1, 2, 3, 28, 30, 31, 32]))
    return months_later(day, months) + timedelta(days)


@st.composite
def certificates(draw, ref, day):
    kind = draw(st.sampled_from(["user-authentication", "signature", "signature", "card"]))
    lapsed_on = draw(st.none() | days_near(day)) if kind == "signature" else None
    return Certificate(
        holder=ref,
        type=kind,
        serial=draw(st.sampled_from(SERIALS)),
        expires_on=draw(expiries(day)),
        current=draw(st.sampled_from([True, True, True, False])),
        lapsed_on=lapsed_on,
    )


def insurances(day):
    return st.builds(
        Insurance,
        status=st.sampled_from(
            [
                "registered",
                "not-registered",
                "not-registered",
                "confirmation-certificate",
                "unknown",
            ]
        ),
        stale_on=stale_days(day),
        valid_until=st.none() | days_near(day),
    )


def accounts(day):
    return st.builds(
        Account,
        status=st.sampled_from(["registered", "not-registered", "not-registered", "unknown"]),
        stale_on=stale_days(day),
    )


@st.composite
def guardians(draw, ref, others, day):
    """Nobody, one or two of the others act for `ref`, around `day` or for long."""
    found = []
    for guardian in draw(st.lists(st.sampled_from(others), max_size=2, unique=True)):
        starts_on = draw(st.just(day - timedelta(3000)) | days_near(day))
        ends_on = draw(st.just(day + timedelta(3000)) | days_near(day))
        found.append(Guardian(ref, guardian, starts_on, ends_on))
    return found


@st.composite
def facts_of(draw, world, ref, day):
    """Say everything about one person of `world` anew, or leave some of it unsaid."""
    others = sorted(world.people.keys() - {ref})
    world.people[ref] = draw(people(ref, day))
    world.guardians = [one for one in world.guardians if one.child != ref]
    world.guardians += draw(guardians(ref, others, day))
    world.certificates = [one for one in world.certificates if one.holder != ref]
    world.certificates += draw(
        st.lists(certificates(ref, day), max_size=3, unique_by=lambda one: (one.type, one.serial))
    )
    for facts, strategy in ((world.insurance, insurances), (world.accounts, accounts)):
        facts.pop(ref, None)
        if fact := draw(st.none() | strategy(day)):
            facts[ref] = fact
    return world


@st.composite
def worlds(draw, day, size=None):
    size = size or draw(st.integers(2, 5))
    refs = [f"P{number}" for number in range(size)]
    world = World(people={ref: Person(ref, day, day) for ref in refs})
    for ref in refs:
        draw(facts_of(world, ref, day))
    return world
