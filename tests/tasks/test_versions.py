"""A version of a rule that was not released changes nothing, and goes live by enough people."""

from datetime import date, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone, translation

from portal.card.models import BenefitAccount, InsuranceUse
from portal.residents.models import Resident
from tasks import acts, versions
from tasks.compile import definition, fingerprint
from tasks.explain import coming_up
from tasks.models import RuleVersion, Status, Task
from tasks.reconcile import Reconciled, reconcile_people, reconcile_range
from tasks.reminders.models import Reminder
from tasks.reminders.promise import promise
from tasks.rules import Condition, Rule, registry
from tests.factories import (
    BenefitAccountFactory,
    CertificateFactory,
    InsuranceUseFactory,
    ResidentFactory,
    UserFactory,
)
from tests.tasks.changed_rules import change, forget_compiled, other_code, take_away
from tests.tasks.test_at_once import at_once

TODAY = date(2027, 4, 1)
ACCOUNT = "card.benefit-account"
RENEWAL = "card.user-authentication-renewal"
INSURANCE = "card.insurance-use"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("next_code")]


@pytest.fixture(autouse=True)
def in_english():
    """As the reasons of a refusal are read here."""
    with translation.override("en"):
        yield


@pytest.fixture
def person():
    """A resident whose two tasks are open."""
    person = ResidentFactory()
    InsuranceUseFactory(resident=person)
    BenefitAccountFactory(resident=person)
    reconcile_people([person.pk], today=TODAY)
    return person


def somebody(email, *codenames):
    user = UserFactory(email=email, is_staff=True, password=None)
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return user


@pytest.fixture
def chief():
    return somebody("chief@example.jp", "release_rule")


@pytest.fixture
def deputy():
    return somebody("deputy@example.jp", "release_rule")


def holds_for(name="status-is", **test):
    """A condition that another version of the rule might have."""
    return Condition(
        name=name, test=lambda today: Q(**test), holds="", fails="", ends=Status.EXPIRED
    )


def other_version(key=ACCOUNT, status="registered"):
    """Let the code want the task of those of whom it did not, and note it as `migrate` does."""
    rule = change(key, conditions=[holds_for(status=status)])
    versions.record()
    return RuleVersion.objects.filter(rule=rule.id).first()


def night(today=TODAY):
    ids = Resident.objects.order_by("pk").values_list("pk", flat=True)
    return reconcile_range(today=today, low=ids.first(), high=ids.last() + 1)


def live(key):
    return Task.objects.live().filter(rule__key=key)


# ---- what is in force
def test_on_a_fresh_database_every_rule_is_in_force():
    assert versions.waiting() == []
    assert set(RuleVersion.objects.values_list("rule__key", "number", "how", "in_force")) == {
        (key, 1, "installed", True) for key in registry
    }


def test_a_rule_added_before_anybody_is_known_is_in_force_at_once():
    registry.register(
        Rule(
            key="test.new",
            title="",
            rows=lambda today: InsuranceUse.objects.all(),
            conditions=[holds_for(status="not-registered")],
        )
    )

    versions.record()

    assert versions.waiting() == []


def test_a_rule_added_later_waits_for_a_yes(person):
    registry.register(
        Rule(
            key="test.new",
            title="",
            rows=lambda today: InsuranceUse.objects.all(),
            conditions=[holds_for(status="not-registered")],
        )
    )
    forget_compiled()

    versions.record()

    assert [(one.key, one.version.number) for one in versions.waiting()] == [("test.new", 1)]
    assert night() == Reconciled()


def test_a_changed_rule_waits_without_anybody_recording_it(person):
    change(ACCOUNT, conditions=[holds_for(status="registered")])

    assert night() == Reconciled()
    assert [(one.key, one.version) for one in versions.waiting()] == [(ACCOUNT, None)]


def test_what_a_rule_says_is_no_version_of_it(person):
    change(ACCOUNT, title="another", what="another", where="another")

    versions.record()

    assert versions.waiting() == []
    assert RuleVersion.objects.filter(rule__key=ACCOUNT).count() == 1


