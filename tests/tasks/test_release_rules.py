"""Releasing rules from the command line, by the same rules as in the staff pages."""

import io
import json
from datetime import date

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import translation

from tasks import jobs, versions
from tasks.models import RuleVersion
from tests.factories import BenefitAccountFactory, UserFactory
from tests.tasks.changed_rules import change
from tests.tasks.test_versions import ACCOUNT, holds_for

TODAY = date(2027, 4, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def a_rule_that_waits(next_code):
    BenefitAccountFactory(status="registered")
    change(ACCOUNT, conditions=[holds_for(status="registered")])
    with translation.override("en"):
        yield


@pytest.fixture
def chief():
    return UserFactory(email="chief@example.jp", is_staff=True, is_superuser=True, password=None)


def printed(command, *arguments, stderr=None):
    out = io.StringIO()
    call_command(command, *arguments, stdout=out, stderr=stderr or io.StringIO())
    return out.getvalue()


def test_it_lists_what_waits_and_releases_nothing():
    said = printed("release_rules", "--list")

    assert f'"{ACCOUNT}" opens and closes nothing until its version 2 is released' in said
    assert [one.key for one in versions.waiting()] == [ACCOUNT]


def test_it_says_what_would_change_and_releases_by_name(chief):
    said = printed("release_rules", "--rule", ACCOUNT, "--by", "Chief@example.jp").splitlines()

    assert said[0].startswith(f"{ACCOUNT}, version 2: would open 1, update 0, close 0; 0 mails")
    assert json.loads(said[-1]) == {"released": 1, "waiting": 0}
    assert RuleVersion.objects.get(rule__key=ACCOUNT, in_force=True).first_yes_by == chief


def test_without_a_name_it_only_says_what_would_change():
    said = printed("release_rules").splitlines()

    assert json.loads(said[-1]) == {"released": 0, "waiting": 1}
    assert [one.key for one in versions.waiting()] == [ACCOUNT]


def test_above_the_limit_it_takes_two(chief, monkeypatch):
    monkeypatch.setattr(RuleVersion, "ALONE_UP_TO", 0)
    deputy = UserFactory(is_staff=True, is_superuser=True, password=None)

    first = printed("release_rules", "--by", chief.email)
    with pytest.raises(CommandError, match="another person"):
        printed("release_rules", "--by", chief.email)
    second = printed("release_rules", "--by", deputy.email)

    assert "second person" in first
    assert json.loads(second.splitlines()[-1]) == {"released": 1, "waiting": 0}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--rule", "card.none"], "No version of a rule"),
        (["--rule", "card.insurance-use"], "No version of a rule"),
        (["--by", "nobody@example.jp"], "No account has the address"),
        (["--by", "clerk@example.jp"], "may not release rules"),
    ],
)
def test_it_refuses_in_words(arguments, reason):
    UserFactory(email="clerk@example.jp", language="en", password=None)

    with pytest.raises(CommandError, match=reason):
        printed("release_rules", *arguments)


def test_a_reconciliation_says_which_rules_wait():
    versions.record()
    said = io.StringIO()

    printed("reconcile", "--today", "2027-04-01", stderr=said)

    assert f"release_rules --rule {ACCOUNT}" in said.getvalue()


def test_the_night_says_which_rules_wait(caplog, monkeypatch):
    monkeypatch.setattr(jobs.sweep_range, "delay", lambda range_id: None)
    versions.record()

    jobs.start_night()

    assert f"release_rules --rule {ACCOUNT}" in caplog.text


def test_what_waits_is_asked_once_a_day(monkeypatch):
    asked = []
    monkeypatch.setattr(jobs.weigh_version, "delay", asked.append)
    versions.record()
    [waits] = versions.waiting()

    jobs.weigh_waiting_versions()
    jobs.weigh_version(waits.version.pk)
    jobs.weigh_waiting_versions()
    with time_machine.travel("2027-04-02T10:00+09:00", tick=False):
        jobs.weigh_waiting_versions()

    assert asked == [waits.version.pk, waits.version.pk]
    waits.version.refresh_from_db()
    assert (waits.version.day, waits.version.would_open) == (TODAY, 1)
