"""A rule's version in the staff pages: what it would change, and its release by enough people."""

import re
from datetime import date

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db.models import Q
from kombu.exceptions import OperationalError

from tasks import jobs, versions
from tasks.admin import versions as page
from tasks.models import RuleVersion
from tasks.reconcile import reconcile_people
from tasks.rules import registry
from tests.factories import (
    BenefitAccountFactory,
    CertificateFactory,
    MunicipalityFactory,
    ResidentFactory,
    UserFactory,
)
from tests.tasks.changed_rules import change, take_away
from tests.tasks.test_versions import ACCOUNT, holds_for

TODAY = date(2027, 4, 1)
RENEWAL = "card.user-authentication-renewal"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("next_code")]


@pytest.fixture
def people():
    """One who has a task by the rule in force, and one who would have by the next."""
    MunicipalityFactory()
    loses, gains = ResidentFactory(ref="LOSES"), ResidentFactory(ref="GAINS", name="海野 波")
    BenefitAccountFactory(resident=loses)
    BenefitAccountFactory(resident=gains, status="registered")
    reconcile_people([loses.pk, gains.pk], today=TODAY)
    return loses, gains


@pytest.fixture
def new_version(people):
    change(ACCOUNT, conditions=[holds_for(status="registered")])
    versions.record()
    return RuleVersion.objects.get(rule__key=ACCOUNT, number=2)


def somebody(email):
    user = UserFactory(email=email, is_staff=True, language="en", password=None)
    may = Q(codename__in=["view_ruleversion", "view_resident", "release_rule"])
    user.user_permissions.add(*Permission.objects.filter(may))
    return user


@pytest.fixture
def chief():
    return somebody("chief@example.jp")


def address(key, *deed):
    return "/".join(["/staff/tasks/ruleversion", str(registry[key].id), *deed, ""])


def post(client, key, deed, number=2):
    answer = client.post(address(key, deed), {"number": number}, follow=True)
    return answer, text_of(answer)


def text_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_the_list_says_which_rules_wait(client, chief, new_version):
    client.force_login(chief)

    said = text_of(client.get("/staff/tasks/ruleversion/"))

    assert "version 2 waits version 1" in said
    assert said.count(" in force version 1 ") == len(registry) - 1


def test_who_gains_and_who_loses_is_asked_and_shown_without_names(client, chief, new_version):
    client.force_login(chief)
    assert "Nobody has asked yet." in text_of(client.get(address(ACCOUNT)))

    answer, said = post(client, ACCOUNT, "ask")

    assert "New tasks 1" in said and "Closed tasks 1 (The date has passed: 1)" in said
    assert "Tasks that stay 0 of 1" in said
    assert "18 to 39 1 0 1" in said and "千代田区 1 0 1" in said
    assert "Would have a new task GAINS (千代田区)" in said
    assert "Would lose a task LOSES (千代田区)" in said
    assert "海野" not in said and "山田" not in said
    assert "What is asked of each fact" in said  # what is new in it
    assert answer.context["differences"]


def test_mails_a_day_are_a_picture_and_a_table(client, chief, people):
    loses, _gains = people
    CertificateFactory(resident=loses, expires_on=date(2027, 5, 21))
    client.force_login(chief)

    answer, said = post(client, RENEWAL, "ask", number=1)

    assert "Mails in 90 days, at most 4 (0 as it is)" in said  # at once, and 30, 7 and 1 day before
    assert "April 21, 2027 0 1" in said
    assert b'<svg class="bars-row"' in answer.content


def test_of_a_rule_as_it_stands_nothing_would_change(client, chief, people):
    client.force_login(chief)

    _answer, said = post(client, ACCOUNT, "ask", number=1)

    assert "Nothing would change." in said
    assert "Go live" not in said


def test_one_yes_releases_and_is_kept_with_its_figures(client, chief, new_version):
    client.force_login(chief)
    post(client, ACCOUNT, "ask")

    _answer, said = post(client, ACCOUNT, "release")

    assert "Version 2 is in force." in said
    assert versions.waiting() == []
    assert "it would open 1, update 0, close 1" in LogEntry.objects.get().change_message
    assert "chief@example.jp Version 2: released." in said