# ---- a rule that waits
def test_while_a_rule_waits_it_opens_updates_and_closes_nothing(person):
    other = ResidentFactory()
    BenefitAccountFactory(resident=other, status="registered")
    other_version()

    assert night() == Reconciled()
    assert reconcile_people([person.pk, other.pk], today=TODAY) == Reconciled()
    assert [*live(ACCOUNT).values_list("resident", "status")] == [(person.pk, "open")]


def test_a_rule_that_waits_ends_no_task_even_where_old_and_new_would(person):
    other_version(status="unknown")
    BenefitAccount.objects.update(status="registered")
    Resident.objects.update(state="deceased")

    assert night().by_rule.keys() == {registry[INSURANCE].id}
    assert live(ACCOUNT).count() == 1


def test_other_rules_go_on_meanwhile(person):
    other_version()
    InsuranceUse.objects.update(status="registered")

    assert night() == Reconciled(closed=1)


def test_a_task_put_off_comes_back_on_its_day_though_its_rule_waits(person):
    task = live(ACCOUNT).get()
    acts.snooze(
        resident=person, task_id=task.pk, by=None, today=TODAY, until=TODAY + timedelta(days=2)
    )
    other_version()

    assert night(TODAY + timedelta(days=2)) == Reconciled(updated=1)
    assert live(ACCOUNT).get().status == "open"


def test_nothing_is_promised_of_a_rule_that_waits():
    person = ResidentFactory()
    CertificateFactory(resident=person, expires_on=date(2028, 4, 1))
    until = TODAY + timedelta(days=365)
    assert len(coming_up(person.pk, today=TODAY, until=until)) == 1

    change(RENEWAL, urgent_days=60)

    assert coming_up(person.pk, today=TODAY, until=until) == []


def test_old_code_goes_on_beside_new_code_and_after_a_way_back(person):
    with other_code():
        other_version()
        assert [one.key for one in versions.waiting()] == [ACCOUNT]
    BenefitAccount.objects.update(status="registered")

    assert versions.waiting() == []
    assert night() == Reconciled(closed=1)
    versions.record()
    assert RuleVersion.objects.filter(rule__key=ACCOUNT).count() == 2


@pytest.mark.parametrize("key", [key for key, one in registry.items() if not one.urgent_until])
def test_a_rule_that_says_nothing_of_them_has_nothing_of_newer_fields_in_its_definition(key):
    """Else every installation would have to release every rule again with an update."""
    said = definition(registry[key])

    assert said.keys() == {
        *("rows", "people", "ends", "ends_of_person"),
        *("one_a_person", "priority", "urgent_days"),
    }
    assert "urgent" not in said["rows"]


def test_a_rule_that_is_urgent_until_another_date_waits():
    before = fingerprint(registry[RENEWAL])

    urgent_later = change(RENEWAL, urgent_until="insurance_proof_until")

    assert fingerprint(urgent_later) != before
    assert [one.key for one in versions.waiting()] == [RENEWAL]


def test_urgent_until_a_date_without_days_is_refused():
    with pytest.raises(ImproperlyConfigured, match="Give it `urgent_days`"):
        registry.register(
            Rule(
                key="test.new",
                title="",
                rows=lambda today: InsuranceUse.objects.all(),
                conditions=[],
                urgent_until="stale_on",
            )
        )


# ---- what needs nobody's yes
def test_a_version_that_differs_in_its_text_alone_is_released_by_itself(person):
    conditions = registry[ACCOUNT].conditions
    change(ACCOUNT, conditions=[holds_for("lasting", stale_on__gt=date(1900, 1, 1)), *conditions])
    # Another text for the same tests: an IN of one status where there was an equal sign.
    change(INSURANCE, rows=lambda today: InsuranceUse.objects.filter(resident__isnull=False))

    versions.record()

    assert [one.key for one in versions.waiting()] == [ACCOUNT]  # it has one test more
    newest = RuleVersion.objects.filter(rule__key=INSURANCE).first()
    assert (newest.number, newest.in_force, newest.how) == (2, True, "same")


