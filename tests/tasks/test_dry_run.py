"""What is said before a version goes live is what the night then does."""

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.db.utils import InternalError, OperationalError
from hypothesis import given
from hypothesis import strategies as st

from portal.card.models import BenefitAccount
from portal.card.task_rules import ADULT, FIFTEEN
from portal.residents.models import Resident
from tasks import dry_run as dry_run_module
from tasks import versions
from tasks.dry_run import KINDS, Ladder, dry_run, mail_days, reading
from tasks.models import RuleVersion, Status, Task
from tasks.reconcile import Reconciled, reconcile_range
from tasks.rules import Condition, registry
from tests.factories import CertificateFactory, ResidentFactory
from tests.tasks import chance
from tests.tasks.changed_rules import change, other_code, take_away
from tests.tasks.crowd import make_crowd
from tests.tasks.stored import Facts

TODAY = date(2027, 4, 1)
RENEWAL = "card.user-authentication-renewal"
ACCOUNT = "card.benefit-account"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def this_code_again():
    with other_code():
        yield


def condition(test, *, known=None, ends=Status.EXPIRED):
    return Condition(name="other", test=test, known=known, holds="", fails="", ends=ends)


# What a new version of any rule may do: ask more, ask less, ask others, give other dates.
CHANGES = [
    lambda rule: {"conditions": rule.conditions[1:]},
    lambda rule: {"conditions": rule.conditions[:1]},
    lambda rule: {"conditions": [*rule.conditions, condition(lambda today: Q(pk__gt=0))]},
    lambda rule: {"conditions": [*rule.conditions, condition(lambda today: Q(pk__lt=0))]},
    lambda rule: {
        "conditions": [
            condition(
                lambda today: Q(stale_on__gt=today + timedelta(1)),
                known=lambda today: Q(stale_on__gt=today),
            )
        ]
    },
    lambda rule: {"person": []},
    lambda rule: {"person": [ADULT, FIFTEEN]},
    lambda rule: {"due_on": "stale_on"},
    lambda rule: {"opens_on": None, "due_on": None, "urgent_days": None},
    lambda rule: {"urgent_days": 90, "due_on": rule.due_on or "stale_on"},
    lambda rule: {"urgent_days": 30, "urgent_until": "stale_on"},
    lambda rule: {"priority": not rule.priority},
    lambda rule: {"subject": None if rule.subject else "pk"},
]


def asked(rule, today, **ladders):
    ladders = {"now": Ladder(), "then": Ladder(), **ladders}
    return dry_run(rule, rule_id=rule.id, today=today, **ladders)


def release(rule):
    versions.record()
    version = RuleVersion.objects.filter(rule=rule.id).first()
    RuleVersion.objects.filter(rule=rule.id).update(in_force=False)
    RuleVersion.objects.filter(pk=version.pk).update(
        in_force=True, how="installed", released_at="2027-04-01T00:00+09:00"
    )


def night(today):
    ids = Resident.objects.order_by("pk").values_list("pk", flat=True)
    return reconcile_range(today=today, low=ids.first(), high=ids.last() + 1)


def counts(rule_id, done):
    one = done.by_rule.get(rule_id, Reconciled())
    return [one.opened, one.updated, one.closed]


@given(data=st.data())
def test_the_dry_run_of_any_change_is_what_the_night_then_does(data):
    with transaction.atomic(), other_code():
        today = data.draw(chance.FIRST_DAYS)
        world = data.draw(chance.worlds(today))
        facts = Facts(world)
        night(today)
        for ref in data.draw(st.sets(st.sampled_from(sorted(world.people)))):
            world = data.draw(chance.facts_of(world, ref, today))
        facts.write(world)
        today += timedelta(data.draw(st.sampled_from([0, 1, 31])))
        key = data.draw(st.sampled_from(sorted(registry)))
        rule = change(key, **data.draw(st.sampled_from(CHANGES))(registry[key]))

        said = asked(rule, today)
        release(rule)

        assert [said.counts[kind] for kind in KINDS] == counts(rule.id, night(today))
        assert asked(rule, today).nothing
        for part in (said.municipalities, said.ages):
            assert sum(one.total() for one in part.values()) == sum(
                said.counts[kind] for kind in KINDS
            )
        assert sum(said.endings.values()) == said.counts["close"]
        transaction.set_rollback(True)


@pytest.mark.parametrize("key", [RENEWAL, ACCOUNT])
def test_of_a_rule_as_it_stands_nothing_would_change(key):
    make_crowd(300)
    night(TODAY)

    said = asked(registry[key], TODAY)

    assert said.nothing
    assert said.counts["live"] == Task.objects.live().filter(rule__key=key).count() > 0