def test_above_the_limit_another_person_must_say_yes_too(client, chief, new_version, monkeypatch):
    monkeypatch.setattr(RuleVersion, "ALONE_UP_TO", 0)
    client.force_login(chief)
    _answer, asked = post(client, ACCOUNT, "ask")
    _answer, first = post(client, ACCOUNT, "release")
    _answer, again = post(client, ACCOUNT, "release")
    still_waiting = [one.key for one in versions.waiting()]
    client.force_login(somebody("deputy@example.jp"))
    _answer, second = post(client, ACCOUNT, "release")

    assert "two people must say yes" in asked
    assert "A second person must say yes" in first
    assert "You have said yes already" in again
    assert still_waiting == [ACCOUNT]
    assert "Version 2 is in force." in second and "Second yes: deputy@example.jp" in second
    assert versions.waiting() == []


def test_before_anybody_asked_today_there_is_no_button(client, chief, new_version):
    client.force_login(chief)
    RuleVersion.objects.update(day=date(2027, 3, 31))

    said = text_of(client.get(address(ACCOUNT)))
    _answer, refused = post(client, ACCOUNT, "release")

    assert "Ask first what would change today." in said
    assert "Nobody has asked today what would change" in refused


def test_a_change_of_reminders_alone_says_so(client, chief, people):
    change(ACCOUNT, remind_every=30)
    versions.record()
    client.force_login(chief)

    _answer, said = post(client, ACCOUNT, "ask")

    assert "The reminders of version 2 wait." in said
    assert "Reminders every 180 days every 30 days" in said
    assert "No task would change." in said


def test_a_rule_taken_away_has_its_page_too(client, chief, people):
    rule_page = address(ACCOUNT)
    take_away(ACCOUNT)
    versions.record()
    client.force_login(chief)

    client.post(f"{rule_page}ask/", {"number": 2})
    said = text_of(client.get(rule_page))

    assert "The program no longer has this rule." in said
    assert "Closed tasks 1 (No longer applies: 1)" in said


def test_a_process_with_code_that_nobody_recorded_says_so(client, chief, people):
    change(ACCOUNT, conditions=[holds_for(status="registered")])
    client.force_login(chief)

    assert "has not been recorded" in text_of(client.get(address(ACCOUNT)))
    assert "not recorded yet" in text_of(client.get("/staff/tasks/ruleversion/"))


def test_many_people_are_asked_by_a_worker(client, chief, new_version, monkeypatch):
    told = []
    monkeypatch.setattr(page, "RANGES_AT_ONCE", 0)
    monkeypatch.setattr(jobs.weigh_version, "delay", told.append)
    client.force_login(chief)

    _answer, said = post(client, ACCOUNT, "ask")

    assert told == [new_version.pk]
    assert "A worker has been told." in said


def test_a_queue_that_does_not_answer_is_said(client, chief, new_version, monkeypatch):
    def unreachable(*args):
        raise OperationalError

    monkeypatch.setattr(page, "RANGES_AT_ONCE", 0)
    monkeypatch.setattr(jobs.weigh_version, "delay", unreachable)
    client.force_login(chief)

    assert "The queue does not answer." in post(client, ACCOUNT, "ask")[1]


@pytest.mark.parametrize("deed", ["ask", "release"])
def test_looking_changes_nothing(client, chief, new_version, deed):
    client.force_login(chief)

    assert client.get(address(ACCOUNT, deed)).status_code == 403


def test_who_may_look_and_not_release_sees_no_button(client, help_desk, new_version):
    client.force_login(help_desk)
    _answer, said = post(client, ACCOUNT, "ask")

    assert "New tasks 1" in said and "Go live" not in said
    assert client.post(address(ACCOUNT, "release"), {"number": 2}).status_code == 403


@pytest.mark.parametrize("number", ["", "x", "3", "1" * 40])
def test_a_version_that_is_not_there_is_not_found(client, chief, new_version, number):
    client.force_login(chief)

    assert client.post(address(ACCOUNT, "ask"), {"number": number}).status_code == 404