def test_a_version_that_gives_the_same_only_today_waits(person):
    in_a_month = TODAY + timedelta(days=30)
    conditions = registry[ACCOUNT].conditions
    changed = [
        Condition(
            name=conditions[0].name,
            test=conditions[0].test,
            known=lambda today: conditions[0].known(today) & Q(stale_on__gt=today + timedelta(220)),
            holds="",
            fails="",
            ends=conditions[0].ends,
        )
    ]
    BenefitAccount.objects.update(stale_on=in_a_month + timedelta(days=220))
    change(ACCOUNT, conditions=changed)

    versions.record()

    assert [one.key for one in versions.waiting()] == [ACCOUNT]


def test_a_version_whose_forerunner_the_database_no_longer_understands_waits(person):
    before = RuleVersion.objects.get(rule__key=ACCOUNT)
    before.definition["rows"] = "SELECT gone FROM card_benefitaccount"
    before.save()
    change(ACCOUNT, rows=lambda today: BenefitAccount.objects.filter(resident__isnull=False))

    versions.record()

    assert [one.key for one in versions.waiting()] == [ACCOUNT]


# ---- reminders
def test_a_change_of_reminders_alone_keeps_no_task_back_and_waits_for_its_yes(person, chief):
    change(ACCOUNT, remind_every=30)
    versions.record()
    BenefitAccount.objects.update(status="registered")

    [waits] = versions.waiting()

    assert night() == Reconciled(closed=1)
    assert waits.only_reminders
    assert ladder_of(ACCOUNT) == 180
    versions.weigh(waits.version)
    assert versions.say_yes(version=waits.version, by=chief)
    assert ladder_of(ACCOUNT) == 30


def test_until_then_reminders_go_by_the_ladder_that_was_released():
    person = ResidentFactory(email="hanako@example.jp")
    CertificateFactory(resident=person, expires_on=TODAY + timedelta(days=50))
    reconcile_people([person.pk], today=TODAY)
    change("card.user-authentication-renewal", remind=[60, 30])
    versions.record()

    promise(timezone.now())

    assert Reminder.objects.get().step == 90


def ladder_of(key):
    [rule] = [rule for rule in versions.reminded() if rule.key == key]
    return rule.remind_every


# ---- a rule that is taken away
def test_tasks_of_a_rule_taken_away_stay_until_a_yes_and_are_withdrawn_then(person, chief):
    take_away(ACCOUNT)
    versions.record()
    [waits] = versions.waiting()
    assert night() == Reconciled()

    change_to_come = versions.weigh(waits.version)
    versions.say_yes(version=waits.version, by=chief)

    assert (change_to_come.counts["close"], change_to_come.endings) == (1, {"withdrawn": 1})
    assert night() == Reconciled(closed=1)
    assert Task.objects.get(rule__key=ACCOUNT).status == "withdrawn"
    assert versions.waiting() == []


# ---- yes
def weighed(would_open, **values):
    version = other_version()
    RuleVersion.objects.filter(pk=version.pk).update(
        day=TODAY, would_open=would_open, would_update=0, would_close=0, **values
    )
    return version


def test_after_a_yes_the_rule_does_what_was_said(person, chief):
    other = ResidentFactory()
    BenefitAccountFactory(resident=other, status="registered")
    version = other_version()
    change_to_come = versions.weigh(version)

    assert versions.say_yes(version=version, by=chief)

    counts = change_to_come.counts
    assert night() == Reconciled(counts["open"], counts["update"], counts["close"])
    assert (counts["open"], counts["close"]) == (1, 1)
    assert versions.waiting() == []
    assert [str(one.user) for one in LogEntry.objects.all()] == ["chief@example.jp"]
    assert "released" in LogEntry.objects.get().change_message