def test_a_crowd_in_several_ranges_is_counted_as_a_whole(monkeypatch):
    make_crowd(1000)
    night(TODAY)
    monkeypatch.setattr(dry_run_module, "RANGE_SIZE", 64)
    rule = change(ACCOUNT, conditions=[condition(lambda today: Q(status="registered"))], person=[])

    said = asked(rule, TODAY)
    release(rule)

    assert [said.counts[kind] for kind in KINDS] == counts(rule.id, night(TODAY))
    assert said.counts["open"] > 100 and said.counts["close"] > 100
    assert len(said.examples["open"]) == len(said.examples["close"]) == 10


def test_a_rule_taken_away_loses_all_its_tasks():
    make_crowd(300)
    night(TODAY)
    rule, live = registry[ACCOUNT], Task.objects.live().filter(rule__key=ACCOUNT).count()
    take_away(ACCOUNT)

    said = dry_run(None, rule_id=rule.id, today=TODAY, now=Ladder(remind_every=30), then=Ladder())

    assert {kind: said.counts[kind] for kind in KINDS} == {"open": 0, "update": 0, "close": live}
    assert said.mails_now[30] > 0
    assert set(said.mails_then) == {0}


def test_it_counts_by_municipality_and_age_and_names_examples():
    old, young = ResidentFactory(born=date(1950, 1, 1)), ResidentFactory(born=date(2009, 4, 1))
    for person in (old, young):
        CertificateFactory(resident=person, expires_on=date(2027, 4, 20))
    said = asked(registry[RENEWAL], TODAY)

    assert said.municipalities == {"131016": {"open": 2}}
    assert said.ages == {4: {"open": 1}, 1: {"open": 1}}
    assert said.examples["open"] == [old.pk, young.pk]


def test_it_cannot_write():
    with pytest.raises(InternalError, match="read-only"), reading():
        BenefitAccount.objects.update(status="registered")


def test_it_takes_no_longer_than_told(monkeypatch):
    monkeypatch.setattr(dry_run_module, "PATIENCE", 20)

    with pytest.raises(OperationalError), reading(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")


def test_what_it_sets_for_itself_is_not_left_behind():
    with reading():
        pass

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        assert cursor.fetchone() == ("0",)
    assert ResidentFactory().pk


# ---- mails
LADDER = Ladder(remind=[90, 30, 7, 1])


@pytest.mark.parametrize(
    ("ladder", "left", "reminded", "days"),
    [
        # A task that opens is reminded of at the step that it has reached, then at each next.
        (LADDER, 50, date.min, [0, 20, 43, 49]),
        (LADDER, 90, date.min, [0, 60, 83, 89]),
        (LADDER, 91, date.min, [1, 61, 84]),
        (LADDER, 120, date.min, [30]),
        (LADDER, 0, date.min, [0]),
        (LADDER, -5, date.min, [0]),
        # One that stands is reminded of at what is still to come.
        (LADDER, 50, TODAY - timedelta(40), [20, 43, 49]),
        # With a step more than before, at once where that step has passed.
        (Ladder(remind=[90, 60, 1]), 50, TODAY - timedelta(40), [0, 49]),
        (Ladder(remind_every=30), None, date.min, [30, 60]),
        (Ladder(remind_every=90), None, date.min, []),
        (Ladder(), 50, date.min, []),
    ],
)
def test_mails_follow_the_ladder(ladder, left, reminded, days):
    due_on = None if left is None else TODAY + timedelta(left)

    found = mail_days(ladder, opened_on=TODAY, due_on=due_on, today=TODAY, reminded=reminded)

    assert list(found) == days


def test_mails_before_and_after_are_those_of_the_tasks_that_stand_then():
    stays, goes = ResidentFactory(), ResidentFactory(born=date(1950, 1, 1))
    for person in (stays, goes):
        CertificateFactory(resident=person, expires_on=TODAY + timedelta(50))
    night(TODAY)
    comes = ResidentFactory()
    CertificateFactory(resident=comes, expires_on=TODAY + timedelta(40))
    young = Condition(
        name="young", test=lambda today: Q(born__gt=date(1980, 1, 1)), holds="", fails=""
    )
    rule = change(RENEWAL, person=[young])

    said = asked(rule, TODAY + timedelta(1), now=LADDER, then=LADDER)

    assert [said.counts[kind] for kind in KINDS] == [1, 0, 1]
    assert days(said.mails_now) == {19: 2, 42: 2, 48: 2}
    assert days(said.mails_then) == {0: 1, 9: 1, 19: 1, 32: 1, 38: 1, 42: 1, 48: 1}


def days(mails):
    return {day: count for day, count in enumerate(mails) if count}