@pytest.mark.parametrize(("would_open", "alone"), [(0, True), (1000, True), (1001, False)])
def test_a_second_person_is_needed_for_more_than_1000_new_tasks(
    person, chief, deputy, would_open, alone
):
    version = weighed(would_open)

    assert versions.say_yes(version=version, by=chief) == alone
    assert bool(versions.waiting()) != alone
    if not alone:
        assert versions.say_yes(version=version, by=deputy)
        assert versions.waiting() == []
        version.refresh_from_db()
        assert (version.first_yes_by, version.second_yes_by) == (chief, deputy)


def test_the_same_person_cannot_be_the_second(person, chief):
    version = weighed(1001)
    versions.say_yes(version=version, by=chief)

    with pytest.raises(versions.Refused, match="another person"):
        versions.say_yes(version=version, by=chief)

    assert [one.key for one in versions.waiting()] == [ACCOUNT]


@pytest.mark.parametrize(("grown", "stands"), [(2200, True), (2201, False)])
def test_a_first_yes_does_not_stand_for_many_more_tasks(person, chief, deputy, grown, stands):
    version = weighed(2000)
    versions.say_yes(version=version, by=chief)
    RuleVersion.objects.filter(pk=version.pk).update(would_open=grown)

    assert versions.say_yes(version=version, by=deputy) == stands


def test_a_yes_is_refused_without_the_permission(person):
    version = weighed(1)

    with pytest.raises(versions.Refused, match="may not release"):
        versions.say_yes(version=version, by=somebody("clerk@example.jp"))


def test_a_yes_is_refused_before_anybody_has_asked_what_would_change(person, chief):
    version = other_version()

    with pytest.raises(versions.Refused, match="asked today"):
        versions.say_yes(version=version, by=chief)


def test_a_yes_to_yesterdays_answer_is_refused(person, chief):
    version = weighed(1)
    RuleVersion.objects.update(day=TODAY - timedelta(days=1))

    with pytest.raises(versions.Refused, match="asked today"):
        versions.say_yes(version=version, by=chief)


def test_a_yes_to_an_older_version_is_refused(person, chief):
    version = weighed(1)
    other_version(status="unknown")

    with pytest.raises(versions.Refused, match="newer version"):
        versions.say_yes(version=version, by=chief)


def test_a_yes_is_refused_where_the_process_has_other_code(person, chief):
    with other_code():
        version = weighed(1)

    with pytest.raises(versions.Refused, match="started again"):
        versions.say_yes(version=version, by=chief)


@pytest.mark.parametrize(
    "wrong",
    [
        {"how": "staff", "first_yes_by": None},
        {"how": "staff", "would_open": 1001},
        {"how": "staff", "would_open": None},
        {"how": "staff", "would_open": 1001, "second_yes_by": "chief"},
        {"first_yes_by": None, "second_yes_by": "chief"},
        {"how": "", "in_force": True},
        {"released_at": None},
    ],
)
def test_the_database_itself_refuses_a_release_by_too_few(chief, wrong):
    values = {"how": "staff", "first_yes_by": "chief", "would_open": 1000, **wrong}
    values = {name: chief if value == "chief" else value for name, value in values.items()}

    with pytest.raises(IntegrityError), transaction.atomic():
        RuleVersion.objects.filter(rule__key=ACCOUNT).update(**values)


def test_the_database_refuses_two_versions_in_force():
    version = RuleVersion.objects.get(rule__key=ACCOUNT)
    version.pk, version.number = None, 2

    with pytest.raises(IntegrityError), transaction.atomic():
        version.save(force_insert=True)


# ---- at once
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("municipalities")
@pytest.mark.parametrize(("would_open", "released", "noted"), [(1000, 1, 1), (1001, 0, 1)])
def test_fifty_clicks_of_one_person_at_once_are_one_yes(person, chief, would_open, released, noted):
    version = weighed(would_open)
    answers = []

    def click():
        for _ in range(5):
            try:
                answers.append(versions.say_yes(version=version, by=chief))
            except versions.Refused:
                answers.append(None)

    at_once(*[click] * 10)

    assert answers.count(True) == released
    assert answers.count(None) == 49
    assert LogEntry.objects.count() == noted
    assert RuleVersion.objects.filter(rule__key=ACCOUNT, in_force=True).count() == 1
